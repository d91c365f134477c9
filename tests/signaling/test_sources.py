"""Pushes: who may, one at a time, and what the teacher's page is told."""

from typing import Any

import httpx

from signaling.io.source_desk import SILENT_SECONDS
from streamsvc.base.media import Slot
from tests.signaling.house import House
from tests.support.fake_ports import PUSH_SECRET

LESSON = "lesson_a1"


async def new_key(house: House, **body: Any) -> dict[str, Any]:
    lead = await house.signed_in("lead_a1")
    path = f"/api/lessons/{house.lesson_id(LESSON)}/stream-keys"
    answer = await lead.post(path, json=body)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def pushed(
    house: House, key: str, address: str = "192.0.2.7", secret: str = PUSH_SECRET
) -> httpx.Response:
    body = {"key": key, "address": address}
    bearer = {"Authorization": f"Bearer {secret}"}
    return await house.client().post("/api/pushes", json=body, headers=bearer)


async def news(house: House, push_id: str, **said: Any) -> httpx.Response:
    bearer = {"Authorization": f"Bearer {PUSH_SECRET}"}
    body = {"state": "on_air"} | said
    return await house.client().put(f"/api/pushes/{push_id}", json=body, headers=bearer)


def error_of(answer: httpx.Response) -> str:
    return str(answer.json()["error"]["id"])


def off_air(house: House) -> int:
    """How often a push was taken off air."""
    return len(house.relay.closed_participants)


async def told(house: House) -> tuple[str, str | None] | None:
    """What staff see."""
    runner = house.context.registry.find(house.lesson_id(LESSON))
    assert runner is not None
    await runner._take_inbox()  # noqa: SLF001  what waits is told now
    source = runner.machine.picture.source
    if source is None:
        return None
    return source.state, None if source.error is None else source.error.id


async def test_a_key_opens_its_lesson_and_its_push_may_publish(house: House) -> None:
    made = await new_key(house)
    assert made["address"] == "rtmp://classroom.test/live"
    answer = await pushed(house, made["key"])
    assert answer.status_code == 201
    opened = answer.json()
    assert opened["whip"] == f"/whip/{house.lesson_id(LESSON)}/{Slot.LEAD}"
    assert await told(house) == ("connecting", None)
    claims = house.context.grants.verify(opened["grant"], house.lesson_id(LESSON))
    assert Slot.LEAD in claims.may_publish
    assert (await news(house, opened["push_id"])).status_code == 200
    assert await told(house) == ("on_air", None)
    over = {"state": "waiting", "error_id": "push-ended", "is_over": True}
    await news(house, opened["push_id"], **over)
    assert await told(house) == ("waiting", "push-ended")
    assert error_of(await news(house, opened["push_id"])) == "push-unknown"


async def test_only_our_own_process_asks(house: House) -> None:
    made = await new_key(house)
    for secret in ("", "guessed"):
        assert error_of(await pushed(house, made["key"], secret=secret)) == "not-allowed"


async def test_one_that_flows_is_not_thrown_out_and_one_that_stands_gives_way(
    house: House,
) -> None:
    key = (await new_key(house))["key"]
    first = (await pushed(house, key)).json()["push_id"]
    await news(house, first)
    assert error_of(await pushed(house, key, "192.0.2.8")) == "stream-key-in-use"
    await news(house, first, is_flowing=False)
    second = await pushed(house, key, "192.0.2.8")
    assert second.status_code == 201
    assert off_air(house) == 1  # its slot is free for the second one
    assert error_of(await news(house, first)) == "source-replaced"
    assert await told(house) == ("connecting", None)
    house.clock.advance(SILENT_SECONDS)
    assert (await pushed(house, key)).status_code == 201


async def test_a_revoked_key_ends_its_push_and_says_so(house: House) -> None:
    made = await new_key(house)
    push_id = (await pushed(house, made["key"])).json()["push_id"]
    lead = await house.signed_in("lead_a1")
    path = f"/api/lessons/{house.lesson_id(LESSON)}/stream-keys"
    (listed,) = (await lead.get(path)).json()["stream_keys"]
    assert listed["is_in_use"]
    assert (await lead.delete(f"{path}/{listed['stream_key_id']}")).status_code == 204
    assert error_of(await news(house, push_id)) == "stream-key-revoked"
    assert await told(house) == ("waiting", "stream-key-revoked")
    assert error_of(await pushed(house, made["key"])) == "stream-key-revoked"


async def test_an_expired_key_is_told_to_its_owner(house: House) -> None:
    made = await new_key(house)
    await house.context.registry.open(house.lesson_id(LESSON))
    until_ms = made["stream_key"]["expires_at_ms"]
    house.clock.advance((until_ms - house.clock.wall_ms()) / 1000)
    assert error_of(await pushed(house, made["key"])) == "stream-key-expired"
    assert await told(house) == ("waiting", "stream-key-expired")


async def test_a_teachers_key_finds_the_lesson_that_is_due(house: House) -> None:
    key = (await new_key(house, is_for_teacher=True))["key"]
    house.clock.advance(40 * 86_400)  # nothing is planned then
    assert error_of(await pushed(house, key)) == "stream-key-no-lesson"
    lead = await house.signed_in("lead_a1")
    start_ms = house.clock.wall_ms() + 20 * 60_000
    added = await lead.post("/api/lessons", json={"title": "Due", "scheduled_start_ms": start_ms})
    answer = await pushed(house, key)
    assert answer.json()["lesson_id"] == added.json()["lesson_id"]


async def test_guesses_are_counted_by_the_encoders_address(house: House) -> None:
    guesses = [error_of(await pushed(house, f"guess-{n}")) for n in range(6)]
    assert guesses == ["stream-key-unknown"] * 5 + ["too-many-tries"]
    key = (await new_key(house))["key"]
    assert (await pushed(house, key, "198.51.100.1")).status_code == 201


async def test_the_end_of_the_process_is_told(house: House) -> None:
    key = (await new_key(house))["key"]
    await news(house, (await pushed(house, key)).json()["push_id"])
    house.pushes.end()
    assert await told(house) == ("waiting", "push-ended")
    assert off_air(house) == 1


async def test_what_pulls_a_camera_reports_by_its_grant(house: House) -> None:
    path = f"/api/lessons/{house.lesson_id(LESSON)}/source"
    report = {"kind": "rtsp", "state": "waiting", "error_id": "source-unreachable"}
    report["place"] = "rtsp://10.1.2.3:554"
    for name, status in (("room_a2", 403), ("lead_a1", 204)):
        bearer = {"Authorization": f"Bearer {await house.grant(name, LESSON)}"}
        answer = await house.client().put(path, json=report, headers=bearer)
        assert answer.status_code == status
    assert await told(house) == ("waiting", "source-unreachable")
    runner = house.context.registry.find(house.lesson_id(LESSON))
    assert runner is not None and runner.machine.picture.source is not None
    error = runner.machine.picture.source.error
    assert error is not None and "rtsp://10.1.2.3:554" in error.message.en
