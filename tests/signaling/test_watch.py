"""Watching over HTTP: what a class's device gets, and what it does not."""

import asyncio

import httpx
import pytest

from signaling.io.watch import ASKING_BEAT_MS, BEAT_MS, signed_until
from signaling.protocol.inputs import LessonBegan, PublicationOpened
from streamsvc.base.ids import ParticipantId
from streamsvc.base.media import MediaKind, Slot
from streamsvc.base.recordings import LowCopy, PlayableRecording, PlayableTrack
from streamsvc.school.records import OPERATOR
from tests.signaling.house import House

WEEK_S = 7 * 86_400


@pytest.fixture
async def viewer(house: House) -> httpx.AsyncClient:
    """A parent of the class in room_a2, by its link."""
    return await entered(house, has_replay=True)


async def entered(house: House, *, has_replay: bool) -> httpx.AsyncClient:
    room = house.room_id("room_a2")
    made = await house.school.watch_links.issue(OPERATOR, room, has_replay=has_replay)
    browser = house.client()
    answer = await browser.post("/api/watch/enter", json={"key": made.key})
    assert answer.status_code == 200
    return browser


async def go_live(house: House) -> str:
    lesson_id = house.lesson_id("lesson_a1")
    runner = await house.context.registry.open(lesson_id)
    runner.post(PublicationOpened(ParticipantId("par_lead"), Slot.LEAD))
    runner.post(LessonBegan(await house.school.lessons.start(lesson_id), None))
    await settled()
    return f"/api/watch/lessons/{lesson_id}"


async def settled() -> None:
    for _ in range(20):
        await asyncio.sleep(0.005)


def error(answer: httpx.Response) -> str:
    return str(answer.json()["error"]["id"])


async def test_the_link_brings_home_and_keeps_its_device(house: House) -> None:
    room = house.room_id("room_a2")
    made = await house.school.watch_links.issue(OPERATOR, room, has_replay=False)
    browser = house.client()
    first = await browser.post("/api/watch/enter", json={"key": made.key})
    token = browser.cookies["streamsvc_viewer"]
    assert "HttpOnly" in first.headers["set-cookie"]
    home = first.json()
    assert (home["room_name"], home["has_replay"]) == ("room_a2", False)
    assert [lesson["title"] for lesson in home["lessons"]] == ["lesson_a1"]
    again = await browser.post("/api/watch/enter", json={"key": made.key})
    assert again.status_code == 200 and browser.cookies["streamsvc_viewer"] == token
    wrong = await house.client().post("/api/watch/enter", json={"key": "x" * 27})
    assert (wrong.status_code, error(wrong)) == (410, "watch-link-over")


async def test_revoked_while_it_is_watched(house: House, viewer: httpx.AsyncClient) -> None:
    place = await go_live(house)
    helper = await house.signed_in("helper_a2")
    answer = await helper.delete(f"/api/rooms/{house.room_id('room_a2')}/watch-link")
    assert answer.status_code == 204
    beat = await viewer.post(f"{place}/beat")
    assert (beat.status_code, error(beat)) == (401, "viewer-signed-out")


async def test_the_week_and_what_comes_after_it(house: House, viewer: httpx.AsyncClient) -> None:
    house.clock.advance(WEEK_S)
    await house.school.lessons.add(
        OPERATOR,
        title="ahead",
        lead_teacher_id=house.county.people["lead_a1"].id,
        room_ids=[house.room_id("room_a2")],
        scheduled_start_ms=house.clock.wall_ms() + WEEK_S * 1000,
    )
    home = (await viewer.get("/api/watch")).json()
    assert home["lessons"] == [] and home["next"]["title"] == "ahead"
    old = await viewer.post(f"/api/watch/lessons/{house.lesson_id('lesson_a1')}/beat")
    assert error(old) == "lesson-unknown"
    left = await viewer.post("/api/watch/leave")
    assert left.status_code == 204
    assert error(await viewer.get("/api/watch")) == "viewer-signed-out"


