"""What to do about a node that comes to its limit: refuse newcomers before lessons in progress
suffer, then send smaller pictures to a part of the viewers, and to more of them if that is not
enough; and take it back slowly.

The limit shows in two ways. An engine that has hardly any time left between its rounds has no room
for more; what comes while it sends goes out together, so nobody suffers yet. Datagrams that wait
for it do, whether there are too many of them or the machine's other work leaves it too little.
"""

from dataclasses import dataclass

FULL_SHARE = 0.92
"""Of its time that the engine may be busy before newcomers are refused."""
FULL_WAIT_SECONDS = 0.03
OVERLOAD_WAIT_SECONDS = 0.05
"""From here on pictures get smaller."""
CALM_SHARE = 0.75
"""Below this they may grow again, if nothing waits."""
CALM_WAIT_SECONDS = 0.015
FULL_SECONDS = 1.0
OVERLOAD_SECONDS = 1.5
CALM_SECONDS = 5.0
SETTLED_SECONDS = 30.0
"""Between that share and the full one: what was too much for a moment may be over."""
STEP = 0.25
"""Of the viewers, at a time."""
MOST_LEVEL = 4.0
CAP_SHARES = (0.75, 0.4, 0.2, 0.1)
"""Of what the average viewer was sent when it began, for those whom the first step reaches, ..."""
LEAST_CAP_BPS = 60_000
"""Smaller than the smallest picture helps nobody."""
UNCAPPED_BPS = 1_000_000_000
GOLDEN = 0.6180339887498949


@dataclass(frozen=True, slots=True)
class Load:
    """How an engine was doing over some time."""

    busy_share: float
    """0 to 1: of the time on the clock, so that what others take from it counts."""
    wait_seconds: float
    """That a datagram waited to be read, on average."""
    sent_bps: float
    """To all viewers together."""


class Pressure:
    """Feed the engine's load; read what follows."""

    def __init__(self) -> None:
        self.level = self._former_level = 0.0
        """1: every viewer has the first cap; 1.25: a quarter of them the second; ..."""
        self._viewer_bps = 0.0
        """What the average viewer was sent when pictures began to get smaller."""
        self._full = _Lasting(FULL_SECONDS)
        self._overload = _Lasting(OVERLOAD_SECONDS)
        self._calm = _Lasting(CALM_SECONDS)
        self._settled = _Lasting(SETTLED_SECONDS)

    @property
    def refuses_newcomers(self) -> bool:
        """Whether another session would be at the cost of those that are here."""
        return self._full.is_lasting or self.level > 0

    def cap_bps(self, viewer: int) -> int:
        """For the pictures of one viewer, by its number; who is reached first is spread evenly over
        them, and remains so."""
        steps = _steps(self.level, viewer)
        if steps == 0:
            return UNCAPPED_BPS
        share = CAP_SHARES[min(steps, len(CAP_SHARES)) - 1]
        return max(LEAST_CAP_BPS, int(self._viewer_bps * share))

    def changed(self, viewer: int) -> bool:
        """Whether its cap is another since the last measurement."""
        return _steps(self.level, viewer) != _steps(self._former_level, viewer)

    def measured(self, load: Load, viewers: int, now: float) -> None:
        """Call about twice a second."""
        is_full = load.busy_share >= FULL_SHARE or load.wait_seconds >= FULL_WAIT_SECONDS
        is_over = load.wait_seconds >= OVERLOAD_WAIT_SECONDS
        is_quick = load.wait_seconds < CALM_WAIT_SECONDS
        is_calm = self._calm.measured(is_quick and load.busy_share < CALM_SHARE, now)
        is_settled = self._settled.measured(is_quick and load.busy_share < FULL_SHARE, now)
        # a thread without time left refuses at once; a wait may be the moment's
        self._full.measured(is_full, now, at_once=load.busy_share >= FULL_SHARE)
        self._former_level = self.level
        if self._overload.measured(is_over and viewers > 0, now):
            if self.level == 0:
                self._viewer_bps = load.sent_bps / viewers
            self.level = min(MOST_LEVEL, self.level + STEP)
            self._overload.begin_again(now)
        elif is_calm or is_settled:
            self.level = max(0.0, self.level - STEP)
            self._calm.begin_again(now)
            self._settled.begin_again(now)


def _steps(level: float, viewer: int) -> int:
    return int(level + viewer * GOLDEN % 1)


class _Lasting:
    """Whether something has held for so long."""

    def __init__(self, seconds: float) -> None:
        self.is_lasting = False
        self._seconds = seconds
        self._since: float | None = None

    def measured(self, holds: bool, now: float, *, at_once: bool = False) -> bool:
        if not holds:
            self._since = None
        elif self._since is None:
            self._since = now
        since = self._since
        self.is_lasting = since is not None and (at_once or now - since >= self._seconds)
        return self.is_lasting

    def begin_again(self, now: float) -> None:
        self._since = now
        self.is_lasting = False
