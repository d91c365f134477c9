"""When each packet of the replayed clip is due, as Chrome would pace it. Takes time, has none."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from relay.rtp.h264_packets import payloads
from streamsvc.base.media import MediaKind

MOST_PAYLOAD_BYTES = 1_050
"""With headers, stamp and the tag of SRTP an IP packet of 1,150 bytes."""
PACING_FACTOR = 2.5
"""A picture leaves at so many times the mean rate (Chrome's pacer)."""
KEYFRAME_GAP_SECONDS = 0.3
"""Requests within this time are one (libwebrtc's least time between key frames)."""
_CLOCK = {MediaKind.VIDEO: 90_000, MediaKind.AUDIO: 48_000}
_STALL_SECONDS = 0.5
_NEVER = float("inf")


@dataclass(frozen=True, slots=True)
class Frame:
    """One encoded picture (Annex B) or Opus packet."""

    data: bytes
    is_key: bool = False


@dataclass(frozen=True, slots=True)
class Clip:
    """What is replayed, over and over; each frame of a kind lasts as long as the next. There may be
    no sounds."""

    pictures: tuple[Frame, ...]
    sounds: tuple[Frame, ...]
    pictures_per_second: int
    sounds_per_second: int

    def bitrate_bps(self) -> float:
        """Of the pictures."""
        size = sum(len(frame.data) for frame in self.pictures)
        return 8 * size * self.pictures_per_second / len(self.pictures)


@dataclass(frozen=True, slots=True)
class DuePacket:
    """A payload to send now."""

    at: float
    kind: MediaKind
    payload: bytes
    ts: int
    """Without the random offset of its track."""
    is_marked: bool


class Replay:
    """An endless clip from `started_at` on."""

    def __init__(self, clip: Clip, started_at: float) -> None:
        self._clip = clip
        self._started_at = started_at
        self._gap = MOST_PAYLOAD_BYTES * 8 / (PACING_FACTOR * clip.bitrate_bps())
        self._picture = self._shown = self._sound = 0
        self._waiting: deque[DuePacket] = deque()
        self._keyframe_wanted = False
        self._keyframe_at = started_at
        self.keyframes_advanced = 0

    def request_keyframe(self) -> None:
        """Go on with the next key frame of the clip."""
        self._keyframe_wanted = True

    def next_at(self) -> float:
        """When something is due."""
        first = self._waiting[0].at if self._waiting else self._picture_at()
        return min(first, self._picture_at(), self._sound_at())

    def due(self, now: float) -> list[DuePacket]:
        """Packets to send by now, in order; a long stall is skipped, not caught up with."""
        late = now - self.next_at()
        if late > _STALL_SECONDS:
            self._started_at += late
            self._waiting.clear()
        found: list[DuePacket] = []
        while self.next_at() <= now:
            found += self._one(now)
        return found

    def _one(self, now: float) -> Sequence[DuePacket]:
        if self._sound_at() <= now:
            return [self._next_sound()]
        if self._picture_at() <= now:
            self._queue_picture()
            return ()
        return [self._waiting.popleft()]

    def _picture_at(self) -> float:
        return self._started_at + self._shown / self._clip.pictures_per_second

    def _sound_at(self) -> float:
        if not self._clip.sounds:
            return _NEVER
        return self._started_at + self._sound / self._clip.sounds_per_second

    def _next_sound(self) -> DuePacket:
        at, sounds = self._sound_at(), self._clip.sounds
        ts = self._sound * _CLOCK[MediaKind.AUDIO] // self._clip.sounds_per_second
        frame = sounds[self._sound % len(sounds)]
        self._sound += 1
        return DuePacket(at, MediaKind.AUDIO, frame.data, ts, is_marked=self._sound == 1)

    def _queue_picture(self) -> None:
        self._skip_to_keyframe(self._picture_at())
        at, pictures = self._picture_at(), self._clip.pictures
        if self._waiting:  # the one before has not left yet
            at = max(at, self._waiting[-1].at + self._gap)
        ts = self._shown * _CLOCK[MediaKind.VIDEO] // self._clip.pictures_per_second
        parts = payloads(pictures[self._picture % len(pictures)].data, MOST_PAYLOAD_BYTES)
        for number, part in enumerate(parts):
            is_last = number == len(parts) - 1
            due = DuePacket(at + number * self._gap, MediaKind.VIDEO, part, ts, is_marked=is_last)
            self._waiting.append(due)
        self._picture += 1
        self._shown += 1

    def _skip_to_keyframe(self, at: float) -> None:
        pictures = self._clip.pictures
        is_key = pictures[self._picture % len(pictures)].is_key
        if self._keyframe_wanted and at - self._keyframe_at >= KEYFRAME_GAP_SECONDS:
            while not pictures[self._picture % len(pictures)].is_key:
                self._picture += 1
            is_key = True
            self.keyframes_advanced += 1
        if is_key:
            self._keyframe_at = at
            self._keyframe_wanted = False
