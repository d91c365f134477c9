"""The board of a lesson from its timeline, for a player that shows it in step."""

from collections.abc import Iterable, Iterator, Sequence

from pydantic import TypeAdapter, ValidationError

from signaling.protocol.board import Board
from signaling.protocol.board_messages import (
    BoardEvent,
    InkCleared,
    InkShown,
    SlideTurned,
    StrokeDrawn,
    StrokeErased,
)

_EVENT: TypeAdapter[BoardEvent] = TypeAdapter(BoardEvent)
_TYPES = tuple(
    f'"type":"{model.model_fields["type"].default}"'
    for model in (SlideTurned, InkShown, StrokeDrawn, StrokeErased, InkCleared)
)


def board_events(lines: Iterable[str], started_at_ms: int) -> list[BoardEvent]:
    """The board's events on the recording's axis, whose zero is the wall time `started_at_ms`. What
    stood on the board before it is there from the start; lines that can't be read are skipped."""
    return [
        event.model_copy(update={"at_ms": max(0, event.at_ms - started_at_ms)})
        for event in _read(lines)
    ]


def board_since(lines: Sequence[str], from_ms: int) -> list[BoardEvent]:
    """What stood on the board at `from_ms` (wall time), as two events of that moment, and the
    events since, with their own times. Reads no further back than it must."""
    since: list[BoardEvent] = []
    before: list[BoardEvent] = []
    for event in _read(reversed(lines)):
        (since if event.at_ms > from_ms else before).append(event)
        if before and isinstance(event, SlideTurned):
            break
    return [*_standing(before, from_ms), *reversed(since)]


def _standing(newest_first: list[BoardEvent], at_ms: int) -> list[BoardEvent]:
    board, seq = Board(), 0
    for event in reversed(newest_first):
        board.apply(event)
        seq = event.seq
    if board.slide is None:
        return []
    strokes = board.view(with_ink=True).strokes
    return [
        SlideTurned(seq=seq, at_ms=at_ms, slide=board.slide),
        InkShown(seq=seq, at_ms=at_ms, strokes=strokes, because="turned"),
    ]


def _read(lines: Iterable[str]) -> Iterator[BoardEvent]:
    """The board's events among them; lines that can't be read are skipped."""
    for line in lines:
        if not any(type in line for type in _TYPES):
            continue
        try:
            yield _EVENT.validate_json(line)
        except ValidationError:
            continue
