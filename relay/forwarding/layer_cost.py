"""What a layer costs a link: the mean of some seconds, and more than that if it was dearer before.

A key frame makes the second it falls into twice as dear. Whoever looked at single seconds would
take a picture away from a link that carries it, and give it back a second later. And a picture that
stands still for a moment is cheap, but moves again.
"""

from collections import deque
from collections.abc import Sequence

LOOKS = 4
"""As many seconds as there are from key frame to key frame."""
LOOK_SECONDS = 0.9
"""The meter tells of the last second; a look too early tells the same twice."""
FORGOTTEN_SHARE = 0.95
"""Of what was dearer, with each look."""

Temporal = tuple[tuple[int, int], ...]
"""Bits and pictures per second up to each temporal id."""


class LayerCost:
    """One layer's: `add` each look, then read `temporal`."""

    def __init__(self) -> None:
        self.temporal: Temporal = ()
        """What it is thought to cost."""
        self._looks: deque[Temporal] = deque(maxlen=LOOKS)
        self._looked_at = float("-inf")

    def add(self, temporal: Temporal, now: float) -> None:
        """What went by in the last second. Nothing at all is a pause: what is sent after it counts
        alone."""
        if not any(bps for bps, _ in temporal) or len(temporal) != len(self.temporal):
            self._looks.clear()
            self.temporal = temporal
        if now - self._looked_at < LOOK_SECONDS:
            return
        self._looked_at = now
        if any(bps for bps, _ in temporal):
            self._looks.append(temporal)
            self.temporal = tuple(
                _cost(before, looks)
                for before, looks in zip(self.temporal, zip(*self._looks, strict=True), strict=True)
            )


def _cost(before: tuple[int, int], looks: Sequence[tuple[int, int]]) -> tuple[int, int]:
    bps, pictures = zip(*looks, strict=True)
    least_bps = before[0] * FORGOTTEN_SHARE if len(looks) == LOOKS else 0
    return round(max(sum(bps) / len(bps), least_bps)), round(sum(pictures) / len(pictures))
