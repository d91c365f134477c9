"""What may change about a lesson, and when."""

from dataclasses import dataclass

from streamsvc.base.ids import RoomId


@dataclass(frozen=True, slots=True)
class LessonChange:
    """What to change; None leaves it as it is."""

    title: str | None = None
    scheduled_start_ms: int | None = None
    duration_minutes: int | None = None
    room_ids: tuple[RoomId, ...] | None = None
