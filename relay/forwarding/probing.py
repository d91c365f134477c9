"""When to look whether a link can take more than it is sent, and what came of it.

A probe is half a second of packets sent again beside what flows. A link that stands it (no loss, no
queue, no lower REMB in the reports that follow) may be sent more; one that does not has a quarter
of a second of queue to drain, instead of a picture that is too large for it. Every failed probe
lengthens the wait for the next.
"""

import math
from dataclasses import dataclass
from enum import Enum, auto

PROBE_SECONDS = 0.5
SLOW_PROBE_SECONDS = 1.0
SLOW_BELOW_BPS = 300_000
"""What is too much for a thin link by a fifth takes so long to show."""
FIRST_WAIT_SECONDS = 3.0
"""From a fall of the estimate, or a failed probe, to the next one."""
MAX_WAIT_SECONDS = 120.0
BACKOFF = 1.5
PATIENCE_SECONDS = 10.0
"""From its begin, until it counts as failed: it lasts a second, and the engine waits 8 s for its
answer."""
LOSSY_PATIENCE_SECONDS = 14.0
"""There it waits for 12 s."""
LOSSY = 0.2
"""Whoever loses so much may not hear that a probe has ended, nor be heard: its end is said more
than once, and silence alone fails none."""
LOSSY_REPORTS = 3
REACHED_SHARE = 0.85
"""A probe that reached less of its rate says nothing about it: there was too little to repeat."""
EMPTY_SECONDS = 30.0
"""So long nothing is expected of another one then."""
MORE_LOSS = 0.05
BURSTS_LOSS = 0.1
"""So much more at most where a link loses more than that anyhow: some half seconds lose twice the
mean."""
CHANCE = 1.5
"""So many times the scatter of that: of twenty packets a link of 5 % often loses two."""
QUEUE_SECONDS = 0.1
FILLED_SECONDS = 0.06
"""A queue of so long: the link was full, and the estimate stays a little below what it carried."""
FILLED_SHARE = 0.92
REMB_SHARE = 0.85
TRIAL_SECONDS = 6.0
"""An estimate that falls so soon after a probe was raised in error."""
PROBES_AT_ONCE = 8
"""On a node: what they cost the server and its uplink is spread."""


class Verdict(Enum):
    """Of a probe."""

    PASSED = auto()
    FAILED = auto()
    EMPTY = auto()
    UNHEARD = auto()


def probe_seconds(bps: int) -> float:
    """How long a probe at this rate lasts."""
    return SLOW_PROBE_SECONDS if bps < SLOW_BELOW_BPS else PROBE_SECONDS


def end_reports(loss: float) -> int:
    """How often the end of a probe is said on a link that loses so much, 0 to 1."""
    return LOSSY_REPORTS if loss >= LOSSY else 1


@dataclass(frozen=True, slots=True)
class LinkNow:
    """What is known of a link when a probe begins."""

    round_trip: float
    """Seconds, without a queue."""
    loss: float
    """0 to 1."""
    remb_bps: int | None


@dataclass(frozen=True, slots=True)
class LinkNews:
    """What reports have said since the last news."""

    expected: int
    lost: int
    longest_round_trip: float
    """Seconds; 0: none was measured."""
    remb_bps: int | None
    probed_bps: int = 0
    """The rate a probe came to, once reports tell of its end; 0: they do not."""


@dataclass(slots=True)
class _Probe:
    bps: int
    before: LinkNow
    began_at: float
    expected: int = 0
    lost: int = 0
    longest_round_trip: float = 0.0
    remb_bps: int | None = None


