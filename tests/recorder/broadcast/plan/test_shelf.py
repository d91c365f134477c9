import pytest

from recorder.broadcast.plan.shelf import DateRange, Newest, Shelf, report_line
from tests.support.ll_hls import read

ZERO = 1_800_000_000_000


def shelf_of(segments: int, parts: int = 8, *, is_open: bool = True) -> Shelf:
    """Segments of 8 x 0.43 s; the last one is being made if it `is_open`."""
    shelf = Shelf(500)
    for number in range(segments * parts):
        ends = (number + 1) % parts == 0 and (not is_open or number + 1 < segments * parts)
        shelf.add(
            ZERO + 430 * number, 0.43, "init-1-1.mp4", is_independent=not number % parts,
            ends_segment=ends,
        )  # fmt: skip
    return shelf


def test_a_playlist_keeps_the_rules_at_every_part() -> None:
    shelf, before = Shelf(500), None
    for number in range(200):
        ends = number % 8 == 7
        shelf.add(
            ZERO + 430 * number, 0.43, "i.mp4", is_independent=number % 8 == 0, ends_segment=ends
        )
        now = read(shelf.text(), before)
        assert now.newest == (number // 8, number % 8)
        if before is not None:
            delta = read(shelf.text(is_delta=True), before)
            assert [s.uri for s in delta.segments] == [s.uri for s in now.segments]
        before = now
    assert before is not None and len(before.segments) == 25


def test_a_delta_skips_what_is_older_than_it_said_and_nothing_else() -> None:
    shelf = shelf_of(40)
    whole = read(shelf.text())
    delta = read(shelf.text(is_delta=True), whole)
    assert float(delta.control["CAN-SKIP-UNTIL"]) == 24
    first = delta.segments[delta.skipped]
    assert first.date is not None
    assert 24_000 - 3_500 < delta.end_ms - first.date.timestamp() * 1000 <= 24_000 + 3_500
    assert len(shelf.text(is_delta=True)) < 4_000


def test_a_young_playlist_has_no_delta() -> None:
    assert "EXT-X-SKIP" not in shelf_of(6).text(is_delta=True)


def test_dates_are_skipped_only_where_that_was_asked_for() -> None:
    shelf = shelf_of(40)
    dates = [
        DateRange(f"board-{n}", "streamsvc.board", ZERO + 1_000 * n, f"board/{n:06}.json")
        for n in range(130)
    ]
    whole = read(shelf.text(dates))
    assert len(whole.dates) == 130
    assert whole.dates["board-7"]["X-FILE"] == "board/000007.json"
    delta = shelf.text(dates, is_delta=True)
    assert delta.count("DATERANGE:ID") == 130
    short = shelf.text(dates, is_delta=True, skips_dates=True)
    assert 0 < short.count("DATERANGE:ID") < 40
    assert len(read(short, whole).dates) == 130


def test_another_init_section_is_told_and_times_go_on() -> None:
    shelf = shelf_of(2, is_open=False)
    shelf.add(ZERO + 7_000, 0.43, "init-1-2.mp4", is_independent=True, ends_segment=False)
    last = read(shelf.text()).segments[-1]
    assert last.init == "init-1-2.mp4"
    assert not last.is_discontinuity


def test_a_packager_that_died_is_gone_on_from() -> None:
    shelf = shelf_of(3)
    shelf.add(ZERO + 24 * 430, 0.43, "init-1-1.mp4", is_independent=False, ends_segment=False)
    text = shelf.text()
    before = read(text)
    again = Shelf.restored(500, text)
    assert again.next_name() == (3, 0)
    again.add(ZERO + 20_000, 0.43, "init-2-1.mp4", is_independent=True, ends_segment=False)
    now = read(again.text(), before)
    assert [s.number for s in now.segments] == [0, 1, 2, 3]
    assert now.segments[3].is_discontinuity and now.segments[3].init == "init-2-1.mp4"
    assert now.segments[2].seconds == pytest.approx(9 * 0.43)


def test_the_end_is_told_and_nothing_is_hinted_at() -> None:
    shelf = shelf_of(3)
    before = read(shelf.text())
    shelf.end()
    ended = read(shelf.text(), before)
    assert ended.is_ended and not ended.hint
    assert all(segment.uri for segment in ended.segments)


def test_reports_say_where_the_others_are() -> None:
    line = report_line("high-aac", Newest(7, 3))
    report = read(shelf_of(2).text(reports=[line])).reports[0]
    assert report == {"URI": "../high-aac/live.m3u8", "LAST-MSN": "7", "LAST-PART": "3"}


def test_a_long_lesson_costs_no_more_to_write() -> None:
    shelf = shelf_of(700)
    first = shelf.text()
    assert len(read(first).segments) == 700
    assert shelf.text() == first
