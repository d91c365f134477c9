"""What a layer costs a link: the mean of some seconds.

A key frame makes the second it falls into twice as dear. Whoever looked at single seconds would
take a picture away from a link that carries it, and give it back a second later.
"""

from collections import deque
from collections.abc import Sequence

LOOKS = 4
"""As many seconds as there are from key frame to key frame."""
MEANS = 20
"""In so many seconds what it costs wanders by a fifth up and down."""
LOOK_SECONDS = 0.9
"""The meter tells of the last second; a look too early tells the same twice."""

Temporal = tuple[tuple[int, int], ...]
"""Bits and pictures per second up to each temporal id."""


class LayerCost:
    """One layer's: `add` each look, then read `temporal`."""

    def __init__(self) -> None:
        self.temporal: Temporal = ()
        """What it is thought to cost."""
        self._looks: deque[Temporal] = deque(maxlen=LOOKS)
        self._means: deque[int] = deque(maxlen=MEANS)
        """Of its lowest temporal id."""
        self._looked_at = float("-inf")

    def add(self, temporal: Temporal, now: float) -> None:
        """What went by in the last second. Nothing at all is a pause: what is sent after it counts
        alone."""
        if not any(bps for bps, _ in temporal) or len(temporal) != len(self.temporal):
            self._looks.clear()
            self._means.clear()
            self._looked_at = now
        elif now - self._looked_at >= LOOK_SECONDS:
            self._looks.append(temporal)
            self._looked_at = now
            if len(self._looks) == LOOKS:  # fewer say too much of a key frame
                self._means.append(_mean([look[0] for look in self._looks])[0])
        # before its first second is over, the meter knows only a part of it, each time more
        self.temporal = tuple(map(_mean, zip(*self._looks, strict=True))) or temporal

    @property
    def swing(self) -> float:
        """How much dearer than now its first pictures were for longer, as a ratio of at least 1."""
        now_bps = self.temporal[0][0] if self.temporal else 0
        if not (now_bps and self._means):
            return 1.0
        return max(1.0, sum(self._means) / len(self._means) / now_bps)


GROWN = 1.5
GROWN_BPS = 30_000
"""Less is no encoder that has begun, but a picture that moves."""


class DearestYet:
    """What viewers were steered by: `grew` when a layer costs much more than it ever did. An
    encoder that begins is cheap, and viewers whose links are well are not looked at for seconds."""

    def __init__(self) -> None:
        self._bps: dict[tuple[int, str], int] = {}

    def grew(self, publication: int, rid: str, bps: int) -> bool:
        """True at most a few times for each layer: each time is half as much again."""
        dearest = self._bps.setdefault((publication, rid), bps)
        if bps < max(GROWN * dearest, dearest + GROWN_BPS):
            return False
        self._bps[publication, rid] = bps
        return True


def _mean(looks: Sequence[tuple[int, int]]) -> tuple[int, int]:
    bps, pictures = zip(*looks, strict=True)
    return round(sum(bps) / len(bps)), round(sum(pictures) / len(pictures))
