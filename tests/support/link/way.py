"""What packets meet on one way of a link; no sockets, no clock."""

import random
from collections import Counter, deque
from dataclasses import dataclass, replace

from tests.support.link.kinds import ports_of, protocol_of


@dataclass(frozen=True, slots=True)
class Setting:
    """One way of a link. Rates are of whole IP packets."""

    rate_bps: int = 0
    """0: no limit."""
    delay_seconds: float = 0.0
    loss: float = 0.0
    """Share, 0 to 1."""
    burst: float = 1.0
    """Packets lost in a row, on average (Gilbert's model); the share stays the same."""
    queue_seconds: float = 0.5
    """What waits for longer than this at the rate is dropped at the tail."""
    is_cut: bool = False
    """Nothing passes; nobody is told."""
    passes: str = ""
    """Protocols that pass, as `tcp` or `udp`, all when empty."""
    port: int = 0
    """The only one that passes, at either end; 0: all."""


class Way:
    """`put` packets as they come, `take` what comes out; `set` at any time."""

    def __init__(self, setting: Setting, seed: int) -> None:
        self.setting = setting
        self.figures: Counter[str] = Counter()
        """Packets and bytes by what became of them."""
        self._random = random.Random(seed)
        self._queue: deque[tuple[float, bytes]] = deque()
        self._queued_bytes = 0
        self._free_at = 0.0
        """When the packet at the head has left."""
        self._flying: deque[tuple[float, bytes]] = deque()
        self._is_losing = False

    def set(self, **changes: object) -> None:
        """Other values from now on; what waits is sent at the new rate."""
        self.setting = replace(self.setting, **changes)  # type: ignore[arg-type]

    def put(self, packet: bytes, now: float) -> float | None:
        """Seconds it will wait in the queue as things are; None where it is dropped."""
        setting = self.setting
        self.figures["packets"] += 1
        self.figures["bytes"] += len(packet)
        if setting.is_cut or self._is_stopped(packet):
            self.figures["stopped"] += 1
            return None
        waits = self._wait(now)
        if self._queued_bytes and waits > setting.queue_seconds:
            self.figures["queue_dropped"] += 1
            return None
        if not self._queue:
            self._free_at = max(now, self._free_at) + self._seconds(len(packet))
        self._queue.append((now, packet))
        self._queued_bytes += len(packet)
        self.figures["most_waited_ms"] = max(self.figures["most_waited_ms"], round(1000 * waits))
        return waits

    def take(self, now: float) -> list[bytes]:
        """What has come out by now, in order."""
        while self._queue and self._free_at <= now:
            self._leave()
        out = []
        while self._flying and self._flying[0][0] <= now:
            out.append(self._flying.popleft()[1])
        return out

    def _is_stopped(self, packet: bytes) -> bool:
        """By a firewall."""
        passes, port = self.setting.passes, self.setting.port
        if passes and protocol_of(packet) not in passes:
            return True
        return port != 0 and port not in ports_of(packet)

    @property
    def next_at(self) -> float:
        """When `take` has work again; infinite when nothing is under way."""
        queued = self._free_at if self._queue else float("inf")
        return min(queued, self._flying[0][0]) if self._flying else queued

    def _leave(self) -> None:
        """The head of the queue is on the line."""
        left_at = self._free_at
        _, packet = self._queue.popleft()
        self._queued_bytes -= len(packet)
        if self._queue:
            came, following = self._queue[0]
            self._free_at = max(left_at, came) + self._seconds(len(following))
        if self.setting.is_cut or self._is_lost():
            self.figures["lost"] += 1
            return
        self.figures["delivered"] += 1
        arrives = left_at + self.setting.delay_seconds
        if self._flying:
            arrives = max(arrives, self._flying[-1][0])  # never past another
        self._flying.append((arrives, packet))

    def _is_lost(self) -> bool:
        share, burst = self.setting.loss, self.setting.burst
        if burst > 1 and 0 < share < 1:
            share = 1 - 1 / burst if self._is_losing else share / (burst * (1 - share))
        self._is_losing = self._random.random() < share
        return self._is_losing

    def _wait(self, now: float) -> float:
        if not self._queue:
            return max(0.0, self._free_at - now)
        behind = self._queued_bytes - len(self._queue[0][1])
        return max(0.0, self._free_at - now) + self._seconds(behind)

    def _seconds(self, size: int) -> float:
        return 8 * size / self.setting.rate_bps if self.setting.rate_bps else 0.0