async def test_beats_bring_the_broadcast_and_count(house: House, viewer: httpx.AsyncClient) -> None:
    lesson = house.lesson_id("lesson_a1")
    before = (await viewer.post(f"/api/watch/lessons/{lesson}/beat")).json()
    assert (before["state"], before["playlist"]) == ("scheduled", None)
    place = await go_live(house)
    live = (await viewer.post(f"{place}/beat")).json()
    assert (live["state"], live["has_lead"], live["playlist"]) == ("live", True, None)
    assert live["next_beat_ms"] == ASKING_BEAT_MS
    house.audience.places[lesson] = "/live"
    live = (await viewer.post(f"{place}/beat")).json()
    until = signed_until(await house.school.lessons.load(lesson), house.clock.wall_ms())
    assert live["playlist"] == f"/live/{until}/main.m3u8"
    assert live["next_beat_ms"] == BEAT_MS
    runner = house.context.registry.find(lesson)
    assert runner is not None
    await settled()
    assert runner.machine.viewers.view(house.clock.wall_ms()).total == 1


async def test_what_a_revoked_link_plays_is_taken_back(
    house: House, viewer: httpx.AsyncClient
) -> None:
    await go_live(house)
    lesson = house.lesson_id("lesson_a1")
    until = signed_until(await house.school.lessons.load(lesson), house.clock.wall_ms())
    admin = await house.signed_in("admin_a")
    elsewhere = await admin.delete(f"/api/rooms/{house.room_id('room_a1')}/watch-link")
    assert elsewhere.status_code in (204, 404)
    gone = await admin.delete(f"/api/rooms/{house.room_id('room_a2')}/watch-link")
    assert gone.status_code == 204
    assert (lesson, until) in house.audience.withdrawn


async def test_an_address_changes_seldom(house: House) -> None:
    lesson = await house.school.lessons.load(house.lesson_id("lesson_a1"))
    begin_ms = lesson.scheduled_start_ms
    untils = [signed_until(lesson, begin_ms + minute * 60_000) for minute in range(0, 240)]
    assert all(until * 1000 > begin_ms + n * 60_000 + 1_700_000 for n, until in enumerate(untils))
    assert len(set(untils)) <= 5
    assert len(set(untils[:70])) == 1


async def test_a_question_is_bounded_and_comes_back(
    house: House, viewer: httpx.AsyncClient
) -> None:
    place = await go_live(house)
    questions = f"{place}/questions"
    for text in ("", "  \n ", "字" * 141):
        assert not (await viewer.post(questions, json={"text": text})).is_success
    asked = await viewer.post(questions, json={"text": " 几加\n几？ ", "name": "小明妈妈"})
    assert (asked.status_code, asked.json()["text"]) == (201, "几加 几？")
    await settled()
    soon = await viewer.post(questions, json={"text": "再问？"})
    assert (soon.status_code, error(soon)) == (429, "question-too-soon")
    assert soon.headers["retry-after"] == "30"
    beat = (await viewer.post(f"{place}/beat")).json()
    assert [(q["text"], q["state"]) for q in beat["questions"]] == [("几加 几？", "waiting")]
    other = await entered(house, has_replay=True)
    assert (await other.post(f"{place}/beat")).json()["questions"] == []


