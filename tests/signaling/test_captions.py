"""Writing captions over HTTP: what a key opens, what it does not, and where its lines come out."""

import json

import httpx
import pytest

from signaling.io.media_gate import MediaGate
from signaling.protocol.inputs import LessonBegan, LessonOver
from streamsvc.base.errors import UserError
from streamsvc.base.ids import LessonId
from streamsvc.school.records import OPERATOR
from tests.signaling.house import House, served
from tests.signaling.test_watch import error, settled
from tests.support.lesson_client import lesson_client

HOUR_S = 3_600


async def go_live(house: House, name: str = "lesson_a1") -> LessonId:
    lesson_id = house.lesson_id(name)
    runner = await house.context.registry.open(lesson_id)
    runner.post(LessonBegan(await house.school.lessons.start(lesson_id), None))
    await settled()
    return lesson_id


@pytest.fixture
async def key(house: House) -> str:
    """Of a lesson that is live."""
    lesson_id = await go_live(house)
    return (await house.school.caption_links.issue(OPERATOR, lesson_id)).key


def bearing(house: House, key: str) -> httpx.AsyncClient:
    client = house.client()
    client.headers["Authorization"] = f"Bearer {key}"
    return client


async def test_a_line_from_the_link_to_the_recording(house: House, key: str) -> None:
    writer, lesson_id = bearing(house, key), house.lesson_id("lesson_a1")
    taken = await writer.post("/api/captions/lines", json={"text": " 5 < 6\n", "lang": "zh-CN"})
    assert (taken.status_code, taken.json()["text"]) == (201, "5 < 6")
    await settled()
    place = f"/api/captions/lines/{taken.json()['line_id']}"
    assert (await writer.put(place, json={"text": "<b>6 > 5</b>"})).status_code == 200
    await settled()
    desk = (await writer.get("/api/captions")).json()
    assert [line["text"] for line in desk["lines"]] == ["<b>6 > 5</b>"]
    assert (desk["state"], desk["title"]) == ("live", "lesson_a1")
    lead = await house.signed_in("lead_a1")
    link = (await lead.get(f"/api/lessons/{lesson_id}/caption-link")).json()
    assert link["lines"] == 1

    runner = house.context.registry.find(lesson_id)
    recording = await house.school.recordings.open(lesson_id)
    assert runner is not None and runner.recording_id == recording.id
    runner.post(LessonOver(await house.school.lessons.end(lesson_id), None))
    await settled()
    place = f"/api/recordings/{recording.id}"
    assert [x["text"] for x in (await lead.get(f"{place}/captions")).json()] == ["<b>6 > 5</b>"]
    file = await lead.get(f"{place}/captions.vtt")
    assert file.headers["content-type"] == "text/vtt; charset=utf-8"
    assert "&lt;b&gt;6 &gt; 5&lt;/b&gt;" in file.text and "<b>" not in file.text
    found = (await lead.get("/api/recordings", params={"q": "6 5</b>"})).json()
    assert [one["recording_id"] for one in found] == [recording.id]
    assert (await lead.get("/api/recordings", params={"q": "7"})).json() == []


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"text": "x" * 101}, "body-invalid"),
        ({"text": ""}, "body-invalid"),
        ({"text": "\u202e \x00"}, "caption-empty"),
        ({"text": "x", "lang": "<script>"}, "body-invalid"),
        ({"text": "x", "lang": "zh-" + "x" * 30}, "body-invalid"),
        ({"text": "x", "from_ms": -1}, "body-invalid"),
        ({"text": "x", "from_ms": 1 << 80}, "body-invalid"),
        ({"text": "x", "room": "y"}, "body-invalid"),
        ({"text": "\ud800\udc00 \ud800"}, "body-invalid"),
        ([], "body-invalid"),
    ],
)
async def test_what_is_no_line(house: House, key: str, body: object, said: str) -> None:
    answer = await bearing(house, key).post(
        "/api/captions/lines",
        content=json.dumps(body),
        headers={"Content-Type": "application/json"},
    )
    assert (answer.status_code, error(answer)) == (422, said)


