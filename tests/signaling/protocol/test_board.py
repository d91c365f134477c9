"""The board: slides and ink, their limits, undo; who may draw and who sees it."""

import json
from itertools import count

import pytest
from pydantic import TypeAdapter, ValidationError

from signaling.protocol.board import MAX_KEPT_POINTS, Board
from signaling.protocol.board_messages import (
    MAX_BATCH_POINTS,
    MAX_SLIDE_POINTS,
    MAX_SLIDE_STROKES,
    MAX_STROKE_POINTS,
    BoardView,
    ClearBoard,
    Draw,
    Erase,
    InkShown,
    PointAt,
    SlideRef,
    SlideTurned,
    StrokeDrawn,
    StrokeStyle,
    StrokeView,
    TurnSlide,
    Undo,
)
from signaling.protocol.effects import PassOn
from signaling.protocol.inputs import CoursewareListed
from signaling.protocol.messages import (
    ClientMessage,
    EndLesson,
    Failed,
    Resumed,
    Snapshot,
    Withheld,
)
from signaling.protocol.picture import MISSED_INK
from streamsvc.school.records import Role
from tests.support.boards import ONE, PEN, ROOM, TWO, Teacher, courseware

# ---- turning -------------------------------------------------------------------------------------


def test_a_slide_is_turned_by_one_small_event(teacher: Teacher) -> None:
    teacher.turn(TWO)
    event = teacher.drive.events[-1]
    assert isinstance(event, SlideTurned) and event.slide == TWO
    assert len(event.model_dump_json()) < 150
    assert teacher.board.strokes == []


def test_turning_to_the_slide_that_is_shown_tells_nothing(teacher: Teacher) -> None:
    before = len(teacher.drive.events)
    teacher.turn(ONE)
    assert len(teacher.drive.events) == before


def test_ink_is_kept_with_its_slide(teacher: Teacher) -> None:
    teacher.draw("a")
    teacher.turn(TWO)
    teacher.draw("b", on=TWO)
    teacher.turn(ONE)
    shown = teacher.drive.events[-1]
    assert isinstance(shown, InkShown) and shown.because == "turned"
    assert teacher.strokes == ["a"]


def test_no_slide_has_no_ink(teacher: Teacher) -> None:
    teacher.draw("a")
    teacher.turn(None)
    assert teacher.board == BoardView(slide=None, strokes=[])
    assert teacher.draw("b") == "slide-turned"
    assert teacher.ask(Undo(request_id="u")) == "done"
    assert teacher.ask(ClearBoard(request_id="c")) == "done"


@pytest.mark.parametrize(("name", "number"), [("cw_2", 1), ("cw_1", 4)])
def test_a_slide_that_is_not_in_the_lesson_is_not_shown(
    teacher: Teacher, name: str, number: int
) -> None:
    slide = SlideRef(courseware_id=name, number=number)
    assert teacher.ask(TurnSlide(request_id="t", slide=slide)) == "slide-unknown"
    assert teacher.board.slide == ONE


def test_slides_of_a_courseware_that_is_still_converted_can_be_shown(teacher: Teacher) -> None:
    teacher.drive.feed(CoursewareListed([courseware("cw_9", None)]))
    teacher.turn(SlideRef(courseware_id="cw_9", number=1))


def test_a_courseware_that_is_removed_leaves_the_board(teacher: Teacher) -> None:
    teacher.turn(TWO)
    teacher.drive.feed(CoursewareListed([]))
    assert teacher.board.slide is None
    teacher.turn(ONE)
    teacher.drive.feed(CoursewareListed([courseware("cw_3", 1)]))
    assert teacher.board.slide == ONE


# ---- drawing -------------------------------------------------------------------------------------


def test_a_stroke_is_its_batches_one_after_the_other(teacher: Teacher) -> None:
    style = StrokeStyle(tool="highlighter", color=3, width=200, text="")
    first = Draw(stroke_id="a", slide=ONE, offset=0, style=style, points=[100, 200, 5, -5])
    assert teacher.ask(first) == "done"
    assert teacher.ask(Draw(stroke_id="a", slide=ONE, offset=2, points=[1, 1])) == "done"
    expected = StrokeView(stroke_id="a", style=style, points=[100, 200, 5, -5, 1, 1])
    assert teacher.board.strokes == [expected]


def test_drawing_is_told_once_and_not_answered(teacher: Teacher) -> None:
    answers = len(teacher.drive.answers)
    teacher.draw("a")
    assert len(teacher.drive.answers) == answers
    assert isinstance(teacher.drive.events[-1], StrokeDrawn)


def test_what_was_sent_again_after_a_break_is_drawn_once(teacher: Teacher) -> None:
    teacher.draw("a", 4)
    teacher.draw("a", 4)
    teacher.draw("a", 4, offset=2)
    assert len(teacher.board.strokes[0].points) // 2 == 6


