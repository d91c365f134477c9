"""Parts of the voice alone, for who wants no picture."""

from recorder.broadcast.plan.cutter import LONGEST_MS, USUAL_SHARE, CutPart
from recorder.plan.segmenter import Section

VOICE = Section(1, b"", b"", has_voice=True)


class VoiceCutter:
    """As PartCutter; every part can be begun at."""

    def __init__(self, part_ms: float) -> None:
        self.start_ms: float | None = None
        self._usual_ms = part_ms * USUAL_SHARE
        self._segment_ms: float | None = None

    def begin(self, start_ms: float) -> None:
        """Begin here. Harmless when it has begun."""
        if self.start_ms is None:
            self.start_ms = start_ms

    def next_part(self, voice_ms: float) -> CutPart | None:
        """The next part, given that the voice is there up to `voice_ms`."""
        if self.start_ms is None or self.start_ms + self._usual_ms > voice_ms:
            return None
        start_ms, end_ms = self.start_ms, self.start_ms + self._usual_ms
        begins = self._segment_ms is None
        segment_ms = start_ms if self._segment_ms is None else self._segment_ms
        ends = end_ms - segment_ms >= LONGEST_MS
        self.start_ms, self._segment_ms = end_ms, None if ends else segment_ms
        return CutPart(VOICE, start_ms, end_ms, (), begins, ends)
