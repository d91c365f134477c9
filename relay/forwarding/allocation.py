"""Which layer of each slot a subscriber gets for what its link can take, and how many of its
pictures. Voice is not asked.

First every slot's cheapest step, the lead teacher before the stage before the screen; then the
smallest picture of each in full; then what is left raises them one by one, the screen first,
because a small screen can't be read (last where the lesson is about movement). What does not fit is
dropped from the other end. What flows is kept a little longer than it would be begun, so that a
link at the limit does not swing.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from relay.forwarding.ladder import Choice, Step
from streamsvc.base.media import PictureProfile, Slot

_MUST_SEE = {
    PictureProfile.SLIDES_FIRST: (Slot.LEAD, Slot.STAGE, Slot.SCREEN),
    PictureProfile.MOVEMENT_FIRST: (Slot.LEAD, Slot.STAGE),
}
_RAISED_FIRST = {
    PictureProfile.SLIDES_FIRST: (Slot.SCREEN, Slot.LEAD, Slot.STAGE),
    PictureProfile.MOVEMENT_FIRST: (Slot.LEAD, Slot.STAGE),
}
_LAST = {
    PictureProfile.SLIDES_FIRST: (),
    PictureProfile.MOVEMENT_FIRST: (Slot.SCREEN,),
}
"""Only what the others leave."""
UP_SHARE = 0.85
"""Something better must fit into this share."""
THIN_BPS = 400_000
THIN_SHARE = 0.75
"""On so little a larger picture must fit into this share: one of its key frames fills the link for
a second, and what is lost of it is sent again."""
BEGIN_SHARE = 0.75
"""Of what is left on so little, a first picture may take this: its key frame, its repairs and the
headers of its packets come on top, and they would wait in front of the voice."""
STEADY_BEGIN_SHARE = 0.9
"""Where its encoder holds its rate over less than a second, key frames among it."""
KEEP_SHARE = 1.1
"""A smallest picture that flows is kept up to this share: encoders are never exact."""


@dataclass(frozen=True, slots=True)
class Offered:
    """What one slot can be filled with, cheapest first, and what fills it now."""

    slot: Slot
    steps: Sequence[Step]
    current: Choice | None
    swing: float = 1.0
    """The cheapest has cost so many times more for longer."""
    is_steady: bool = False
    """The cheapest holds its rate, key frames among it."""

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


def allocate(
    offered: Sequence[Offered],
    budget: Budget,
    profile: PictureProfile = PictureProfile.SLIDES_FIRST,
) -> dict[Slot, Choice | None]:
    """What to forward in each slot; None where nothing of it fits."""
    spending = _Spending({entry.slot: entry for entry in offered if entry.steps}, budget)
    spending.begin(_MUST_SEE[profile])
    spending.complete(_MUST_SEE[profile])
    spending.raise_to_top(_RAISED_FIRST[profile])
    spending.begin(_LAST[profile])
    spending.raise_to_top(_LAST[profile])
    return {entry.slot: spending.choice(entry.slot) for entry in offered}


class _Spending:
    """What is left of a budget while steps are given to slots."""

    def __init__(self, offered: dict[Slot, Offered], budget: Budget) -> None:
        self._offered = offered
        self._budget = budget
        self._left = budget.bps
        self._steps: dict[Slot, int] = {}

    def choice(self, slot: Slot) -> Choice | None:
        """What a slot got."""
        if slot not in self._steps:
            return None
        return self._offered[slot].steps[self._steps[slot]].choice

    def begin(self, slots: Sequence[Slot]) -> None:
        """The cheapest step of each that fits."""
        budget = self._budget
        for slot in slots:
            entry = self._offered.get(slot)
            if entry is None:
                continue
            needed = entry.steps[0].bps
            is_new_on_little = entry.current is None and budget.bps < THIN_BPS
            usual = needed * entry.swing if is_new_on_little else needed
            if budget.is_guess or usual <= self._most_for_smallest(entry):
                self._left -= needed
                self._steps[slot] = 0

    def _most_for_smallest(self, entry: Offered) -> int:
        """What the smallest picture of a slot may cost."""
        if entry.current is not None:
            return self._left + int(self._budget.bps * (KEEP_SHARE - 1))
        share = STEADY_BEGIN_SHARE if entry.is_steady else BEGIN_SHARE
        return int(self._left * (share if self._budget.bps < THIN_BPS else 1))

    def complete(self, slots: Sequence[Slot]) -> None:
        """Every picture of the smallest layer, slot by slot."""
        for slot in slots:
            if slot in self._steps:
                self._raise(slot, self._offered[slot].whole_smallest)

    def raise_to_top(self, slots: Sequence[Slot]) -> None:
        """As far as it goes, slot by slot."""
        for slot in slots:
            if slot in self._steps:
                self._raise(slot, len(self._offered[slot].steps) - 1)

    def _reserve(self, entry: Offered, step: int) -> int:
        """What must stay free for it; nothing for what flows already."""
        if step <= entry.current_step:
            return 0
        flows = entry.steps[entry.current_step].choice.rid
        is_larger = entry.steps[step].choice.rid != flows
        share = THIN_SHARE if is_larger and self._budget.bps < THIN_BPS else UP_SHARE
        return int(self._budget.bps * (1 - share))

    def _raise(self, slot: Slot, top: int) -> None:
        """To the highest step up to `top` that fits."""
        entry, at = self._offered[slot], self._steps[slot]
        for step in range(top, at, -1):
            extra = entry.steps[step].bps - entry.steps[at].bps
            if extra <= self._left - self._reserve(entry, step):
                self._steps[slot] = step
                self._left -= extra
                return
