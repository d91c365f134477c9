"""A whole playlist of the two that a packager writes: `live.m3u8`, whole but as old as the last
segment's end, and `delta-dates.m3u8`, the end of it as it stands now. Pure.

So a part costs a packager the same after three hours as after a minute, and whoever asks for a
whole playlist of what is still to come pays for it.
"""

import re

_SKIP = re.compile(r"^#EXT-X-SKIP:SKIPPED-SEGMENTS=(\d+)\n", re.MULTILINE)
_SEQUENCE = re.compile(r"^#EXT-X-MEDIA-SEQUENCE:(\d+)\n", re.MULTILINE)
_DATES = re.compile(r"(?:^#EXT-X-DATERANGE:.*\n)+", re.MULTILINE)


def whole(live: str | None, delta: str | None) -> str | None:
    """The playlist with all that both know; None where there is neither."""
    return _laid(live, delta, is_skipping=False)


def with_all_dates(live: str | None, delta: str | None) -> str | None:
    """The delta with the older dates too (_HLS_skip=YES)."""
    return _laid(live, delta, is_skipping=True)


def _laid(live: str | None, delta: str | None, *, is_skipping: bool) -> str | None:
    if live is None or delta is None:
        return live if delta is None or _SKIP.search(delta) else delta
    skip, sequence = _SKIP.search(delta), _SEQUENCE.search(delta)
    if skip is None or sequence is None:
        return delta
    head, tail = delta[: skip.start()], delta[skip.end() :]
    recent = _DATES.match(tail)
    if recent is not None:
        tail = tail[recent.end() :]
    dates = _all_dates(live, recent[0] if recent else "")
    if is_skipping:
        return head + skip[0] + dates + tail
    older = _older(live, int(sequence[1]) + int(skip[1]) - 1)
    if older is None:
        return live
    map_, _, rest = tail.partition("\n")
    if (
        map_.startswith("#EXT-X-MAP:")
        and map_ == older[older.rfind("#EXT-X-MAP:") :].split("\n")[0]
    ):
        tail = rest  # a delta tells it once more
    return head + dates + older + tail


def _all_dates(live: str, recent: str) -> str:
    """Those of both, each once; what is recent is a few dozen."""
    found = _DATES.search(live)
    known = found[0] if found else ""
    return known + "".join(line for line in recent.splitlines(True) if line not in known)


def _older(live: str, last: int) -> str | None:
    """Segments up to this number; None where they are not all there, which no packager leaves."""
    uri = f"\n{last}.m4s\n"
    end = live.find(uri)
    if end < 0:
        return None
    found = _DATES.search(live)
    sequence = _SEQUENCE.search(live)
    begin = found.end() if found else sequence.end() if sequence else 0
    return live[begin : end + len(uri)]