def test_points_after_a_hole_are_let_go(teacher: Teacher) -> None:
    teacher.draw("a", 4)
    assert teacher.draw("a", 4, offset=9) == "done"
    assert teacher.draw("gone", 4, offset=4) == "done"
    assert len(teacher.board.strokes) == 1
    assert len(teacher.board.strokes[0].points) // 2 == 4


def test_ink_for_a_slide_that_was_turned_is_refused_by_the_strokes_name(teacher: Teacher) -> None:
    teacher.turn(TWO)
    draw = Draw(stroke_id="late", slide=ONE, offset=0, style=PEN, points=[1, 1])
    answer = teacher.drive.ask(teacher.lead, draw)
    assert isinstance(answer, Failed)
    assert (answer.request_id, answer.error.id) == ("late", "slide-turned")


@pytest.mark.parametrize(
    "wrong",
    [
        {"points": []},
        {"points": [1]},
        {"points": [1, 2, 3]},
        {"points": [0, 10_001]},
        {"points": [1, 1] * (MAX_BATCH_POINTS + 1)},
        {"stroke_id": "UP!"},
        {"offset": MAX_STROKE_POINTS},
        {"style": {"tool": "pen", "color": 6, "width": 50, "text": ""}},
        {"style": {"tool": "pen", "color": 0, "width": 50, "text": "words"}},
        {"style": {"tool": "text", "color": 0, "width": 50, "text": ""}},
        {"style": {"tool": "text", "color": 0, "width": 50, "text": "x" * 81}},
        {"slide": {"courseware_id": None, "number": 0}},
    ],
)
def test_what_is_out_of_bounds_is_not_read(wrong: dict[str, object]) -> None:
    good = {
        "type": "draw",
        "stroke_id": "a",
        "slide": {"courseware_id": None, "number": 1},
        "offset": 0,
        "style": {"tool": "pen", "color": 0, "width": 50, "text": ""},
        "points": [1, 1],
    }
    adapter: TypeAdapter[ClientMessage] = TypeAdapter(ClientMessage)
    assert isinstance(adapter.validate_json(json.dumps(good)), Draw)
    with pytest.raises(ValidationError):
        adapter.validate_json(json.dumps(good | wrong))


# ---- limits --------------------------------------------------------------------------------------


def test_a_slide_that_is_full_of_strokes_refuses_the_next(teacher: Teacher) -> None:
    for _ in range(MAX_SLIDE_STROKES):
        assert teacher.draw() == "done"
    assert teacher.draw() == "board-full"
    assert teacher.draw("s1", offset=2) == "done"
    teacher.ask(ClearBoard(request_id="c"))
    assert teacher.draw() == "done"


