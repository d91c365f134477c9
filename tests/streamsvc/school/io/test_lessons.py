import asyncio

import pytest

from streamsvc.base.ids import LessonId
from streamsvc.school.attendance import Evidence
from streamsvc.school.codes import DAY_MS, HOUR_MS
from streamsvc.school.io.school import School
from streamsvc.school.lessons import LessonChange
from streamsvc.school.records import Lesson, LessonState, Principal
from tests.streamsvc.school.county import County
from tests.streamsvc.school.io.refusal import refusal
from tests.support.clock import ManualClock


def rooms(county: County, names: str) -> tuple[str, ...]:
    return tuple(county.rooms[name].id for name in names.split())


async def add(school: School, county: County, who: str, **more: object) -> Lesson:
    return await school.lessons.add(county.principal(who), title="fractions", **more)  # type: ignore[arg-type]


async def test_a_teacher_starts_one_now(school: School, county: County, clock: ManualClock) -> None:
    lesson = await add(school, county, "lead_a1", room_ids=rooms(county, "room_a2 room_a1 room_a2"))
    assert lesson.is_adhoc
    assert lesson.scheduled_start_ms == clock.wall_ms()
    assert lesson.state is LessonState.SCHEDULED
    assert (lesson.school_name, lesson.lead_teacher_name) == ("school_a1", "lead_a1")
    assert set(lesson.room_ids) == set(rooms(county, "room_a1 room_a2"))
    assert len(lesson.room_ids) == 2
    assert await school.lessons.find(county.principal("lead_a1"), lesson.id) == lesson


async def test_a_lesson_takes_subject_and_grade_from_its_course(
    school: School, county: County
) -> None:
    course = await school.courses.add(
        county.principal("lead_a1"),
        organisation_id=county.organisations["school_a1"].id,
        title="math",
        subject="math",
        grade="3",
    )
    lesson = await add(school, county, "lead_a1", course_id=course.id, grade="4")
    assert (lesson.subject, lesson.grade, lesson.course_id) == ("math", "4", course.id)
    refused = await refusal(add(school, county, "lead_b1", course_id=course.id))
    assert refused == "course-unknown"


@pytest.mark.parametrize(
    ("who", "teacher", "error_id"),
    [
        ("admin_a", "lead_a1", None),
        ("admin_a", None, "lead-teacher-needed"),
        ("admin_a", "helper_a1", "lead-teacher-needed"),
        ("admin_a", "lead_b1", "person-unknown"),
        ("lead_a1", "colleague_a1", "person-unknown"),
        ("helper_a1", None, "lead-teacher-needed"),
    ],
)
async def test_who_plans_whose_lessons(
    school: School, county: County, who: str, teacher: str | None, error_id: str | None
) -> None:
    teacher_id = teacher and county.people[teacher].id
    assert await refusal(add(school, county, who, lead_teacher_id=teacher_id)) == error_id


async def test_a_room_of_another_county_can_not_be_invited(school: School, county: County) -> None:
    invited = rooms(county, "room_a1 room_b1")
    assert await refusal(add(school, county, "lead_a1", room_ids=invited)) == "room-unknown"


async def test_a_change_keeps_what_it_does_not_name(school: School, county: County) -> None:
    lead, lesson = county.principal("lead_a1"), county.lessons["lesson_a1"]
    changed = await school.lessons.change(lead, lesson.id, LessonChange(title="new"))
    assert changed.title == "new"
    assert changed.room_ids == lesson.room_ids
    moved = LessonChange(scheduled_start_ms=5, duration_minutes=45, room_ids=())
    changed = await school.lessons.change(lead, lesson.id, moved)
    assert (changed.scheduled_start_ms, changed.duration_minutes, changed.room_ids) == (5, 45, ())


async def test_a_room_invited_from_elsewhere_may_stay(school: School, county: County) -> None:
    """Someone above invited it; the teacher who can't see it still changes the others."""
    lead, lesson = county.principal("lead_b1"), county.lessons["lesson_ba"]
    wanted = rooms(county, "room_a1 room_b1")
    change = LessonChange(room_ids=wanted)  # type: ignore[arg-type]
    changed = await school.lessons.change(lead, lesson.id, change)
    assert set(changed.room_ids) == set(wanted)


