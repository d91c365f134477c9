"""Which layer of each slot a subscriber gets for what its link can take. Voice is not asked.

First every slot's smallest picture, the lead teacher before the stage before the screen; then
what is left raises them one step at a time, the screen first, because a small screen can't be
read. What does not fit is dropped from the other end. What flows is kept a little longer than it
would be begun, so that a link at the limit does not swing.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from streamsvc.base.media import Slot

_MUST_SEE = (Slot.LEAD, Slot.STAGE, Slot.SCREEN)
_RAISED_FIRST = (Slot.SCREEN, Slot.LEAD, Slot.STAGE)
UP_SHARE = 0.85
"""Something better must fit into this share."""
KEEP_SHARE = 1.1
"""A smallest picture that flows is kept up to this share: encoders are never exact."""


@dataclass(frozen=True, slots=True)
class Offered:
    """The live layers of one slot, smallest first, and the one being forwarded."""

    slot: Slot
    layers: Sequence[tuple[str, int]]
    """(RID, bits per second)."""
    current_rid: str | None


@dataclass(frozen=True, slots=True)
class Budget:
    """What the link can take, without the voice."""

    bps: int
    is_guess: bool = False
    """Nothing was seen yet that says so: then no slot is refused its smallest picture."""


def allocate(offered: Sequence[Offered], budget: Budget) -> dict[Slot, str | None]:
    """RID for each slot; None where nothing of it fits."""
    by_slot = {entry.slot: entry for entry in offered if entry.layers}
    steps, left = _smallest(by_slot, budget)
    for slot in _RAISED_FIRST:
        if slot in steps:
            steps[slot], left = _raised(by_slot[slot], left, budget.bps)
    targets: dict[Slot, str | None] = {entry.slot: None for entry in offered}
    for slot, step in steps.items():
        targets[slot] = by_slot[slot].layers[step][0]
    return targets


def _smallest(by_slot: dict[Slot, Offered], budget: Budget) -> tuple[dict[Slot, int], int]:
    """Slots whose smallest picture flows, and what is left."""
    steps: dict[Slot, int] = {}
    left = budget.bps
    for slot in _MUST_SEE:
        entry = by_slot.get(slot)
        if entry is None:
            continue
        needed = entry.layers[0][1]
        slack = int(budget.bps * (KEEP_SHARE - 1)) if entry.current_rid is not None else 0
        if budget.is_guess or needed <= left + slack:
            left -= needed
            steps[slot] = 0
    return steps, left


def _raised(entry: Offered, left: int, budget_bps: int) -> tuple[int, int]:
    """Highest step that fits, and what is left then."""
    layers = entry.layers
    current = next((n for n, (rid, _) in enumerate(layers) if rid == entry.current_rid), 0)
    reserve = int(budget_bps * (1 - UP_SHARE))
    for step in range(len(layers) - 1, 0, -1):
        extra = layers[step][1] - layers[0][1]
        if extra <= left - (reserve if step > current else 0):
            return step, left - extra
    return 0, left
