"""Second strands: they bring what the first brings, and are nobody's presence."""

import json

import pytest

from signaling.protocol.board_messages import (
    InkShown,
    SlideRef,
    SlideTurned,
    StrokeStyle,
    StrokeView,
    TurnSlide,
)
from signaling.protocol.connection import ClientConnection, Close, Greet, Send
from signaling.protocol.effects import CloseConnection
from signaling.protocol.inputs import PlanChanged, StrandOpened
from signaling.protocol.messages import Failed, Pong, RaiseHand, ServerMessage
from signaling.protocol.strands import (
    ALONE_MS,
    MOST_MISSED,
    MOST_NUMBERS,
    MOST_STRANDS,
    STROKE_NUMBERS,
    Strands,
    is_too_much,
)
from streamsvc.base.errors import UserError
from streamsvc.base.ids import RoomId
from streamsvc.school.records import Role
from tests.support.lessons import LessonDrive, participant

ONE, TWO = RoomId("room_1"), RoomId("room_2")


def hello(**more: object) -> str:
    return json.dumps({"type": "hello", "grant": "g", "strand": "second", **more})


def opened() -> ClientConnection:
    connection = ClientConnection(0)
    assert isinstance(connection.receive(hello(since=3), 0)[0], Greet)
    return connection


def told(drive: LessonDrive, connection_id: str) -> list[ServerMessage]:
    return [a.message for a in drive.answers if a.connection_id == connection_id]


def closed(drive: LessonDrive) -> dict[str, str]:
    effects = drive.of_kind(CloseConnection)
    return {e.connection_id: e.error.error_id for e in effects if isinstance(e, CloseConnection)}


# ---- the connection ------------------------------------------------------------------------------


def test_it_says_where_it_goes_on() -> None:
    (refused,) = ClientConnection(0).receive(hello(), 0)
    assert isinstance(refused, Send) and isinstance(refused.message, Failed)
    assert refused.message.error.details == {"where": "since"}


def test_it_is_answered_pings_and_refused_all_else() -> None:
    connection = opened()
    assert connection.receive('{"type":"ping"}', 7) == [Send(Pong(now_ms=7))]
    (refused,) = connection.receive('{"type":"raise_hand","request_id":"5"}', 8)
    assert isinstance(refused, Send) and isinstance(refused.message, Failed)
    assert refused.message.request_id == "5"
    assert refused.message.error.id == "strand-hears-only"
    (unanswered,) = connection.receive('{"type":"point_at","at":null}', 9)
    assert isinstance(unanswered, Send) and isinstance(unanswered.message, Failed)


def test_its_silence_closes_it_like_any() -> None:
    outputs = opened().poll(30_000)
    assert outputs[-1] == Close(4010, "silent-too-long")


# ---- in the lesson -------------------------------------------------------------------------------


def test_it_resumes_with_what_its_participant_may_know() -> None:
    drive = LessonDrive()
    drive.go_live()
    page = drive.connect(Role.ROOM, ONE)
    since = drive.machine.picture.seq
    drive.connect(Role.ROOM, TWO)
    drive.ask(page, RaiseHand(request_id="1"))
    drive.feed(StrandOpened("second", participant(Role.ROOM, ONE), since))
    again = drive.connect(Role.ROOM, ONE, since)
    first, second = told(drive, again), told(drive, "second")
    assert [m.type for m in second] == ["resumed", "withheld", "room_changed"]
    assert [m.model_dump() for m in second] == [m.model_dump() for m in first]


def test_it_is_no_presence_and_its_end_is_not_told() -> None:
    drive = LessonDrive()
    page = drive.connect(Role.ROOM, ONE)
    events = len(drive.events)
    drive.feed(StrandOpened("second", participant(Role.ROOM, ONE), 0))
    drive.drop("second")
    assert len(drive.events) == events
    drive.feed(StrandOpened("second", participant(Role.ROOM, ONE), 0))
    drive.drop(page, on_purpose=True)
    drive.wait(2_000)
    assert drive.machine.picture.rooms[ONE].presence == "absent"


def test_without_a_first_connection_it_is_refused() -> None:
    drive = LessonDrive()
    drive.connect(Role.ROOM, TWO)
    drive.feed(StrandOpened("second", participant(Role.ROOM, ONE), 0))
    assert closed(drive) == {"second": "strand-alone"}
    assert told(drive, "second") == []


@pytest.mark.parametrize("since", [-1, 10_000])
def test_it_gets_no_snapshot(since: int) -> None:
    drive = LessonDrive()
    drive.connect(Role.ROOM, ONE)
    drive.feed(StrandOpened("second", participant(Role.ROOM, ONE), since))
    assert closed(drive) == {"second": "strand-too-much"}
    assert told(drive, "second") == []


