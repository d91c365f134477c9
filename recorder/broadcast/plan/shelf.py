"""What a rendition has: its segments, the parts of the newest ones, and its playlists' words
(draft-pantos-hls-rfc8216bis).

Nothing leaves a playlist while the lesson lasts: who comes late may see all of it. A playlist of an
hour is some 100 kB, so whoever has it asks for what is new alone (EXT-X-SKIP).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from recorder.broadcast.plan import naming

VERSION = 10
"""RECENTLY-REMOVED-DATERANGES and _HLS_skip=v2 (§8)."""
TARGET_SECONDS = 4
"""No segment is longer, rounded (§4.4.3.1)."""
SKIP_SECONDS = 6 * TARGET_SECONDS
"""Older segments are left out of a delta: six target durations at least (§4.4.3.8). No more: who
watches with little data gets one three times a second."""
PARTS_SECONDS = 3 * TARGET_SECONDS
"""Parts of older segments are not named any more (§6.2.2 wants three target durations)."""
DATES_SLACK_MS = 60_000
"""So much older than the one before it a date is not."""
_MAP = re.compile(r'#EXT-X-MAP:URI="([^"]+)"')
_PART = re.compile(r'#EXT-X-PART:DURATION=([0-9.]+),URI="([^"]+)"(,INDEPENDENT=YES)?')
_DATE = "#EXT-X-PROGRAM-DATE-TIME:"
_DISCONTINUITY = "#EXT-X-DISCONTINUITY"
ENDED = "#EXT-X-ENDLIST"


@dataclass(frozen=True, slots=True)
class ListedPart:
    """As the playlist names it."""

    uri: str
    seconds: float
    is_independent: bool

    @property
    def line(self) -> str:
        """EXT-X-PART."""
        key = ",INDEPENDENT=YES" if self.is_independent else ""
        return f'#EXT-X-PART:DURATION={self.seconds:.3f},URI="{self.uri}"{key}'


@dataclass(slots=True)
class ListedSegment:
    """One segment, complete or not."""

    number: int
    start_wall_ms: int
    init: str
    is_discontinuity: bool
    parts: list[ListedPart] = field(default_factory=list)
    seconds: float = 0.0
    is_complete: bool = False


@dataclass(frozen=True, slots=True)
class DateRange:
    """EXT-X-DATERANGE of a file of the board."""

    id: str
    of_class: str
    start_wall_ms: int
    file: str
    """Relative to the multivariant playlist."""
    line: str = field(init=False, default="")
    """The tag; made once, since thousands of them are written many times a second."""

    def __post_init__(self) -> None:
        date = date_time(self.start_wall_ms)
        named = f'ID="{self.id}",CLASS="{self.of_class}",START-DATE="{date}"'
        line = f'#EXT-X-DATERANGE:{named},X-FILE="{self.file}"'
        object.__setattr__(self, "line", line)


@dataclass(frozen=True, slots=True)
class Newest:
    """The last part of a rendition: what EXT-X-RENDITION-REPORT says."""

    number: int
    part: int


class Shelf:
    """`add` parts in order; `text` is a playlist as it stands now."""

    def __init__(self, part_ms: float) -> None:
        self.segments: list[ListedSegment] = []
        self.is_ended = False
        self._part_seconds = part_ms / 1000
        self._is_cut_off = False
        self._settled = 0
        """So many segments will not look different any more, and stand in `_old`."""
        self._old = ""

    @classmethod
    def restored(cls, part_ms: float, text: str) -> "Shelf":
        """From a playlist of a packager that died. The segment it was at is complete as it is, and
        what follows is a discontinuity."""
        shelf = cls(part_ms)
        shelf.segments = _read(text)
        shelf._is_cut_off = bool(shelf.segments)
        if shelf.segments:
            shelf._complete(shelf.segments[-1])
        return shelf

    @property
    def newest(self) -> Newest | None:
        """None while there is nothing."""
        if not self.segments:
            return None
        return Newest(self.segments[-1].number, len(self.segments[-1].parts) - 1)

    @property
    def is_first(self) -> bool:
        """There is one part of it in all."""
        return len(self.segments) == 1 and len(self.segments[0].parts) == 1

    @property
    def end_wall_ms(self) -> float:
        """Where the last part ends."""
        if not self.segments:
            return 0.0
        last = self.segments[-1]
        return last.start_wall_ms + 1000 * (last.seconds or sum(one.seconds for one in last.parts))

    def next_name(self) -> tuple[int, int]:
        """Segment and part that follow."""
        if not self.segments:
            return 0, 0
        last = self.segments[-1]
        return (last.number + 1, 0) if last.is_complete else (last.number, len(last.parts))

    def add(
        self, wall_ms: float, seconds: float, init: str, *, is_independent: bool, ends_segment: bool
    ) -> Newest:
        """One part; returns its numbers."""
        number, part = self.next_name()
        if part == 0:
            # Times go on across another init section, and players lay renditions beside each other
            # by counting discontinuities: each must mean the same moment in all of them.
            self.segments.append(ListedSegment(number, round(wall_ms), init, self._is_cut_off))
            self._is_cut_off = False
        segment = self.segments[-1]
        segment.parts.append(ListedPart(naming.part_file(number, part), seconds, is_independent))
        if ends_segment:
            self._complete(segment)
        return Newest(number, part)

    def end(self) -> None:
        """Nothing more comes."""
        if self.segments and not self.segments[-1].is_complete:
            self._complete(self.segments[-1])
        self.is_ended = True

    def _complete(self, segment: ListedSegment) -> None:
        if not segment.is_complete:
            segment.seconds = sum(part.seconds for part in segment.parts)
            segment.is_complete = True

    # ---- words

    def text(
        self,
        dates: Sequence[DateRange] = (),
        reports: Sequence[str] = (),
        *,
        is_delta: bool = False,
        skips_dates: bool = False,
    ) -> str:
        """The playlist. A delta where there is enough to skip, else all of it."""
        skipped = self._skipped() if is_delta else 0
        lines = [*self._head(), *self._skip(skipped)]
        if skipped and skips_dates:
            dates = _since(dates, self._skip_floor_ms())
        lines += [date.line for date in dates]
        if skipped:
            lines += self._from(skipped, init="")
        else:
            self._settle()
            lines += [self._old[:-1]] if self._old else []
            before = self.segments[self._settled - 1].init if self._settled else ""
            lines += self._from(self._settled, before)
        lines += self._tail(reports)
        return "\n".join(lines) + "\n"

    def _from(self, first: int, init: str) -> list[str]:
        lines: list[str] = []
        for segment in self.segments[first:]:
            lines += self._segment(segment, init)
            init = segment.init
        return lines

    def _settle(self) -> None:
        """An hour's segments are not written anew twice a second."""
        floor = self.end_wall_ms - PARTS_SECONDS * 1000
        while self._settled < len(self.segments):
            segment = self.segments[self._settled]
            if self._end_ms(segment) > floor:
                return
            init = self.segments[self._settled - 1].init if self._settled else ""
            self._old += "\n".join(self._segment(segment, init)) + "\n"
            self._settled += 1

    def _head(self) -> list[str]:
        part = self._part_seconds
        control = (
            f"CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK={3 * part:.3f},CAN-SKIP-UNTIL={SKIP_SECONDS}.0,"
            "CAN-SKIP-DATERANGES=YES"
        )
        return [
            "#EXTM3U",
            f"#EXT-X-VERSION:{VERSION}",
            f"#EXT-X-TARGETDURATION:{TARGET_SECONDS}",
            f"#EXT-X-SERVER-CONTROL:{control}",
            f"#EXT-X-PART-INF:PART-TARGET={part:.3f}",
            f"#EXT-X-MEDIA-SEQUENCE:{self.segments[0].number if self.segments else 0}",
        ]

    def _skip(self, skipped: int) -> list[str]:
        return [f"#EXT-X-SKIP:SKIPPED-SEGMENTS={skipped}"] if skipped else []

    def _skip_floor_ms(self) -> float:
        return self.end_wall_ms - SKIP_SECONDS * 1000

    def _skipped(self) -> int:
        """Complete segments that end before the skip boundary."""
        floor, count = self._skip_floor_ms(), len(self.segments)
        while count and self._end_ms(self.segments[count - 1]) > floor:
            count -= 1
        return count

    def _end_ms(self, segment: ListedSegment) -> float:
        return segment.start_wall_ms + 1000 * segment.seconds if segment.is_complete else 1e18

    def _segment(self, segment: ListedSegment, init_before: str) -> list[str]:
        lines = [_DISCONTINUITY] if segment.is_discontinuity else []
        if segment.init != init_before or segment.is_discontinuity:
            lines.append(f'#EXT-X-MAP:URI="{segment.init}"')
        lines.append(_DATE + date_time(segment.start_wall_ms))
        if self._end_ms(segment) > self.end_wall_ms - PARTS_SECONDS * 1000 and not self.is_ended:
            lines += [part.line for part in segment.parts]
        if segment.is_complete:
            lines += [f"#EXTINF:{segment.seconds:.3f},", naming.segment_file(segment.number)]
        return lines

    def _tail(self, reports: Sequence[str]) -> list[str]:
        if self.is_ended:
            return [ENDED]
        hint = naming.part_file(*self.next_name())
        return [f'#EXT-X-PRELOAD-HINT:TYPE=PART,URI="{hint}"', *reports]


