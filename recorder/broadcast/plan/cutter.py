"""One rendition's pictures into parts and segments, as soon as nothing can change them.

A part ends after USUAL_SHARE of the longest a part may be, or up to its whole length later where a
key frame comes then. A segment begins with a key frame; where none comes in time, it begins without
one. Parts follow each other without a hole whatever the publisher does: what it does not send is
held, and then blank.
"""

from collections import deque
from dataclasses import dataclass, replace

from recorder.plan.samples import Picture
from recorder.plan.segmenter import Section, ShownPicture

USUAL_SHARE = 0.86
"""Of the longest part: RFC 8216bis wants 85 % of it at least."""
SHORTEST_MS = 1_500.0
"""No new segment before this, also when key frames come more often."""
LONGEST_MS = 4_000.0
"""A segment without a key frame to end at: at the end of the part that reaches this."""
PATIENCE_MS = 300.0
"""How long after a part's end its next picture is waited for."""
HOLD_MS = 1_000.0
"""How long a picture is said to show when none follows; players are stopped by a hole, and not by
two pictures that lie over each other."""
HELD_MS = 10_000.0
"""After this long without a picture the last key frame gives way to a blank one."""
STEP_MS = 1.0
SHORTEST_PART_MS = 25.0
"""Of a part that ends with its segment: it must hold some voice, and AAC comes each 21.3 ms."""


@dataclass(frozen=True, slots=True)
class CutPart:
    """From `start_ms` to `end_ms` of the axis. Without pictures the one before still shows."""

    section: Section
    start_ms: float
    end_ms: float
    pictures: tuple[ShownPicture, ...]
    begins_segment: bool
    ends_segment: bool

    @property
    def is_independent(self) -> bool:
        """A player can begin here."""
        return bool(self.pictures) and self.pictures[0].is_keyframe


