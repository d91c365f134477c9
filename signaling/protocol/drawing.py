"""What may be done to the board: checks it, and tells it. The board itself is in the picture."""

from signaling.protocol.board import Board, Ink
from signaling.protocol.board_messages import (
    MAX_STROKE_POINTS,
    STAGE_COLOR,
    STAGE_WIDTH,
    Draw,
    InkCleared,
    InkShown,
    PointAt,
    PointerMoved,
    SlideRef,
    SlideTurned,
    StrokeDrawn,
    StrokeErased,
    StrokeStyle,
    StrokeView,
    Writer,
)
from signaling.protocol.bucket import TokenBucket
from signaling.protocol.effects import PassOn
from signaling.protocol.teller import Teller
from streamsvc.base.errors import Overload, UserError

INK_PER_SECOND = 100
"""Points of ink; a batch costs as much as twelve more, for its envelope. About 5 kbit/s."""
INK_AT_ONCE = 1_200
BATCH_COST = 12
POINTER_PER_SECOND = 6
STAGE_PEN = StrokeStyle(tool="pen", color=STAGE_COLOR, width=STAGE_WIDTH, text="")
MAX_BLANK_PAGES = 20


class Drawing:
    """One request at a time. Whoever asks may do it; that is checked before. The room on stage
    (`writer`; None is the lead teacher) has a pen, its own pace, and its own strokes."""

    def __init__(self, teller: Teller) -> None:
        self._teller = teller
        self._ink_pace = TokenBucket(INK_PER_SECOND, INK_AT_ONCE, 0)
        self._stage_pace = TokenBucket(INK_PER_SECOND, INK_AT_ONCE, 0)
        self._pointer_pace = TokenBucket(POINTER_PER_SECOND, POINTER_PER_SECOND, 0)

    @property
    def _board(self) -> Board:
        return self._teller.picture.board

    def turn(self, slide: SlideRef | None, now_ms: int) -> None:
        """Show a slide, with what was drawn on it before. Raises UserError `slide-unknown`."""
        if slide == self._board.slide:
            return
        if slide is not None and not self._is_there(slide):
            raise UserError("slide-unknown")
        strokes = self._board.ink_of(slide)
        self._teller.announce(SlideTurned, now_ms, slide=slide)
        if strokes:
            self._teller.announce(InkShown, now_ms, strokes=strokes, because="turned")

    def courseware_changed(self, now_ms: int) -> None:
        """Show no slide of a courseware that was removed."""
        slide = self._board.slide
        if slide is not None and not self._is_there(slide):
            self.turn(None, now_ms)

    def _is_there(self, slide: SlideRef) -> bool:
        if slide.courseware_id is None:
            return slide.number <= MAX_BLANK_PAGES
        for courseware in self._teller.picture.courseware:
            if courseware.courseware_id == slide.courseware_id:
                return slide.number <= (courseware.total_slides or slide.number)
        return False

    def draw(self, draw: Draw, writer: Writer | None, now_ms: int) -> None:
        """Begin a stroke or go on with one. Raises UserError `slide-turned`, `board-full`,
        Overload `ink-too-fast`. Points of a stroke that is not there any more, or is
        another's, are let go."""
        ink = self._board.ink
        if ink is None or draw.slide != self._board.slide:
            raise UserError("slide-turned")
        known = ink.strokes.get(draw.stroke_id)
        if known is None and (draw.offset > 0 or draw.style is None):
            return
        if known is not None and not _is_by(known, writer):
            return
        passed = len(known.points) // 2 - draw.offset if known else 0
        points = draw.points[2 * passed :] if passed >= 0 else []
        if points:
            self._check_room(ink, draw.stroke_id, len(points) // 2)
            self._take_pace(writer, BATCH_COST + len(points) // 2, now_ms)
            style, by = (STAGE_PEN if writer else draw.style), writer
            if known is not None:
                style = by = None
            self._teller.announce(
                StrokeDrawn, now_ms, stroke_id=draw.stroke_id, style=style, points=points, by=by
            )

    def _check_room(self, ink: Ink, stroke_id: str, count: int) -> None:
        known = ink.strokes.get(stroke_id)
        had = len(known.points) // 2 if known else 0
        if had + count > MAX_STROKE_POINTS or not ink.has_room_for(count, is_new=known is None):
            raise UserError("board-full")

    def _take_pace(self, writer: Writer | None, cost: int, now_ms: int) -> None:
        pace = self._ink_pace if writer is None else self._stage_pace
        if not pace.take(now_ms, cost):
            raise Overload("ink-too-fast")

    def erase(self, stroke_id: str, writer: Writer | None, now_ms: int) -> None:
        """Take one stroke away. Raises UserError `board-not-yours` for another's of a room."""
        ink = self._board.ink
        stroke = None if ink is None else ink.strokes.get(stroke_id)
        if stroke is None:
            return
        if writer is not None and not _is_by(stroke, writer):
            raise UserError("board-not-yours")
        self._teller.announce(StrokeErased, now_ms, stroke_id=stroke_id, is_undo=False)

    def clear(self, now_ms: int) -> None:
        """Take all strokes of the slide away."""
        ink = self._board.ink
        if ink is not None and ink.strokes:
            self._teller.announce(InkCleared, now_ms)

    def undo(self, writer: Writer | None, now_ms: int) -> None:
        """Take the last deed on this slide back; for a room its own last stroke."""
        ink = self._board.ink
        if ink is not None and writer is not None:
            own = [stroke for stroke in ink.strokes.values() if _is_by(stroke, writer)]
            for stroke in own[-1:]:
                self._teller.announce(
                    StrokeErased, now_ms, stroke_id=stroke.stroke_id, is_undo=True
                )
            return
        deed = ink.deeds[-1] if ink is not None and ink.deeds else None
        if isinstance(deed, str):
            self._teller.announce(StrokeErased, now_ms, stroke_id=deed, is_undo=True)
        elif deed is not None:
            self._teller.announce(InkShown, now_ms, strokes=list(deed), because="undone")

    def point(self, point: PointAt, connection_id: str, now_ms: int) -> None:
        """Show where the teacher points, some times a second; that she stopped, always."""
        if point.at is None or self._pointer_pace.take(now_ms):
            self._teller.add(PassOn(PointerMoved(at=point.at), connection_id))


def _is_by(stroke: StrokeView, writer: Writer | None) -> bool:
    if stroke.by is None or writer is None:
        return stroke.by is writer
    return stroke.by.room_id == writer.room_id
