"""The window of a live lesson: what a room's grant opens, and nobody else's."""

from dataclasses import replace

import httpx
import pytest

from recorder.io.catalog import FolderCatalog as OnDisk
from signaling.io.window import LIVE_SECONDS
from signaling.protocol.board_messages import SlideRef, SlideTurned
from signaling.protocol.roles import Action, may
from streamsvc.base.ids import RecordingId
from streamsvc.base.media import MediaKind, Slot
from streamsvc.base.recordings import PlayableRecording, PlayableTrack
from tests.signaling.endpoint_cases import PRINCIPALS, SEES_LESSON
from tests.signaling.house import House
from tests.support.waiting import until

PLAYLIST = "#EXTM3U\n"
SEGMENT = bytes(range(256)) * 4
BOTH = (MediaKind.AUDIO, MediaKind.VIDEO)


async def go_live(house: House) -> RecordingId:
    """lesson_a1 is live and recorded: one playable with a segment."""
    lesson_id = house.lesson_id("lesson_a1")
    await house.school.lessons.start(lesson_id)
    recording = await house.school.recordings.open(lesson_id)
    folder = house.catalog.folder / recording.id / "lead"
    folder.mkdir(parents=True)
    (folder / "index.m3u8").write_text(PLAYLIST)
    for name in ("000001.m4s", "voice-000001.m4s"):
        (folder / name).write_bytes(SEGMENT)
    tracks = (PlayableTrack("lead", Slot.LEAD, "林", BOTH, 500, 2_000, "lead/index.m3u8", True),)
    house.catalog.playable[recording.id] = PlayableRecording(
        recording.id, lesson_id, 1_000, 2_500, True, 1, 0, tracks
    )
    runner = await house.context.registry.open(lesson_id)
    await house.context.registry.plan_changed(await house.school.lessons.load(lesson_id))
    await until(lambda: runner.machine.is_live and runner.recording_id == recording.id, 10, "live")
    return recording.id


def path(house: House, rest: str = "", lesson: str = "lesson_a1") -> str:
    return f"/api/lessons/{house.lesson_id(lesson)}/window{rest}"


async def read(house: House, grant: str, rest: str = "", **more: str) -> httpx.Response:
    headers = {"Authorization": f"Bearer {grant}", **more}
    return await house.client().get(path(house, rest), headers=headers)


def verdict(answer: httpx.Response) -> str:
    return "read" if answer.is_success else str(answer.json()["error"]["id"])


async def test_a_room_reads_what_it_missed(house: House) -> None:
    await go_live(house)
    grant = await house.grant("room_a2", "lesson_a1")
    told = (await read(house, grant, "?from_ms=5")).json()
    assert told["started_at_ms"] == 1_000
    (track,) = told["tracks"]
    assert (track["slot"], track["start_ms"], track["end_ms"]) == ("lead", 1_500, 3_500)
    assert track["playlist"] == path(house, "/lead/index.m3u8")
    assert track["voice_playlist"] == path(house, "/lead/voice.m3u8")
    listed = await read(house, grant, "/lead/index.m3u8?from_ms=77")
    assert listed.text == PLAYLIST + "# from 77\n"
    assert listed.headers["content-encoding"] == "gzip"
    assert listed.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("name", ["000001.m4s", "voice-000001.m4s"])
async def test_a_broken_segment_goes_on_where_it_was_and_pictures_make_room(
    house: House, name: str
) -> None:
    await go_live(house)
    grant = await house.grant("room_a2", "lesson_a1")
    whole = await read(house, grant, f"/lead/{name}")
    assert (whole.content, whole.headers["content-type"]) == (SEGMENT, "video/iso.segment")
    assert "immutable" in whole.headers["cache-control"]
    rest = await read(house, grant, f"/lead/{name}", Range="bytes=1000-")
    assert (rest.status_code, rest.content) == (206, SEGMENT[1000:])
    assert [count for _, count in house.relay.data] == [1024, 24]


async def test_nobody_else_reads_it(house: House) -> None:
    await go_live(house)
    for name in sorted(SEES_LESSON | {"room_a2", "phone_a2"}):
        grant = await house.grant(name, "lesson_a1")
        role = PRINCIPALS[name]
        expected = "read" if may(role, Action.READ_WINDOW) else "not-allowed"
        for rest in ("", "/lead/index.m3u8", "/lead/000001.m4s"):
            assert verdict(await read(house, grant, rest)) == expected, (name, rest)
    stranger = await house.grant("room_b1", "lesson_b1")
    assert verdict(await read(house, stranger)) == "grant-invalid"
    assert verdict(await read(house, "")) == "grant-missing"
    cookie = await house.signed_in("room_a2")
    assert verdict(await cookie.get(path(house))) == "grant-missing"


