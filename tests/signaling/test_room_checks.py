"""Checks of rooms through the API: what they open, what bounds them, and what comes first."""

import asyncio
from typing import Any

import httpx
import pytest

from signaling.io.check_desk import AT_ONCE, BURST_SECONDS, BURSTS, BURSTS_AT_ONCE, LIFE_SECONDS
from streamsvc.base.errors import EnvironmentFault
from streamsvc.base.media import Slot
from streamsvc.base.sessions import LinkPolicy
from streamsvc.school.records import OPERATOR, OrganisationKind, RoomKind
from tests.signaling.endpoint_cases import FOUND
from tests.signaling.house import House

SDP = {"Content-Type": "application/sdp"}


async def opened(browser: httpx.AsyncClient, slot: str | None = None) -> dict[str, Any]:
    answer = await browser.post("/api/room/checks", json={"slot": slot})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def error_of(answer: httpx.Response) -> str:
    return str(answer.json()["error"]["id"])


async def test_a_check_is_a_media_loop_of_its_own(house: House) -> None:
    room = await house.signed_in("room_a2")
    check = await opened(room)
    headers = SDP | {"Authorization": f"Bearer {check['grant']}"}
    up = await room.post(check["whip"], content="v=0", headers=headers)
    down = await room.post(check["whep"], content="v=0", headers=headers)
    assert (up.status_code, down.status_code) == (201, 201)
    parties = {slot: party for party, slot in house.relay.sessions.values()}
    assert set(parties) == {Slot.LEAD, None}
    assert parties[Slot.LEAD].origin != parties[None].origin, "it would not hear itself"
    assert parties[None].lesson_id == check["check_id"]
    screen = await room.post(f"/whip/{check['check_id']}/screen", content="v=0", headers=headers)
    assert error_of(screen) == "not-allowed"
    lesson = await room.post(
        f"/whep/{house.lesson_id('lesson_a1')}", content="v=0", headers=headers
    )
    assert error_of(lesson) == "grant-invalid"


async def test_what_was_found_is_kept_and_ends_the_check(house: House) -> None:
    room, admin = await house.signed_in("room_a2"), await house.signed_in("admin_a")
    check = await opened(room)
    path = f"/api/room/checks/{check['check_id']}/result"
    view = (await room.put(path, json=FOUND | {"down_bps": 64_000})).json()
    assert (view["level"], view["sends"], view["is_auto"]) == ("slides", "video", False)
    assert view["readiness"] == "limited" and view["problems"] == ["thin_down"]
    assert house.relay.closed_lessons == [check["check_id"]]
    again = await room.put(path, json=FOUND)
    assert again.json() == view, "its answer may have been lost"
    stranger = await house.signed_in("room_a1")
    assert error_of(await stranger.put(path, json=FOUND)) == "check-unknown"
    rows = (await admin.get("/api/checks")).json()
    shown = {row["room"]["room_id"]: row["checks"] for row in rows}
    assert shown == {house.room_id("room_a1"): [], house.room_id("room_a2"): [view]}
    history = await admin.get(f"/api/rooms/{house.room_id('room_a2')}/checks")
    assert history.json() == [view]
    house.clock.advance(LIFE_SECONDS)
    await house.context.checks.end_done()
    assert error_of(await room.put(path, json=FOUND)) == "check-unknown"


