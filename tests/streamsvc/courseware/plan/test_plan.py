"""Limits, sizes and what the converting process may say: decided without a file or a clock."""

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamsvc.base.courseware import Slide, SlidePicture
from streamsvc.base.errors import ProtocolError, UserError
from streamsvc.courseware.plan.kinds import (
    MAX_ENTRIES,
    MAX_UNPACKED_BYTES,
    Entry,
    Kind,
    check_archive,
    kind_of,
)
from streamsvc.courseware.plan.report import (
    Ended,
    Made,
    Opened,
    Refused,
    Report,
    line_of,
    report_of,
)
from streamsvc.courseware.plan.sizes import (
    LARGE,
    MAX_ALT_CHARS,
    SMALL,
    Size,
    alt_of,
    attempts,
    fitted,
    is_hopeless,
    preview_attempts,
)

SIDES = st.floats(0.01, 1e6)


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"%PDF-1.4\n", Kind.PDF),
        (b"@PJL SET\r\n%PDF-1.7", Kind.PDF),
        (b"\x89PNG\r\n\x1a\n..", Kind.PICTURE),
        (b"\xff\xd8\xff\xe0..", Kind.PICTURE),
        (b"RIFF....WEBPVP8 ", Kind.PICTURE),
        (b"PK\x03\x04....", Kind.PACKED),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Kind.COMPOUND),
    ],
)
def test_a_kind_is_told_by_bytes(head: bytes, kind: Kind) -> None:
    assert kind_of(head) is kind
    assert kind.needs_office == (kind in (Kind.PACKED, Kind.COMPOUND))


@pytest.mark.parametrize(
    "head", [b"", b"MZ\x90", b"RIFF....AVI ", b"GIF89a", b"<svg>", b"\x00" * 99]
)
def test_anything_else_is_refused(head: bytes) -> None:
    with pytest.raises(UserError, match="courseware-kind-unknown"):
        kind_of(head)


def entry(name: str, packed: int = 1_000, unpacked: int = 2_000) -> Entry:
    return Entry(name, packed, unpacked)


def test_presentations_are_told_by_their_parts() -> None:
    assert check_archive([entry("ppt/presentation.xml"), entry("ppt/a.png")]) == "pptx"
    assert check_archive([entry("content.xml"), entry("META-INF/manifest.xml")]) == "odp"
    with pytest.raises(UserError, match="courseware-kind-unknown"):
        check_archive([entry("word/document.xml")])


@pytest.mark.parametrize(
    "entries",
    [
        [entry("ppt/presentation.xml", 10_000_000, MAX_UNPACKED_BYTES + 1)],
        [entry("ppt/presentation.xml", 200_000, 41_000_000)],
        [entry(f"ppt/{number}", 0, 0) for number in range(MAX_ENTRIES + 1)],
    ],
)
def test_a_bomb_is_not_opened(entries: list[Entry]) -> None:
    with pytest.raises(UserError, match="courseware-swollen"):
        check_archive(entries)


def test_a_small_file_of_much_xml_is_no_bomb() -> None:
    assert check_archive([entry("ppt/presentation.xml", 20_000, 15_000_000)]) == "pptx"


@given(SIDES, SIDES, st.sampled_from([SMALL, LARGE]))
def test_a_page_fits_its_box_and_fills_it(width: float, height: float, size: Size) -> None:
    wide, high = fitted(width, height, size)
    assert 1 <= wide <= size.width and 1 <= high <= size.height
    assert wide == size.width or high == size.height


def test_attempts_get_smaller_and_end() -> None:
    tried = list(attempts(1920, 1080))
    assert tried[0] == (1920, 1080, 80)
    assert all(b[0] < a[0] or b[2] < a[2] for a, b in pairwise(tried))
    assert tried[-1][0] < 1920 // 3
    assert all(w >= 1 and h >= 1 for w, h, _ in [*attempts(1, 1440), *preview_attempts(1, 1440)])


def test_what_would_be_far_too_heavy_is_not_tried() -> None:
    best = (1920, 1080, 80)
    assert is_hopeless(best, 400_000, (1920, 1080, 60), LARGE)
    assert not is_hopeless(best, 110_000, (1920, 1080, 60), LARGE)
    assert not is_hopeless(best, 400_000, (960, 540, 80), LARGE)


@given(st.text(max_size=2_000))
def test_alt_text_is_one_printable_line(words: str) -> None:
    line = alt_of(words)
    assert len(line) <= MAX_ALT_CHARS
    assert line.isprintable() and line == " ".join(line.split())


PICTURE = SlidePicture("0a" * 32, 40_000)
SLIDE = Slide(
    7, 1920, 1080, "长方形 S = a × b", "data:image/webp;base64,UklGRg==", PICTURE, PICTURE, PICTURE
)


@pytest.mark.parametrize("report", [Opened(12), Made(SLIDE), Ended()])
def test_a_report_survives_its_line(report: Report) -> None:
    assert report_of(line_of(report).encode()) == report


def test_a_refusal_keeps_its_details() -> None:
    refused = report_of(
        line_of(Refused(UserError("courseware-too-long", slides=9, limit=5))).encode()
    )
    assert isinstance(refused, Refused)
    assert refused.error.error_id == "courseware-too-long"
    assert refused.error.details == {"slides": 9, "limit": 5}


def slide_said(**changes: object) -> bytes:
    return json.dumps({"slide": json.loads(line_of(Made(SLIDE)))["slide"] | changes}).encode()


@pytest.mark.parametrize(
    "line",
    [
        b"Segmentation fault",
        b"[]",
        b"{}",
        b'{"opened": 0}',
        b'{"opened": "12"}',
        b'{"refused": "<script>", "details": {}}',
        b"[" * 50_000,
        slide_said(preview="data:text/html;base64,PHNjcmlwdD4="),
        slide_said(preview="data:image/webp;base64," + "A" * 700),
        slide_said(large={"sha256": "../../../etc/passwd", "bytes": 1}),
        slide_said(width=-1),
    ],
)
def test_nonsense_is_taken_for_nothing(line: bytes) -> None:
    with pytest.raises(ProtocolError, match="courseware-report-malformed"):
        report_of(line)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_report_or_refused(line: bytes) -> None:
    try:
        assert isinstance(report_of(line), Opened | Made | Ended | Refused)
    except ProtocolError as error:
        assert error.error_id == "courseware-report-malformed"
