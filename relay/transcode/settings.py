"""Settings of transcoding, and the ladder of renditions they make."""

from pydantic import BaseModel, ConfigDict, Field

from relay.transcode.plan.renditions import Profile, Rendition
from streamsvc.base.media import Codec


class TranscodeSettings(BaseModel):
    """What is made of a publisher's picture, and what a child may use."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    medium_bps: int = Field(default=300_000, ge=250_000, le=350_000)
    """Of 360 lines, 15 pictures a second."""
    small_bps: int = Field(default=84_000, ge=70_000, le=150_000)
    """Of 180 lines, 15 pictures a second."""
    lifeline_bps: int = Field(default=64_000, ge=60_000, le=80_000)
    """Of 144 lines, 10 pictures a second: what a link of 110 kbit/s has beside voice."""
    lifeline_profile: Profile = Profile.BASELINE
    """High is some 1 dB better; for receivers that all negotiated 640c1f or 64001f."""
    keyframe_seconds: float = Field(default=8.0, ge=1, le=10)
    """The longest from one key frame of a rendition to the next, asked for or not."""
    patience_ms: float = Field(default=250.0, ge=0, le=300)
    """How long a missing packet of the publisher is waited for: it was asked for again."""
    vp8_medium_bps: int = Field(default=350_000, ge=250_000, le=500_000)
    """VP8 of 360 lines, for rooms that can't decode H.264, or get VP8."""
    vp8_small_bps: int = Field(default=100_000, ge=70_000, le=150_000)
    """VP8 of 180 lines."""
    screen_bps: int = Field(default=500_000, ge=200_000, le=2_000_000)
    """H.264 of a shared screen that is sent as VP8, 1080 lines, 5 pictures a second."""
    voice_bps: int = Field(default=12_000, ge=8_000, le=16_000)
    """Of the lifeline voice, 60 ms a packet: for rooms whose link takes no more. With 16 kbit/s it
    has in-band FEC, and sounds like a telephone."""
    largest_pixels: int = Field(default=1920 * 1088, ge=320 * 180)
    """Of a publisher's picture; a larger one is not decoded."""
    memory_bytes: int = Field(default=1 << 30, ge=256 << 20)
    """Address space of a child: a bad stream may not take the machine's."""
    most_children: int = Field(default=0, ge=0)
    """Transcoders at once; 0: three for each core but one. Beyond, newcomers get none."""
    niceness: int = Field(default=5, ge=0, le=19)
    """Forwarding comes first."""

    def ladders(self) -> dict[Codec, tuple[Rendition, ...]]:
        """The renditions that there may be of each codec, largest first."""
        vp8 = (
            Rendition("+vp8-360", 360, self.vp8_medium_bps, 15, "8", codec=Codec.VP8),
            Rendition("+vp8-180", 180, self.vp8_small_bps, 15, "5", codec=Codec.VP8),
        )
        return {Codec.H264: self.ladder(), Codec.VP8: vp8}

    def voice(self) -> Rendition:
        """The smallest voice."""
        return Rendition("+voice", 0, self.voice_bps, 0, "voip", codec=Codec.OPUS)

    def screen_ladder(self) -> tuple[Rendition, ...]:
        """Of a shared screen, for who can't decode it: its print has to be read."""
        return (Rendition("+screen", 1080, self.screen_bps, 5, "veryfast"),)

    def ladder(self) -> tuple[Rendition, ...]:
        """The renditions of H.264, largest first."""
        return (
            Rendition("+360", 360, self.medium_bps, 15, "veryfast"),
            Rendition("+180", 180, self.small_bps, 15, "medium"),
            Rendition(
                "+lifeline", 144, self.lifeline_bps, 10, "medium", profile=self.lifeline_profile
            ),
        )
