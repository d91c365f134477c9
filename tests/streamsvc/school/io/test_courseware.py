import pytest

from streamsvc.base.courseware import Slide, SlidePicture
from streamsvc.base.errors import UserError
from streamsvc.base.ids import CoursewareId, LessonId
from streamsvc.school.io.courseware import MAX_OF_LESSON
from streamsvc.school.io.school import School
from streamsvc.school.records import Courseware, CoursewareStatus
from tests.streamsvc.school.county import County
from tests.streamsvc.school.io.refusal import refusal

FIRST, SECOND = CoursewareId("cw_first"), CoursewareId("cw_second")


def slide(number: int, look: str = "a") -> Slide:
    small, medium, large = (
        SlidePicture(look * 62 + f"{n}{number % 10}", 100 * n) for n in (1, 2, 3)
    )
    return Slide(number, 1920, 1080, f"words {number}", "data:,", small, medium, large)


async def added(school: School, county: County, courseware_id: CoursewareId = FIRST) -> Courseware:
    principal, lesson_id = county.principal("lead_a1"), county.lessons["lesson_a1"].id
    return await school.courseware.add(principal, courseware_id, lesson_id, "面积")


async def test_a_file_becomes_slides_one_by_one(school: School, county: County) -> None:
    lesson_id, shelf = county.lessons["lesson_a1"].id, school.courseware
    new = await added(school, county)
    assert (new.status, new.total_slides, new.slides) == (CoursewareStatus.CONVERTING, None, ())
    assert await shelf.opened(FIRST, 2) == lesson_id
    await shelf.slide_made(FIRST, slide(1))
    assert [c.slides for c in await shelf.unfinished()] == [(slide(1),)]
    await shelf.slide_made(FIRST, slide(1, "b"))  # made again after a crash
    await shelf.slide_made(FIRST, slide(2))
    assert await shelf.converted(FIRST) == lesson_id
    progress = await shelf.progress([lesson_id, county.lessons["lesson_b1"].id])
    assert [(p.title, p.status.value, p.done_slides) for p in progress.pop(lesson_id)] == [
        ("面积", "ready", 2)
    ]
    assert progress == {}
    (found,) = await shelf.of_lesson(county.principal("room_a2"), lesson_id)
    assert (found.status, found.total_slides) == (CoursewareStatus.READY, 2)
    assert found.slides == (slide(1, "b"), slide(2))
    assert await shelf.unfinished() == []


async def test_a_failure_is_kept_with_its_details(school: School, county: County) -> None:
    await added(school, county)
    await school.courseware.refused(FIRST, UserError("courseware-too-long", slides=4000, limit=500))
    (found,) = await school.courseware.listed(county.lessons["lesson_a1"].id)
    assert (found.status, found.error_id) == (CoursewareStatus.FAILED, "courseware-too-long")
    assert found.error_details == {"slides": 4000, "limit": 500}


async def test_who_sees_the_lesson_sees_its_courseware(school: School, county: County) -> None:
    await added(school, county)
    lesson_id = county.lessons["lesson_a1"].id
    for name in ("lead_a1", "admin_a", "observer_a", "helper_a2", "room_a2"):
        assert len(await school.courseware.of_lesson(county.principal(name), lesson_id)) == 1
    for name in ("colleague_a1", "lead_b1", "admin_b", "room_b1"):
        asked = school.courseware.of_lesson(county.principal(name), lesson_id)
        assert await refusal(asked) == "lesson-unknown"


@pytest.mark.parametrize(
    ("name", "expected"),
    [("observer_a", "lesson-of-other-teacher"), ("helper_a2", "lesson-of-other-teacher")]
    + [(name, "lesson-unknown") for name in ("colleague_a1", "lead_b1", "admin_b")],
)
async def test_only_who_may_change_the_lesson_changes_it(
    school: School, county: County, name: str, expected: str
) -> None:
    await added(school, county)
    principal, lesson_id = county.principal(name), county.lessons["lesson_a1"].id
    shelf = school.courseware
    assert await refusal(shelf.check_addable(principal, lesson_id)) == expected
    assert await refusal(shelf.add(principal, SECOND, lesson_id, "x")) == expected
    assert await refusal(shelf.remove(principal, lesson_id, FIRST)) == expected


async def test_courseware_of_another_lesson_is_unknown(school: School, county: County) -> None:
    await added(school, county)
    other = await school.lessons.add(county.principal("lead_a1"), title="other")
    removal = school.courseware.remove(county.principal("lead_a1"), other.id, FIRST)
    assert await refusal(removal) == "courseware-unknown"


async def test_a_lesson_has_so_many_files_and_none_after_its_end(
    school: School, county: County
) -> None:
    for number in range(MAX_OF_LESSON):
        await added(school, county, CoursewareId(f"cw_{number}"))
    assert await refusal(added(school, county)) == "courseware-too-many"
    lesson_id = county.lessons["lesson_a1"].id
    await school.lessons.start(lesson_id)
    await school.lessons.end(lesson_id)
    assert await refusal(added(school, county)) == "lesson-already-ended"


async def test_files_are_unused_when_their_last_slide_is_gone(
    school: School, county: County
) -> None:
    shelf, lesson_id = school.courseware, county.lessons["lesson_a1"].id
    await added(school, county, FIRST)
    await added(school, county, SECOND)
    await shelf.slide_made(FIRST, slide(1))
    await shelf.slide_made(FIRST, slide(2))
    await shelf.slide_made(SECOND, slide(1))
    removed = await shelf.remove(county.principal("lead_a1"), lesson_id, FIRST)
    assert removed.slides == (slide(1), slide(2))
    assert await shelf.unused(removed.slides) == {p.sha256 for p in slide(2).pictures}
    assert await shelf.checksums() == {p.sha256 for p in slide(1).pictures}


async def test_a_removed_lesson_takes_its_courseware_along(school: School, county: County) -> None:
    lesson = await school.lessons.add(county.principal("lead_a1"), title="short")
    await school.courseware.add(county.principal("lead_a1"), FIRST, lesson.id, "x")
    await school.courseware.slide_made(FIRST, slide(1))
    await school.lessons.remove(county.principal("lead_a1"), lesson.id)
    assert await refusal(school.courseware.converted(FIRST)) == "courseware-unknown"
    assert await school.courseware.checksums() == set()
    assert await school.courseware.listed(LessonId(lesson.id)) == []
