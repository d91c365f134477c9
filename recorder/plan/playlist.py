"""HLS media playlists (RFC 8216, version 7), written and read."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime

TARGET_SECONDS = 4
"""No segment is longer, rounded (§4.3.3.1)."""
_DURATION = re.compile(r"#EXTINF:([0-9.]+)")
_DATE = "#EXT-X-PROGRAM-DATE-TIME:"
_MAP = "#EXT-X-MAP:"
_DISCONTINUITY = "#EXT-X-DISCONTINUITY"
_SEQUENCE = re.compile(r"#EXT-X-MEDIA-SEQUENCE:(\d+)")


@dataclass(frozen=True, slots=True)
class Extent:
    """What a playlist says about its track, in wall time."""

    start_wall_ms: int
    end_wall_ms: int
    is_ended: bool


@dataclass(frozen=True, slots=True)
class Listed:
    """One segment of a playlist."""

    init: str
    name: str
    wall_ms: int
    duration_ms: float


def listed(text: str) -> list[Listed]:
    """All segments of a playlist of ours."""
    found: list[Listed] = []
    init, wall_ms, duration_ms = "", 0, 0.0
    for line in text.splitlines():
        if line.startswith(_MAP):
            init = line.partition('URI="')[2].rstrip('"')
        elif line.startswith(_DATE):
            wall_ms = _wall_ms(line[len(_DATE) :])
        elif duration := _DURATION.match(line):
            duration_ms = 1000 * float(duration[1])
        elif line and not line.startswith("#"):
            found.append(Listed(init, line, wall_ms, duration_ms))
    return found


def date_time(wall_ms: int) -> str:
    """ISO 8601 with milliseconds, UTC."""
    return datetime.fromtimestamp(wall_ms / 1000, UTC).isoformat(timespec="milliseconds")


class Playlist:
    """A growing media playlist: EVENT until `end()`, which makes it final."""

    def __init__(self) -> None:
        self._lines = [
            "#EXTM3U",
            "#EXT-X-VERSION:7",
            f"#EXT-X-TARGETDURATION:{TARGET_SECONDS}",
            "#EXT-X-PLAYLIST-TYPE:EVENT",
            "#EXT-X-MEDIA-SEQUENCE:1",
        ]
        self._init_name = ""
        self._is_ended = False

    def add(self, segment_name: str, init_name: str, duration_ms: float, wall_ms: float) -> None:
        """Append a segment that begins at `wall_ms`; a new init section is a discontinuity."""
        if init_name != self._init_name:
            if self._init_name:
                self._lines.append("#EXT-X-DISCONTINUITY")
            self._lines.append(f'#EXT-X-MAP:URI="{init_name}"')
            self._init_name = init_name
        self._lines.append(_DATE + date_time(round(wall_ms)))
        self._lines.append(f"#EXTINF:{duration_ms / 1000:.3f},")
        self._lines.append(segment_name)

    def end(self) -> None:
        """Nothing will be added."""
        self._is_ended = True

    def text(self) -> str:
        """The whole playlist."""
        end = ["#EXT-X-ENDLIST"] if self._is_ended else []
        return "\n".join([*self._lines, *end]) + "\n"


def extent(text: str) -> Extent | None:
    """Where a playlist of ours begins and ends; None while it has no segment."""
    dates = [line[len(_DATE) :] for line in text.splitlines() if line.startswith(_DATE)]
    durations = _DURATION.findall(text)
    if not dates or not durations:
        return None
    last = min(len(dates), len(durations)) - 1
    end_ms = _wall_ms(dates[last]) + round(float(durations[last]) * 1000)
    return Extent(_wall_ms(dates[0]), end_ms, "#EXT-X-ENDLIST" in text)


def window(text: str, from_wall_ms: int) -> str:
    """The same playlist from the segment on that holds that moment (§6.2.2): who missed a minute of
    an hour reads of that minute. At least the last segment stays."""
    head, groups = _grouped(text)
    skipped = 0
    while skipped + 1 < len(groups) and _end_wall_ms(groups[skipped]) <= from_wall_ms:
        skipped += 1
    if not skipped:
        return text
    lines = [line for group in groups[:skipped] for line in group]
    first = _SEQUENCE.search(text)
    number = int(first[1]) if first else 0
    out = [line for line in head if not _SEQUENCE.match(line)]
    out.append(f"#EXT-X-MEDIA-SEQUENCE:{number + skipped}")
    out.append(f"#EXT-X-DISCONTINUITY-SEQUENCE:{lines.count(_DISCONTINUITY)}")
    if not any(line.startswith(_MAP) for line in groups[skipped]):
        out += [line for line in lines if line.startswith(_MAP)][-1:]
    kept = [line for group in groups[skipped:] for line in group]
    return "\n".join([*out, *kept]) + "\n"


def next_number(text: str) -> int:
    """Of the segment that will follow the last one."""
    first = _SEQUENCE.search(text)
    return (int(first[1]) if first else 0) + len(_DURATION.findall(text))


def hinted(text: str, name: str) -> str:
    """The playlist, and that `name` holds what there is of the next segment (draft-pantos-hls-
    rfc8216bis §4.4.5.3; who does not know it skips it)."""
    return f'{text}#EXT-X-PRELOAD-HINT:TYPE=PART,URI="{name}"\n'


def _grouped(text: str) -> tuple[list[str], list[list[str]]]:
    """The lines before the first segment's, then those of each segment; the last group may hold
    what stands after the last one."""
    head: list[str] = []
    groups: list[list[str]] = []
    group: list[str] = []
    for line in text.splitlines():
        is_of_segment = group or groups or line.startswith((_MAP, _DATE, _DISCONTINUITY))
        (group if is_of_segment else head).append(line)
        if not line.startswith("#"):
            groups.append(group)
            group = []
    if group and groups:
        groups[-1] += group
    return head, groups


def _end_wall_ms(group: list[str]) -> int:
    date = next(line for line in group if line.startswith(_DATE))
    duration = next(found for line in group if (found := _DURATION.match(line)))
    return _wall_ms(date[len(_DATE) :]) + round(float(duration[1]) * 1000)


def _wall_ms(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)
