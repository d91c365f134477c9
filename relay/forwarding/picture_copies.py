"""How a subscriber's pictures are protected where much is lost.

So far away that to ask again, and to be answered, takes longer than a picture can wait, they go out
twice, unasked. Copies are sent from what the link has left, and a larger picture must fit with its
copies: one that moves is better than a larger one that stands still. A full link gets none, nor
does one that what flows would fill: copies take all that the estimate leaves, and it is never so
exact. Where copies of all do not fit, only pictures that others refer to have them: without one of
those nothing moves for seconds, without one of the others nobody notices. Over a bad radio, near or
far, only the smallest picture goes: the fewer packets it has, the more often all of them come.
"""

from collections.abc import Sequence
from dataclasses import replace

from relay.forwarding.allocation import Offered
from relay.forwarding.ladder import EVERY_PICTURE, Step

NO_PICTURE = -1
"""As the highest temporal id."""
BEGIN_LOSS = 0.03
END_LOSS = 0.015
BEGIN_ROUND_TRIP_SECONDS = 0.25
END_ROUND_TRIP_SECONDS = 0.2
AFTER_MS = 250
"""Losses come in bursts: five packets of a thin link are 150 ms."""
FULL_SECONDS = 10.0
"""After a queue was seen; what comes next may fill it again."""
BEGIN_FILLED = 0.85
END_FILLED = 0.9
"""Share of the estimate, with what goes out twice."""
BAD_LOSS = 0.12
GOOD_LOSS = 0.07
GOOD_SECONDS = 5.0
"""Without more than that, until larger pictures may come again."""


class PictureCopies:
    """One subscriber's: call `choose` whenever there is news."""

    def __init__(self) -> None:
        self.after_ms = 0
        """So much later each packet goes out once more; 0: it does not."""
        self.most_temporal = NO_PICTURE
        """No copies of what has a higher temporal id."""
        self.is_short = False
        """There would be more of them, had the link more room."""
        self.is_smallest_only = False
        self._bad_at = self._full_at = float("-inf")

    def see(self, lost: float, lost_now: float, now: float) -> None:
        """Share lost of late, and in the last three seconds."""
        if lost_now >= GOOD_LOSS:
            self._bad_at = now
        is_bad_still = self.is_smallest_only and now - self._bad_at < GOOD_SECONDS
        self.is_smallest_only = is_bad_still or min(lost, lost_now) >= BAD_LOSS

    def choose(
        self,
        lost: float,
        round_trip: float,
        now: float,
        *,
        has_queue: bool,
        filled: Sequence[float] = (0.0,) * (EVERY_PICTURE + 1),
    ) -> int:
        """Share lost of late, seconds there and back, whether the link is full, and the share of
        its estimate that all would take with what flows twice up to each temporal id."""
        if has_queue:
            self._full_at = now
        is_full = now - self._full_at < FULL_SECONDS
        least_lost = END_LOSS if self.after_ms else BEGIN_LOSS
        least_round_trip = END_ROUND_TRIP_SECONDS if self.after_ms else BEGIN_ROUND_TRIP_SECONDS
        is_wanted = lost >= least_lost and round_trip >= least_round_trip and not is_full
        fitting = [n for n, share in enumerate(filled) if share <= self._most(n)]
        self.most_temporal = max(fitting, default=NO_PICTURE) if is_wanted else NO_PICTURE
        self.is_short = is_wanted and self.most_temporal < EVERY_PICTURE
        self.after_ms = 0 if self.most_temporal == NO_PICTURE else AFTER_MS
        return self.after_ms

    def _most(self, most_temporal: int) -> float:
        """Share of the estimate: what goes on may take more than what would begin."""
        return END_FILLED if most_temporal <= self.most_temporal else BEGIN_FILLED


def filled_by(offered: Sequence[Offered], beside_bps: int, link_bps: int) -> list[float]:
    """The share of a link that what flows would take, with what else goes over it and copies of
    pictures up to each temporal id."""
    flows = [entry for entry in offered if entry.steps and entry.current is not None]
    once_bps = beside_bps + sum(entry.steps[entry.current_step].bps for entry in flows)
    return [
        (once_bps + sum(_copied_bps(entry, most_temporal) for entry in flows)) / max(1, link_bps)
        for most_temporal in range(EVERY_PICTURE + 1)
    ]


def _copied_bps(flows: Offered, most_temporal: int) -> int:
    """What copies of it take, up to there or to the next step."""
    current, current_bps = flows.steps[flows.current_step]
    most = min(most_temporal, current.most_temporal)
    its = [step for step in flows.steps if step.choice.rid == current.rid]
    enough = [step.bps for step in its if step.choice.most_temporal >= most]
    return min(enough, default=current_bps)


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
