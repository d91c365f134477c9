"""The words of media, and the two ports through which packets travel.

A lesson has fixed slots. A publisher fills a slot; each subscriber's offer has one m-line per slot
and the relay decides what feeds it, so that calling a room on stage needs no new SDP.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from streamsvc.base.ids import LessonId, ParticipantId


class MediaKind(StrEnum):
    """What a track carries."""

    AUDIO = "audio"
    VIDEO = "video"


class Codec(StrEnum):
    """Codecs we forward; the recorder plays H264 and Opus at once, VP8 after transcoding."""

    H264 = "h264"
    VP8 = "vp8"
    OPUS = "opus"


class Slot(StrEnum):
    """Places in a lesson that one publisher at a time may fill."""

    LEAD = "lead"
    """The lead teacher's camera and microphone."""
    SCREEN = "screen"
    """The lead teacher's shared screen (video; its audio is not forwarded yet)."""
    STAGE = "stage"
    """The camera and microphone of the room on stage."""
    CAMERA_2 = "camera2"
    CAMERA_3 = "camera3"
    CAMERA_4 = "camera4"
    """More cameras of the lead room, pictures alone; its first is the lead teacher's own."""


CAMERAS = (Slot.CAMERA_2, Slot.CAMERA_3, Slot.CAMERA_4)


class LadderLevel(StrEnum):
    """What a room gets of a lesson, from the least to all of it; each includes those before it."""

    VOICE = "voice"
    SLIDES = "slides"
    """And ink: they are data, not pictures."""
    LOW_VIDEO = "low_video"
    """The lead teacher, small or in fewer pictures a second."""
    HIGH_VIDEO = "high_video"
    SCREEN_VIDEO = "screen_video"
    """And the shared screen."""

    @property
    def rank(self) -> int:
        """0 is the least."""
        return _LEVELS.index(self)


_LEVELS = list(LadderLevel)


class PictureProfile(StrEnum):
    """What a lesson's pictures are for: which of them come first where not all of them can."""

    SLIDES_FIRST = "slides_first"
    """A shared screen before a better face, a larger picture before a smoother one."""
    MOVEMENT_FIRST = "movement_first"
    """Music, sport, dance: the teacher before the screen, a smoother picture before a larger."""


class SoundProfile(StrEnum):
    """What a lesson's microphones are for."""

    SPEECH = "speech"
    """One voice: noise is taken out of it, and its loudness is kept even."""
    MUSIC = "music"
    """Instruments and singing: stereo, as it sounds, at twice the rate."""


SUBSCRIBER_SLOTS: tuple[tuple[Slot, MediaKind], ...] = (
    (Slot.LEAD, MediaKind.AUDIO),
    (Slot.STAGE, MediaKind.AUDIO),
    (Slot.LEAD, MediaKind.VIDEO),
    (Slot.SCREEN, MediaKind.VIDEO),
    (Slot.STAGE, MediaKind.VIDEO),
    *((camera, MediaKind.VIDEO) for camera in CAMERAS),
)
"""Order of a subscriber's recvonly m-lines: the n-th audio (video) m-line is the n-th audio (video)
entry here. A player that offers one audio and one video gets the lead teacher. Cameras come to the
lead teacher alone, small, so that she sees what to choose."""

CLOCK_RATE: dict[Codec, int] = {Codec.H264: 90_000, Codec.VP8: 90_000, Codec.OPUS: 48_000}
"""RTP clock, ticks per second (RFC 6184 §8.2.1, RFC 7741 §6.1, RFC 7587 §4.1)."""


@dataclass(frozen=True, slots=True)
class Track:
    """One published audio or video flow of a lesson, as the recorder and transcoder see it."""

    number: int
    """Small number, unique in one lesson's life on one node; never reused."""
    lesson_id: LessonId
    slot: Slot
    kind: MediaKind
    codec: Codec
    participant_id: ParticipantId
    label: str
    """Name for people: the room's or teacher's display name."""
    rid: str | None = None
    """None: the best layer, which is recorded. Else one of all layers, by its name (empty without
    simulcast): these are for who packs the lesson for a large audience."""
    source: str = ""
    """Whose clock its sender reports are by, where that is not the slot's publisher: a camera."""


class PacketSink(Protocol):
    """What a tap feeds: packets of one lesson's tracks, decrypted, in order of arrival.

    Never blocks and never raises; a sink that can't keep up drops and counts.
    """

    def track_opened(self, track: Track, wall_ms: int) -> None:
        """A track begins; its packets follow."""

    def packet(self, track_number: int, wall_ms: int, packet: bytes) -> None:
        """One RTP packet, or one compound RTCP packet from its sender (RFC 5761 §4 tells which)."""

    def track_closed(self, track_number: int, wall_ms: int) -> None:
        """No more packets of this track."""
