"""Durations counted in buckets of 3 %: any number of them in bounded memory, and they add up."""

import math
from collections import Counter
from collections.abc import Sequence

_GROWTH = math.log(1.03)
_SMALLEST_SECONDS = 1e-6


class Histogram:
    """Seconds; those below a microsecond count as one."""

    __slots__ = ("buckets",)

    def __init__(self) -> None:
        self.buckets: Counter[int] = Counter()

    def add(self, seconds: float) -> None:
        """Count one."""
        self.buckets[round(math.log(max(seconds, _SMALLEST_SECONDS)) / _GROWTH)] += 1

    def merge(self, other: "Histogram") -> None:
        """Count all of `other`."""
        self.buckets.update(other.buckets)

    def __len__(self) -> int:
        return self.buckets.total()

    def percentile(self, share: float) -> float | None:
        """Nearest-rank percentile in seconds, 1.5 % off at most; None for no values."""
        rank = math.ceil(share * len(self))
        seen = 0
        for bucket in sorted(self.buckets):
            seen += self.buckets[bucket]
            if seen >= rank:
                return math.exp(bucket * _GROWTH)
        return None


def percentile(values: Sequence[float], share: float) -> float | None:
    """Nearest-rank percentile of a few exact values; None for no values."""
    ordered = sorted(values)
    rank = max(1, math.ceil(share * len(ordered)))
    return ordered[rank - 1] if ordered else None
