import asyncio

import pytest

from streamsvc.base.ids import LessonId, RecordingId
from streamsvc.school.codes import HOUR_MS
from streamsvc.school.io.school import School
from streamsvc.school.records import Recording
from tests.streamsvc.school.conftest import open_at
from tests.streamsvc.school.county import County
from tests.streamsvc.school.io.refusal import refusal
from tests.support.clock import ManualClock


async def test_a_lesson_has_one_recording(school: School, county: County) -> None:
    lesson = await school.lessons.start(county.lessons["lesson_ba"].id)
    opened = await asyncio.gather(*(school.recordings.open(lesson.id) for _ in range(3)))
    assert len({recording.id for recording in opened}) == 1
    recording = opened[0]
    assert (recording.title, recording.lead_teacher_name) == ("lesson_ba", "lead_b1")
    assert recording.started_at_ms == lesson.started_at_ms
    assert recording.room_ids == lesson.room_ids
    assert not recording.is_shared
    assert (await school.lessons.load(lesson.id)).recording_id == recording.id
    assert await refusal(school.recordings.open(LessonId("les_no"))) == "lesson-unknown"


async def test_a_finished_recording_knows_its_length(school: School, county: County) -> None:
    recording = county.recordings["rec_a1"]
    await school.recordings.finish(recording.id, 2_400_000)
    found = await school.recordings.find(county.principal("lead_a1"), recording.id)
    assert found.duration_ms == 2_400_000
    refused = await refusal(school.recordings.finish(RecordingId("rec_no"), 1))
    assert refused == "recording-unknown"


async def adopt(school: School, recording: str, lesson: str) -> Recording | None:
    return await school.recordings.adopt(
        RecordingId(recording), LessonId(lesson), started_at_ms=7, duration_ms=60_000
    )


async def test_a_recording_found_on_disk_joins_its_lesson(school: School, county: County) -> None:
    lesson = county.lessons["lesson_ba"]
    first = await adopt(school, "rec_found", lesson.id)
    assert first is not None
    assert (first.title, first.duration_ms, first.started_at_ms) == ("lesson_ba", 60_000, 7)
    assert await adopt(school, "rec_found", lesson.id) == first
    found = await school.recordings.find(county.principal("lead_b1"), first.id)
    assert found == first


async def test_a_recording_without_a_lesson_is_for_the_top(school: School, county: County) -> None:
    orphan = await adopt(school, "rec_orphan", "les_forgotten")
    assert orphan is not None
    assert orphan.lead_teacher_id is None
    assert orphan.organisation_id == county.organisations["province"].id
    for name in ("admin_city", "lead_a1", "admin_a"):
        principal = county.principal(name)
        assert await refusal(school.recordings.find(principal, orphan.id)) == "recording-unknown"


async def test_without_a_tree_there_is_nowhere_to_adopt(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    empty = await open_at(tmp_path_factory.mktemp("empty") / "school.db", ManualClock())
    try:
        assert await adopt(empty, "rec_orphan", "les_forgotten") is None
    finally:
        await empty.close()


@pytest.mark.parametrize(
    ("name", "error_id"),
    [
        ("lead_a1", None),
        ("admin_a1", None),
        ("admin_city", None),
        ("colleague_a1", "recording-unknown"),
        ("admin_a2", "recording-unknown"),
        ("observer_a", "recording-unknown"),
        ("helper_a2", "recording-unknown"),
        ("room_a2", "recording-unknown"),
        ("admin_b", "recording-unknown"),
    ],
)
async def test_who_may_share_a_private_recording(
    school: School, county: County, name: str, error_id: str | None
) -> None:
    recording_id = county.recordings["rec_a1"].id
    call = school.recordings.share(county.principal(name), recording_id, is_shared=True)
    assert await refusal(call) == error_id
    colleague = school.recordings.find(county.principal("colleague_a1"), recording_id)
    assert (await refusal(colleague) is None) == (error_id is None)


async def test_a_shared_recording_is_taken_back_by_its_own_only(
    school: School, county: County
) -> None:
    recording_id = county.recordings["rec_ac"].id

    async def take_back(name: str) -> str | None:
        principal = county.principal(name)
        return await refusal(school.recordings.share(principal, recording_id, is_shared=False))

    assert await take_back("lead_a1") == "recording-of-other-teacher"
    assert await take_back("admin_a2") == "recording-of-other-teacher"
    assert await take_back("colleague_a1") is None
    assert await take_back("lead_a1") == "recording-unknown"


async def test_the_library_is_searched_by_words_and_time(
    school: School, county: County, clock: ManualClock
) -> None:
    admin = county.principal("admin_city")
    clock.advance(HOUR_MS / 1000)
    late = await school.recordings.open(county.lessons["lesson_ba"].id)

    async def titles(q: str = "", **narrowed: int) -> list[str]:
        found = await school.recordings.visible(admin, q=q, **narrowed)
        return [recording.title for recording in found]

    assert (await titles())[0] == "lesson_ba"
    assert sorted(await titles("LEAD_A1")) == ["lesson_a1"]
    assert sorted(await titles("school_a1  lesson")) == ["lesson_a1", "lesson_ac"]
    assert await titles("school_a1 lead_b1") == []
    assert await titles("100%") == []
    assert await titles(from_ms=late.started_at_ms) == ["lesson_ba"]
    assert "lesson_ba" not in await titles(to_ms=late.started_at_ms)
    assert len(await titles(limit=2)) == 2


async def test_viewing_is_written_down(school: School, county: County) -> None:
    lead, admin = county.principal("lead_a1"), county.principal("admin_a")
    recording_id = county.recordings["rec_a1"].id
    await school.recordings.view(lead, recording_id)
    entry = (await school.audit.visible(admin))[0]
    assert (entry.actor_name, entry.action, entry.object_id) == (
        "lead_a1",
        "recording.viewed",
        recording_id,
    )
    refused = await refusal(school.recordings.view(county.principal("lead_b1"), recording_id))
    assert refused == "recording-unknown"
    assert (await school.audit.visible(admin))[0] == entry