async def test_what_could_not_be_kept_may_be_sent_again(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = await house.signed_in("room_a2")
    check = await opened(room)
    path = f"/api/room/checks/{check['check_id']}/result"

    async def refuses(*_: object) -> None:
        raise EnvironmentFault("database-unusable")

    with monkeypatch.context() as during:
        during.setattr(house.school.checks, "add", refuses)
        assert error_of(await room.put(path, json=FOUND)) == "database-unusable"
    answers = await asyncio.gather(*(room.put(path, json=FOUND) for _ in range(2)))
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json() == answers[1].json(), "kept once"


@pytest.mark.parametrize(
    "wrong",
    [
        {"camera": "lovely"},
        {"loss_down": 1.5},
        {"down_bps": -1},
        {"up_bps": 10**12},
        {"round_trip_ms": 10**7},
        {"duration_ms": 10**7},
        {"way": None},
    ],
)
async def test_figures_that_can_not_be_are_refused(house: House, wrong: dict[str, Any]) -> None:
    room = await house.signed_in("room_a2")
    check = await opened(room)
    path = f"/api/room/checks/{check['check_id']}/result"
    assert (await room.put(path, json=FOUND | wrong)).status_code == 422
    assert (await room.put(path, json=FOUND)).status_code == 200, "the check goes on"


async def test_bursts_are_few_and_within_the_policy(house: House) -> None:
    admin = house.county.principal("admin_a")
    await house.school.rooms.set_policy(admin, house.room_id("room_a2"), LinkPolicy(300))
    room = await house.signed_in("room_a2")
    check = await opened(room)
    assert check["most_burst_bps"] == 300_000
    path = f"/api/room/checks/{check['check_id']}/bursts"
    assert error_of(await room.post(path, json={"bps": 400_000})) == "check-bursts-spent"
    for _ in range(BURSTS):
        assert (await room.post(path, json={"bps": 300_000})).status_code == 204
        house.clock.advance(BURST_SECONDS)
    assert error_of(await room.post(path, json={"bps": 300_000})) == "check-bursts-spent"
    assert [bps for _, bps in house.relay.bursts] == [300_000] * BURSTS


async def test_few_bursts_run_at_once(house: House) -> None:
    room = await house.signed_in("room_a2")
    path = f"/api/room/checks/{(await opened(room))['check_id']}/bursts"
    for _ in range(BURSTS_AT_ONCE):
        assert (await room.post(path, json={"bps": 100_000})).status_code == 204
    assert error_of(await room.post(path, json={"bps": 100_000})) == "check-busy"
    house.clock.advance(BURST_SECONDS + 0.01)
    assert (await room.post(path, json={"bps": 100_000})).status_code == 204


async def test_a_room_that_begins_again_replaces_its_own(house: House) -> None:
    room = await house.signed_in("room_a2")
    first, second = await opened(room), await opened(room)
    assert house.relay.closed_lessons == [first["check_id"]]
    gone = await room.delete(f"/api/room/checks/{first['check_id']}")
    assert error_of(gone) == "check-unknown"
    assert (await room.delete(f"/api/room/checks/{second['check_id']}")).status_code == 204


async def test_one_room_of_a_school_at_a_time_and_few_in_all(house: House) -> None:
    city = house.county.organisations["city"].id
    county = await house.school.organisations.add(
        OPERATOR, parent_id=city, kind=OrganisationKind.COUNTY, name="many"
    )
    answers = []
    for n in range(AT_ONCE + 1):
        school = await house.school.organisations.add(
            OPERATOR, parent_id=county.id, kind=OrganisationKind.SCHOOL, name=f"school {n}"
        )
        for name in ("one", "two"):
            house.county.rooms[f"room_{n}_{name}"] = await house.school.rooms.add(
                OPERATOR, organisation_id=school.id, name=name, kind=RoomKind.RECV_ROOM
            )
            browser = await house.signed_in(f"room_{n}_{name}")
            answers.append((await browser.post("/api/room/checks", json={})).status_code)
    assert answers == [201, 503] * AT_ONCE + [503, 503]
    house.clock.advance(LIFE_SECONDS)
    await house.context.checks.end_done()
    assert (await browser.post("/api/room/checks", json={})).status_code == 201


async def test_a_live_lesson_comes_first(house: House) -> None:
    room = await house.signed_in("room_a2")
    check = await opened(room)
    await _make_live(house)
    await house.context.checks.end_done()
    assert house.relay.closed_lessons == [check["check_id"]]
    refused = await room.post("/api/room/checks", json={})
    assert (refused.status_code, error_of(refused)) == (409, "check-lesson-live")
    house.county.rooms["room_next"] = await house.school.rooms.add(
        OPERATOR,
        organisation_id=house.county.organisations["school_a2"].id,
        name="next door",
        kind=RoomKind.RECV_ROOM,
    )
    neighbor = await house.signed_in("room_next")
    assert error_of(await neighbor.post("/api/room/checks", json={})) == "check-school-live"
    elsewhere = await house.signed_in("room_a1")
    assert (await elsewhere.post("/api/room/checks", json={})).status_code == 201


async def test_an_unattended_check_is_planned_and_made_once(house: House) -> None:
    day_ms = 86_400_000
    now_ms = house.clock.wall_ms()
    await house.school.lessons.add(
        OPERATOR,
        title="tomorrow",
        lead_teacher_id=house.county.people["lead_a1"].id,
        scheduled_start_ms=now_ms + day_ms + 3_600_000,
        room_ids=[house.room_id("room_a2")],
    )
    room = await house.signed_in("room_a2")
    home = (await room.get("/api/room")).json()
    (eve, before) = home["checks"]
    assert eve["slot"].endswith(":eve") and before["slot"].endswith(":before")
    check = await opened(room, eve["slot"])
    view = await room.put(f"/api/room/checks/{check['check_id']}/result", json=FOUND)
    assert view.json()["is_auto"]
    assert (await room.get("/api/room")).json()["checks"] == [before]
    again = await room.post("/api/room/checks", json={"slot": eve["slot"]})
    assert error_of(again) == "check-slot-done"


async def _make_live(house: House) -> None:
    """The lesson of room_a2, with the room in it."""
    runner = await house.context.registry.open(house.lesson_id("lesson_a1"))
    await house.school.lessons.start(house.lesson_id("lesson_a1"))
    machine = runner.machine
    machine.lesson = await house.school.lessons.load(house.lesson_id("lesson_a1"))
    machine.roster.seat(house.room_id("room_a2")).connected("test", house.clock.wall_ms())
