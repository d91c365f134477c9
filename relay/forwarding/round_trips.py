"""What a link's round trips tell of the queue in front of it.

The least one is the way alone; what is longer waits, or varies. What they say is weighed by
`downlink`, together with what the receiver estimates and what is lost.
"""

from collections import deque
from dataclasses import dataclass

from relay.forwarding.loss_window import MAX_REPORTS

FAR_ROUND_TRIP_SECONDS = 0.4
BURST_BITS = 48_000
MOST_BURST_SECONDS = 0.25
"""A key frame of the smallest picture, or a piece of a slide: on a thin link it waits for so long,
and who listens from afar has buffered for far more."""
SHORT_SECONDS = 0.15
"""A queue that showed once."""
ROUND_TRIP_GROWTH = 1.5
JITTER_SECONDS = 0.05
"""Above the least round trip; more is a queue."""
DRAINING_SHARE = 0.95
"""Of the round trip before: a queue that empties is no reason to send still less."""
LEAST_SAMPLES = 128
"""In so many round trips the least one is forgotten: a way may have become longer for good."""
LATELY_SECONDS = 3.0
KNOWN_SECONDS = 10.0
"""Where reports are lost as well, the last round trip that is known counts for so long."""


@dataclass(frozen=True, slots=True)
class Wander:
    """How far round trips move on a kind of link without a queue, in seconds."""

    slack_seconds: float = 0.15
    most_growth_seconds: float = 0.15
    """Of a far link: half of its way is more than most queues hold."""


SATELLITE_WANDER = Wander(slack_seconds=0.35, most_growth_seconds=0.3)
"""Its schedule alone moves a round trip so far."""


class RoundTrips:
    """Feed what is measured; ask whether something waits. Seconds throughout."""

    def __init__(self) -> None:
        self.smoothed = 0.1
        """A guess until the first report."""
        self.least: float | None = None
        self.is_measured = False
        """Whether one was ever measured."""
        self.wander = Wander()
        self._longest: deque[tuple[float, float]] = deque(maxlen=MAX_REPORTS)
        """The longest of each report that has measured one."""
        self._is_draining = False
        """The queue gets shorter: what was done was enough."""
        self._handshake: float | None = None

    def handshake_took(self, round_trip: float) -> None:
        """There and back, when nothing was sent yet that could queue."""
        self._handshake = round_trip

    def moved(self) -> None:
        """The peer has another address: a longer way from there is no queue."""
        self._handshake = self.least = None
        self.is_measured = False

    def measured(self, smoothed: float, least: float) -> None:
        """Round trips that were measured and smoothed elsewhere."""
        self._is_draining = self.is_measured and smoothed < DRAINING_SHARE * self.smoothed
        if self._handshake is not None:
            self._handshake += (smoothed - self._handshake) / LEAST_SAMPLES
            least = min(least, self._handshake)
        self.smoothed, self.least = smoothed, least
        self.is_measured = True

    def reported(self, longest: float, now: float) -> None:
        """The longest one that a report has measured."""
        self._longest.append((now, longest))

    def has_queue(self, bps: int) -> bool:
        """The round trip has grown and does not shrink, on a link of that rate."""
        return self.is_slow(bps) and not self._is_draining

    def is_slow(self, bps: int) -> bool:
        """It is longer than without a queue."""
        return self.is_long(self.smoothed, bps)

    def is_long(self, round_trip: float, bps: int) -> bool:
        """Whether this one is longer than any without a queue; False while none is known."""
        return self.least is not None and round_trip > self._steady(self.least, bps)

    @property
    def is_filling(self) -> bool:
        """It is longer than a link that is not full makes it wander: there may be a queue. Too
        little to send less for, and enough not to send more."""
        return self.least is not None and self.smoothed > self.least + self.wander.slack_seconds

    def may_wait(self, now: float) -> bool:
        """Whether there may be a queue, be it as short as REMB notices: none of late says
        otherwise."""
        lately = self._longest_lately(now)
        return self.least is None or not lately or lately > self.least + JITTER_SECONDS

    def has_waited(self, now: float) -> bool:
        """Whether there was a queue of late that showed, if only once."""
        return self.least is not None and self._longest_lately(now) > self.least + SHORT_SECONDS

    def longest_wait(self, now: float) -> float:
        """Of the last seconds, beyond the least; 0 where that is not known."""
        if self.least is None:
            return 0.0
        return max(self.smoothed, self._longest_lately(now)) - self.least

    @property
    def without_queue(self) -> float:
        """The smoothed one still knows older queues."""
        if self.least is None:
            return self.smoothed
        return min(self.smoothed, self.least + JITTER_SECONDS)

    def _longest_lately(self, now: float) -> float:
        """Of the last seconds, or the last that is known; 0: none is."""
        lately = [longest for at, longest in self._longest if now - at < LATELY_SECONDS]
        if not lately and self._longest and now - self._longest[-1][0] < KNOWN_SECONDS:
            return self._longest[-1][1]
        return max(lately, default=0.0)

    def _steady(self, least: float, bps: int) -> float:
        """The longest without a queue."""
        growth = min((ROUND_TRIP_GROWTH - 1) * least, self.wander.most_growth_seconds)
        is_far = least > FAR_ROUND_TRIP_SECONDS
        burst = min(MOST_BURST_SECONDS, BURST_BITS / bps) if is_far else 0.0
        return least + growth + max(self.wander.slack_seconds, burst)
