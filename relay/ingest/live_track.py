"""Packets of a live source as aiortc tracks: what comes in bursts goes out in step.

reader thread ──offer──► LiveTrack (bounded) ──due──► RTCRtpSender
                             └─ LivePace, shared by picture and sound
"""

import asyncio
import time
from collections import deque
from dataclasses import dataclass
from fractions import Fraction

from aiortc.mediastreams import MediaStreamError, MediaStreamTrack

from relay.client.file_plan import EncodedPacket
from streamsvc.base.media import MediaKind

VIDEO_TIME_BASE = Fraction(1, 90_000)
AUDIO_TIME_BASE = Fraction(1, 48_000)
MOST_WAITING = 256
"""Items of one track: some ten seconds of a camera, five of sound."""
CREEP = 0.002
"""How much sooner things become due, in seconds a second: what bursts put off comes back."""
FARTHEST_SECONDS = 1.0
"""A source that is farther ahead of what is due than this has another clock than we thought."""


KEPT_SOUND_SECONDS = 0.2
"""Of sound that waits when we go on air: older than that is over."""


class LivePace:
    """When something of the source's second `seconds` is due on our clock.

    What was here before the first is asked for is due at once: live is the newest of it.
    """

    def __init__(self) -> None:
        self._origin: float | None = None
        self._asked_at = 0.0
        self.live = 0.0
        """Second of the newest item that was here when we went on air."""

    def offered(self, seconds: float) -> None:
        """An item of that second is here."""
        if self._origin is None:
            self.live = max(self.live, seconds)

    def delay(self, seconds: float, now: float) -> float:
        """How long to wait. What is late puts everything off, picture and sound alike."""
        if self._origin is None:
            self.live = max(self.live, seconds)
            self._origin, self._asked_at = now - self.live, now
        if seconds < self.live:
            return 0.0
        self._origin -= CREEP * (now - self._asked_at)
        self._asked_at = now
        wait = self._origin + seconds - now
        if wait < 0 or wait > FARTHEST_SECONDS:
            self._origin = now - seconds
            return 0.0
        return wait


@dataclass(frozen=True, slots=True)
class LiveItem:
    """An encoded packet of a source, at its second of the connection."""

    seconds: float
    packet: EncodedPacket
    is_keyframe: bool


class LiveTrack(MediaStreamTrack):
    """One stream of a source."""

    def __init__(self, kind: MediaKind, pace: LivePace) -> None:
        super().__init__()
        self.kind = kind.value
        self.dropped = 0
        self.made_at = self.offered_at = time.monotonic()
        """When the latest item came."""
        self._is_video = kind is MediaKind.VIDEO
        self._time_base = VIDEO_TIME_BASE if self._is_video else AUDIO_TIME_BASE
        self._pace = pace
        self._items: deque[LiveItem] = deque()
        self._is_begun = not self._is_video
        self._news = asyncio.Event()
        self._last_pts = -1
        self._is_on_air = False

    @property
    def is_begun(self) -> bool:
        """There is something to send: of a picture, since a key frame."""
        return self._is_begun

    def offer(self, item: LiveItem) -> None:
        """On the event loop. Too many waiting: of sound the oldest is dropped, of a picture all,
        and what comes up to its next key frame."""
        self.offered_at = time.monotonic()
        if len(self._items) >= MOST_WAITING:
            self.dropped += len(self._items) if self._is_video else 1
            if self._is_video:
                self._items.clear()
                self._is_begun = False
            else:
                self._items.popleft()
        self._is_begun = self._is_begun or item.is_keyframe
        if not self._is_begun:
            self.dropped += 1
            return
        self._items.append(item)
        self._pace.offered(item.seconds)
        self._news.set()

    async def recv(self) -> EncodedPacket:
        """The next packet when it is due. Raises MediaStreamError after `stop()`."""
        while not self._items:
            if self.readyState != "live":
                raise MediaStreamError
            self._news.clear()
            await self._news.wait()
        if not self._is_on_air:
            self._is_on_air = True
            self._let_go_of_old()
        item = self._items.popleft()
        await asyncio.sleep(self._pace.delay(item.seconds, time.monotonic()))
        pts = max(self._last_pts + 1, round(item.seconds / self._time_base))
        self._last_pts = pts
        item.packet.time_base, item.packet.pts = self._time_base, pts
        return item.packet

    def _let_go_of_old(self) -> None:
        """What came while we were not on air yet: the picture begins with its newest key frame,
        the sound shortly before now."""
        items = self._items
        if self._is_video:
            keyframes = [place for place, item in enumerate(items) if item.is_keyframe]
            old = keyframes[-1] if keyframes else 0
        else:
            kept_from = self._pace.live - KEPT_SOUND_SECONDS
            old = sum(item.seconds < kept_from for item in list(items)[:-1])
        self.dropped += old
        for _ in range(old):
            items.popleft()

    def stop(self) -> None:
        """No more packets."""
        super().stop()
        self._news.set()
