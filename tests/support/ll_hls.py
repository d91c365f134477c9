"""Media playlists read strictly: the rules of draft-pantos-hls-rfc8216bis that concern us, each as
an assertion. Not made from our writer: it knows nothing of it but the draft."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

_ATTRIBUTE = re.compile(r'([A-Z0-9-]+)=("[^"\r\n]*"|[^",\s]+)(?:,|$)')
_KNOWN = {
    "EXTM3U", "EXT-X-VERSION", "EXT-X-TARGETDURATION", "EXT-X-SERVER-CONTROL", "EXT-X-PART-INF",
    "EXT-X-MEDIA-SEQUENCE", "EXT-X-DISCONTINUITY-SEQUENCE", "EXT-X-SKIP", "EXT-X-MAP",
    "EXT-X-PROGRAM-DATE-TIME", "EXT-X-PART", "EXTINF", "EXT-X-DISCONTINUITY", "EXT-X-DATERANGE",
    "EXT-X-PRELOAD-HINT", "EXT-X-RENDITION-REPORT", "EXT-X-ENDLIST",
}  # fmt: skip
_ONCE = {
    "EXTM3U", "EXT-X-VERSION", "EXT-X-TARGETDURATION", "EXT-X-SERVER-CONTROL", "EXT-X-PART-INF",
    "EXT-X-MEDIA-SEQUENCE", "EXT-X-DISCONTINUITY-SEQUENCE", "EXT-X-SKIP", "EXT-X-ENDLIST",
}  # fmt: skip


@dataclass
class Part:
    """EXT-X-PART."""

    uri: str
    seconds: float
    is_independent: bool


@dataclass
class Segment:
    """One segment; without a `uri` it is still being made."""

    number: int
    init: str
    date: datetime | None
    is_discontinuity: bool
    parts: list[Part] = field(default_factory=list)
    uri: str = ""
    seconds: float = 0.0


@dataclass
class MediaPlaylist:
    """A whole playlist, or a delta that was laid on the one before."""

    target: int
    part_target: float
    control: dict[str, str]
    sequence: int
    skipped: int
    segments: list[Segment]
    dates: dict[str, dict[str, str]]
    hint: str
    reports: list[dict[str, str]]
    is_ended: bool

    @property
    def newest(self) -> tuple[int, int]:
        """Number of the last segment that has a part, and of its last part."""
        last = self.segments[-1]
        return last.number, len(last.parts) - 1

    @property
    def end_ms(self) -> float:
        """Wall time at which what is listed ends."""
        last = self.segments[-1]
        assert last.date is not None
        seconds = last.seconds if last.uri else sum(part.seconds for part in last.parts)
        return last.date.timestamp() * 1000 + seconds * 1000


def attributes(words: str) -> dict[str, str]:
    """An attribute list (§4.2). AssertionError if it is none, or names one twice."""
    found: dict[str, str] = {}
    position = 0
    while position < len(words):
        one = _ATTRIBUTE.match(words, position)
        assert one is not None, f"no attribute list: {words}"
        assert one[1] not in found, f"{one[1]} twice (§4.2): {words}"
        found[one[1]] = one[2].strip('"')
        position = one.end()
    return found


def read(text: str, before: MediaPlaylist | None = None) -> MediaPlaylist:
    """A playlist that keeps the rules; `before` is an earlier one of the same address, for a delta
    and for what must not change. AssertionError otherwise."""
    assert text.startswith("#EXTM3U\n"), "the first line is #EXTM3U (§4.4.1.1)"
    assert "\r" not in text.replace("\r\n", "\n")
    assert not text.startswith("\ufeff")
    lines = [line for line in text.split("\n") if line]
    tags = [(line[1:].split(":")[0], line.partition(":")[2]) for line in lines if line[0] == "#"]
    for name, _ in tags:
        assert name in _KNOWN, f"unknown tag {name}"
    for name in _ONCE:
        assert sum(one == name for one, _ in tags) <= 1, f"{name} twice"
    words = dict(tags)
    playlist = _head(words)
    _check_version(int(words["EXT-X-VERSION"]), words, playlist)
    _read_segments(lines, playlist, before)
    _read_rest(tags, playlist, before)
    _check(playlist)
    if before is not None:
        _check_follows(playlist, before)
    return playlist


def _head(words: dict[str, str]) -> MediaPlaylist:
    control = attributes(words["EXT-X-SERVER-CONTROL"])
    return MediaPlaylist(
        target=int(words["EXT-X-TARGETDURATION"]),
        part_target=float(attributes(words["EXT-X-PART-INF"])["PART-TARGET"]),
        control=control,
        sequence=int(words.get("EXT-X-MEDIA-SEQUENCE", "0")),
        skipped=int(attributes(words["EXT-X-SKIP"])["SKIPPED-SEGMENTS"])
        if "EXT-X-SKIP" in words
        else 0,
        segments=[],
        dates={},
        hint="",
        reports=[],
        is_ended="EXT-X-ENDLIST" in words,
    )


def _check_version(version: int, words: dict[str, str], playlist: MediaPlaylist) -> None:
    """§8."""
    least = 6 if "EXT-X-MAP" in words else 3
    least = 9 if playlist.skipped else least
    removes = "EXT-X-SKIP" in words and "RECENTLY-REMOVED-DATERANGES" in words["EXT-X-SKIP"]
    least = 10 if removes else least
    assert version >= least, f"version {version}, what is used needs {least}"


def _read_segments(lines: list[str], playlist: MediaPlaylist, before: MediaPlaylist | None) -> None:
    number, init = playlist.sequence, ""
    if playlist.skipped:
        assert before is not None, "a delta alone says nothing (§6.3.7)"
        kept = [one for one in before.segments if one.number < number + playlist.skipped]
        kept = [one for one in kept if one.number >= number]
        assert len(kept) == playlist.skipped, "it skips what the client does not have"
        assert all(one.uri for one in kept), "it skips a segment that was not complete"
        playlist.segments = list(kept)
        number, init = number + playlist.skipped, kept[-1].init
    current = Segment(number, init, None, is_discontinuity=False)
    for line in lines:
        name, _, value = line.partition(":")
        if name == "#EXT-X-MAP":
            current.init = attributes(value)["URI"]
        elif name == "#EXT-X-DISCONTINUITY":
            current.is_discontinuity = True
        elif name == "#EXT-X-PROGRAM-DATE-TIME":
            current.date = datetime.fromisoformat(value)
        elif name == "#EXT-X-PART":
            given = attributes(value)
            key = given.get("INDEPENDENT") == "YES"
            current.parts.append(Part(given["URI"], float(given["DURATION"]), key))
        elif name == "#EXTINF":
            current.seconds = float(value.split(",")[0])
        elif line[0] != "#":
            current.uri = line
            playlist.segments.append(current)
            number += 1
            current = Segment(number, current.init, None, is_discontinuity=False)
    if current.parts:
        playlist.segments.append(current)


def _read_rest(
    tags: list[tuple[str, str]], playlist: MediaPlaylist, before: MediaPlaylist | None
) -> None:
    if playlist.skipped and before is not None:
        playlist.dates = dict(before.dates)
    seen: set[str] = set()
    for name, value in tags:
        if name == "EXT-X-DATERANGE":
            given = attributes(value)
            assert given["ID"] not in seen, "an ID of EXT-X-DATERANGE twice in a playlist"
            seen.add(given["ID"])
            datetime.fromisoformat(given["START-DATE"])
            known = playlist.dates.setdefault(given["ID"], given)
            assert known == given, "the same ID, other words (§4.4.5.1)"
        elif name == "EXT-X-PRELOAD-HINT":
            given = attributes(value)
            assert given["TYPE"] in {"PART", "MAP"}
            assert not playlist.hint or given["TYPE"] != "PART", "two hints of a type (§4.4.5.3)"
            playlist.hint = given["URI"]
        elif name == "EXT-X-RENDITION-REPORT":
            given = attributes(value)
            assert not given["URI"].startswith(("http", "/")), "a report's URI is relative"
            playlist.reports.append(given)


def _check(playlist: MediaPlaylist) -> None:
    part, target, control = playlist.part_target, playlist.target, playlist.control
    assert control.get("CAN-BLOCK-RELOAD") == "YES"
    assert float(control["PART-HOLD-BACK"]) >= 3 * part - 1e-6, "§4.4.3.8: twice, better thrice"
    if "CAN-SKIP-UNTIL" in control:
        assert float(control["CAN-SKIP-UNTIL"]) >= 6 * target, "§4.4.3.8"
    if "CAN-SKIP-DATERANGES" in control:
        assert "CAN-SKIP-UNTIL" in control
    if "HOLD-BACK" in control:
        assert float(control["HOLD-BACK"]) >= 3 * target
    for segment in playlist.segments:
        _check_segment(segment, playlist)
    if not playlist.is_ended:
        assert playlist.hint, "who plays is told what comes next"
        assert all(playlist.hint != one.uri for s in playlist.segments for one in s.parts)
    uris = [one.uri for one in playlist.segments if one.uri]
    assert len(uris) == len(set(uris))


def _check_segment(segment: Segment, playlist: MediaPlaylist) -> None:
    assert segment.init, "fMP4 needs EXT-X-MAP (§3.1.2)"
    if segment.uri:
        assert round(segment.seconds) <= playlist.target, f"§4.4.3.1: {segment}"
        if segment.parts:
            total = sum(part.seconds for part in segment.parts)
            assert abs(total - segment.seconds) < 0.02, f"parts are the segment: {segment}"
    for place, part in enumerate(segment.parts):
        assert 0 < part.seconds <= playlist.part_target + 1e-6, f"§4.4.4.9: {part}"
        is_last = place == len(segment.parts) - 1 and bool(segment.uri)
        is_newest = segment is playlist.segments[-1] and place == len(segment.parts) - 1
        is_long = part.seconds >= 0.85 * playlist.part_target - 1e-6
        assert is_last or is_newest or is_long, f"§4.4.4.9, 85 %: {part}"


def _check_follows(now: MediaPlaylist, before: MediaPlaylist) -> None:
    assert now.target == before.target, "§6.2.1: it must not change"
    assert now.part_target == before.part_target
    assert now.sequence >= before.sequence, "§6.2.2: it must not go back"
    assert not before.is_ended or now.is_ended
    later = {one.number: one for one in now.segments}
    for one in before.segments:
        if one.number < now.sequence:
            continue
        same = later.get(one.number)
        assert same is not None, f"segment {one.number} is gone (§6.2.1)"
        assert same.date == one.date or one.date is None or same.date is None
        assert same.init == one.init
        if one.uri:
            assert (same.uri, same.seconds) == (one.uri, one.seconds), "§6.2.1: it has changed"
        for old, new in zip(one.parts, same.parts, strict=False):
            assert old == new, "a part has changed"
    _check_hint(now, before)


def _check_hint(now: MediaPlaylist, before: MediaPlaylist) -> None:
    """§6.2.2: what is hinted at comes next."""
    if before.newest == now.newest or now.is_ended:
        return
    number, part = before.newest
    later = {one.number: one for one in now.segments}
    last = later[number].parts
    following = last[part + 1 :]
    if not following and number + 1 in later and not later[number + 1].is_discontinuity:
        following = later[number + 1].parts  # what was cut off is never finished as it was hinted
    if following:
        assert following[0].uri == before.hint, "the hint was of another part"


def check_maps(playlist: MediaPlaylist, init_of: Callable[[str], bytes]) -> int:
    """Where EXT-X-MAP changes without EXT-X-DISCONTINUITY, nothing may change for which §4.4.4.3
    says that it MUST be there: file format; number, type and identifiers of tracks; the sequence of
    timestamps. A change of the encoding alone SHOULD have one, which gives way to §6.2.4: variants
    must count discontinuities alike. Returns how many such changes there are."""
    changes = 0
    for before, after in zip(playlist.segments, playlist.segments[1:], strict=False):
        if after.is_discontinuity or after.init == before.init:
            continue
        changes += 1
        old, new = tracks_of(init_of(before.init)), tracks_of(init_of(after.init))
        assert old == new, f"§4.4.4.3: {before.init} to {after.init}: {old}, {new}"
        assert before.date is not None and after.date is not None
        gap = after.date.timestamp() - before.date.timestamp() - before.seconds
        assert abs(gap) < 0.05, f"§4.4.4.3: times do not go on at segment {after.number}"
    return changes


def tracks_of(init: bytes) -> list[tuple[str, int, str, str]]:
    """Brand of the file, and of each track its identifier, type and format of samples."""
    boxes = dict(_boxes(init))
    brand = boxes[b"ftyp"][:4].decode()
    found = []
    for name, trak in _boxes(boxes[b"moov"]):
        if name == b"trak":
            header = dict(_boxes(trak))
            media = dict(_boxes(header[b"mdia"]))
            table = dict(_boxes(dict(_boxes(media[b"minf"]))[b"stbl"]))
            number = header[b"tkhd"]
            at = 12 if number[0] == 0 else 20
            kind, format_ = media[b"hdlr"][8:12].decode(), table[b"stsd"][12:16].decode()
            found.append((brand, int.from_bytes(number[at : at + 4], "big"), kind, format_))
    return found


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Name and contents of the boxes that follow each other (ISO/IEC 14496-12 §4.2)."""
    position = 0
    while position + 8 <= len(data):
        size = int.from_bytes(data[position : position + 4], "big")
        yield data[position + 4 : position + 8], data[position + 8 : position + size]
        position += max(size, 8)
