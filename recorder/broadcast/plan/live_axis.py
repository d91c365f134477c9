"""The lesson's axis while it is live: milliseconds since its zero, by the wall clock.

Packets are stamped a little before they are looked at, so what comes is not in order.
"""

JUMP_MS = 5_000.0
"""The wall clock was set back if it says so much less than it did."""


class LiveAxis:
    """`now()` for the clock, `at()` for a packet's arrival."""

    def __init__(self, zero_wall_ms: int) -> None:
        self.now_ms = 0.0
        self._zero_wall_ms = float(zero_wall_ms)

    def now(self, wall_ms: int) -> float:
        """It is `wall_ms`; never less than before."""
        now_ms = wall_ms - self._zero_wall_ms
        if now_ms < self.now_ms - JUMP_MS:
            self._zero_wall_ms -= self.now_ms - now_ms
            now_ms = self.now_ms
        self.now_ms = max(self.now_ms, now_ms)
        return self.now_ms

    def at(self, wall_ms: int) -> float:
        """Of something that was at `wall_ms`."""
        return max(0.0, wall_ms - self._zero_wall_ms)