async def test_a_key_that_is_no_good(house: House, key: str) -> None:
    for wrong in ("", "x", "x" * 27, "x" * 5_000, key + "x"):
        for answer in (
            await bearing(house, wrong).get("/api/captions"),
            await bearing(house, wrong).post("/api/captions/lines", json={"text": "x"}),
        ):
            assert (answer.status_code, error(answer)) == (410, "caption-link-over")
    lead, place = await house.signed_in("lead_a1"), "/api/lessons/{}/caption-link"
    place = place.format(house.lesson_id("lesson_a1"))
    fresh = (await lead.post(place)).json()["key"]
    assert error(await bearing(house, key).get("/api/captions")) == "caption-link-over"
    assert (await bearing(house, fresh).get("/api/captions")).status_code == 200
    assert (await lead.delete(place)).status_code == 204
    assert error(await bearing(house, fresh).get("/api/captions")) == "caption-link-over"
    assert (await lead.get(place)).json()["link"] is None


async def test_an_expired_key(house: House, key: str) -> None:
    house.clock.advance(48 * HOUR_S)
    answer = await bearing(house, key).post("/api/captions/lines", json={"text": "x"})
    assert (answer.status_code, error(answer)) == (410, "caption-link-over")


async def test_guesses_are_throttled(house: House, key: str) -> None:
    guess = bearing(house, "x" * 27)
    answers = [await guess.get("/api/captions") for _ in range(40)]
    assert error(answers[-1]) == "too-many-tries"


async def test_not_before_and_not_after_the_lesson(house: House) -> None:
    lesson = await house.school.lessons.add(
        OPERATOR,
        title="Tomorrow",
        lead_teacher_id=house.county.people["lead_a1"].id,
        scheduled_start_ms=house.clock.wall_ms() + 24 * HOUR_S * 1000,
    )
    made = await house.school.caption_links.issue(OPERATOR, lesson.id)
    writer = bearing(house, made.key)
    early = await writer.post("/api/captions/lines", json={"text": "x"})
    assert (early.status_code, error(early)) == (409, "lesson-not-live")
    desk = (await writer.get("/api/captions")).json()
    assert (desk["state"], desk["grant"], desk["lines"]) == ("scheduled", None, [])


async def test_a_line_of_another_lesson_is_not_corrected(house: House, key: str) -> None:
    taken = await bearing(house, key).post("/api/captions/lines", json={"text": "ours"})
    other = await go_live(house, "lesson_b1")
    made = await house.school.caption_links.issue(OPERATOR, other)
    place = f"/api/captions/lines/{taken.json()['line_id']}"
    answer = await bearing(house, made.key).put(place, json={"text": "theirs"})
    assert (answer.status_code, error(answer)) == (409, "caption-not-last")


async def test_its_grant_opens_the_teachers_voice_alone(house: House, key: str) -> None:
    grant = (await bearing(house, key).get("/api/captions")).json()["grant"]
    gate = MediaGate(house.context.grants, house.context.registry, house.context.checks)
    own = house.lesson_id("lesson_a1")
    party = await gate.subscriber(grant, own)
    assert party.is_listener
    with pytest.raises(UserError, match="grant-invalid"):
        await gate.subscriber(grant, house.lesson_id("lesson_b1"))
    holder = bearing(house, grant)
    for path in ("window", "courseware", "slides/x.webp"):
        answer = await holder.get(f"/api/lessons/{own}/{path}")
        assert answer.status_code in (401, 403), path
    lead = await house.signed_in("lead_a1")
    house.clock.advance(1)
    await lead.delete(f"/api/lessons/{own}/caption-link")
    assert party.participant_id in house.relay.closed_parties
    with pytest.raises(UserError, match="grant-expired"):
        await gate.subscriber(grant, own)


async def test_its_grant_opens_no_event_channel(house: House, key: str) -> None:
    grant = (await bearing(house, key).get("/api/captions")).json()["grant"]
    async with (
        served(house.app) as address,
        lesson_client(address, house.lesson_id("lesson_a1")) as writer,
    ):
        answer = await writer.hello(grant)
        assert (answer["type"], answer["error"]["id"]) == ("failed", "not-allowed")


async def test_rooms_are_told_and_late_ones_have_the_last_two(house: House, key: str) -> None:
    writer, lesson_id = bearing(house, key), house.lesson_id("lesson_a1")
    for text in ("one", "two", "three"):
        await writer.post("/api/captions/lines", json={"text": text})
    await settled()
    async with served(house.app) as address, lesson_client(address, lesson_id) as room:
        snapshot = await room.hello(await house.grant("room_a2", "lesson_a1"))
        assert [line["text"] for line in snapshot["captions"]] == ["two", "three"]
        await writer.post("/api/captions/lines", json={"text": "four"})
        told = await room.until("caption_said")
        assert told["caption"]["text"] == "four"
