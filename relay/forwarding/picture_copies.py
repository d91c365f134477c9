"""How a subscriber's pictures are protected where much is lost.

So far away that to ask again, and to be answered, takes longer than a picture can wait, they go out
twice, unasked. Copies are sent from what the link has left, and a larger picture must fit with its
copies: one that moves is better than a larger one that stands still. A full link gets none, nor
does one that what flows would fill: copies take all that the estimate leaves, and it is never so
exact. Over a bad radio, near or far, only the smallest picture goes: the fewer packets it has, the
more often all of them come.
"""

from collections.abc import Sequence
from dataclasses import replace

from relay.forwarding.allocation import Offered
from relay.forwarding.ladder import Step

BEGIN_LOSS = 0.03
END_LOSS = 0.015
BEGIN_ROUND_TRIP_SECONDS = 0.25
END_ROUND_TRIP_SECONDS = 0.2
AFTER_MS = 250
"""Losses come in bursts: five packets of a thin link are 150 ms."""
FULL_SECONDS = 10.0
"""After a queue was seen; what comes next may fill it again."""
BEGIN_FILLED = 0.85
END_FILLED = 0.95
"""Share of the estimate, with every picture twice."""
BAD_LOSS = 0.12
GOOD_LOSS = 0.07
GOOD_SECONDS = 5.0
"""Without more than that, until larger pictures may come again."""


class PictureCopies:
    """One subscriber's: call `choose` whenever there is news."""

    def __init__(self) -> None:
        self.after_ms = 0
        """So much later each packet goes out once more; 0: it does not."""
        self.is_smallest_only = False
        self._bad_at = self._full_at = float("-inf")

    def see(self, lost: float, lost_now: float, now: float) -> None:
        """Share lost of late, and in the last three seconds."""
        if lost_now >= GOOD_LOSS:
            self._bad_at = now
        is_bad_still = self.is_smallest_only and now - self._bad_at < GOOD_SECONDS
        self.is_smallest_only = is_bad_still or min(lost, lost_now) >= BAD_LOSS

    def choose(
        self, lost: float, round_trip: float, now: float, *, has_queue: bool, filled: float = 0.0
    ) -> int:
        """Share lost of late, seconds there and back, whether the link is full, and the share of
        its estimate that all would take with what flows twice."""
        if has_queue:
            self._full_at = now
        is_full = now - self._full_at < FULL_SECONDS
        least_lost = END_LOSS if self.after_ms else BEGIN_LOSS
        least_round_trip = END_ROUND_TRIP_SECONDS if self.after_ms else BEGIN_ROUND_TRIP_SECONDS
        is_wanted = lost >= least_lost and round_trip >= least_round_trip and not is_full
        fits = filled <= (END_FILLED if self.after_ms else BEGIN_FILLED)
        self.after_ms = AFTER_MS if is_wanted and fits else 0
        return self.after_ms


def filled_by(offered: Sequence[Offered], beside_bps: int, link_bps: int) -> float:
    """The share of a link that what flows would take twice, with what else goes over it."""
    flows = [entry for entry in offered if entry.steps and entry.current is not None]
    pictures_bps = sum(entry.steps[entry.current_step].bps for entry in flows)
    return (beside_bps + 2 * pictures_bps) / max(1, link_bps)


def with_copies(offered: Offered) -> Offered:
    """What is more than its smallest picture costs twice as much."""
    if not offered.steps:
        return offered
    whole = offered.whole_smallest
    first = offered.steps[: whole + 1]
    return replace(offered, steps=[*first, *map(_twice, offered.steps[whole + 1 :])])


def smallest_only(offered: Offered) -> Offered:
    """Nothing larger than its smallest picture."""
    if not offered.steps:
        return offered
    return replace(offered, steps=offered.steps[: offered.whole_smallest + 1])


def _twice(step: Step) -> Step:
    return step._replace(bps=2 * step.bps)


def protected(
    offered: Sequence[Offered], *, are_copied: bool, is_smallest_only: bool
) -> Sequence[Offered]:
    """What every slot can be filled with then, and what that costs."""
    if is_smallest_only:
        return [smallest_only(entry) for entry in offered]
    return [with_copies(entry) for entry in offered] if are_copied else offered
