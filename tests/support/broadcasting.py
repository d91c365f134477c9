"""A lesson without a network: layers and voice, packet after packet, into a packager, in the time
that the test says it is."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from recorder.broadcast.io.live_folder import LiveFolder
from recorder.broadcast.io.packager import Packager
from streamsvc.base.media import Codec
from streamsvc.base.tap import TapControl, TapPacket
from tests.support.ll_hls import MediaPlaylist, check_maps, read
from tests.support.rtp_media import Encoded, Packetizer, picture_clip, voice_clip

ZERO_MS = 1_800_000_000_000
PART_MS = 500.0
VOICE_NUMBER = 1


@dataclass
class Source:
    """One track that is sent, from `from_ms` until `until_ms` of the lesson."""

    number: int
    packetizer: Packetizer
    clip: tuple[Encoded, ...]
    from_ms: float = 0.0
    until_ms: float = float("inf")
    later_from_ms: float = float("inf")
    later_ms: float = 0.0
    """From then on its way is so much longer."""

    def between(self, start_ms: float, end_ms: float) -> Iterator[tuple[float, bytes]]:
        """Its packets that come in that time; the clip begins with `from_ms`."""
        for one in self.clip:
            at_ms = self.from_ms + one.at_ms
            at_ms += self.later_ms if at_ms >= self.later_from_ms else 0.0
            if start_ms <= at_ms < min(end_ms, self.until_ms):
                for packet in self.packetizer.packets(one):
                    yield at_ms, packet


def camera(number: int, width: int, height: int, seconds: float, **more: Any) -> Source:
    """A layer of the lead teacher's camera: a key frame every 3.5 s."""
    fps = more.pop("fps", 25)
    clip = picture_clip(Codec.H264, seconds, fps, width, height, keyframe_seconds=3.5)
    return Source(number, Packetizer(Codec.H264, ssrc=1000 + number), clip, **more)


def microphone(seconds: float, **more: Any) -> Source:
    """Her voice."""
    return Source(VOICE_NUMBER, Packetizer(Codec.OPUS, ssrc=1), voice_clip(seconds), **more)


@dataclass
class Broadcast:
    """One packager and its folder."""

    folder: Path
    part_ms: float = PART_MS
    now_ms: float = 0.0
    wall_ms: int = ZERO_MS
    """What the machine's clock says when the lesson's time is 0."""
    said: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.packager = self._packager()

    def _packager(self) -> Packager:
        return Packager(LiveFolder(self.folder), self.part_ms, ZERO_MS, self._say)

    def _say(self, type: str, **fields: Any) -> None:
        self.said.append((type, fields))

    def restart(self) -> None:
        """As after kill -9: nothing but the folder is left."""
        self.packager.close()
        self.packager = self._packager()

    def open(self, source: Source, *, rid: str = "", slot: str = "lead", clock: str = "") -> Source:
        """Tell of a track; `clock`: of a camera that stands in the publisher's place."""
        codec = source.packetizer.codec
        kind = "audio" if codec is Codec.OPUS else "video"
        fields = {"number": source.number, "slot": slot, "kind": kind, "source": clock}
        self.packager.control(TapControl("track", {**fields, "codec": codec.value, "rid": rid}))
        return source

    def run(
        self, seconds: float, *sources: Source, step_ms: float = 30.0, late_ms: int = 0
    ) -> None:
        """Let time pass, and what these send come; it is looked at `late_ms` later."""
        end_ms = self.now_ms + 1000 * seconds
        while self.now_ms < end_ms:
            later_ms = min(end_ms, self.now_ms + step_ms)
            packets = [
                (at_ms, source.number, packet)
                for source in sources
                for at_ms, packet in source.between(self.now_ms, later_ms)
            ]
            for at_ms, number, packet in sorted(packets, key=lambda one: one[0]):
                self.packager.packet(TapPacket(number, self.wall_ms + round(at_ms), packet))
            self.now_ms = later_ms
            self.packager.advance(self.wall_ms + round(self.now_ms) + late_ms, self.now_ms / 1000)

    def finish(self) -> None:
        """The lesson is over."""
        self.packager.finish(ZERO_MS + round(self.now_ms), self.now_ms / 1000)

    def text(self, name: str) -> str:
        """Of a file."""
        return (self.folder / name).read_text()

    def playlist(self, stream: str, before: MediaPlaylist | None = None) -> MediaPlaylist:
        """As it stands now, checked."""
        text = LiveFolder(self.folder).playlist(stream)
        assert text is not None
        return read(text, before)

    def map_changes(self, stream: str) -> int:
        """How often another init section follows without a discontinuity, which the rules allow."""
        folder = self.folder / stream
        return check_maps(self.playlist(stream), lambda name: (folder / name).read_bytes())

    def behind_ms(self, stream: str) -> float:
        """How far the newest part's end is behind now."""
        return ZERO_MS + self.now_ms - self.playlist(stream).end_ms
