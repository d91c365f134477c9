"""A room on stage writes with a pen of its own, in its own name."""

from signaling.protocol.board_messages import (
    MAX_BATCH_POINTS,
    ClearBoard,
    Draw,
    Erase,
    PointAt,
    StrokeStyle,
    TurnSlide,
    Undo,
)
from signaling.protocol.messages import (
    CallOnStage,
    ClientMessage,
    LetWrite,
    ReturnFromStage,
)
from streamsvc.school.records import Role
from tests.support.boards import ONE, PEN, ROOM, Teacher


class Pupils:
    """The room on stage, and its pen."""

    def __init__(self, teacher: Teacher) -> None:
        self.teacher, self.drive = teacher, teacher.drive
        self.page = self.drive.to_stage(teacher.lead, ROOM)

    def draw(self, stroke_id: str, points: int = 2, *, offset: int = 0) -> str:
        style = StrokeStyle(tool="highlighter", color=0, width=900, text="")
        ink = [5] * (2 * points)
        draw = Draw(stroke_id=stroke_id, slide=ONE, offset=offset, style=style, points=ink)
        return self.drive.error_of(self.page, draw)

    def ask(self, message: ClientMessage) -> str:
        return self.drive.error_of(self.page, message)


def test_a_room_on_stage_writes_with_its_own_pen_in_its_name(teacher: Teacher) -> None:
    pupils = Pupils(teacher)
    assert pupils.draw("a") == "done"
    [stroke] = teacher.board.strokes
    assert stroke.by is not None and stroke.by.room_id == ROOM
    assert stroke.by.room_name == teacher.drive.machine.roster.seat(ROOM).room.name
    assert (stroke.style.tool, stroke.style.color, stroke.style.width) == ("pen", 3, 60)
    assert pupils.draw("a", 3, offset=2) == "done"
    assert len(teacher.board.strokes[0].points) == 10
    for page in (TurnSlide(request_id="t", slide=None), ClearBoard(request_id="c")):
        assert pupils.ask(page) == "not-allowed"
    assert pupils.ask(PointAt(at=[1, 1])) == "not-allowed"


def test_a_room_writes_only_on_stage_and_while_the_teacher_lets_it(teacher: Teacher) -> None:
    room, helper = teacher.drive.connect(Role.ROOM, ROOM), teacher.drive.connect(Role.PHONE, ROOM)
    asked = Draw(stroke_id="a", slide=ONE, offset=0, style=PEN, points=[1, 1])
    assert teacher.ask(LetWrite(request_id="w", may_write=False)) == "stage-empty"
    assert teacher.drive.error_of(room, asked) == "board-not-yours"
    assert teacher.drive.error_of(helper, asked) == "not-allowed"
    teacher.ask(CallOnStage(request_id="c", room_id=ROOM))
    assert teacher.drive.error_of(room, asked) == "board-not-yours"
    teacher.ask(ReturnFromStage(request_id="r"))
    pupils = Pupils(teacher)
    assert teacher.ask(LetWrite(request_id="w", may_write=False)) == "done"
    assert pupils.draw("a") == pupils.ask(Undo(request_id="u")) == "board-not-yours"
    assert pupils.ask(LetWrite(request_id="w", may_write=True)) == "not-allowed"
    teacher.ask(ReturnFromStage(request_id="r"))
    teacher.ask(CallOnStage(request_id="c", room_id=ROOM))
    stage = teacher.drive.snapshot().stage
    assert stage is not None and not stage.may_write, "her choice is kept"


def test_a_room_takes_back_only_its_own(teacher: Teacher) -> None:
    teacher.draw("t")
    pupils = Pupils(teacher)
    pupils.draw("a")
    pupils.draw("b")
    assert pupils.ask(Erase(request_id="e", stroke_id="t")) == "board-not-yours"
    assert pupils.draw("t", offset=2) == "done", "let go, as of a stroke that is not there"
    assert len(teacher.board.strokes[0].points) == 4
    assert pupils.ask(Undo(request_id="u")) == "done"
    assert teacher.strokes == ["t", "a"]
    assert pupils.ask(Erase(request_id="e", stroke_id="a")) == "done"
    assert pupils.ask(Undo(request_id="u")) == "done"
    assert teacher.strokes == ["t"]
    assert teacher.ask(Undo(request_id="u")) == "done"
    assert teacher.strokes == ["t", "a"], "the teacher may bring back what they erased"
    assert teacher.ask(ClearBoard(request_id="c")) == "done"
    assert teacher.strokes == []


def test_what_a_room_took_back_is_not_brought_back_by_the_teachers_undo(teacher: Teacher) -> None:
    teacher.draw("t")
    pupils = Pupils(teacher)
    pupils.draw("a")
    assert pupils.ask(Undo(request_id="u")) == "done"
    assert teacher.ask(Undo(request_id="u")) == "done"
    assert teacher.strokes == [], "her own stroke is the last deed"
    pupils.draw("b")
    teacher.draw("s")
    teacher.ask(Erase(request_id="e", stroke_id="s"))
    assert pupils.ask(Undo(request_id="u")) == "done"
    seen = []
    for _ in range(2):
        assert teacher.ask(Undo(request_id="u")) == "done"
        seen.append("".join(teacher.strokes))
    assert seen == ["s", ""]


def test_a_room_has_a_pace_of_its_own(teacher: Teacher) -> None:
    pupils = Pupils(teacher)
    refused = [pupils.draw(f"a{n}", MAX_BATCH_POINTS) for n in range(40)]
    assert "ink-too-fast" in refused
    assert teacher.draw("t", wait_ms=0) == "done"
