"""What to do about an engine that comes to its limit: refuse newcomers before lessons in progress
suffer, then send smaller pictures; and take it back slowly.
"""

FULL_SHARE = 0.88
"""Of its time that the engine may work before newcomers are refused."""
OVERLOAD_SHARE = 0.96
"""From here on pictures get smaller."""
CALM_SHARE = 0.7
"""Below this they may grow again."""
OVERLOAD_SECONDS = 1.5
CALM_SECONDS = 10.0
LEAST_CAP_BPS = 200_000
"""Smaller than the smallest picture helps nobody."""
MOST_CAP_BPS = 6_000_000


class Pressure:
    """Feed the share of its time that the engine worked; read what follows."""

    def __init__(self) -> None:
        self.busy_share = 0.0
        self.cap_bps = MOST_CAP_BPS
        """For the pictures of each viewer."""
        self._overloaded_since: float | None = None
        self._calm_since: float | None = None

    @property
    def refuses_newcomers(self) -> bool:
        """Whether another session would be at the cost of those that are here."""
        return self.busy_share >= FULL_SHARE or self.cap_bps < MOST_CAP_BPS

    def measured(self, busy_share: float, now: float) -> None:
        """0 to 1, over the time since the last call; call about twice a second."""
        self.busy_share = busy_share
        self._overloaded_since = self._since(
            self._overloaded_since, busy_share >= OVERLOAD_SHARE, now
        )
        self._calm_since = self._since(self._calm_since, busy_share < CALM_SHARE, now)
        if self._has_lasted(self._overloaded_since, OVERLOAD_SECONDS, now):
            self.cap_bps = max(LEAST_CAP_BPS, self.cap_bps // 2)
            self._overloaded_since = now
        elif self._has_lasted(self._calm_since, CALM_SECONDS, now):
            self.cap_bps = min(MOST_CAP_BPS, self.cap_bps * 2)
            self._calm_since = now

    @staticmethod
    def _since(since: float | None, holds: bool, now: float) -> float | None:
        if not holds:
            return None
        return now if since is None else since

    @staticmethod
    def _has_lasted(since: float | None, seconds: float, now: float) -> bool:
        return since is not None and now - since >= seconds
