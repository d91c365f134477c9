"""What a slot can be filled with, from the cheapest to the best: a layer, whole or with fewer
pictures a second.

A larger picture comes before a smoother one, because a face that moves in steps is better seen than
one that is small. But no larger picture is given at less than half of its pictures while a smaller
one is there, nor at so few that nobody would call it moving, as half of a camera's 15 are; only the
smallest layer is thinned down to what it can do without. Where a lesson is about movement, a larger
picture is given only with all of its pictures.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

EVERY_PICTURE = 2
"""Highest temporal id there is: nothing is left out."""
LEAST_SHARE = 0.4
"""Half of the pictures, as they are counted in a second: four of nine are."""
LEAST_PICTURES = 9
"""A second, of a larger picture: ten, as they are counted."""
SMOOTH_SHARE = 0.9
"""All of them, as they are counted."""


@dataclass(frozen=True, slots=True)
class Encoding:
    """One layer as it comes from its publisher."""

    rid: str
    temporal: Sequence[tuple[int, int]]
    """Bits and pictures per second up to each temporal id, `EVERY_PICTURE` the last."""


class Choice(NamedTuple):
    """What to forward: the pictures of a layer up to a temporal id."""

    rid: str
    most_temporal: int = EVERY_PICTURE


class Step(NamedTuple):
    """A choice and what it costs."""

    choice: Choice
    bps: int


def ladder(encodings: Sequence[Encoding], *, is_smooth_first: bool = False) -> list[Step]:
    """Steps upward, each costing more than the one before; `encodings`: smallest picture first."""
    least_share = SMOOTH_SHARE if is_smooth_first else LEAST_SHARE
    steps: list[Step] = []
    for place, encoding in reversed(list(enumerate(encodings))):
        pictures = encoding.temporal[-1][1]
        for most_temporal in reversed(range(len(encoding.temporal))):
            bps, kept = encoding.temporal[most_temporal]
            is_all = most_temporal == len(encoding.temporal) - 1
            is_smooth = is_all or kept >= max(LEAST_PICTURES, least_share * pictures)
            if (is_smooth or place == 0) and (not steps or bps < steps[-1].bps):
                steps.append(Step(Choice(encoding.rid, most_temporal), bps))
    return steps[::-1]
