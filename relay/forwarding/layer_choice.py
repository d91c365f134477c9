"""Which layer of each slot a subscriber gets for what its link can take. Voice is not asked.

First every slot's smallest picture, the lead teacher before the stage before the screen; then
what is left raises them one step at a time, the screen first, because a small screen can't be
read. What does not fit is dropped from the other end.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from streamsvc.base.media import Slot

_MUST_SEE = (Slot.LEAD, Slot.STAGE, Slot.SCREEN)
_RAISED_FIRST = (Slot.SCREEN, Slot.LEAD, Slot.STAGE)
UP_SHARE = 0.85
"""A better layer must fit into this share, so that a link at the limit does not swing."""


@dataclass(frozen=True, slots=True)
class Offered:
    """The live layers of one slot, smallest first, and the one being forwarded."""

    slot: Slot
    layers: Sequence[tuple[str, int]]
    """(RID, bits per second)."""
    current_rid: str | None


def target_layers(offered: Sequence[Offered], budget_bps: int) -> dict[Slot, str | None]:
    """RID for each slot; None where nothing of it fits. The budget is without the voice."""
    by_slot = {entry.slot: entry for entry in offered if entry.layers}
    steps: dict[Slot, int] = {}
    left = budget_bps
    for slot in _MUST_SEE:
        if slot in by_slot and by_slot[slot].layers[0][1] <= left:
            left -= by_slot[slot].layers[0][1]
            steps[slot] = 0
    for slot in _RAISED_FIRST:
        if slot in steps:
            steps[slot], left = _raised(by_slot[slot], left, budget_bps)
    targets: dict[Slot, str | None] = {entry.slot: None for entry in offered}
    for slot, step in steps.items():
        targets[slot] = by_slot[slot].layers[step][0]
    return targets


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