def _since(dates: Sequence[DateRange], floor_ms: float) -> list[DateRange]:
    """Those that begin then or later, looked for from the end: dates come nearly in order."""
    found: list[DateRange] = []
    for date in reversed(dates):
        if date.start_wall_ms < floor_ms - DATES_SLACK_MS:
            break
        if date.start_wall_ms >= floor_ms:
            found.append(date)
    return found[::-1]


def report_line(folder: str, newest: Newest) -> str:
    """EXT-X-RENDITION-REPORT of another rendition, which is in `folder` beside this one."""
    numbers = f"LAST-MSN={newest.number},LAST-PART={newest.part}"
    return f'#EXT-X-RENDITION-REPORT:URI="../{folder}/{naming.PLAYLIST}",{numbers}'


def date_time(wall_ms: float) -> str:
    """ISO 8601 with milliseconds, UTC."""
    told = datetime.fromtimestamp(round(wall_ms) / 1000, UTC).isoformat(timespec="milliseconds")
    return told.replace("+00:00", "Z")


def wall_ms(text: str) -> int:
    """Of `date_time`."""
    return round(datetime.fromisoformat(text).timestamp() * 1000)


def _read(text: str) -> list[ListedSegment]:
    """Segments of a full playlist of ours; ValueError if it is none."""
    segments: list[ListedSegment] = []
    init, is_other, current = "", False, None
    for line in text.splitlines():
        if found := _MAP.match(line):
            init = found[1]
        elif line == _DISCONTINUITY:
            is_other = True
        elif line.startswith(_DATE):
            current = ListedSegment(0, wall_ms(line[len(_DATE) :]), init, is_other)
            segments.append(current)
            is_other = False
        elif current is not None and (part := _PART.match(line)):
            current.parts.append(ListedPart(part[2], float(part[1]), part[3] is not None))
        elif current is not None and line.startswith("#EXTINF:"):
            current.seconds, current.is_complete = float(line[8:].rstrip(",")), True
    first = re.search(r"#EXT-X-MEDIA-SEQUENCE:(\d+)", text)
    for place, segment in enumerate(segments):
        segment.number = place + (int(first[1]) if first else 0)
    return segments
