from pathlib import Path

import pytest

from streamsvc.school import codes
from streamsvc.school.codes import DAY_MS, WATCH_LINK_LIFETIME_MS
from streamsvc.school.io import watch_links
from streamsvc.school.io.school import School
from streamsvc.school.records import OPERATOR, Role, RoomKind, SignInKind
from tests.streamsvc.school.county import ADDRESS, County
from tests.streamsvc.school.io.refusal import refusal
from tests.support.clock import ManualClock

VIEWER = SignInKind.VIEWER


async def test_a_link_becomes_a_device_of_the_class(
    school: School, county: County, tmp_path: Path
) -> None:
    room = county.rooms["room_a2"]
    made = await school.watch_links.issue(county.principal("helper_a2"), room.id, has_replay=False)
    assert len(made.key) >= 27  # 160 bits in base64
    viewer = await school.watch_links.enter(made.key, ADDRESS)
    assert (viewer.principal.role, viewer.principal.room_id) == (Role.VIEWER, room.id)
    assert viewer.principal.name == room.name
    assert await school.sign_ins.principal_of(viewer.token, VIEWER) == viewer.principal
    found = await school.watch_links.find(OPERATOR, room.id)
    assert found is not None and found.viewers == 1
    assert await school.watch_links.is_of(made.key, room.id)
    stored = b"".join(file.read_bytes() for file in tmp_path.glob("school.db*"))
    assert made.key.encode() not in stored and viewer.token.encode() not in stored


async def test_a_viewer_sees_the_lessons_of_the_class_alone(school: School, county: County) -> None:
    made = await school.watch_links.issue(OPERATOR, county.rooms["room_a2"].id, has_replay=False)
    viewer = (await school.watch_links.enter(made.key, ADDRESS)).principal
    assert [one.title for one in await school.lessons.this_week(viewer)] == ["lesson_a1"]
    assert await school.rooms.visible(viewer) == []
    assert await school.recordings.visible(viewer) == []


@pytest.mark.parametrize("how", ["renewed", "revoked", "expired"])
async def test_a_link_ends_with_its_devices(
    school: School, county: County, clock: ManualClock, how: str
) -> None:
    room = county.rooms["room_a2"]
    old = await school.watch_links.issue(OPERATOR, room.id, has_replay=True)
    viewer = await school.watch_links.enter(old.key, ADDRESS)
    if how == "renewed":
        await school.watch_links.issue(OPERATOR, room.id, has_replay=True)
    elif how == "revoked":
        await school.watch_links.revoke(OPERATOR, room.id)
    else:
        clock.advance(WATCH_LINK_LIFETIME_MS / 1000)
    assert await refusal(school.watch_links.enter(old.key, ADDRESS)) == "watch-link-over"
    assert await school.sign_ins.principal_of(viewer.token, VIEWER) is None


async def test_only_who_manages_it(school: School, county: County) -> None:
    room = county.rooms["room_a2"].id
    links = school.watch_links
    refusals = {
        name: await refusal(links.issue(county.principal(name), room, has_replay=False))
        for name in ("admin_a", "admin_a2", "helper_a2", "helper_a1", "lead_a1", "admin_b")
    }
    assert refusals == {
        "admin_a": None,
        "admin_a2": None,
        "helper_a2": None,
        "helper_a1": "room-unknown",
        "lead_a1": "room-of-other-school",
        "admin_b": "room-unknown",
    }


async def test_only_receiving_rooms_have_one(school: School, county: County) -> None:
    studio = await school.rooms.add(
        OPERATOR,
        organisation_id=county.organisations["school_a1"].id,
        name="Studio",
        kind=RoomKind.LEAD_ROOM,
    )
    links = school.watch_links
    assert await refusal(links.issue(OPERATOR, studio.id, has_replay=False)) == (
        "room-not-receiving"
    )


async def test_replays_are_opened_and_closed(school: School, county: County) -> None:
    room, links = county.rooms["room_a2"].id, school.watch_links
    assert await refusal(links.set_replay(OPERATOR, room, has_replay=True)) == "watch-link-over"
    await links.issue(OPERATOR, room, has_replay=False)
    assert (await links.set_replay(OPERATOR, room, has_replay=True)).has_replay
    found = await links.of_room(room)
    assert found is not None and found.has_replay


async def test_the_oldest_device_makes_place(
    school: School, county: County, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch_links, "VIEWERS_PER_ROOM", 2)
    made = await school.watch_links.issue(OPERATOR, county.rooms["room_a2"].id, has_replay=False)
    tokens = []
    for _ in range(3):
        tokens.append((await school.watch_links.enter(made.key, ADDRESS)).token)
        clock.advance(1)
    found = [await school.sign_ins.principal_of(token, VIEWER) for token in tokens]
    assert [one is not None for one in found] == [False, True, True]


async def test_a_device_that_is_used_stays(
    school: School, county: County, clock: ManualClock
) -> None:
    made = await school.watch_links.issue(OPERATOR, county.rooms["room_a2"].id, has_replay=False)
    viewer = await school.watch_links.enter(made.key, ADDRESS)
    for _ in range(3):
        clock.advance(20 * DAY_MS / 1000)
        assert await school.sign_ins.principal_of(viewer.token, VIEWER) is not None
    clock.advance(codes.SIGN_IN_LIFETIME_MS[VIEWER] / 1000)
    assert await school.sign_ins.principal_of(viewer.token, VIEWER) is None