async def test_no_room_is_ever_seen_again(house: House, viewer: httpx.AsyncClient) -> None:
    recording = house.county.recordings["rec_a1"].id
    await house.school.lessons.start(house.lesson_id("lesson_a1"))
    await house.school.lessons.end(house.lesson_id("lesson_a1"))
    kinds, tracks = (MediaKind.AUDIO, MediaKind.VIDEO), []
    for name, slot in (("lead", Slot.LEAD), ("stage-1", Slot.STAGE)):
        (house.catalog.folder / recording / name).mkdir(parents=True)
        (house.catalog.folder / recording / name / "index.m3u8").write_text("#EXTM3U\n")
        place = f"{name}/index.m3u8"
        tracks.append(PlayableTrack(name, slot, "", kinds, 0, 1, place, ready=True))
    house.catalog.playable[recording] = PlayableRecording(
        recording, house.lesson_id("lesson_a1"), 0, 1, False, 9_000_000, 0, tuple(tracks)
    )
    home = (await viewer.get("/api/watch")).json()
    assert [(one["recording_id"], one["bytes"]) for one in home["lessons"]] == [
        (recording, 9_000_000)
    ]
    place = f"/api/watch/recordings/{recording}"
    replay = (await viewer.get(place)).json()
    assert [track["name"] for track in replay["tracks"]] == ["lead"]
    assert (await viewer.get(replay["tracks"][0]["playlist"])).status_code == 200
    for path in ("stage-1/index.m3u8", "lead/../stage-1/index.m3u8", "timeline.jsonl"):
        refused = await viewer.get(f"{place}/media/{path.replace('..', '%2e%2e')}")
        assert error(refused) == "recording-file-unknown", path
    closed = await entered(house, has_replay=False)
    assert error(await closed.get(place)) == "replay-closed"
    assert (await closed.get("/api/watch")).json()["lessons"][0]["recording_id"] is None


async def test_low_data_is_the_voice_until_its_copy_is_made(
    house: House, viewer: httpx.AsyncClient
) -> None:
    recording = house.county.recordings["rec_a1"].id
    await house.school.lessons.start(house.lesson_id("lesson_a1"))
    await house.school.lessons.end(house.lesson_id("lesson_a1"))
    kinds, tracks = (MediaKind.AUDIO, MediaKind.VIDEO), []
    for slot in (Slot.LEAD, Slot.SCREEN):
        for folder in (slot.value, f"{slot.value}-low"):
            (house.catalog.folder / recording / folder).mkdir(parents=True)
            for name in ("index.m3u8", "voice.m3u8", "voice-000001.m4s"):
                (house.catalog.folder / recording / folder / name).write_text("#EXTM3U\n")
        place = f"{slot.value}/index.m3u8"
        tracks.append(PlayableTrack(slot.value, slot, "", kinds, 0, 1, place, ready=True))
    house.catalog.playable[recording] = PlayableRecording(
        recording, house.lesson_id("lesson_a1"), 0, 80_000, False, 9_000_000, 0, tuple(tracks)
    )
    assert house.low_copies.asked == []
    home = (await viewer.get("/api/watch")).json()
    assert home["lessons"][0]["low_bytes"] == 700_000
    place = f"/api/watch/recordings/{recording}"
    house.low_copies.made[recording] = LowCopy(None, 0.25)
    low = (await viewer.get(place)).json()["low"]
    assert house.low_copies.asked == [recording]
    assert (low["is_ready"], low["progress"], low["screen_playlist"]) == (False, 0.25, "")
    for path in (low["playlist"], low["playlist"].replace("voice.m3u8", "voice-000001.m4s")):
        assert (await viewer.get(path)).status_code == 200, path
    house.low_copies.made[recording] = LowCopy(123_456, None)
    low = (await viewer.get(place)).json()["low"]
    assert (low["is_ready"], low["bytes"]) == (True, 123_456)
    for path in (low["playlist"], low["screen_playlist"]):
        assert "-low/" in path and (await viewer.get(path)).status_code == 200, path
    assert (await viewer.get("/api/watch")).json()["lessons"][0]["low_bytes"] == 123_456


async def test_staff_make_the_link_and_it_is_said_once(house: House) -> None:
    helper, place = await house.signed_in("helper_a2"), f"/api/rooms/{house.room_id('room_a2')}"
    assert (await helper.get(f"{place}/watch-link")).json() == {"link": None}
    made = (await helper.post(f"{place}/watch-link", json={"has_replay": True})).json()
    key = made["path"].removeprefix("/watch/")
    assert len(key) >= 27
    found = await helper.get(f"{place}/watch-link")
    assert key not in found.text and found.json()["link"]["has_replay"] is True
    changed = await helper.patch(f"{place}/watch-link", json={"has_replay": False})
    assert changed.json()["has_replay"] is False
    assert (await helper.get("/api/qr.svg", params={"path": made["path"]})).status_code == 200
