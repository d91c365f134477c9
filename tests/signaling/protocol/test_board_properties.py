"""Whatever happens on a board, its snapshot and its events never disagree."""

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from signaling.protocol.board import Board
from signaling.protocol.board_messages import (
    ClearBoard,
    Erase,
    InkShown,
    SlideRef,
    SlideTurned,
    StrokeDrawn,
    Undo,
)
from signaling.protocol.lesson import LessonMachine
from tests.support.boards import ONE, Teacher

SLIDES = st.one_of(
    st.none(),
    st.builds(SlideRef, courseware_id=st.sampled_from([None, "cw_1"]), number=st.integers(1, 3)),
)
NAMES = st.sampled_from(["a", "b", "c", "d"])


class AnyBoard(RuleBasedStateMachine):
    """Anything in any order: the events alone make the same board, and its limits hold."""

    @initialize()
    def open(self) -> None:
        self.teacher = Teacher()
        self.reader = Board()
        self.read = 0

    @rule(slide=SLIDES)
    def turn(self, slide: SlideRef | None) -> None:
        self.teacher.turn(slide)

    @rule(name=NAMES, offset=st.integers(0, 6), points=st.integers(1, 6), ms=st.integers(0, 900))
    def draw(self, name: str, offset: int, points: int, ms: int) -> None:
        slide = self.teacher.board.slide or ONE
        self.teacher.draw(name, points, offset=offset, on=slide, wait_ms=ms)

    @rule(name=NAMES)
    def erase(self, name: str) -> None:
        self.teacher.ask(Erase(request_id="e", stroke_id=name))

    @rule()
    def clear(self) -> None:
        self.teacher.ask(ClearBoard(request_id="c"))

    @rule()
    def undo_gives_back_what_was(self) -> None:
        before = self.teacher.board
        self.teacher.ask(ClearBoard(request_id="c"))
        self.teacher.ask(Undo(request_id="u"))
        if before.strokes:
            assert self.teacher.board == before

    @rule()
    def undo(self) -> None:
        self.teacher.ask(Undo(request_id="u"))

    @invariant()
    def events_alone_make_the_same_board(self) -> None:
        if not hasattr(self, "teacher"):
            return
        for event in self.teacher.drive.events[self.read :]:
            if hasattr(event, "slide") or "ink" in event.type or "stroke" in event.type:
                self.reader.apply(event)  # type: ignore[arg-type]
        self.read = len(self.teacher.drive.events)
        assert self.reader.view(with_ink=True) == self.teacher.board

    @invariant()
    def a_page_that_keeps_one_slide_sees_the_same(self) -> None:
        if not hasattr(self, "teacher"):
            return
        page: dict[str, list[int]] = {}
        for event in self.teacher.drive.events:
            match event:
                case SlideTurned():
                    page = {}
                case InkShown():
                    page = {stroke.stroke_id: list(stroke.points) for stroke in event.strokes}
                case StrokeDrawn():
                    page[event.stroke_id] = page.get(event.stroke_id, []) + event.points
                case _ if event.type == "stroke_erased":
                    page.pop(event.stroke_id, None)
                case _ if event.type == "ink_cleared":
                    page = {}
        board = {s.stroke_id: s.points for s in self.teacher.board.strokes}
        assert (page, list(page)) == (board, list(board))

    def teardown(self) -> None:
        if not hasattr(self, "teacher"):
            return
        machine = self.teacher.drive.machine
        lines = [event.model_dump_json(by_alias=True) for event in self.teacher.drive.events]
        again = LessonMachine.restored(machine.lesson, self.teacher.drive.rooms, lines)
        assert again.picture.board.view(with_ink=True) == self.teacher.board
        assert len(again.picture.board.ink.deeds if again.picture.board.ink else []) == len(
            machine.picture.board.ink.deeds if machine.picture.board.ink else []
        )


TestAnyBoard = AnyBoard.TestCase
TestAnyBoard.settings = settings(
    max_examples=40,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
