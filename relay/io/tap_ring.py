"""What one recording still owes the recorder: frames not yet known to be on its disk. Pure.

    [numbered: sent before | sent on this connection ... | not sent yet]
     ▲ `synced` takes from here                            new frames come here ▲

Packets are numbered from 1 when they are sent for the first time, and keep their number, so that
the recorder can tell what it has twice after a reconnect. When the ring is full the oldest goes.
"""

from collections import Counter, deque
from dataclasses import dataclass

MAX_BYTES = 16 << 20
"""Over 15 s of 8 Mbit/s, more than a lesson's three pictures and two voices."""


@dataclass(slots=True)
class RingFrame:
    """One frame of the tap."""

    data: bytes
    track_number: int | None
    """Of a packet; None for a control message, which has no number and is never lost alone."""
    announces: int | None = None
    """Track that this control message opens."""
    ends: int | None = None
    """Track that this control message closes."""


class TapRing:
    """Append as things happen; `next_frame` what to send; `synced` as the recorder says."""

    def __init__(self, max_bytes: int = MAX_BYTES) -> None:
        self.announced: dict[int, bytes] = {}
        """Tracks whose announcement has left the ring and whose end has not: said again first
        after a reconnect."""
        self.lost_packets = 0
        self._lost: Counter[int] = Counter()
        self._max_bytes = max_bytes
        self._frames: deque[RingFrame] = deque()
        self._bytes = 0
        self._sent = 0
        self._numbered = 0
        self._first_number = 1
        self._needs_reconnect = False

    def append(self, frame: RingFrame) -> None:
        """Add; drops the oldest while there is too much."""
        self._frames.append(frame)
        self._bytes += len(frame.data)
        while self._bytes > self._max_bytes and len(self._frames) > 1:
            self._drop_oldest()

    def _drop_oldest(self) -> None:
        was_sent = self._sent > 0
        was_numbered = self._numbered > 0
        frame = self._leave()
        if frame.track_number is None or was_sent:
            return
        self.lost_packets += 1
        self._lost[frame.track_number] += 1
        # the recorder counts: a number it was told of and will not get upsets the count
        self._needs_reconnect = self._needs_reconnect or was_numbered

    def _leave(self) -> RingFrame:
        """Take out the oldest."""
        frame = self._frames.popleft()
        self._bytes -= len(frame.data)
        is_packet = frame.track_number is not None
        if self._numbered > 0:
            self._numbered -= 1
            self._first_number += is_packet
        self._sent = max(0, self._sent - 1)
        if frame.announces is not None:
            self.announced[frame.announces] = frame.data
        if frame.ends is not None:
            self.announced.pop(frame.ends, None)
        return frame

    # ---- sending

    def restart(self) -> int:
        """A new connection: everything is to be sent (again). Returns the first packet's number."""
        self._sent = 0
        self._needs_reconnect = False
        return self._first_number

    @property
    def needs_reconnect(self) -> bool:
        """The recorder's count and ours differ; only a new `open` puts them together."""
        return self._needs_reconnect

    def next_frame(self) -> bytes | None:
        """The next frame to send; None when all is sent."""
        if self._sent >= len(self._frames):
            return None
        frame = self._frames[self._sent]
        self._sent += 1
        self._numbered = max(self._numbered, self._sent)
        return frame.data

    def take_lost(self) -> dict[int, int]:
        """Packets lost by track since the last call."""
        if not self._lost:
            return {}
        lost, self._lost = self._lost, Counter()
        return dict(lost)

    def synced(self, number: int) -> None:
        """Every packet up to this number is on the recorder's disk."""
        while self._sent > 0 and (self._first_number <= number or not self._front_is_packet()):
            self._leave()

    def _front_is_packet(self) -> bool:
        return bool(self._frames) and self._frames[0].track_number is not None

    @property
    def unsynced_frames(self) -> int:
        """Frames held."""
        return len(self._frames)
