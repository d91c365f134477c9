"""Watches a lesson through a WHEP door and counts what arrives; for tests and measurements."""

from dataclasses import dataclass, field

import httpx
import numpy as np
from aiortc import MediaStreamTrack
from aiortc.mediastreams import MediaStreamError
from av.audio.frame import AudioFrame
from av.video.frame import VideoFrame

from relay.client.http_session import GrantSource
from relay.client.peer import MediaPeer
from streamsvc.base.tasks import TaskScope

BAR_ROWS = 16
"""The lowest rows of the picture, where the generated clip has its colored bar."""


@dataclass(slots=True)
class PictureSeen:
    """What came on one video m-line."""

    frames: int = 0
    width: int = 0
    height: int = 0
    bar_rgb: tuple[int, int, int] = (0, 0, 0)
    """Mean color of the lowest rows of the last frame."""


@dataclass(slots=True)
class SoundHeard:
    """What came on one audio m-line."""

    frames: int = 0
    loudest: float = 0.0
    """Highest root mean square of a frame so far, 0 to 1."""


@dataclass(slots=True)
class Seen:
    """Everything, in the order of the m-lines."""

    pictures: list[PictureSeen] = field(default_factory=list)
    sounds: list[SoundHeard] = field(default_factory=list)


class WhepViewer:
    """One subscription with as many m-lines as asked for. Decodes everything."""

    def __init__(
        self,
        url: str,
        grant: GrantSource,
        *,
        http: httpx.AsyncClient,
        audio_lines: int = 1,
        video_lines: int = 1,
    ) -> None:
        self.url = url
        self.peer = MediaPeer(http, grant)
        self.seen = Seen()
        self._scope = TaskScope("viewer")
        for kind, count in (("audio", audio_lines), ("video", video_lines)):
            for _ in range(count):
                self.peer.connection.addTransceiver(kind, direction="recvonly")
        self.peer.connection.on("track", self._watch)

    async def view(self) -> None:
        """Begin to watch. Raises like `MediaPeer.open`."""
        await self.peer.open(self.url)

    async def close(self) -> None:
        """Stop watching."""
        await self.peer.close()
        await self._scope.close()

    def _watch(self, track: MediaStreamTrack) -> None:
        """Every track is read, wanted or not: aiortc queues without a bound."""
        if track.kind == "video":
            self.seen.pictures.append(PictureSeen())
            self._scope.start("picture", _count_pictures(track, self.seen.pictures[-1]))
        else:
            self.seen.sounds.append(SoundHeard())
            self._scope.start("sound", _count_sounds(track, self.seen.sounds[-1]))


async def _count_pictures(track: MediaStreamTrack, seen: PictureSeen) -> None:
    while True:
        try:
            frame = await track.recv()
        except MediaStreamError:
            return
        if isinstance(frame, VideoFrame):
            bar = frame.to_ndarray(format="rgb24")[-BAR_ROWS:]
            red, green, blue = (int(value) for value in bar.mean(axis=(0, 1)))
            seen.bar_rgb = (red, green, blue)
            seen.width, seen.height = frame.width, frame.height
            seen.frames += 1


async def _count_sounds(track: MediaStreamTrack, heard: SoundHeard) -> None:
    while True:
        try:
            frame = await track.recv()
        except MediaStreamError:
            return
        if isinstance(frame, AudioFrame):
            samples = frame.to_ndarray().astype(np.float64) / 32_768
            heard.loudest = max(heard.loudest, float(np.sqrt(np.mean(samples**2))))
            heard.frames += 1
