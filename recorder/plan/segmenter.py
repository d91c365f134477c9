"""Where to cut. A segment begins with a keyframe when one comes in time, and is 4 s at most.

A playlist's segments must always hold the same kinds of tracks, else a browser's source buffer
refuses them. So where voice goes on without a picture (no camera, a stalled link), a blank picture
stands in, in a section of its own; a short stall holds the last picture.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise, takewhile
from math import ceil

from recorder.plan.samples import Picture, VoiceSample
from recorder.plan.voice import SAMPLES_PER_MS

SHORTEST_MS = 1_500.0
"""No cut before this, also when keyframes come more often than asked for."""
LONGEST_MS = 4_000.0
BLANK_MS = 2_000.0
HOLD_MS = 10_000.0
"""A picture is held this long when no other follows."""
WAIT_MS = 4_000.0
"""How far behind its arrival media may still come in order (reordering, a slow link)."""
LEAD_IN_MS = 500.0
"""Voice this much before the first picture gets no blank picture: it is left out."""
STEP_MS = 1.0
"""Least distance of two pictures."""
LAST_PICTURE_MS = 66.0
PART_MS = 1_000.0
"""Readers get a segment that is not complete yet in parts so long."""


@dataclass(frozen=True, slots=True)
class Section:
    """Segments that share an init section; between sections there is a discontinuity."""

    number: int
    keyframe: bytes
    """First picture, with its parameter sets: what the init section is made from. Empty: blank."""
    config: bytes
    has_voice: bool


@dataclass(frozen=True, slots=True)
class ShownPicture:
    """A picture and how long it shows; without data the blank one."""

    at_ms: float
    duration_ms: float
    data: bytes
    is_keyframe: bool


@dataclass(frozen=True, slots=True)
class Segment:
    """One file of a playlist, `start_ms` to `end_ms` on the axis."""

    section: Section
    start_ms: float
    end_ms: float
    pictures: tuple[ShownPicture, ...]
    voice: tuple[VoiceSample, ...]


class Segmenter:
    """Samples of one publication in, segments out.

    Drive rule: `add_picture()`, `add_voice()` in order; `drain(now)` as often as wanted; `flush()`
    once, at the end.
    """

    def __init__(
        self, has_voice: bool, sections: Iterator[int], not_before_ms: float = 0.0
    ) -> None:
        self.start_ms: float | None = None
        """Where the next segment begins; None until that is known."""
        self._has_voice = has_voice
        self._sections = sections
        self._not_before_ms = not_before_ms
        self._pictures: deque[Picture] = deque()
        self._voice: deque[VoiceSample] = deque()
        self._newest_ms = not_before_ms - STEP_MS
        self._now_ms = 0.0
        self._end_ms: float | None = None
        # the section being written: with pictures, or blank
        self._section: Section | None = None
        self._has_picture = False
        self._shown: Picture | None = None

    def add_picture(self, picture: Picture) -> None:
        """Take a picture; one that comes too late for its place is shown as soon as it can."""
        at_ms = max(picture.at_ms, self._newest_ms + STEP_MS, self.start_ms or 0.0)
        self._newest_ms = at_ms
        self._pictures.append(picture if at_ms == picture.at_ms else replace(picture, at_ms=at_ms))

    def add_voice(self, samples: list[VoiceSample]) -> None:
        """Take the next piece of the gapless row."""
        floor = self._not_before_ms * SAMPLES_PER_MS
        self._voice.extend(sample for sample in samples if sample.position >= floor)

    def drain(self, now_ms: float) -> list[Segment]:
        """Segments that are complete, given that it is `now_ms` on the axis."""
        self._now_ms = now_ms
        segments = []
        while segment := self._next():
            segments.append(segment)
        return segments

    def begun(self) -> Segment | None:
        """What is certain of the next segment, in whole parts of PART_MS; None while that is
        nothing, and where pictures are blank. Whatever follows, the segment begins so. After
        `drain()`."""
        if self.start_ms is None or self._section is None or not self._has_picture:
            return None
        parts = int((self._certain_ms(self.start_ms) - self.start_ms) // PART_MS)
        if parts < 1:
            return None
        end_ms = self.start_ms + parts * PART_MS
        pictures = tuple(self._pictures_before(end_ms))
        return Segment(self._section, self.start_ms, end_ms, pictures, self._voice_before(end_ms))

    def end_of_media(self) -> float:
        """Where the last sample ends."""
        voice_ms = self._voice[-1].end / SAMPLES_PER_MS if self._voice else 0.0
        picture_ms = self._pictures[-1].at_ms + LAST_PICTURE_MS if self._pictures else 0.0
        return max(voice_ms, picture_ms, self.start_ms or 0.0)

    def flush(self) -> list[Segment]:
        """The rest, up to the last sample."""
        self._end_ms = self.end_of_media()
        return self.drain(float("inf"))

    # ---- where it begins

    def _next(self) -> Segment | None:
        if self.start_ms is None:
            self.start_ms = self._beginning()
            self._leave_out_voice_before(self.start_ms)
        if self.start_ms is None or self._is_past_end():
            return None
        self._change_section()
        cut_ms = self._cut_after_pictures() if self._has_picture else self._cut_blank()
        if cut_ms is None or cut_ms <= self.start_ms or not self._voice_reaches(cut_ms):
            return None
        return self._take(cut_ms)

    def _beginning(self) -> float | None:
        picture_ms = self._pictures[0].at_ms if self._pictures else None
        if not self._voice:
            return picture_ms
        voice_ms = self._voice[0].position / SAMPLES_PER_MS
        if picture_ms is not None:
            return picture_ms if picture_ms - voice_ms < LEAD_IN_MS else voice_ms
        return voice_ms if self._now_ms - voice_ms > WAIT_MS else None

    def _leave_out_voice_before(self, start_ms: float | None) -> None:
        """Players put a segment's earliest sample where the playlist says that it begins."""
        while start_ms is not None and self._voice:
            first = self._voice[0]
            if (first.position + first.end) / 2 >= start_ms * SAMPLES_PER_MS:
                return
            self._voice.popleft()

    def _is_past_end(self) -> bool:
        return self._end_ms is not None and (self.start_ms or 0.0) >= self._end_ms - STEP_MS

    def _voice_reaches(self, cut_ms: float) -> bool:
        if not self._has_voice or self._end_ms is not None:
            return True
        return bool(self._voice) and self._voice[-1].end >= cut_ms * SAMPLES_PER_MS

    def _change_section(self) -> None:
        """Begin a section where pictures end, begin, or change their form."""
        if self._has_picture:
            first = self._pictures[0] if self._pictures else None
            if first and first.at_ms <= (self.start_ms or 0.0) and self._is_other(first):
                self._begin_section(first)
            elif self._shown and (self.start_ms or 0.0) >= self._shown.at_ms + HOLD_MS:
                self._has_picture, self._section = False, None
        if not self._has_picture:
            self._seek_keyframe()

    def _is_other(self, picture: Picture) -> bool:
        return (
            picture.is_keyframe
            and self._section is not None
            and picture.config != self._section.config
        )

    def _seek_keyframe(self) -> None:
        while self._pictures and not self._pictures[0].is_keyframe:
            self._pictures.popleft()
        if self._pictures and not self._has_voice:
            self.start_ms = self._pictures[0].at_ms  # nothing to bridge with: leave the hole
        if self._pictures and self._pictures[0].at_ms <= (self.start_ms or 0.0):
            self._begin_section(self._pictures[0])

    def _begin_section(self, first: Picture) -> None:
        number = next(self._sections)
        self._section = Section(number, first.data, first.config, self._has_voice)
        self._has_picture = True
        self._shown = None

    # ---- where it ends

    def _cut_after_pictures(self) -> float | None:
        start_ms = self.start_ms or 0.0
        latest_ms = start_ms + LONGEST_MS
        before = self._shown
        for picture in self._pictures:
            if before and picture.at_ms - before.at_ms > HOLD_MS:
                break
            if picture.at_ms > latest_ms:
                return latest_ms
            if picture.at_ms > start_ms and self._is_other(picture):
                return picture.at_ms
            if picture.is_keyframe and picture.at_ms >= start_ms + SHORTEST_MS:
                return picture.at_ms
            before = picture
        else:
            if self._end_ms is not None:
                return min(latest_ms, self._end_ms, self._held_until(before))
            if before and self._now_ms - before.at_ms <= HOLD_MS + WAIT_MS:
                return None
        return min(latest_ms, self._held_until(before))

    def _held_until(self, picture: Picture | None) -> float:
        return picture.at_ms + HOLD_MS if picture else (self.start_ms or 0.0) + LONGEST_MS

    def _cut_blank(self) -> float | None:
        if not self._has_voice:
            return None
        start_ms = self.start_ms or 0.0
        bounds = [start_ms + BLANK_MS]
        if self._pictures:
            bounds.append(self._pictures[0].at_ms)
        elif self._end_ms is not None:
            bounds.append(self._end_ms)
        elif self._now_ms - WAIT_MS < start_ms + BLANK_MS:
            return None
        return min(bounds)

    # ---- what is certain of it before

    def _certain_ms(self, start_ms: float) -> float:
        """A picture's length is known when the next one is there."""
        cut_ms = self._cut_after_pictures()
        pictures_ms = self._pictures[-1].at_ms if self._pictures else start_ms
        until_ms = pictures_ms if cut_ms is None else min(cut_ms, pictures_ms)
        if not self._has_voice:
            return until_ms
        return min(until_ms, self._voice[-1].end / SAMPLES_PER_MS if self._voice else start_ms)

    def _pictures_before(self, end_ms: float) -> Iterator[ShownPicture]:
        for picture, after in pairwise(self._pictures):
            if picture.at_ms >= end_ms:
                return
            length_ms = min(after.at_ms - picture.at_ms, HOLD_MS)
            yield ShownPicture(picture.at_ms, length_ms, picture.data, picture.is_keyframe)

    def _voice_before(self, end_ms: float) -> tuple[VoiceSample, ...]:
        return tuple(takewhile(lambda one: one.position < end_ms * SAMPLES_PER_MS, self._voice))

    # ---- the segment

    def _take(self, cut_ms: float) -> Segment | None:
        start_ms, self.start_ms = self.start_ms or 0.0, cut_ms
        if self._section is None:
            self._section = Section(next(self._sections), b"", b"", self._has_voice)
        pictures = self._take_pictures(cut_ms) if self._has_picture else _blank(start_ms, cut_ms)
        voice = self._take_voice(cut_ms)
        if not pictures and not voice:
            self._has_picture, self._section = False, None
            return self._next()
        return Segment(self._section, start_ms, cut_ms, pictures, voice)

    def _take_pictures(self, cut_ms: float) -> tuple[ShownPicture, ...]:
        taken = []
        while self._pictures and self._pictures[0].at_ms < cut_ms:
            self._shown = self._pictures.popleft()
            until_ms = self._shown_until(self._shown)
            duration_ms = until_ms - self._shown.at_ms
            shown = self._shown
            taken.append(ShownPicture(shown.at_ms, duration_ms, shown.data, shown.is_keyframe))
        return tuple(taken)

    def _shown_until(self, picture: Picture) -> float:
        held_ms = picture.at_ms + HOLD_MS
        if self._pictures:
            return min(self._pictures[0].at_ms, held_ms)
        return min(held_ms, max(self._end_ms or held_ms, picture.at_ms + STEP_MS))

    def _take_voice(self, cut_ms: float) -> tuple[VoiceSample, ...]:
        taken = []
        while self._voice and self._voice[0].position < cut_ms * SAMPLES_PER_MS:
            taken.append(self._voice.popleft())
        return tuple(taken)


def parts_of(segment: Segment) -> list[Segment]:
    """The same in parts of PART_MS, the last one shorter: each can be read before the next is
    there."""
    parts = []
    count = max(1, ceil((segment.end_ms - segment.start_ms) / PART_MS))
    for number in range(count):
        start_ms = segment.start_ms + number * PART_MS
        # the first and the last hold what lies outside by a rounding
        from_ms = start_ms if number else float("-inf")
        next_ms = segment.start_ms + (number + 1) * PART_MS
        to_ms = next_ms if number < count - 1 else float("inf")
        pictures = tuple(one for one in segment.pictures if from_ms <= one.at_ms < to_ms)
        bounds = (from_ms * SAMPLES_PER_MS, to_ms * SAMPLES_PER_MS)
        voice = tuple(one for one in segment.voice if bounds[0] <= one.position < bounds[1])
        if pictures or voice:
            end_ms = min(to_ms, segment.end_ms)
            parts.append(Segment(segment.section, start_ms, end_ms, pictures, voice))
    return parts


def _blank(start_ms: float, end_ms: float) -> tuple[ShownPicture, ...]:
    return (ShownPicture(start_ms, end_ms - start_ms, b"", True),)
