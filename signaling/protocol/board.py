"""The board as it was told: the slide that is shown, and the ink on every slide. The sum of the
board's events, and nothing else: snapshot, timeline and a restarted server agree by that.

What is kept: 800 strokes and 8,000 points on a slide (more is refused), 60,000 points in a lesson
(the ink of the slide that was not shown for longest is forgotten), 20 deeds to undo on a slide.
"""

from collections import deque
from dataclasses import dataclass, field

from signaling.protocol.board_messages import (
    MAX_SLIDE_POINTS,
    MAX_SLIDE_STROKES,
    BoardEvent,
    BoardView,
    InkCleared,
    InkShown,
    SlideRef,
    SlideTurned,
    StrokeDrawn,
    StrokeErased,
    StrokeView,
)

MAX_KEPT_POINTS = 60_000
MAX_UNDO = 20


@dataclass(slots=True)
class Ink:
    """The strokes of one slide, by id in the order they are painted."""

    strokes: dict[str, StrokeView] = field(default_factory=dict)
    deeds: deque[str | tuple[StrokeView, ...]] = field(
        default_factory=lambda: deque(maxlen=MAX_UNDO)
    )
    """What can be undone: a stroke that was drawn, or all strokes before some were taken away."""

    @property
    def points(self) -> int:
        """How many it has in all."""
        return sum(len(stroke.points) for stroke in self.strokes.values()) // 2

    def has_room_for(self, points: int, *, is_new: bool) -> bool:
        """Whether so many more may be drawn."""
        if is_new and len(self.strokes) >= MAX_SLIDE_STROKES:
            return False
        return self.points + points <= MAX_SLIDE_POINTS

    def draw(self, event: StrokeDrawn) -> None:
        """Begin a stroke, or go on with one."""
        known = self.strokes.get(event.stroke_id)
        if known is not None:
            longer = known.points + event.points
            self.strokes[known.stroke_id] = known.model_copy(update={"points": longer})
        elif event.style is not None:
            self.deeds.append(event.stroke_id)
            self.strokes[event.stroke_id] = StrokeView(
                stroke_id=event.stroke_id, style=event.style, points=event.points, by=event.by
            )

    def erase(self, event: StrokeErased) -> None:
        """Take one away; undoing its drawing is no deed of its own, and no undo gives it back."""
        if not event.is_undo:
            self.deeds.append(tuple(self.strokes.values()))
        elif self.deeds and self.deeds[-1] == event.stroke_id:
            self.deeds.pop()
        else:
            self._forget_drawing(event.stroke_id)
        self.strokes.pop(event.stroke_id, None)

    def clear(self) -> None:
        """Take all away."""
        self.deeds.append(tuple(self.strokes.values()))
        self.strokes = {}

    def show(self, event: InkShown) -> None:
        """These are its strokes."""
        if event.because == "undone":
            self._undone()
        self.strokes = {stroke.stroke_id: stroke for stroke in event.strokes}

    def _forget_drawing(self, stroke_id: str) -> None:
        """As if it had never been there: a room took it back, and the teacher did something since.
        Nothing that can be undone then brings it back."""
        left = [
            deed if isinstance(deed, str) else tuple(s for s in deed if s.stroke_id != stroke_id)
            for deed in self.deeds
            if deed != stroke_id
        ]
        self.deeds.clear()
        self.deeds.extend(left)

    def _undone(self) -> None:
        if self.deeds:  # none, if a torn timeline lost its line
            self.deeds.pop()


class Board:
    """`apply` the board's events in order."""

    def __init__(self) -> None:
        self.slide: SlideRef | None = None
        self._kept: dict[SlideRef, Ink] = {}
        """The slide shown last is the last one."""

    def apply(self, event: BoardEvent) -> None:
        """Take the next event."""
        if isinstance(event, SlideTurned):
            self._turn(event.slide)
            return
        ink = self.ink
        if ink is None:
            return
        match event:
            case StrokeDrawn():
                ink.draw(event)
            case StrokeErased():
                ink.erase(event)
            case InkCleared():
                ink.clear()
            case InkShown():
                ink.show(event)

    @property
    def ink(self) -> Ink | None:
        """That of the slide which is shown; None without a slide."""
        return None if self.slide is None else self._kept[self.slide]

    def ink_of(self, slide: SlideRef | None) -> list[StrokeView]:
        """What was drawn on a slide and is kept."""
        ink = None if slide is None else self._kept.get(slide)
        return [] if ink is None else list(ink.strokes.values())

    def view(self, *, with_ink: bool) -> BoardView:
        """The whole board as it is."""
        return BoardView(slide=self.slide, strokes=self.ink_of(self.slide) if with_ink else [])

    def _turn(self, slide: SlideRef | None) -> None:
        self.slide = slide
        if slide is not None:
            ink = self._kept.pop(slide) if slide in self._kept else Ink()
            self._kept[slide] = ink
        self._forget()

    def _forget(self) -> None:
        points = sum(ink.points for ink in self._kept.values())
        for slide in [slide for slide in self._kept if slide != self.slide]:
            is_bare = not self._kept[slide].strokes and not self._kept[slide].deeds
            if points > MAX_KEPT_POINTS or is_bare:
                points -= self._kept.pop(slide).points
