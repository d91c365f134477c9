"""Which layer of each slot a subscriber gets for what its link can take, and how many of its
pictures. Voice is not asked.

First every slot's cheapest step, the lead teacher before the stage before the screen; then the
smallest picture of each in full; then what is left raises them one by one, the screen first,
because a small screen can't be read. What does not fit is dropped from the other end. What flows
is kept a little longer than it would be begun, so that a link at the limit does not swing.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from relay.forwarding.ladder import Choice, Step
from streamsvc.base.media import Slot

_MUST_SEE = (Slot.LEAD, Slot.STAGE, Slot.SCREEN)
_RAISED_FIRST = (Slot.SCREEN, Slot.LEAD, Slot.STAGE)
UP_SHARE = 0.85
"""Something better must fit into this share."""
KEEP_SHARE = 1.1
"""A smallest picture that flows is kept up to this share: encoders are never exact."""


@dataclass(frozen=True, slots=True)
class Offered:
    """What one slot can be filled with, cheapest first, and what fills it now."""

    slot: Slot
    steps: Sequence[Step]
    current: Choice | None

    @property
    def whole_smallest(self) -> int:
        """The step at which every picture of the smallest layer comes."""
        return max(n for n, step in enumerate(self.steps) if step.choice.rid == self._smallest_rid)

    @property
    def _smallest_rid(self) -> str:
        return self.steps[0].choice.rid

    @property
    def current_step(self) -> int:
        """Where it is now; where there is no such step any more, the next above in its layer."""
        if self.current is None:
            return 0
        rid, most_temporal = self.current
        its = [n for n, step in enumerate(self.steps) if step.choice.rid == rid]
        above = [n for n in its if self.steps[n].choice.most_temporal >= most_temporal]
        return min(above) if above else max(its, default=0)


@dataclass(frozen=True, slots=True)
class Budget:
    """What the link can take, without the voice."""

    bps: int
    is_guess: bool = False
    """Nothing was seen yet that says so: then no slot is refused its smallest picture."""


def allocate(offered: Sequence[Offered], budget: Budget) -> dict[Slot, Choice | None]:
    """What to forward in each slot; None where nothing of it fits."""
    by_slot = {entry.slot: entry for entry in offered if entry.steps}
    steps, left = _cheapest(by_slot, budget)
    for slot in _MUST_SEE:
        if slot in steps:
            entry = by_slot[slot]
            steps[slot], left = _raised(entry, 0, entry.whole_smallest, left, budget.bps)
    for slot in _RAISED_FIRST:
        if slot in steps:
            entry = by_slot[slot]
            top = len(entry.steps) - 1
            steps[slot], left = _raised(entry, steps[slot], top, left, budget.bps)
    targets: dict[Slot, Choice | None] = {entry.slot: None for entry in offered}
    for slot, step in steps.items():
        targets[slot] = by_slot[slot].steps[step].choice
    return targets


def _cheapest(by_slot: dict[Slot, Offered], budget: Budget) -> tuple[dict[Slot, int], int]:
    """Slots of which something flows, and what is left."""
    steps: dict[Slot, int] = {}
    left = budget.bps
    for slot in _MUST_SEE:
        entry = by_slot.get(slot)
        if entry is None:
            continue
        needed = entry.steps[0].bps
        slack = int(budget.bps * (KEEP_SHARE - 1)) if entry.current is not None else 0
        if budget.is_guess or needed <= left + slack:
            left -= needed
            steps[slot] = 0
    return steps, left


def _raised(entry: Offered, at: int, top: int, left: int, budget_bps: int) -> tuple[int, int]:
    """Highest step from `at` to `top` that fits, and what is left then."""
    reserve = int(budget_bps * (1 - UP_SHARE))
    for step in range(top, at, -1):
        extra = entry.steps[step].bps - entry.steps[at].bps
        if extra <= left - (reserve if step > entry.current_step else 0):
            return step, left - extra
    return at, left
