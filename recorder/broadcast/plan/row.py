"""The voice of a lesson, packet after packet, as long as somebody may still need it."""

from collections import deque
from collections.abc import Iterable
from itertools import dropwhile, takewhile

from recorder.plan.samples import VoiceSample
from recorder.plan.voice import SAMPLES_PER_MS

KEPT_MS = 10_000.0


class VoiceRow:
    """`extend` in order, without holes."""

    def __init__(self) -> None:
        self._samples: deque[VoiceSample] = deque()

    @property
    def end_ms(self) -> float:
        """Where the row ends now."""
        return self._samples[-1].end / SAMPLES_PER_MS if self._samples else float("-inf")

    def extend(self, samples: Iterable[VoiceSample]) -> None:
        """Take the next piece; what is older than KEPT_MS goes."""
        self._samples.extend(samples)
        floor = (self.end_ms - KEPT_MS) * SAMPLES_PER_MS
        while self._samples and self._samples[0].end < floor:
            self._samples.popleft()

    def between(self, start_ms: float, end_ms: float) -> tuple[VoiceSample, ...]:
        """Packets that begin in `start_ms` to `end_ms`."""
        first, last = start_ms * SAMPLES_PER_MS, end_ms * SAMPLES_PER_MS
        later = dropwhile(lambda one: one.position < first, self._samples)
        return tuple(takewhile(lambda one: one.position < last, later))