async def test_where_nothing_live_comes_a_room_is_told_where_the_audience_watches(
    house: House,
) -> None:
    await go_live(house)
    lesson_id, grant = house.lesson_id("lesson_a1"), await house.grant("room_a2", "lesson_a1")
    assert (await read(house, grant, "/live")).json() == {"playlist": ""}
    house.audience.places[lesson_id] = "/live/x"
    _, _, word, until_s, file = (await read(house, grant, "/live")).json()["playlist"].split("/")
    now_s = house.clock.wall_ms() // 1000
    assert (word, file) == ("x", "main.m3u8")
    assert LIVE_SECONDS <= int(until_s) - now_s <= 2 * LIVE_SECONDS
    house.audience.reasons[lesson_id] = "no-h264-lead"
    assert (await read(house, grant, "/live")).json() == {"playlist": ""}
    for name in sorted(SEES_LESSON | {"phone_a2"}):
        other = await house.grant(name, "lesson_a1")
        assert verdict(await read(house, other, "/live")) == "not-allowed"
    assert verdict(await read(house, "", "/live")) == "grant-missing"


async def test_a_room_whose_device_is_removed_follows_no_longer(house: House) -> None:
    await go_live(house)
    lesson_id, grant = house.lesson_id("lesson_a1"), await house.grant("room_a2", "lesson_a1")
    house.audience.places[lesson_id] = "/live/x"
    until_s = int((await read(house, grant, "/live")).json()["playlist"].split("/")[3])
    admin = await house.signed_in("admin_a")
    await admin.delete(f"/api/rooms/{house.room_id('room_a2')}/device")
    given = {(lesson_id, until_s), (lesson_id, until_s - LIVE_SECONDS)}
    assert given <= set(house.audience.withdrawn)


async def test_not_before_the_lesson_is_live(house: House) -> None:
    grant = await house.grant("room_a2", "lesson_a1")
    assert verdict(await read(house, grant)) == "lesson-not-live"
    await house.context.registry.open(house.lesson_id("lesson_a1"))
    assert verdict(await read(house, grant)) == "lesson-not-live"


async def test_who_is_behind_reads_the_end_of_a_lesson_and_a_phone_still_does_not(
    house: House,
) -> None:
    await go_live(house)
    grant, phone = [await house.grant(name, "lesson_a1") for name in ("room_a2", "phone_a2")]
    lesson_id = house.lesson_id("lesson_a1")
    runner = house.context.registry.find(lesson_id)
    assert runner is not None
    await house.school.lessons.end(lesson_id)
    await house.context.registry.plan_changed(await house.school.lessons.load(lesson_id))
    await until(lambda: runner.machine.is_ended, 10, "ended")
    for rest in ("", "/lead/index.m3u8", "/lead/000001.m4s"):
        assert verdict(await read(house, grant, rest)) == "read", rest
    assert verdict(await read(house, phone)) == "not-allowed"
    await house.context.registry.removed(lesson_id)
    assert verdict(await read(house, grant)) == "lesson-not-live"


async def test_a_room_that_was_taken_off_reads_nothing_more(house: House) -> None:
    await go_live(house)
    grant = await house.grant("room_a2", "lesson_a1")
    lesson = await house.school.lessons.load(house.lesson_id("lesson_a1"))
    runner = house.context.registry.find(lesson.id)
    assert runner is not None
    runner.machine.roster.remove(house.room_id("room_a2"))
    assert verdict(await read(house, grant)) == "room-not-in-lesson"
    runner.machine.lesson = replace(lesson, room_ids=())
    other = await house.grant("room_a2", "lesson_a1")
    assert verdict(await read(house, other, "/lead/000001.m4s")) == "room-not-in-lesson"


OTHERS = ("none.m4s", "..%2Fx.m4s", "%2e%2e/%2e%2e/x.m4s", "x.m3u8", "voice-none.m4s")


@pytest.mark.parametrize("rest", ["/manifest.json", *(f"/lead/{name}" for name in OTHERS)])
async def test_other_paths_are_no_files(house: House, rest: str) -> None:
    await go_live(house)
    grant = await house.grant("room_a2", "lesson_a1")
    services = replace(house.context.services, catalog=OnDisk(house.folder))
    house.app.state.context = replace(house.context, services=services)
    answer = await read(house, grant, rest)
    assert (answer.status_code, verdict(answer)) == (404, "recording-file-unknown")


async def test_the_board_comes_packed_and_only_to_who_asks(house: House) -> None:
    await go_live(house)
    lesson_id = house.lesson_id("lesson_a1")
    turned = SlideTurned(seq=7, at_ms=50, slide=SlideRef(courseware_id=None, number=3))
    house.context.services.timeline.append(lesson_id, turned.model_dump_json())
    grant = await house.grant("room_a2", "lesson_a1")
    told = await read(house, grant, "?from_ms=5")
    assert told.headers["content-encoding"] == "gzip"
    assert 7 in [event["seq"] for event in told.json()["board"]]
    assert (await read(house, grant, "?from_ms=5&board=0")).json()["board"] == []


async def test_nothing_is_recorded_yet(house: House) -> None:
    recording = await go_live(house)
    house.catalog.playable.pop(recording)
    grant = await house.grant("room_a2", "lesson_a1")
    assert (await read(house, grant)).json()["tracks"] == []


async def test_a_playlist_comes_unpacked_to_who_wants_it_so(house: House) -> None:
    await go_live(house)
    grant = await house.grant("room_a2", "lesson_a1")
    plain = await read(house, grant, "/lead/index.m3u8", **{"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.text.startswith(PLAYLIST)
