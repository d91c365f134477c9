"""Share of packets lost over the last seconds: single reports speak of too few packets."""

from collections import deque

WINDOW_SECONDS = 3.0
MIN_PACKETS = 30
"""Fewer say nothing."""
MAX_REPORTS = 100
"""Several times what a browser sends in that time; of a flood the oldest give way."""


class LossWindow:
    """Add what each report says; ask at any time."""

    def __init__(self) -> None:
        self._reports: deque[tuple[float, int, int]] = deque(maxlen=MAX_REPORTS)

    def add(self, expected: int, lost: int, now: float) -> None:
        """A report of `expected` packets, `lost` of them missing."""
        self._reports.append((now, expected, lost))
        self._forget(now)

    def fraction(self, now: float) -> float:
        """0 to 1; 0 as long as too little is known."""
        self._forget(now)
        expected = sum(report[1] for report in self._reports)
        lost = sum(report[2] for report in self._reports)
        if expected < MIN_PACKETS:
            return 0.0
        return min(1.0, max(0.0, lost / expected))

    def is_known(self, now: float) -> bool:
        """Whether enough is known to say more than 0."""
        self._forget(now)
        return sum(report[1] for report in self._reports) >= MIN_PACKETS

    def _forget(self, now: float) -> None:
        while self._reports and now - self._reports[0][0] > WINDOW_SECONDS:
            self._reports.popleft()