def test_it_begins_with_what_little_was_missed_and_no_more() -> None:
    drive = LessonDrive()
    lead = drive.go_live()
    drive.connect(Role.ROOM, ONE)
    since = drive.machine.picture.seq
    for number in range(MOST_MISSED + 1):
        slide = SlideRef(courseware_id=None, number=1 + number % 2)
        assert drive.error_of(lead, TurnSlide(request_id="1", slide=slide)) == "done"
    drive.feed(StrandOpened("before", participant(Role.ROOM, ONE), since))
    drive.feed(StrandOpened("after", participant(Role.ROOM, ONE), since + 1))
    assert closed(drive) == {"before": "strand-too-much"}
    assert len(told(drive, "after")) == 1 + MOST_MISSED


def test_a_room_taken_off_the_lesson_loses_both() -> None:
    drive = LessonDrive()
    page = drive.connect(Role.ROOM, ONE)
    drive.feed(StrandOpened("second", participant(Role.ROOM, ONE), 0))
    drive.feed(PlanChanged(drive.machine.lesson, drive.rooms[1:]))
    assert closed(drive) == dict.fromkeys(("second", page), "room-not-in-lesson")


def test_alone_for_a_minute_it_is_closed() -> None:
    drive = LessonDrive()
    page = drive.connect(Role.ROOM, ONE)
    drive.feed(StrandOpened("second", participant(Role.ROOM, ONE), 0))
    drive.drop(page)
    drive.wait(ALONE_MS - 2_000)
    page = drive.connect(Role.ROOM, ONE)
    drive.wait(5_000)
    drive.drop(page)
    drive.wait(ALONE_MS)
    assert closed(drive) == {}
    drive.wait(2_000)
    assert closed(drive) == {"second": "strand-alone"}


def test_how_long_one_was_alone_is_forgotten_with_it() -> None:
    strands, room = Strands(), participant(Role.ROOM, ONE)
    strands.open("old", room, [room])
    assert strands.alone([], 0) == []
    strands.close("old")
    assert strands.alone([], ALONE_MS) == []
    strands.open("new", room, [room])
    assert strands.alone([], 2 * ALONE_MS) == []
    assert strands.alone([], 3 * ALONE_MS) == ["new"]


# ---- their number --------------------------------------------------------------------------------


def test_the_oldest_makes_place() -> None:
    strands, room = Strands(), participant(Role.ROOM, ONE)
    other = participant(Role.ROOM, TWO)
    assert strands.open("other", other, [room, other]) == []
    names = [f"s{number}" for number in range(MOST_STRANDS + 2)]
    replaced = [strands.open(name, room, [room]) for name in names]
    assert replaced == [[]] * MOST_STRANDS + [["s0"], ["s1"]]
    assert strands.of_room(ONE) == names[2:]
    strands.close(names[2])
    strands.close("never there")
    assert strands.of_room(ONE) == names[3:]
    assert strands.of_room(TWO) == ["other"]


def test_another_room_is_no_first() -> None:
    with pytest.raises(UserError, match="strand-alone"):
        Strands().open("s", participant(Role.ROOM, ONE), [participant(Role.ROOM, TWO)])


# ---- what is too much for it ---------------------------------------------------------------------


def board_of(strokes: int, points: int) -> InkShown:
    style = StrokeStyle(tool="pen", color=0, width=20, text="")
    shown = [
        StrokeView(stroke_id=f"s{number}", style=style, points=[1] * 2 * points)
        for number in range(strokes)
    ]
    return InkShown(seq=1, at_ms=0, strokes=shown, because="turned")


@pytest.mark.parametrize(("strokes", "points"), [(2, 1_000), (MOST_NUMBERS // STROKE_NUMBERS, 2)])
def test_a_board_full_of_ink_is_too_much(strokes: int, points: int) -> None:
    assert is_too_much(board_of(strokes, points))


def test_a_board_with_some_ink_and_a_page_turn_are_not() -> None:
    assert not is_too_much(board_of(10, 50))
    assert not is_too_much(SlideTurned(seq=1, at_ms=0, slide=None))


def test_it_does_not_go_on_before_a_board_full_of_ink() -> None:
    drive = LessonDrive()
    drive.connect(Role.ROOM, ONE)
    picture = drive.machine.picture
    since = picture.seq
    picture.apply(board_of(2, 1_000).model_copy(update={"seq": since + 1}))
    drive.feed(StrandOpened("before", participant(Role.ROOM, ONE), since))
    drive.feed(StrandOpened("after", participant(Role.ROOM, ONE), since + 1))
    assert closed(drive) == {"before": "strand-too-much"}
    assert [m.type for m in told(drive, "after")] == ["resumed"]