class PartCutter:
    """`add_picture()` in order; `next_part()` until it gives None, as often as wanted."""

    def __init__(self, part_ms: float) -> None:
        """`part_ms`: the longest a part may be."""
        self.start_ms: float | None = None
        """Where the next part begins; None before the first key frame."""
        self._part_ms = part_ms
        self._usual_ms = part_ms * USUAL_SHARE
        self._pictures: deque[Picture] = deque()
        self._newest_ms = -STEP_MS
        self._section: Section | None = None
        self._sections = 0
        self._segment_ms: float | None = None
        """Where the open segment begins; None: the next part begins one."""
        self._keyframe: Picture | None = None
        self._shown_ms = 0.0
        """When the last picture of the publisher began to show."""
        self._covered_ms = 0.0
        """Up to here something shows."""
        self._needs_keyframe = True

    @property
    def needs_keyframe(self) -> bool:
        """Nothing of the publisher can be shown before one comes."""
        return self._needs_keyframe

    def begin(self, start_ms: float) -> None:
        """Begin here without a picture, with a blank one. Harmless when it has begun."""
        if self.start_ms is None:
            self.start_ms = self._newest_ms = start_ms

    def add_picture(self, picture: Picture) -> None:
        """One that comes too late for its place is shown as soon as it can be."""
        if self._needs_keyframe and not picture.is_keyframe:
            return
        self._needs_keyframe = False
        if self.start_ms is None:
            self.start_ms = picture.at_ms
        at_ms = max(picture.at_ms, self._newest_ms + STEP_MS, self.start_ms)
        self._newest_ms = at_ms
        self._pictures.append(picture if at_ms == picture.at_ms else replace(picture, at_ms=at_ms))

    def lose(self) -> None:
        """What comes next does not follow what came: another source feeds this rendition."""
        self._needs_keyframe = True

    def next_part(self, now_ms: float, voice_ms: float) -> CutPart | None:
        """The next part, given that it is `now_ms` and the voice is there up to `voice_ms`."""
        if self.start_ms is None:
            return None
        self._close_hole(self.start_ms)
        self._hold_keyframe(self.start_ms)
        end = self._end(self.start_ms, now_ms)
        if end is None or end[0] > voice_ms:
            return None
        return self._take(self.start_ms, *end)

    # ---- what comes first

    def _close_hole(self, start_ms: float) -> None:
        """A picture that comes after the one before has ended is shown from that end on. Before the
        part's end is looked for: where a picture begins decides it."""
        if not self._pictures or self._covered_ms >= start_ms + self._part_ms:
            return
        first = self._pictures[0]
        if self._covered_ms < first.at_ms:
            self._pictures[0] = replace(first, at_ms=max(start_ms, self._covered_ms))

    def _hold_keyframe(self, start_ms: float) -> None:
        """A key frame that a segment is to begin with, and that comes too near to the part's
        beginning or too late for its own place, is held a moment: the segment ends before it with a
        short part. So one of another size is never under an init section that is not its own."""
        first = self._pictures[0] if self._pictures else None
        least_ms = start_ms + SHORTEST_PART_MS
        if first is None or not first.is_keyframe or first.at_ms >= least_ms:
            return
        if self._segment_ms is None and first.at_ms <= start_ms:
            return  # it begins one here
        if not self._is_due(first, start_ms):
            return
        for place, picture in enumerate(self._pictures):
            held_ms = least_ms + place * STEP_MS
            if picture.at_ms >= held_ms:
                break
            self._pictures[place] = replace(picture, at_ms=held_ms)
        self._newest_ms = max(self._newest_ms, self._pictures[-1].at_ms)

    # ---- where it ends

    def _end(self, start_ms: float, now_ms: float) -> tuple[float, bool] | None:
        """And whether the segment ends there."""
        segment_ms = start_ms if self._segment_ms is None else self._segment_ms
        for picture in self._pictures:
            if picture.at_ms > start_ms + self._part_ms:
                break
            is_later = picture.is_keyframe and picture.at_ms > start_ms
            if is_later and self._is_due(picture, start_ms):
                return picture.at_ms, True
        end_ms = start_ms + self._usual_ms
        is_known = bool(self._pictures) and self._pictures[-1].at_ms >= end_ms
        if not is_known and now_ms < end_ms + PATIENCE_MS:
            return None
        return end_ms, end_ms - segment_ms >= LONGEST_MS or self._is_blank_next(end_ms)

    def _is_due(self, keyframe: Picture, start_ms: float) -> bool:
        """A segment is to begin with it."""
        segment_ms = start_ms if self._segment_ms is None else self._segment_ms
        is_long = keyframe.at_ms - segment_ms >= SHORTEST_MS
        return is_long or self._is_other(keyframe, start_ms)

    def _is_other(self, picture: Picture, start_ms: float) -> bool:
        """It needs another init section than what shows before it."""
        first = self._pictures[0] if self._pictures[0].at_ms <= start_ms else None
        if self._segment_ms is None and first is not None and first.is_keyframe:
            return picture.config != first.config
        return self._section is None or picture.config != self._section.config

    def _is_blank_next(self, end_ms: float) -> bool:
        is_blank = self._section is not None and not self._section.keyframe
        return not is_blank and self._is_held_too_long(end_ms)

    def _is_held_too_long(self, at_ms: float) -> bool:
        return not self._pictures and at_ms - self._shown_ms >= HELD_MS

    # ---- the part

    def _take(self, start_ms: float, end_ms: float, ends_segment: bool) -> CutPart:
        begins_segment = self._segment_ms is None
        if begins_segment:
            self._segment_ms = start_ms
            self._choose_section(start_ms)
        pictures = self._take_pictures(start_ms, end_ms)
        assert self._section is not None
        self.start_ms = end_ms
        self._newest_ms = max(self._newest_ms, end_ms - STEP_MS)
        if ends_segment:
            self._segment_ms = None
        return CutPart(self._section, start_ms, end_ms, pictures, begins_segment, ends_segment)

    def _choose_section(self, start_ms: float) -> None:
        first = self._pictures[0] if self._pictures else None
        if first is not None and first.is_keyframe and first.at_ms <= start_ms:
            if self._section is None or first.config != self._section.config:
                self._begin_section(first.data, first.config)
        elif self._section is None or self._is_held_too_long(start_ms):
            if self._section is None or self._section.keyframe:
                self._begin_section(b"", b"")
            self._keyframe = None

    def _begin_section(self, keyframe: bytes, config: bytes) -> None:
        self._sections += 1
        self._section = Section(self._sections, keyframe, config, has_voice=True)

    def _take_pictures(self, start_ms: float, end_ms: float) -> tuple[ShownPicture, ...]:
        taken: list[ShownPicture] = []
        while self._pictures and self._pictures[0].at_ms < end_ms:
            picture = self._pictures.popleft()
            after_ms = self._pictures[0].at_ms if self._pictures else None
            taken.append(self._shown(picture, end_ms, after_ms))
        if not taken and not self._pictures and self._covered_ms < end_ms + self._part_ms:
            taken.append(self._stand_in(start_ms, end_ms))
        return tuple(taken)

    def _shown(self, picture: Picture, end_ms: float, after_ms: float | None) -> ShownPicture:
        if picture.is_keyframe:
            self._keyframe = picture
        self._shown_ms = picture.at_ms
        self._covered_ms = after_ms or max(end_ms, picture.at_ms) + HOLD_MS
        duration_ms = self._covered_ms - picture.at_ms
        return ShownPicture(picture.at_ms, duration_ms, picture.data, picture.is_keyframe)

    def _stand_in(self, start_ms: float, end_ms: float) -> ShownPicture:
        """The last key frame once more, or the blank picture: both need nothing before them, and
        what the publisher sends next must not need what it sent before."""
        self._covered_ms = end_ms + HOLD_MS
        self._needs_keyframe = True
        data = self._keyframe.data if self._keyframe is not None else b""
        return ShownPicture(start_ms, self._covered_ms - start_ms, data, True)
