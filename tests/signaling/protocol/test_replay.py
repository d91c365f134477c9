"""The board of a recorded lesson."""

from signaling.protocol.board import Board
from signaling.protocol.board_messages import BoardView, Draw, SlideRef, StrokeStyle, TurnSlide
from signaling.protocol.messages import RaiseHand
from signaling.protocol.replay import board_events, board_since
from streamsvc.base.ids import RoomId
from streamsvc.school.records import Role
from tests.support.lessons import START_MS, LessonDrive

ONE, TWO = (SlideRef(courseware_id=None, number=number) for number in (1, 2))
PEN = StrokeStyle(tool="pen", color=0, width=50, text="")


def test_the_timeline_gives_the_board_back_at_each_moment() -> None:
    drive = LessonDrive()
    lead = drive.go_live()
    boards: list[BoardView] = []
    for slide in (ONE, TWO, ONE):
        drive.now_ms += 5_000
        drive.ask(lead, TurnSlide(request_id="t", slide=slide))
        name = f"s{len(boards)}"
        ink = Draw(stroke_id=name, slide=slide, offset=0, style=PEN, points=[1, 2])
        drive.ask(lead, ink)
        drive.ask(drive.connect(Role.ROOM, RoomId("room_1")), RaiseHand(request_id="h"))
        boards.append(drive.machine.picture.board.view(with_ink=True))
    lines = [event.model_dump_json(by_alias=True) for event in drive.events]
    events = board_events([*lines, "torn {", '"type":"slide_turned"'], START_MS + 6_000)
    assert [event.at_ms for event in events] == [0, 0, 4_000, 4_000, 9_000, 9_000, 9_000]
    board = Board()
    for at_ms, expected in zip((0, 4_000, 9_000), boards, strict=True):
        for event in [one for one in events if one.at_ms == at_ms]:
            board.apply(event)
        assert board.view(with_ink=True) == expected


def test_a_moment_on_is_what_stood_then_and_what_came_after() -> None:
    drive = LessonDrive()
    lead = drive.go_live()
    for number, slide in enumerate((ONE, TWO, ONE)):
        drive.now_ms += 5_000
        drive.ask(lead, TurnSlide(request_id="t", slide=slide))
        for part in range(3):
            drive.now_ms += 100
            name = f"s{number}{part}"
            ink = Draw(stroke_id=name, slide=slide, offset=0, style=PEN, points=[1, 2])
            drive.ask(lead, ink)
    lines = [event.model_dump_json(by_alias=True) for event in drive.events]
    final = drive.machine.picture.board.view(with_ink=True)
    every = board_events(lines, 0)
    for at_ms in range(START_MS, drive.now_ms + 1_000, 250):
        window = board_since(["torn {", *lines], at_ms)
        assert [event.at_ms for event in window] == sorted(event.at_ms for event in window)
        assert all(event.at_ms >= at_ms for event in window)
        then, told = Board(), Board()
        for event in [one for one in every if one.at_ms <= at_ms]:
            then.apply(event)
        for event in [one for one in window if one.at_ms == at_ms]:
            told.apply(event)
        assert told.view(with_ink=True) == then.view(with_ink=True)
        for event in [one for one in window if one.at_ms > at_ms]:
            told.apply(event)
        assert told.view(with_ink=True) == final
    assert board_since([], START_MS) == []
