"""Captions: what a line may be, how often one may come, who is told, what a recording has of it."""

from itertools import pairwise

import pytest

from signaling.protocol.captions import (
    AT_ONCE,
    MOST_DELAY_MS,
    MOST_LINES,
    MOST_SHOWN_MS,
    captions_of,
    shown_ms,
    tidied,
    web_vtt,
)
from signaling.protocol.inputs import CaptionWritten
from signaling.protocol.lesson_views import CaptionView
from signaling.protocol.messages import CaptionSaid
from signaling.protocol.picture import KEPT_CAPTIONS, is_for
from streamsvc.base.errors import StreamsvcError
from streamsvc.base.ids import RoomId
from streamsvc.school.records import Role
from tests.support.lessons import LessonDrive, participant

ROOM = RoomId("room_1")


@pytest.fixture
def drive() -> LessonDrive:
    """A lesson that is live."""
    made = LessonDrive(1)
    made.go_live()
    return made


def say(drive: LessonDrive, name: str, text: str = "几加几？", from_ms: int | None = None) -> None:
    drive.feed(CaptionWritten(name, text, "zh-CN", from_ms))
    drive.now_ms += 1_000


def said(drive: LessonDrive) -> list[CaptionView]:
    return list(drive.machine.picture.captions)


def refused(drive: LessonDrive, line_id: str | None = None) -> str | None:
    try:
        drive.machine.captions.check(line_id, drive.now_ms)
    except StreamsvcError as error:
        return error.error_id
    return None


def test_a_line_is_told_with_the_lessons_time(drive: LessonDrive) -> None:
    at_ms = drive.now_ms
    say(drive, "c1")
    say(drive, "c2", from_ms=at_ms + 400)
    first, second = said(drive)
    assert (first.from_ms, first.to_ms) == (at_ms, at_ms + shown_ms("几加几？"))
    assert (second.from_ms, second.to_ms) == (at_ms + 400, at_ms + 1_000 + shown_ms("几加几？"))


def test_no_line_is_of_the_future_of_long_ago_or_before_the_last(drive: LessonDrive) -> None:
    at_ms = drive.now_ms
    say(drive, "early", from_ms=0)
    say(drive, "late", from_ms=at_ms + 3_600_000)
    say(drive, "before", from_ms=at_ms)
    assert [line.from_ms for line in said(drive)] == [
        at_ms - MOST_DELAY_MS,
        at_ms + 1_000,
        at_ms + 1_000,
    ]


def test_the_last_line_can_be_corrected_and_taken_back(drive: LessonDrive) -> None:
    say(drive, "c1", "一行有五个")
    say(drive, "c2", "那三航呢？")
    from_ms = said(drive)[1].from_ms
    assert (refused(drive, "c1"), refused(drive, "c2")) == ("caption-not-last", None)
    drive.feed(CaptionWritten("c2", "那三行呢？", "zh-CN", None, is_anew=True))
    assert [line.text for line in said(drive)] == ["一行有五个", "那三行呢？"]
    assert (said(drive)[1].from_ms, drive.machine.picture.caption_count) == (from_ms, 2)
    drive.feed(CaptionWritten("c1", "spät", "de", None, is_anew=True))
    assert said(drive)[0].text == "一行有五个"


def test_lines_that_come_too_fast_are_refused(drive: LessonDrive) -> None:
    assert [refused(drive) for _ in range(AT_ONCE + 1)] == [None] * AT_ONCE + ["captions-too-fast"]
    drive.now_ms += 1_000
    assert [refused(drive) for _ in range(3)] == [None, None, "captions-too-fast"]


def test_ten_thousand_lines_and_no_more(drive: LessonDrive) -> None:
    for number in range(MOST_LINES):
        drive.feed(CaptionWritten(f"c{number}", "x", "", None))
    assert refused(drive) == "captions-full"
    drive.feed(CaptionWritten("more", "x", "", None))
    assert drive.machine.picture.caption_count == MOST_LINES
    assert len(said(drive)) == KEPT_CAPTIONS
    assert refused(drive, f"c{MOST_LINES - 1}") is None


def test_before_and_after_the_lesson_nothing_is_said(drive: LessonDrive) -> None:
    early = LessonDrive(1)
    early.feed(CaptionWritten("c1", "x", "", None))
    assert not said(early)


def test_rooms_and_staff_are_told_and_phones_are_not(drive: LessonDrive) -> None:
    caption = CaptionView(line_id="c", text="x", lang="", from_ms=0, to_ms=1)
    event = CaptionSaid(seq=1, at_ms=0, caption=caption)
    told = {role for role in Role if is_for(participant(role, ROOM), event)}
    assert told == {
        Role.ADMINISTRATOR,
        Role.LEAD_TEACHER,
        Role.HELPER_TEACHER,
        Role.OBSERVER,
        Role.ROOM,
    }


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("  一行\n有五个\t ", "一行 有五个"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("\u202egnp.exe\u2066 a\u2069", "gnp.exe a"),
        ("ئۇيغۇرچە دەرس", "ئۇيغۇرچە دەرس"),
        ("שלום children 👩‍🏫👍🏽", "שלום children 👩‍🏫👍🏽"),
        ("e\u0301", "é"),
        ("\x00\x07\x1b[31m", "[31m"),
        ("\u2028\u2029 \u200e", "\u200e"),
    ],
)
def test_a_line_is_one_row_of_plain_words(text: str, shown: str) -> None:
    assert tidied(text) == shown


def test_how_long_a_line_stays() -> None:
    times = [shown_ms("x" * count) for count in (1, 20, 40, 100)]
    assert times[0] == 3_000 and times[-1] == MOST_SHOWN_MS
    assert all(first <= second for first, second in pairwise(times))


def test_what_a_recording_has_of_them() -> None:
    def line(seq: int, name: str, text: str, from_ms: int) -> str:
        caption = CaptionView(
            line_id=name, text=text, lang="", from_ms=from_ms, to_ms=from_ms + 4_000
        )
        return CaptionSaid(seq=seq, at_ms=from_ms, caption=caption).model_dump_json()

    timeline = [
        line(1, "old", "before", 1_000),
        line(2, "a", "fürst", 10_000),
        '{"type":"caption_said","seq":3}',
        "not a line \u2028",
        line(4, "b", "5 < 6 & --> <script>", 12_000),
        line(5, "a", "first", 10_000),
        line(6, "c", "gone", 13_000),
        line(7, "c", "", 13_000),
    ]
    found = captions_of(timeline, 9_000)
    assert [(one.text, one.from_ms) for one in found] == [
        ("first", 1_000),
        ("5 < 6 & --> <script>", 3_000),
    ]
    assert web_vtt(found) == (
        "WEBVTT\n\n"
        "00:00:01.000 --> 00:00:03.000\nfirst\n\n"
        "00:00:03.000 --> 00:00:07.000\n5 &lt; 6 &amp; --&gt; &lt;script&gt;\n"
    )
    assert web_vtt([]) == "WEBVTT\n"