def test_a_slide_that_is_full_of_points_refuses_more(teacher: Teacher) -> None:
    for _ in range(MAX_SLIDE_POINTS // MAX_BATCH_POINTS):
        assert teacher.draw(points=MAX_BATCH_POINTS) == "done"
    assert teacher.draw(points=MAX_BATCH_POINTS) == "board-full"
    snapshot = teacher.drive.machine.picture.snapshot(
        teacher.drive.machine.connections[teacher.lead], 0
    )
    assert len(snapshot.board.model_dump_json()) < 64_000


def test_a_stroke_is_not_longer_than_a_thousand_points(teacher: Teacher) -> None:
    sent = 0
    while sent + MAX_BATCH_POINTS <= MAX_STROKE_POINTS:
        assert teacher.draw("a", MAX_BATCH_POINTS, offset=sent) == "done"
        sent += MAX_BATCH_POINTS
    assert teacher.draw("a", MAX_BATCH_POINTS, offset=sent) == "board-full"


def test_too_much_ink_at_once_is_refused_and_taken_later(teacher: Teacher) -> None:
    results = [teacher.draw(points=MAX_BATCH_POINTS, wait_ms=0) for _ in range(30)]
    assert results[0] == "done" and results[-1] == "ink-too-fast"
    assert teacher.draw(points=MAX_BATCH_POINTS, wait_ms=2_000) == "done"


def test_the_ink_of_the_slide_not_shown_for_longest_is_forgotten() -> None:
    board, seq = Board(), count(1)
    numbers = range(1, 12)
    for number in numbers:
        slide = SlideRef(courseware_id=None, number=number)
        board.apply(SlideTurned(seq=next(seq), at_ms=0, slide=slide))
        for stroke in range(MAX_SLIDE_POINTS // MAX_BATCH_POINTS):
            ink = [1] * 2 * MAX_BATCH_POINTS
            name = f"s{stroke}"
            board.apply(StrokeDrawn(seq=next(seq), at_ms=0, stroke_id=name, style=PEN, points=ink))
    board.apply(SlideTurned(seq=next(seq), at_ms=0, slide=None))
    kept = [
        number for number in numbers if board.ink_of(SlideRef(courseware_id=None, number=number))
    ]
    assert kept == list(numbers)[-len(kept) :]
    points = sum(
        len(stroke.points) // 2
        for number in kept
        for stroke in board.ink_of(SlideRef(courseware_id=None, number=number))
    )
    assert MAX_KEPT_POINTS - MAX_SLIDE_POINTS < points <= MAX_KEPT_POINTS


# ---- erasing and undoing -------------------------------------------------------------------------


def test_undo_takes_back_drawing_erasing_and_clearing_in_turn(teacher: Teacher) -> None:
    undo = Undo(request_id="u")
    for name in "abc":
        teacher.draw(name)
    teacher.ask(Erase(request_id="e", stroke_id="b"))
    teacher.ask(ClearBoard(request_id="c"))
    assert teacher.strokes == []
    seen = []
    for _ in range(5):
        teacher.ask(undo)
        seen.append("".join(teacher.strokes))
    assert seen == ["ac", "abc", "ab", "a", ""]
    before = len(teacher.drive.events)
    assert teacher.ask(undo) == "done"
    assert len(teacher.drive.events) == before


def test_erasing_what_is_gone_is_harmless(teacher: Teacher) -> None:
    before = len(teacher.drive.events)
    assert teacher.ask(Erase(request_id="e", stroke_id="x")) == "done"
    assert teacher.ask(ClearBoard(request_id="c")) == "done"
    assert len(teacher.drive.events) == before


# ---- who may, who sees ---------------------------------------------------------------------------


@pytest.mark.parametrize("role", [Role.ROOM, Role.PHONE, Role.OBSERVER, Role.HELPER_TEACHER])
def test_from_the_seats_nobody_draws(teacher: Teacher, role: Role) -> None:
    room = ROOM if role in (Role.ROOM, Role.PHONE) else None
    other = teacher.drive.connect(role, room)
    draw = Draw(stroke_id="x", slide=ONE, offset=0, style=PEN, points=[1, 1])
    refused = "board-not-yours" if role is Role.ROOM else "not-allowed"
    for message in (draw, Undo(request_id="u")):
        assert teacher.drive.error_of(other, message) == refused
    assert teacher.drive.error_of(other, TurnSlide(request_id="t", slide=TWO)) == "not-allowed"
    assert teacher.strokes == []


def test_nobody_draws_after_the_end(teacher: Teacher) -> None:
    assert teacher.ask(EndLesson(request_id="e")) == "done"
    assert teacher.draw("a") == "lesson-ended"


def test_a_late_joiner_gets_the_board_in_one_message_and_a_phone_only_the_slide(
    teacher: Teacher,
) -> None:
    teacher.draw("a")
    late = teacher.drive.connect(Role.ROOM, ROOM)
    whole = [a.message for a in teacher.drive.answers if a.connection_id == late][0]
    assert isinstance(whole, Snapshot) and whole.board == teacher.board
    phone = teacher.drive.connect(Role.PHONE, ROOM)
    shown = [a.message for a in teacher.drive.answers if a.connection_id == phone][0]
    assert isinstance(shown, Snapshot)
    assert shown.board == BoardView(slide=ONE, strokes=[])


def test_who_missed_much_ink_gets_the_board_and_who_missed_little_the_strokes(
    teacher: Teacher,
) -> None:
    def answers_to_return(since: int) -> list[object]:
        back = teacher.drive.connect(Role.ROOM, ROOM, since)
        return [a.message for a in teacher.drive.answers if a.connection_id == back]

    since = teacher.drive.machine.picture.seq
    for _ in range(MISSED_INK):
        teacher.draw()
    assert isinstance(answers_to_return(since)[0], Resumed)
    teacher.draw()
    assert isinstance(answers_to_return(since)[0], Snapshot)


def test_a_phone_that_returns_keeps_the_numbers_of_ink_it_is_not_told(teacher: Teacher) -> None:
    since = teacher.drive.machine.picture.seq
    teacher.draw("a")
    phone = teacher.drive.connect(Role.PHONE, ROOM, since)
    told = [a.message for a in teacher.drive.answers if a.connection_id == phone]
    assert isinstance(told[0], Resumed)
    assert isinstance(told[1], Withheld) and len(told) == 2


def test_the_pointer_is_passed_on_unnumbered_and_thinned(teacher: Teacher) -> None:
    before, seq = len(teacher.drive.effects), teacher.drive.machine.picture.seq
    for x in range(30):
        teacher.ask(PointAt(at=[x, x]))
    teacher.ask(PointAt(at=None))
    passed = [e for e in teacher.drive.effects[before:] if isinstance(e, PassOn)]
    assert 1 < len(passed) < 10
    assert passed[-1].message.at is None
    assert {e.from_connection_id for e in passed} == {teacher.lead}
    assert teacher.drive.machine.picture.seq == seq