async def test_who_may_not_change_a_lesson(school: School, county: County) -> None:
    change = LessonChange(title="x")
    lesson = county.lessons["lesson_a1"]
    refused = {
        name: await refusal(school.lessons.change(county.principal(name), lesson.id, change))
        for name in ("colleague_a1", "admin_a2", "observer_a", "helper_a2", "room_a2", "admin_b")
    }
    assert refused == {
        "colleague_a1": "lesson-unknown",
        "admin_a2": "lesson-of-other-teacher",
        "observer_a": "lesson-of-other-teacher",
        "helper_a2": "lesson-of-other-teacher",
        "room_a2": "lesson-of-other-teacher",
        "admin_b": "lesson-unknown",
    }


async def test_a_lesson_moves_forward_only(
    school: School, county: County, clock: ManualClock
) -> None:
    lead, lesson_id = county.principal("lead_a1"), county.lessons["lesson_a1"].id
    assert await refusal(school.lessons.end(lesson_id)) == "lesson-not-live"
    live = await school.lessons.start(lesson_id)
    assert (live.state, live.started_at_ms) == (LessonState.LIVE, clock.wall_ms())
    assert [lesson.id for lesson in await school.lessons.live()] == [lesson_id]
    assert await refusal(school.lessons.remove(lead, lesson_id)) == "lesson-already-live"
    invited = LessonChange(room_ids=())
    assert await refusal(school.lessons.change(lead, lesson_id, invited)) is None
    clock.advance(2400)
    ended = await school.lessons.end(lesson_id)
    assert (ended.state, ended.ended_at_ms) == (LessonState.ENDED, clock.wall_ms())
    assert await school.lessons.live() == []
    assert await refusal(school.lessons.start(lesson_id)) == "lesson-already-ended"
    assert await refusal(school.lessons.end(lesson_id)) == "lesson-already-ended"
    assert await refusal(school.lessons.change(lead, lesson_id, invited)) == "lesson-already-ended"


async def test_of_many_starts_at_once_one_wins(school: School, county: County) -> None:
    lesson_id = county.lessons["lesson_a1"].id
    refused = await asyncio.gather(*(refusal(school.lessons.start(lesson_id)) for _ in range(5)))
    assert sorted(map(str, refused)) == ["None"] + ["lesson-already-live"] * 4
    refused = await asyncio.gather(*(refusal(school.lessons.end(lesson_id)) for _ in range(5)))
    assert sorted(map(str, refused)) == ["None"] + ["lesson-already-ended"] * 4


async def test_a_removed_lesson_is_gone(school: School, county: County) -> None:
    lead, lesson_id = county.principal("lead_b1"), county.lessons["lesson_ba"].id
    early = Evidence(first_joined_ms=1, last_seen_ms=2)
    await school.attendance.store(lesson_id, {county.rooms["room_a1"].id: early})
    await school.lessons.remove(lead, lesson_id)
    assert await school.attendance.evidence(lesson_id) == {}
    assert await refusal(school.lessons.load(lesson_id)) == "lesson-unknown"
    assert await refusal(school.lessons.start(LessonId("les_unknown"))) == "lesson-unknown"


async def test_today_is_the_local_day_and_what_is_live(
    school: School, county: County, clock: ManualClock
) -> None:
    lead = county.principal("lead_a1")
    today = await add(school, county, "lead_a1", room_ids=rooms(county, "room_a2"))
    tomorrow_ms = clock.wall_ms() + DAY_MS
    later = await add(school, county, "lead_a1", scheduled_start_ms=tomorrow_ms)
    titles = {lesson.id for lesson in await school.lessons.today(lead)}
    assert titles == {county.lessons["lesson_a1"].id, today.id}
    await school.lessons.start(today.id)
    clock.advance(DAY_MS / 1000)
    assert await ids_today(school, lead) == {today.id, later.id}
    assert await ids_today(school, county.principal("room_a2")) == {today.id}


async def ids_today(school: School, principal: Principal) -> set[LessonId]:
    return {lesson.id for lesson in await school.lessons.today(principal)}


async def test_lists_are_narrowed_by_time_and_state(
    school: School, county: County, clock: ManualClock
) -> None:
    lead, now_ms = county.principal("lead_a1"), clock.wall_ms()
    later = await add(school, county, "lead_a1", scheduled_start_ms=now_ms + HOUR_MS)
    first = county.lessons["lesson_a1"].id

    async def ids(**narrowed: object) -> list[str]:
        found = await school.lessons.visible(lead, **narrowed)  # type: ignore[arg-type]
        return [lesson.id for lesson in found]

    assert await ids() == [first, later.id]
    assert await ids(from_ms=now_ms + 1) == [later.id]
    assert await ids(to_ms=now_ms + HOUR_MS) == [first]
    assert await ids(state=LessonState.LIVE) == []
    assert await ids(limit=1) == [first]
