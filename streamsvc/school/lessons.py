"""What may change about a lesson, and when. A lesson only moves forward: scheduled, live, ended."""

from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from streamsvc.base.errors import UserError
from streamsvc.base.ids import RoomId
from streamsvc.base.media import PictureProfile, SoundProfile
from streamsvc.school.records import LessonState


@dataclass(frozen=True, slots=True)
class LessonChange:
    """What to change; None leaves it as it is."""

    title: str | None = None
    scheduled_start_ms: int | None = None
    duration_minutes: int | None = None
    room_ids: tuple[RoomId, ...] | None = None
    picture_profile: PictureProfile | None = None
    sound_profile: SoundProfile | None = None

    @property
    def is_for_live(self) -> bool:
        """True if nothing of the plan itself changes: rooms, or which pictures come first. What
        the microphones are for is known when they are opened, and stays."""
        plan = (self.title, self.scheduled_start_ms, self.duration_minutes, self.sound_profile)
        return all(part is None for part in plan)


def check_change(state: LessonState, change: LessonChange) -> None:
    """Raise UserError `lesson-already-live` or `lesson-already-ended` unless it may change so."""
    if state is LessonState.LIVE and change.is_for_live:
        return
    check_scheduled(state)


def check_scheduled(state: LessonState) -> None:
    """Raise UserError `lesson-already-live` or `lesson-already-ended` unless it is scheduled."""
    if state is LessonState.LIVE:
        raise UserError("lesson-already-live")
    if state is LessonState.ENDED:
        raise UserError("lesson-already-ended")


def check_live(state: LessonState) -> None:
    """Raise UserError `lesson-not-live` or `lesson-already-ended` unless it is live."""
    if state is LessonState.SCHEDULED:
        raise UserError("lesson-not-live")
    if state is LessonState.ENDED:
        raise UserError("lesson-already-ended")


def day_bounds_ms(now_ms: int, zone: tzinfo | None = None) -> tuple[int, int]:
    """First ms of the calendar day of `now_ms` in `zone` (None: the machine's), and of the next."""
    midnight = datetime.fromtimestamp(now_ms / 1000, zone).replace(
        hour=0, minute=0, second=0, microsecond=0
    )
    next_midnight = midnight + timedelta(days=1)
    return int(midnight.timestamp() * 1000), int(next_midnight.timestamp() * 1000)


def week_bounds_ms(now_ms: int, zone: tzinfo | None = None) -> tuple[int, int]:
    """First ms of the Monday of the week of `now_ms` in `zone`, and of the next Monday."""
    midnight = datetime.fromtimestamp(now_ms / 1000, zone).replace(
        hour=0, minute=0, second=0, microsecond=0
    )
    monday = midnight - timedelta(days=midnight.weekday())
    next_monday = monday + timedelta(days=7)
    return int(monday.timestamp() * 1000), int(next_monday.timestamp() * 1000)
