"""A lesson whose teacher draws: its board as seen and told, and her pen."""

from itertools import count

from signaling.protocol.board_messages import (
    BoardView,
    Draw,
    SlideRef,
    StrokeStyle,
    TurnSlide,
)
from signaling.protocol.inputs import CoursewareListed
from signaling.protocol.lesson_views import CoursewareView
from signaling.protocol.messages import (
    ClientMessage,
)
from streamsvc.base.ids import RoomId
from tests.support.lessons import LessonDrive

PEN = StrokeStyle(tool="pen", color=0, width=50, text="")
ONE, TWO = SlideRef(courseware_id=None, number=1), SlideRef(courseware_id="cw_1", number=2)
ROOM = RoomId("room_1")


def courseware(courseware_id: str, slides: int | None) -> CoursewareView:
    return CoursewareView(
        courseware_id=courseware_id,
        title="Fractions",
        status="ready" if slides else "converting",
        done_slides=slides or 0,
        total_slides=slides,
        error=None,
    )


class Teacher:
    """A lesson, its lead teacher, and her pen."""

    def __init__(self) -> None:
        self.drive = LessonDrive()
        self.lead = self.drive.go_live()
        self.drive.feed(CoursewareListed([courseware("cw_1", 3)]))
        self.numbers = count(1)

    def turn(self, slide: SlideRef | None) -> None:
        assert self.ask(TurnSlide(request_id="t", slide=slide)) == "done"

    def ask(self, message: ClientMessage) -> str:
        return self.drive.error_of(self.lead, message)

    def draw(
        self,
        stroke_id: str | None = None,
        points: int = 2,
        *,
        offset: int = 0,
        on: SlideRef = ONE,
        wait_ms: int = 10_000,
    ) -> str:
        """One batch, after a rest; the error's id, or "done"."""
        self.drive.now_ms += wait_ms
        name = stroke_id or f"s{next(self.numbers)}"
        style = PEN if offset == 0 else None
        ink = [5] * (2 * points)
        return self.ask(Draw(stroke_id=name, slide=on, offset=offset, style=style, points=ink))

    @property
    def board(self) -> BoardView:
        return self.drive.machine.picture.board.view(with_ink=True)

    @property
    def strokes(self) -> list[str]:
        return [stroke.stroke_id for stroke in self.board.strokes]
