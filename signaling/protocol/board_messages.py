"""The board on the wire: which slide is shown, and the ink on it, as numbers instead of pictures.

Places are integers, 0 to 10,000 of the slide's width and of its height. The points of a stroke are
one flat list `x, y, dx, dy, dx, dy, ...`: the first place, then the step from each to the next. A
stroke that is still being drawn comes in batches, and its list is the batches one after the other.
"""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from signaling.protocol.wire import Event, Request, Wire

EDGE = 10_000
"""The far end of the slide's width, and of its height."""
MAX_BATCH_POINTS = 64
MAX_STROKE_POINTS = 1_000
"""A page begins a new stroke beyond it."""
MAX_SLIDE_STROKES = 800
STAGE_COLOR = 3
STAGE_WIDTH = 60
MAX_SLIDE_POINTS = 8_000
"""Ink beyond this is refused with `board-full`; so a board is never more than one message of some
60 kB, about half of it compressed."""
MAX_INK_TEXT_CHARS = 80
COLORS = 6
"""Colors are numbers of the design's palette, so that a page can choose shades for its theme."""


def _in_pairs(points: list[int]) -> list[int]:
    if len(points) % 2:
        raise ValueError("x and y come in pairs")
    return points


Points = Annotated[
    list[Annotated[int, Field(ge=-EDGE, le=EDGE)]],
    Field(min_length=2, max_length=2 * MAX_BATCH_POINTS),
    AfterValidator(_in_pairs),
]
Place = Annotated[list[Annotated[int, Field(ge=0, le=EDGE)]], Field(min_length=2, max_length=2)]
StrokeId = Annotated[str, Field(pattern=r"^[a-z0-9]{1,12}$")]
Tool = Literal["pen", "highlighter", "line", "rectangle", "ellipse", "text"]


# ---- values --------------------------------------------------------------------------------------


class SlideRef(Wire):
    """A slide of the lesson's courseware, or (without a courseware) a page of the blank board."""

    courseware_id: str | None = Field(max_length=40)
    number: int = Field(ge=1, le=2_000)
    """From 1."""


class StrokeStyle(Wire):
    """How a stroke looks; told once, when it begins."""

    tool: Tool
    color: int = Field(ge=0, lt=COLORS)
    width: int = Field(ge=5, le=1_000)
    """Of the line, or of a text's letters their height; in parts of 10,000 of the slide's width."""
    text: str = Field(max_length=MAX_INK_TEXT_CHARS)
    """Empty but for a text."""

    @model_validator(mode="after")
    def _text_where_text_belongs(self) -> Self:
        if (self.tool == "text") != bool(self.text):
            raise ValueError("a text stroke has text, and no other has")
        return self


class Writer(Wire):
    """A room that wrote from the stage."""

    room_id: str
    room_name: str


class StrokeView(Wire):
    """One stroke as it stands. Line, rectangle and ellipse have two points (two corners), a text
    has one (where its first line begins)."""

    stroke_id: str
    style: StrokeStyle
    points: list[int]
    by: Writer | None = None
    """None: the lead teacher."""


class BoardView(Wire):
    """What stands on the board now. Strokes in the order they are painted; none for a phone."""

    slide: SlideRef | None
    """None: no slide is shown, the teacher has the big place."""
    strokes: list[StrokeView]


# ---- server to client ----------------------------------------------------------------------------


class SlideTurned(Event):
    """Another slide is shown (None: none). Its board is empty, unless `ink_shown` follows."""

    type: Literal["slide_turned"] = "slide_turned"
    slide: SlideRef | None


class InkShown(Event):
    """All strokes of the shown slide: it was drawn on before, or something was undone."""

    type: Literal["ink_shown"] = "ink_shown"
    strokes: list[StrokeView]
    because: Literal["turned", "undone"]


class StrokeDrawn(Event):
    """The next points of a stroke; with its `style` when it begins."""

    type: Literal["stroke_drawn"] = "stroke_drawn"
    stroke_id: str
    style: StrokeStyle | None
    points: list[int]
    by: Writer | None = None
    """Told when it begins; None: the lead teacher."""


class StrokeErased(Event):
    """A stroke is gone: erased, or its drawing undone."""

    type: Literal["stroke_erased"] = "stroke_erased"
    stroke_id: str
    is_undo: bool


class InkCleared(Event):
    """All strokes of the shown slide are gone."""

    type: Literal["ink_cleared"] = "ink_cleared"


BoardEvent = SlideTurned | InkShown | StrokeDrawn | StrokeErased | InkCleared


class PointerMoved(Wire):
    """Where the teacher points; None: nowhere. Not numbered, not kept, and the first thing that a
    slow connection goes without."""

    type: Literal["pointer_moved"] = "pointer_moved"
    at: Place | None


# ---- client to server ----------------------------------------------------------------------------


class TurnSlide(Request):
    """By the lead teacher: show this slide, or (None) none."""

    type: Literal["turn_slide"] = "turn_slide"
    slide: SlideRef | None


class Draw(Wire):
    """By the lead teacher or the room on stage (a pen of the stage's own color, whatever its style
    says): the next points of a stroke, some five times a second. Not answered; if it is refused,
    `failed` names the stroke in `request_id`. `offset` is how many points were sent before: what
    the server has already is passed over, so a page may send again after a break."""

    type: Literal["draw"] = "draw"
    stroke_id: StrokeId
    slide: SlideRef
    offset: int = Field(ge=0, lt=MAX_STROKE_POINTS)
    style: StrokeStyle | None = None
    """Needed where `offset` is 0."""
    points: Points


class Erase(Request):
    """By the lead teacher, or of its own strokes by the room on stage: take a stroke away. Harmless
    when it is gone."""

    type: Literal["erase"] = "erase"
    stroke_id: StrokeId


class Undo(Request):
    """By the lead teacher: take back the last stroke, erasing or clearing on this slide; twenty can
    be taken back. By the room on stage: its own last stroke. Harmless when there is none."""

    type: Literal["undo"] = "undo"


class ClearBoard(Request):
    """By the lead teacher: take all strokes of the shown slide away. Can be undone."""

    type: Literal["clear_board"] = "clear_board"


class PointAt(Wire):
    """By the lead teacher: her pointer, five times a second at most. Not answered."""

    type: Literal["point_at"] = "point_at"
    at: Place | None
