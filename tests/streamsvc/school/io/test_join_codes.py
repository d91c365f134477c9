import asyncio

import pytest

from streamsvc.school.codes import DAY_MS, JOIN_CODE_LIFETIME_MS
from streamsvc.school.io.school import School
from streamsvc.school.records import Role, SignInKind
from streamsvc.school.tries import CODE_PER_ADDRESS
from tests.streamsvc.school.county import ADDRESS, County
from tests.streamsvc.school.io.refusal import refusal
from tests.support.clock import ManualClock

ROOM = SignInKind.ROOM


async def test_a_code_makes_a_browser_the_rooms_device(school: School, county: County) -> None:
    room = county.rooms["room_a1"]
    code = await school.join_codes.issue(county.principal("helper_a1"), room.id)
    joined = await school.join_codes.join(code.code, ADDRESS)
    principal = await school.sign_ins.principal_of(joined.token, ROOM)
    assert principal == joined.principal
    assert principal is not None
    assert (principal.role, principal.room_id, principal.name) == (Role.ROOM, room.id, "room_a1")
    assert principal.school_name == "school_a1"
    assert await refusal(school.join_codes.join(code.code, ADDRESS)) == "code-unknown"


async def test_a_new_code_ends_the_older_one(school: School, county: County) -> None:
    admin, room = county.principal("admin_a"), county.rooms["room_a1"]
    first = await school.join_codes.issue(admin, room.id)
    second = await school.join_codes.issue(admin, room.id)
    assert await refusal(school.join_codes.join(first.code, ADDRESS)) == "code-unknown"
    assert await refusal(school.join_codes.join(second.code, ADDRESS)) is None


async def test_a_new_device_replaces_the_old_one_and_keeps_the_phone(
    school: School, county: County
) -> None:
    admin, room = county.principal("admin_a"), county.rooms["room_a1"]
    old, new = [
        await school.join_codes.join((await school.join_codes.issue(admin, room.id)).code, ADDRESS)
        for _ in range(2)
    ]
    assert await school.sign_ins.principal_of(old.token, ROOM) is None
    assert await school.sign_ins.principal_of(new.token, ROOM) is not None
    pair = await school.pairs.issue(room.id)
    await school.pairs.pair(pair.secret, "Wang", ADDRESS)
    code = await school.join_codes.issue(admin, room.id)
    await school.join_codes.join(code.code, ADDRESS)
    assert await school.sign_ins.helper_name(room.id) == "Wang"


async def test_a_code_expires_and_a_day_later_is_forgotten(
    school: School, county: County, clock: ManualClock
) -> None:
    code = await school.join_codes.issue(county.principal("admin_a"), county.rooms["room_a1"].id)
    clock.advance(JOIN_CODE_LIFETIME_MS / 1000)
    assert await refusal(school.join_codes.join(code.code, ADDRESS)) == "code-expired"
    await school.forget_expired()
    assert await refusal(school.join_codes.join(code.code, ADDRESS)) == "code-expired"
    clock.advance(DAY_MS / 1000)
    await school.forget_expired()
    assert await refusal(school.join_codes.join(code.code, ADDRESS)) == "code-unknown"


@pytest.mark.parametrize(
    ("name", "room", "error_id"),
    [
        ("lead_a1", "room_a2", "room-of-other-school"),
        ("lead_a1", "room_b1", "room-unknown"),
        ("helper_a1", "room_a2", "room-unknown"),
        ("observer_a", "room_a1", "room-of-other-school"),
        ("room_a1", "room_a1", "room-of-other-school"),
        ("admin_a", "room_b1", "room-unknown"),
    ],
)
async def test_who_may_not_issue_a_code(
    school: School, county: County, name: str, room: str, error_id: str
) -> None:
    call = school.join_codes.issue(county.principal(name), county.rooms[room].id)
    assert await refusal(call) == error_id


async def test_one_code_joins_one_browser_when_two_try_at_once(
    school: School, county: County
) -> None:
    code = await school.join_codes.issue(county.principal("admin_a"), county.rooms["room_a1"].id)
    tries = (school.join_codes.join(code.code, f"192.0.2.{n}") for n in range(4))
    refused = await asyncio.gather(*map(refusal, tries))
    assert sorted(map(str, refused)) == ["None", "code-unknown", "code-unknown", "code-unknown"]


async def test_guessing_is_stopped(school: School, county: County) -> None:
    code = await school.join_codes.issue(county.principal("admin_a"), county.rooms["room_a1"].id)
    wrong = "000000" if code.code != "000000" else "000001"
    refused = [
        await refusal(school.join_codes.join(wrong, ADDRESS))
        for _ in range(CODE_PER_ADDRESS.burst + 1)
    ]
    assert refused == ["code-unknown"] * CODE_PER_ADDRESS.burst + ["too-many-tries"]
    assert await refusal(school.join_codes.join(code.code, ADDRESS)) == "too-many-tries"
    assert await refusal(school.join_codes.join(code.code, "198.51.100.9")) is None
