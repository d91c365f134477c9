from datetime import datetime, timedelta, timezone

import pytest

from streamsvc.base.errors import UserError
from streamsvc.base.ids import RoomId
from streamsvc.school.lessons import (
    LessonChange,
    check_change,
    check_live,
    check_scheduled,
    day_bounds_ms,
)
from streamsvc.school.records import LessonState

ROOMS = LessonChange(room_ids=(RoomId("room_1"),))
TITLE = LessonChange(title="x", room_ids=(RoomId("room_1"),))


@pytest.mark.parametrize(
    ("state", "change", "error_id"),
    [
        (LessonState.SCHEDULED, TITLE, None),
        (LessonState.SCHEDULED, ROOMS, None),
        (LessonState.LIVE, ROOMS, None),
        (LessonState.LIVE, TITLE, "lesson-already-live"),
        (LessonState.LIVE, LessonChange(duration_minutes=45), "lesson-already-live"),
        (LessonState.ENDED, ROOMS, "lesson-already-ended"),
        (LessonState.ENDED, TITLE, "lesson-already-ended"),
    ],
)
def test_what_may_change_when(
    state: LessonState, change: LessonChange, error_id: str | None
) -> None:
    assert refusal(lambda: check_change(state, change)) == error_id


def test_only_a_scheduled_lesson_starts_and_only_a_live_one_ends() -> None:
    assert [refusal(lambda s=state: check_scheduled(s)) for state in LessonState] == [
        None,
        "lesson-already-live",
        "lesson-already-ended",
    ]
    assert [refusal(lambda s=state: check_live(s)) for state in LessonState] == [
        "lesson-not-live",
        None,
        "lesson-already-ended",
    ]


def refusal(check: object) -> str | None:
    try:
        check()  # type: ignore[operator]
    except UserError as error:
        return error.error_id
    return None


def test_a_day_is_the_local_calendar_day() -> None:
    china = timezone(timedelta(hours=8))
    just_after_midnight = datetime(2026, 11, 22, 0, 5, tzinfo=china)
    first_ms, next_ms = day_bounds_ms(int(just_after_midnight.timestamp() * 1000), china)
    assert datetime.fromtimestamp(first_ms / 1000, china).isoformat() == "2026-11-22T00:00:00+08:00"
    assert next_ms - first_ms == 24 * 3600 * 1000


def test_without_a_zone_it_is_the_day_of_the_machine() -> None:
    now_ms = 1_800_000_000_000
    first_ms, next_ms = day_bounds_ms(now_ms)
    assert first_ms <= now_ms < next_ms
    midnight = datetime.fromtimestamp(first_ms / 1000).astimezone()
    assert (midnight.hour, midnight.minute, midnight.second) == (0, 0, 0)
