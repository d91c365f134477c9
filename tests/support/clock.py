"""A clock that moves only when told."""


class ManualClock:
    """Both times move together by `advance`."""

    def __init__(self, now: float = 1000.0, wall_ms: int = 1_800_000_000_000) -> None:
        self._now = now
        self._wall_ms = wall_ms

    def now(self) -> float:
        return self._now

    def wall_ms(self) -> int:
        return self._wall_ms

    def advance(self, seconds: float) -> None:
        """Time passes."""
        self._now += seconds
        self._wall_ms += round(seconds * 1000)
