import stat
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from streamsvc.base.errors import EnvironmentFault
from streamsvc.school.codes import MINUTE_MS
from streamsvc.school.io.school import School
from streamsvc.school.io.seed import seed_demo
from streamsvc.school.records import OPERATOR, Role
from tests.streamsvc.school.conftest import open_at
from tests.streamsvc.school.county import ADDRESS
from tests.streamsvc.school.io.refusal import refusal
from tests.support.clock import ManualClock


@pytest.fixture
async def empty(tmp_path: Path, clock: ManualClock) -> AsyncIterator[School]:
    school = await open_at(tmp_path / "school.db", clock)
    yield school
    await school.close()


async def test_the_demo_county_has_what_a_newcomer_opens(empty: School, tmp_path: Path) -> None:
    demo = await seed_demo(empty, tmp_path)
    assert [person.role for person in demo.people] == [
        Role.LEAD_TEACHER,
        Role.HELPER_TEACHER,
        Role.HELPER_TEACHER,
        Role.ADMINISTRATOR,
        Role.OBSERVER,
    ]
    for person in demo.people:
        assert await refusal(empty.sign_ins.sign_in(person.login, demo.password, ADDRESS)) is None
    assert set(demo.lesson.room_ids) == {room.id for room in demo.rooms}
    assert len(demo.rooms) == 3
    joined = [await empty.join_codes.join(code.code, ADDRESS) for code in demo.join_codes]
    assert [device.principal.room_id for device in joined] == [room.id for room in demo.rooms]


async def test_seeding_again_changes_nothing(empty: School, tmp_path: Path) -> None:
    first = await seed_demo(empty, tmp_path)
    await empty.join_codes.join(first.join_codes[0].code, ADDRESS)
    again = await seed_demo(empty, tmp_path)
    assert (again.password, again.people, again.lesson) == (
        first.password,
        first.people,
        first.lesson,
    )
    assert [room.id for room in again.rooms] == [room.id for room in first.rooms]
    assert [code.room_id for code in again.join_codes] == [room.id for room in first.rooms]
    assert not set(again.join_codes) & set(first.join_codes)
    assert len(await empty.courses.visible(OPERATOR)) == 1


async def test_there_is_always_a_lesson_to_open(
    empty: School, tmp_path: Path, clock: ManualClock
) -> None:
    first = (await seed_demo(empty, tmp_path)).lesson
    clock.advance(20 * MINUTE_MS / 1000)
    assert (await seed_demo(empty, tmp_path)).lesson.id == first.id
    await empty.lessons.start(first.id)
    assert (await seed_demo(empty, tmp_path)).lesson.id == first.id
    await empty.lessons.end(first.id)
    second = (await seed_demo(empty, tmp_path)).lesson
    assert second.id != first.id
    assert second.scheduled_start_ms == clock.wall_ms()


@pytest.mark.parametrize("is_live", [False, True])
async def test_a_lesson_past_its_end_makes_place_for_a_new_one(
    empty: School, tmp_path: Path, clock: ManualClock, is_live: bool
) -> None:
    first = (await seed_demo(empty, tmp_path)).lesson
    if is_live:
        await empty.lessons.start(first.id)
    clock.advance(first.duration_minutes * MINUTE_MS / 1000)
    assert (await seed_demo(empty, tmp_path)).lesson.id != first.id


async def test_the_password_is_of_this_machine_and_readable_by_its_owner_only(
    empty: School, tmp_path: Path
) -> None:
    first = await seed_demo(empty, tmp_path)
    path = tmp_path / "demo.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.unlink()
    second = await seed_demo(empty, tmp_path)
    assert second.password != first.password
    sign_in = empty.sign_ins.sign_in
    assert await refusal(sign_in("linxiaoyan", first.password, ADDRESS)) == "login-wrong"
    assert await refusal(sign_in("linxiaoyan", second.password, ADDRESS)) is None


async def test_a_spoilt_password_file_is_named(empty: School, tmp_path: Path) -> None:
    (tmp_path / "demo.json").write_text("{}")
    with pytest.raises(EnvironmentFault) as caught:
        await seed_demo(empty, tmp_path)
    assert caught.value.error_id == "demo-password-unusable"
    assert (tmp_path / "demo.json").read_text() == "{}"
