"""The board of a recorded lesson, from its timeline, for a player that shows it in step."""

from collections.abc import Iterable

from pydantic import TypeAdapter, ValidationError

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
    found: list[BoardEvent] = []
    for line in lines:
        if not any(type in line for type in _TYPES):
            continue
        try:
            event = _EVENT.validate_json(line)
        except ValidationError:
            continue
        found.append(event.model_copy(update={"at_ms": max(0, event.at_ms - started_at_ms)}))
    return found
