"""Links for cameras: who makes them, what they open, and what they don't."""

import asyncio
from typing import Any

import httpx
import pytest

from signaling.io.cameras import AFTER_END_MS
from signaling.protocol.camera_messages import ChooseCamera
from signaling.protocol.inputs import Said
from streamsvc.base.ids import LessonId, ParticipantId
from streamsvc.base.media import Slot
from streamsvc.base.sessions import MediaParty
from tests.signaling.house import House
from tests.support.waiting import SECOND, until

LESSON = "lesson_a1"
OFFER = {"Content-Type": "application/sdp"}


def camera_path(house: House) -> str:
    return f"/api/lessons/{house.lesson_id(LESSON)}/cameras"


async def added(house: House, name: str = "看黑板") -> dict[str, Any]:
    lead = await house.signed_in("lead_a1")
    answer = await lead.post(camera_path(house), json={"name": name})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def secret_of(link: dict[str, Any]) -> str:
    return str(link["path"]).partition("#")[2]


async def tally(house: House, link: dict[str, Any], **query: Any) -> httpx.Response:
    headers = bearer(secret_of(link))
    return await house.client().get("/api/cameras/tally", headers=headers, params=query)


def error_of(answer: httpx.Response) -> str:
    return str(answer.json()["error"]["id"])


async def test_a_link_opens_its_slot_and_its_tally_and_nothing_else(house: House) -> None:
    link = await added(house)
    assert link["camera_id"] == "camera2"
    assert link["qr_svg"].startswith("<svg")
    found = (await tally(house, link)).json()
    assert (found["name"], found["state"]) == ("看黑板", "ready")
    assert set(found) == {"name", "state", "whip", "grant", "expires_at_ms", "ice_servers"}
    client, grant = house.client(), bearer(found["grant"])
    published = await client.post(found["whip"], content="v=0\r\n", headers=OFFER | grant)
    assert published.status_code == 201
    lesson = house.lesson_id(LESSON)
    for path in (f"/whip/{lesson}/lead", f"/whip/{lesson}/camera3", f"/whep/{lesson}"):
        refused = await client.post(path, content="v=0\r\n", headers=OFFER | grant)
        assert (refused.status_code, error_of(refused)) == (403, "not-allowed")
    window = await client.get(f"/api/lessons/{lesson}/window", headers=grant)
    assert error_of(window) == "not-allowed"
    still = await client.get(f"/api/lessons/{lesson}/rooms/x/still", headers=grant)
    assert error_of(still) == "not-allowed"


async def test_its_grant_opens_no_channel_of_the_lesson(house: House) -> None:
    link = await added(house)
    found = (await tally(house, link)).json()
    lesson, client = house.lesson_id(LESSON), house.client()
    opened = await client.post(f"/api/lessons/{lesson}/polls")
    poll = bearer(opened.json()["poll_id"])
    path = f"/api/lessons/{lesson}/polls/current"
    hello = {"type": "hello", "version": 1, "grant": found["grant"]}
    await client.post(path, json=hello, headers=poll)
    answer = (await client.get(path, headers=poll)).json()
    assert [message["error"]["id"] for message in answer["messages"]] == ["not-allowed"]


async def test_its_light_comes_on_at_once(house: House) -> None:
    link = await added(house)
    runner = house.context.registry.find(house.lesson_id(LESSON))
    assert runner is not None
    camera = runner.machine.cameras.now.cameras[0]
    waiting = asyncio.create_task(tally(house, link, seen="ready"))
    await asyncio.sleep(0.3)
    assert not waiting.done()
    lesson = house.lesson_id(LESSON)
    party = MediaParty(lesson, ParticipantId(camera.participant_id), "x", "x")
    house.relay.open_publication(party, Slot.CAMERA_2)
    await until(lambda: runner.machine.cameras.now.cameras[0].state == "ready")
    runner.machine.cameras.choose("camera2", house.clock.wall_ms())
    runner.post(Said("nobody", ChooseCamera(request_id="r", camera="camera2")))
    async with asyncio.timeout(10 * SECOND):
        assert (await waiting).json()["state"] == "next", "the lesson has not begun"
    assert house.relay.programs == [Slot.CAMERA_2]


async def test_a_removed_camera_and_an_older_link_are_refused(house: House) -> None:
    link = await added(house)
    lead = await house.signed_in("lead_a1")
    renewed = await lead.post(f"{camera_path(house)}/camera2/link")
    assert renewed.status_code == 201
    assert error_of(await tally(house, link)) == "camera-unknown"
    assert (await tally(house, renewed.json())).status_code == 200
    unknown = await lead.post(f"{camera_path(house)}/camera4/link")
    assert error_of(unknown) == "camera-unknown"


async def test_the_grant_of_a_removed_camera_publishes_nothing(house: House) -> None:
    link = await added(house)
    found = (await tally(house, link)).json()
    lead = await house.signed_in("lead_a1")
    await lead.post(f"{camera_path(house)}/camera2/link")
    headers = OFFER | bearer(found["grant"])
    refused = await house.client().post(found["whip"], content="v=0\r\n", headers=headers)
    assert error_of(refused) == "camera-unknown"


async def test_a_fifth_camera_is_refused(house: House) -> None:
    for name in ("a", "b", "c"):
        await added(house, name)
    lead = await house.signed_in("lead_a1")
    answer = await lead.post(camera_path(house), json={"name": "d"})
    assert (answer.status_code, error_of(answer)) == (409, "cameras-full")


async def test_a_link_ends_an_hour_after_the_plan_but_lasts_two_hours(house: House) -> None:
    link = await added(house)
    lesson = house.county.lessons[LESSON]
    planned_end_ms = lesson.scheduled_start_ms + lesson.duration_minutes * 60_000
    assert link["expires_at_ms"] >= planned_end_ms + AFTER_END_MS
    assert link["expires_at_ms"] >= house.clock.wall_ms() + 7_200_000
    house.clock.advance((link["expires_at_ms"] - house.clock.wall_ms()) / 1000)
    answer = await tally(house, link)
    assert (answer.status_code, error_of(answer)) == (410, "camera-link-expired")


async def test_guesses_are_throttled_and_a_right_link_never_is(house: House) -> None:
    link = await added(house)
    for _ in range(40):
        assert (await tally(house, link)).status_code == 200
    lesson = LessonId(str(house.lesson_id(LESSON)))
    guess = bearer(f"{lesson}.nobody")
    client = house.client()
    answers = [await client.get("/api/cameras/tally", headers=guess) for _ in range(40)]
    assert error_of(answers[0]) == "camera-unknown"
    assert (answers[-1].status_code, error_of(answers[-1])) == (429, "too-many-tries")


@pytest.mark.parametrize("link", ["", "x", "les_1.", ".secret", "a." + "b" * 100])
async def test_guessed_links_are_unknown(house: House, link: str) -> None:
    answer = await house.client().get("/api/cameras/tally", headers=bearer(link))
    assert error_of(answer) == "camera-unknown"
    lesson = LessonId(str(house.lesson_id(LESSON)))
    answer = await house.client().get("/api/cameras/tally", headers=bearer(f"{lesson}.{link}x"))
    assert error_of(answer) == "camera-unknown"
