"""Checks of rooms in a real database."""

from dataclasses import replace

import pytest

from streamsvc.base.errors import UserError
from streamsvc.base.sessions import LinkPolicy
from streamsvc.school.checks import OLD_AFTER_MS, Part, Problem
from streamsvc.school.io.checks import KEPT_MS, KEPT_OF_ROOM, SHOWN
from streamsvc.school.io.school import School
from tests.streamsvc.school.county import County
from tests.streamsvc.school.test_checks import GOOD
from tests.support.clock import ManualClock


async def test_a_check_is_kept_and_read_by_who_sees_the_room(
    school: School, county: County, clock: ManualClock
) -> None:
    room, admin = county.rooms["room_a2"], county.principal("admin_a")
    kept = await school.checks.add(county.principal("room_a2"), room.id, GOOD, None)
    assert kept.figures == GOOD and not kept.is_auto and kept.at_ms == clock.wall_ms()
    assert await school.checks.of_room(admin, room.id) == [kept]
    rooms = await school.rooms.visible(admin)
    assert (await school.checks.latest(admin, rooms))[room.id] == [kept]
    for stranger in ("admin_b", "admin_a1", "room_a1"):
        with pytest.raises(UserError) as caught:
            await school.checks.of_room(county.principal(stranger), room.id)
        assert caught.value.error_id == "room-unknown"


async def test_a_room_can_not_write_the_check_of_another(school: School, county: County) -> None:
    with pytest.raises(UserError) as caught:
        await school.checks.add(county.principal("room_a1"), county.rooms["room_a2"].id, GOOD, None)
    assert caught.value.error_id == "room-unknown"


async def test_an_unattended_check_is_made_once(school: School, county: County) -> None:
    room, principal = county.rooms["room_a2"], county.principal("room_a2")
    kept = await school.checks.add(principal, room.id, GOOD, "les_1:eve")
    assert kept.is_auto
    assert await school.checks.slots_done(room.id) == ["les_1:eve"]
    with pytest.raises(UserError) as caught:
        await school.checks.add(principal, room.id, GOOD, "les_1:eve")
    assert caught.value.error_id == "check-slot-done"
    for _ in range(2):
        await school.checks.add(principal, room.id, GOOD, None)


async def test_the_newest_come_first_and_few_are_shown(
    school: School, county: County, clock: ManualClock
) -> None:
    room, principal = county.rooms["room_a2"], county.principal("room_a2")
    for n in range(KEPT_OF_ROOM + 3):
        clock.advance(60)
        await school.checks.add(principal, room.id, replace(GOOD, duration_ms=n), None)
    found = await school.checks.of_room(principal, room.id)
    assert [check.figures.duration_ms for check in found] == list(range(KEPT_OF_ROOM + 2, 2, -1))
    latest = await school.checks.latest(principal, [room])
    assert latest[room.id] == found[:SHOWN]


async def test_an_unattended_check_does_not_hide_what_a_person_found(
    school: School, county: County, clock: ManualClock
) -> None:
    room, principal = county.rooms["room_a2"], county.principal("room_a2")
    skipped = replace(GOOD, camera=Part.SKIPPED, microphone=Part.SKIPPED, echo=Part.SKIPPED)
    await school.checks.add(principal, room.id, replace(GOOD, microphone=Part.SILENT), None)
    clock.advance(60)
    await school.checks.add(principal, room.id, replace(skipped, camera=Part.BLACK), "les_0:eve")
    for n in range(SHOWN + 1):
        clock.advance(60)
        await school.checks.add(principal, room.id, skipped, f"les_{n}:before")
    rows = (await school.checks.of_room(principal, room.id))[:SHOWN]
    assert (await school.checks.latest(principal, [room]))[room.id] == rows
    for check in rows:
        assert check.verdict.problems == (Problem.MICROPHONE, Problem.CAMERA)
        assert check.verdict.unseen == () and check.figures == skipped
    clock.advance(OLD_AFTER_MS / 1000)
    await school.checks.add(principal, room.id, skipped, "les_week:eve")
    newest = (await school.checks.latest(principal, [room]))[room.id][0].verdict
    assert newest.problems == () and len(newest.unseen) == 3


async def test_old_ones_are_forgotten(school: School, county: County, clock: ManualClock) -> None:
    room, principal = county.rooms["room_a2"], county.principal("room_a2")
    await school.checks.add(principal, room.id, GOOD, None)
    clock.advance(KEPT_MS / 1000 + 1)
    await school.forget_expired()
    assert await school.checks.of_room(principal, room.id) == []


async def test_a_new_policy_holds_for_what_was_found_before(school: School, county: County) -> None:
    room, admin = county.rooms["room_a2"], county.principal("admin_a")
    await school.checks.add(county.principal("room_a2"), room.id, GOOD, None)
    await school.rooms.set_policy(admin, room.id, LinkPolicy(is_voice_and_slides=True))
    (check,) = await school.checks.of_room(admin, room.id)
    assert check.verdict.level == "slides"