class Probing:
    """One subscriber's probes: ask `is_due`, say `begin`, then feed `heard` until its verdict."""

    def __init__(self, now: float) -> None:
        self.wait = FIRST_WAIT_SECONDS
        self._next_at = now + FIRST_WAIT_SECONDS
        self._running: _Probe | None = None
        self._passed_at = self._empty_until = float("-inf")

    def is_of_use(self, now: float) -> bool:
        """Whether the last one had anything to repeat."""
        return now >= self._empty_until

    def is_due(self, now: float) -> bool:
        """Whether one may begin."""
        return self._running is None and self.is_of_use(now) and now >= self._next_at

    def begin(self, bps: int, before: LinkNow, now: float) -> None:
        """The engine was told to send everything and more at this rate."""
        self._running = _Probe(bps, before, now)

    def heard(self, news: LinkNews, now: float) -> tuple[Verdict, int] | None:
        """A verdict and the rate it is about, once it can be given."""
        probe = self._running
        if probe is None:
            return None
        probe.expected += news.expected
        probe.lost += news.lost
        probe.longest_round_trip = max(probe.longest_round_trip, news.longest_round_trip)
        if news.remb_bps is not None:
            probe.remb_bps = news.remb_bps
        if news.probed_bps:
            return self._judged(probe, news.probed_bps, now), _carried_bps(probe, news.probed_bps)
        is_lossy = probe.before.loss >= LOSSY
        if now - probe.began_at < (LOSSY_PATIENCE_SECONDS if is_lossy else PATIENCE_SECONDS):
            return None
        if is_lossy and not _has_suffered(probe):
            self._running, self._next_at = None, now
            return Verdict.UNHEARD, probe.bps
        self._failed(now)
        return Verdict.FAILED, probe.bps

    def _judged(self, probe: _Probe, reached_bps: int, now: float) -> Verdict:
        if _has_suffered(probe):
            self._failed(now)
            return Verdict.FAILED
        self._running, self._next_at = None, now
        if reached_bps < REACHED_SHARE * probe.bps:
            self._empty_until = now + EMPTY_SECONDS
            return Verdict.EMPTY
        self.wait, self._passed_at = FIRST_WAIT_SECONDS, now
        return Verdict.PASSED

    def fell(self, now: float) -> bool:
        """The estimate fell; whether that ends a probe."""
        was_running = self._running is not None
        if was_running or now - self._passed_at < TRIAL_SECONDS:
            self._failed(now)
            self._passed_at = float("-inf")
        else:
            self._next_at = max(self._next_at, now + self.wait)
        return was_running

    def _failed(self, now: float) -> None:
        self._running = None
        self._next_at = now + self.wait
        self.wait = min(MAX_WAIT_SECONDS, self.wait * BACKOFF)


def _queue_seconds(probe: _Probe) -> float:
    return max(0.0, probe.longest_round_trip - probe.before.round_trip)


def _carried_bps(probe: _Probe, reached_bps: int) -> int:
    """What left a queue behind took longer to arrive than to send."""
    queue, seconds = _queue_seconds(probe), probe_seconds(probe.bps)
    share = FILLED_SHARE if queue > FILLED_SECONDS else 1.0
    return int(share * min(probe.bps, reached_bps) / ((seconds + queue) / seconds))


def _has_suffered(probe: _Probe) -> bool:
    before = probe.before
    is_remb_lower = (
        before.remb_bps is not None
        and probe.remb_bps is not None
        and probe.remb_bps < REMB_SHARE * before.remb_bps
    )
    bursts = min(BURSTS_LOSS, max(0.0, before.loss - MORE_LOSS))
    most_lost = probe.expected * (before.loss + MORE_LOSS + bursts)
    is_lost = probe.lost > most_lost + CHANCE * math.sqrt(most_lost)
    return _queue_seconds(probe) > QUEUE_SECONDS or is_lost or is_remb_lower


class ProbeTurns:
    """Probes of a whole node: a few at once, however many links could take one."""

    def __init__(self) -> None:
        self._ends: list[float] = []

    def take(self, bps: int, now: float) -> bool:
        """Whether one more, at this rate, may run now; if so, it does."""
        self._ends = [end for end in self._ends if end > now]
        if len(self._ends) >= PROBES_AT_ONCE:
            return False
        self._ends.append(now + probe_seconds(bps))
        return True
