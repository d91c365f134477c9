"""Recorder hosts of lead rooms over HTTP: what is shown, what is not, and who is asked."""

from collections.abc import AsyncIterator

import pytest

from tests.signaling.endpoint_cases import added_lead_room
from tests.signaling.house import House
from tests.support.fake_ports import FakeRoomSources


@pytest.fixture
async def room_id(house: House) -> AsyncIterator[str]:
    yield await added_lead_room(house, "a")


async def test_what_is_secret_is_never_shown_again(house: House, room_id: str) -> None:
    admin = await house.signed_in("admin_a")
    body = {"address": "rtsp://10.9.9.9/secret/path", "user": "root", "password": "hunter2"}
    put = await admin.put(f"/api/rooms/{room_id}/source", json=body)
    got = await admin.get(f"/api/rooms/{room_id}/source")
    assert put.json() == got.json() == {"place": "rtsp://10.9.9.9", "user": "root"}


async def test_what_is_wrong_with_a_source_is_an_answer(house: House, room_id: str) -> None:
    admin = await house.signed_in("admin_a")
    path = f"/api/rooms/{room_id}/source/look"
    well = (await admin.post(path, json={"address": "rtsp://10.1.2.3/x"})).json()
    assert (well["picture"], well["width"], well["error"]) == ("h264", 1280, None)
    kept = await admin.post(path)
    assert kept.json()["sound"] == "aac"
    gone = await admin.post(path, json={"address": "rtsp://gone/x"})
    assert gone.status_code == 200
    assert gone.json()["error"]["id"] == "source-unreachable"


async def test_a_receiving_room_has_none(house: House) -> None:
    admin = await house.signed_in("admin_a")
    answer = await admin.get(f"/api/rooms/{house.room_id('room_a1')}/source")
    assert answer.json()["error"]["id"] == "room-not-lead"


async def test_a_teacher_teaches_from_her_schools_room_alone(house: House, room_id: str) -> None:
    teacher = await house.signed_in("lead_a1")
    path = f"/api/lessons/{house.lesson_id('lesson_a1')}/room-source"
    choices = (await teacher.get(path)).json()
    assert [room["room_id"] for room in choices["rooms"]] == [room_id]
    assert choices["chosen_room_id"] is None
    chosen = await teacher.put(path, json={"room_id": room_id})
    assert chosen.json()["chosen_room_id"] == room_id
    other = await added_lead_room(house, "b")
    assert (await teacher.put(path, json={"room_id": other})).status_code == 404
    assert (await teacher.delete(path)).status_code == 204
    sources = house.services.room_sources
    assert isinstance(sources, FakeRoomSources) and not sources.lessons
