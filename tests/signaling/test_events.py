"""A lesson over real WebSockets: who hears what, and what happens to clients that misbehave."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import pairwise

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from signaling.io.media_gate import party_of
from signaling.protocol.grants import verify
from streamsvc.base.ids import LessonId, RoomId
from streamsvc.base.media import Slot
from streamsvc.base.sessions import MediaParty
from streamsvc.school.records import LessonState, Room
from tests.signaling.house import House, open_house, served
from tests.support.lesson_client import LessonClient, lesson_client
from tests.support.waiting import until


@dataclass
class Live:
    """A house behind a socket, with lesson_a1 of which room_a2 is invited."""

    house: House
    address: str

    @property
    def lesson_id(self) -> str:
        return self.house.lesson_id("lesson_a1")

    def publish(self, grant: str, slot: Slot) -> None:
        """The bearer's media flows."""
        claims = verify(grant, b"g" * 32, self.house.clock.wall_ms())
        self.house.relay.open_publication(party_of(claims), slot)

    async def go_live(self, lead: LessonClient) -> None:
        grant = await self.house.grant("lead_a1", "lesson_a1")
        await lead.hello(grant)
        self.publish(grant, Slot.LEAD)
        await lead.until("publications_changed")
        assert await lead.ask("start_lesson") == "done"


@pytest.fixture
async def live(house: House) -> AsyncIterator[Live]:
    async with served(house.app) as address:
        yield Live(house, address)


async def test_a_lesson_from_start_to_end(live: Live) -> None:
    house = live.house
    async with (
        lesson_client(live.address, live.lesson_id) as lead,
        lesson_client(live.address, live.lesson_id) as room,
        lesson_client(live.address, live.lesson_id) as phone,
    ):
        lead_grant = await house.grant("lead_a1", "lesson_a1")
        snapshot = await lead.hello(lead_grant)
        assert snapshot["lesson"]["state"] == "scheduled"
        assert await lead.ask("start_lesson") == "lead-not-live"
        room_grant = await house.grant("room_a2", "lesson_a1")
        assert (await room.hello(room_grant))["me"]["role"] == "room"
        await phone.hello(await house.grant("phone_a2", "lesson_a1"))
        live.publish(lead_grant, Slot.LEAD)
        await lead.until("publications_changed")
        assert await lead.ask("start_lesson") == "done"
        await room.until("lesson_started")
        await lead.until("recording_changed", recording={"state": "recording", "reason": None})
        assert (await house.school.lessons.load(house.lesson_id("lesson_a1"))).state is (
            LessonState.LIVE
        )

        assert await phone.ask("raise_hand") == "done"
        assert await phone.ask("post_message", text="三年级有问题") == "done"
        await lead.until("message_posted")
        house.clock.advance(1)
        withheld = await room.until("withheld")
        assert withheld["first_seq"] <= withheld["seq"]
        assert await lead.ask("call_on_stage", room_id=house.room_id("room_a2")) == "done"
        await phone.until("stage_changed", because="called")
        assert await phone.ask("accept_stage") == "done"
        live.publish(room_grant, Slot.STAGE)
        await lead.until("stage_changed", because="on_stage")
        assert await room.ask("return_from_stage") == "done"
        assert house.relay.closed_participants

        assert await lead.ask("end_lesson") == "done"
        await room.until("lesson_ended")
        assert house.recorder.ended == house.recorder.started
        house.clock.advance(3)
        await until(lambda: house.relay.closed_lessons, what="media is closed")
        numbers = [m["seq"] for m in lead.got if "at_ms" in m]
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
        timeline = house.services.timeline.read(house.lesson_id("lesson_a1"))
        assert [json.loads(line)["seq"] for line in timeline] == list(range(1, len(timeline) + 1))


async def test_a_screen_is_told_of_other_rooms_once_a_second_and_only_how_many(live: Live) -> None:
    house = live.house
    teacher = await house.signed_in("lead_a1")
    rooms = [house.room_id(name) for name in ("room_a1", "room_a2")]
    await teacher.patch(f"/api/lessons/{live.lesson_id}", json={"room_ids": rooms})
    async with (
        lesson_client(live.address, live.lesson_id) as lead,
        lesson_client(live.address, live.lesson_id) as screen,
        lesson_client(live.address, live.lesson_id) as other,
    ):
        await live.go_live(lead)
        snapshot = await screen.hello(await house.grant("room_a2", "lesson_a1"))
        assert [room["room_id"] for room in snapshot["rooms"]] == rooms[1:]
        assert snapshot["totals"] == {"total": 2, "online": 0}
        await screen.until("room_changed")
        await other.hello(await house.grant("room_a1", "lesson_a1"))
        assert await other.ask("raise_hand") == "done"
        assert await other.ask("lower_hand") == "done"
        house.clock.advance(1)
        withheld = await screen.until("withheld")
        assert withheld["totals"] == {"total": 2, "online": 2}
        assert withheld["seq"] - withheld["first_seq"] >= 2, "three changes, one message"
        seqs = [(m.get("first_seq", m["seq"]), m["seq"]) for m in screen.got if "at_ms" in m]
        for (_, before), (first, _) in pairwise([(0, snapshot["seq"]), *seqs]):
            assert first == before + 1


async def test_rooms_invited_while_a_lesson_is_being_opened_are_in_it(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry, school_rooms = house.context.registry, house.services.school.rooms
    lesson_id = LessonId(house.lesson_id("lesson_a1"))
    read, is_read, may_go_on = school_rooms.invited, asyncio.Event(), asyncio.Event()

    async def slowly(lesson_id: LessonId) -> list[Room]:
        rooms = await read(lesson_id)
        is_read.set()
        await may_go_on.wait()
        return rooms

    teacher = await house.signed_in("lead_a1")
    rooms = [RoomId(house.room_id(name)) for name in ("room_a1", "room_a2")]
    async with asyncio.TaskGroup() as group:
        monkeypatch.setattr(school_rooms, "invited", slowly)
        opening = group.create_task(registry.open(lesson_id))
        await is_read.wait()
        monkeypatch.setattr(school_rooms, "invited", read)
        changing = group.create_task(
            teacher.patch(f"/api/lessons/{lesson_id}", json={"room_ids": rooms})
        )
        while len(await read(lesson_id)) < len(rooms):  # noqa: ASYNC110 - no event in a database
            await asyncio.sleep(0.02)
        await asyncio.wait([changing], timeout=0.5)  # what it can do without the lesson is done
        may_go_on.set()
    assert changing.result().status_code == 200
    roster = opening.result().machine.roster
    await until(lambda: all(room_id in roster for room_id in rooms))


async def test_a_client_comes_back_and_misses_nothing(live: Live) -> None:
    async with lesson_client(live.address, live.lesson_id) as lead:
        await live.go_live(lead)
        seq = max(message.get("seq", 0) for message in lead.got)
        assert await lead.ask("post_message", text="one") == "done"
        async with lesson_client(live.address, live.lesson_id) as again:
            resumed = await again.hello(await live.house.grant("lead_a1", "lesson_a1"), since=seq)
            assert resumed["type"] == "resumed"
            posted = await again.until("message_posted")
            assert posted["message"]["text"] == "one"
        async with lesson_client(live.address, live.lesson_id) as stranger:
            snapshot = await stranger.hello(
                await live.house.grant("lead_a1", "lesson_a1"), since=10_000
            )
            assert snapshot["type"] == "snapshot"


async def test_a_broken_recorder_does_not_stop_the_lesson(live: Live) -> None:
    live.house.recorder.fault = "disk-full"
    async with lesson_client(live.address, live.lesson_id) as lead:
        await live.go_live(lead)
        changed = await lead.until("recording_changed", seconds=10)
        while changed["recording"]["state"] != "stopped":
            changed = await lead.until("recording_changed")
        assert changed["recording"]["reason"]["id"] == "disk-full"
        assert "磁盘满了" in changed["recording"]["reason"]["message"]["zh-CN"]
        live.house.recorder.fault = None
        live.house.clock.advance(11)
        while changed["recording"]["state"] != "recording":
            changed = await lead.until("recording_changed")


async def test_a_live_lesson_survives_the_process(live: Live) -> None:
    house = live.house
    async with lesson_client(live.address, live.lesson_id) as lead:
        await live.go_live(lead)
        assert await lead.ask("post_message", text="kept") == "done"
        seq = max(m.get("seq", 0) for m in lead.got)
    await house.context.registry.close()
    async with (
        open_house(house.folder, house.county, house.clock) as again,
        served(again.app) as address,
        lesson_client(address, live.lesson_id) as client,
    ):
        snapshot = await client.hello(await again.grant("lead_a1", "lesson_a1"))
        assert snapshot["lesson"]["state"] == "live"
        assert [m["text"] for m in snapshot["messages"]] == ["kept"]
        assert snapshot["seq"] > seq
        assert not snapshot["publications"]["lead"]
        await until(lambda: again.recorder.started, what="the recorder is asked again")


@pytest.mark.parametrize("grant", ["", "rubbish", "foreign", "expired", "other_lesson"])
async def test_only_a_good_grant_opens_the_channel(live: Live, grant: str) -> None:
    house = live.house
    tokens = {
        "foreign": await house.grant("lead_b1", "lesson_b1"),
        "other_lesson": await house.grant("colleague_a1", "lesson_ac"),
        "expired": await house.grant("lead_a1", "lesson_a1"),
    }
    if grant == "expired":
        house.clock.advance(601)
    async with lesson_client(live.address, live.lesson_id) as client:
        failed = await client.hello(tokens.get(grant, grant))
        expected = {"": "grant-missing", "expired": "grant-expired"}
        assert failed["error"]["id"] == expected.get(grant, "grant-invalid")
        assert await client.closed() == 4001


async def test_rubbish_is_answered_and_three_strikes_close(live: Live) -> None:
    async with lesson_client(live.address, live.lesson_id) as client:
        await client.hello(await live.house.grant("lead_a1", "lesson_a1"))
        assert await client.ask("dance") == "message-unknown"
        for expected in ("message-malformed", "message-malformed", "messages-malformed"):
            await client.socket.send("{")
            assert (await client.until("failed"))["error"]["id"] == expected
        assert await client.closed() == 4008


async def test_a_page_of_another_site_is_refused(live: Live) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with lesson_client(live.address, live.lesson_id, Origin="http://evil.test"):
            pass
    assert refused.value.response.status_code == 403
    async with lesson_client(
        live.address, live.lesson_id, Origin=f"http://{live.address}"
    ) as own_page:
        await own_page.hello(await live.house.grant("lead_a1", "lesson_a1"))


async def test_a_client_that_does_not_read_is_closed_and_the_lesson_goes_on(live: Live) -> None:
    house = live.house
    async with lesson_client(live.address, live.lesson_id) as lead:
        await live.go_live(lead)
        runner = house.context.registry.find(house.lesson_id("lesson_a1"))
        assert runner is not None
        outbox = next(iter(runner._audience._clients.values())).outbox  # noqa: SLF001
        for _ in range(300):
            outbox.put("{}")
        assert (await lead.until("failed", seconds=10))["error"]["id"] == "too-slow"
        assert await lead.closed() == 4010
    async with lesson_client(live.address, live.lesson_id) as again:
        snapshot = await again.hello(await house.grant("lead_a1", "lesson_a1"))
        assert snapshot["lesson"]["state"] == "live"


async def test_the_next_grant_comes_before_the_old_one_ends(live: Live) -> None:
    house = live.house
    async with lesson_client(live.address, live.lesson_id) as client:
        await client.hello(await house.grant("lead_a1", "lesson_a1"))
        for _ in range(21):
            house.clock.advance(20)
            await client.say({"type": "ping"})
            await client.until("pong")
        renewed = await client.until("grant_renewed")
        claims = verify(renewed["grant"], b"g" * 32, house.clock.wall_ms())
        assert claims.expires_at_ms == renewed["expires_at_ms"]
        assert renewed["ice_servers"] == []


async def test_the_waiting_screen_is_called_into_the_lesson(live: Live) -> None:
    house = live.house
    _, token = await house.token("room_b1")
    url = f"ws://{live.address}/api/room/events"
    async with connect(url, additional_headers={"Cookie": f"streamsvc_room={token}"}) as socket:
        async with asyncio.timeout(10):
            home = json.loads(await socket.recv())
            assert home["type"] == "room_home"
            assert home["open"]["lesson_id"] == house.lesson_id("lesson_b1")
            await socket.send('{"type":"ping"}')
            assert json.loads(await socket.recv())["type"] == "pong"
            lead = await house.signed_in("lead_b1")
            body = {"title": "Now", "room_ids": [house.room_id("room_b1")]}
            house.clock.advance(3_600)
            made = (await lead.post("/api/lessons", json=body)).json()
            home = json.loads(await socket.recv())
            assert home["open"]["lesson_id"] == made["lesson_id"]
            admin = await house.signed_in("admin_b")
            await admin.delete(f"/api/rooms/{house.room_id('room_b1')}/device")
            removed = json.loads(await socket.recv())
            assert removed["error"]["id"] == "device-removed"
            await socket.wait_closed()
            assert socket.close_code == 4003


async def test_a_waiting_screen_without_a_cookie_is_told_why(live: Live) -> None:
    async with connect(f"ws://{live.address}/api/room/events") as socket:
        async with asyncio.timeout(5):
            assert json.loads(await socket.recv())["error"]["id"] == "device-signed-out"
            await socket.wait_closed()
            assert socket.close_code == 4001


async def test_rooms_may_publish_only_from_the_stage(live: Live) -> None:
    house = live.house
    browser = house.client()
    room_grant = await house.grant("room_a2", "lesson_a1")

    async def whip(slot: str, grant: str) -> str:
        answer = await browser.post(
            f"/whip/{live.lesson_id}/{slot}",
            content="v=0",
            headers={"Authorization": f"Bearer {grant}", "Content-Type": "application/sdp"},
        )
        return "" if answer.status_code == 201 else str(answer.json()["error"]["id"])

    assert await whip("stage", room_grant) == "not-on-stage"
    assert await whip("lead", room_grant) == "not-allowed"
    lead_grant = await house.grant("lead_a1", "lesson_a1")
    assert await whip("lead", lead_grant) == ""
    assert await whip("lead", lead_grant) == "slot-taken"
    assert await whip("stage", lead_grant) == "not-allowed"
    async with (
        lesson_client(live.address, live.lesson_id) as lead,
        lesson_client(live.address, live.lesson_id) as room,
    ):
        await live.go_live(lead)
        await room.hello(room_grant)
        assert await lead.ask("call_on_stage", room_id=house.room_id("room_a2")) == "done"
        assert await whip("stage", room_grant) == "not-on-stage"
        assert await room.ask("accept_stage") == "done"
        assert await whip("stage", room_grant) == ""
        assert await lead.ask("end_lesson") == "done"
        assert await whip("stage", room_grant) == "lesson-ended"
        assert await whip("lead", lead_grant) == "lesson-ended"


# ---- sent away -----------------------------------------------------------------------------------


@dataclass
class Watching:
    """Somebody in lesson_a1 with a media session that nobody has closed yet."""

    live: Live
    client: LessonClient
    party: MediaParty

    @property
    def is_watching(self) -> bool:
        return any(party == self.party for party, _ in self.live.house.relay.sessions.values())


@asynccontextmanager
async def watching(live: Live, name: str) -> AsyncIterator[Watching]:
    """`name` says hello and watches; a little later the clock has moved on."""
    house = live.house
    async with lesson_client(live.address, live.lesson_id) as client:
        grant = await house.grant(name, "lesson_a1")
        await client.hello(grant)
        party = party_of(verify(grant, b"g" * 32, house.clock.wall_ms()))
        await house.relay.subscribe(party, "v=0")
        house.clock.advance(0.01)
        yield Watching(live, client, party)


async def test_a_removed_screen_is_out_at_once_with_its_phone(live: Live) -> None:
    async with watching(live, "room_a2") as screen, watching(live, "phone_a2") as phone:
        admin = await live.house.signed_in("admin_a")
        await admin.delete(f"/api/rooms/{live.house.room_id('room_a2')}/device")
        assert not screen.is_watching and not phone.is_watching
        assert await screen.client.closed() == await phone.client.closed() == 4003


async def test_a_replaced_phone_is_out_at_once_and_the_screen_stays(live: Live) -> None:
    house = live.house
    async with watching(live, "room_a2") as screen, watching(live, "phone_a2") as old:
        secret = await house.school.pairs.issue(house.room_id("room_a2"))
        new = house.client()
        answer = await new.post("/api/phone/pair", json={"pair": secret.secret, "name": "李强"})
        assert not old.is_watching and screen.is_watching
        assert await old.client.closed() == 4001
        assert await screen.client.ask("raise_hand") == "lesson-not-live"
        async with lesson_client(live.address, live.lesson_id) as again:
            assert (await again.hello(answer.json()["grant"]))["type"] == "snapshot"


@pytest.mark.parametrize("name", ["lead_a1", "helper_a2", "observer_a"])
@pytest.mark.parametrize("how", ["switched off", "new password", "signed out"])
async def test_a_person_sent_away_is_out_at_once(live: Live, name: str, how: str) -> None:
    house = live.house
    async with watching(live, name) as person, watching(live, "room_a2") as screen:
        if how == "signed out":
            await (await house.signed_in(name)).post("/api/sign-out")
        else:
            change = {"is_active": False} if how == "switched off" else {"password": "new-words-1"}
            admin = await house.signed_in("admin_a")
            path = f"/api/people/{house.county.people[name].id}"
            assert (await admin.patch(path, json=change)).status_code == 200
        assert not person.is_watching and screen.is_watching
        assert await person.client.closed() == 4001


async def test_a_room_taken_out_of_a_live_lesson_is_out_at_once(live: Live) -> None:
    async with lesson_client(live.address, live.lesson_id) as lead:
        await live.go_live(lead)
        async with watching(live, "room_a2") as screen:
            teacher = await live.house.signed_in("lead_a1")
            await teacher.patch(f"/api/lessons/{live.lesson_id}", json={"room_ids": []})
            await screen.client.closed()
            await until(lambda: not screen.is_watching, what="its media is closed")


async def test_a_cut_room_is_lost_and_comes_back(live: Live) -> None:
    house = live.house
    async with lesson_client(live.address, live.lesson_id) as lead:
        await live.go_live(lead)
        async with lesson_client(live.address, live.lesson_id) as room:
            await room.hello(await house.grant("room_a2", "lesson_a1"))
            await lead.until("room_changed")
            room.socket.transport.abort()
        runner = house.context.registry.find(house.lesson_id("lesson_a1"))
        assert runner is not None
        await until(lambda: runner.client_count == 1, what="the break is noticed")
        # what is asked after the break is answered after it was taken note of
        blank = {"courseware_id": None, "number": 1}
        assert await lead.ask("turn_slide", slide=blank) == "done"
        house.clock.advance(6)
        while (await lead.until("room_changed"))["room"]["presence"] != "lost":
            pass
        async with lesson_client(live.address, live.lesson_id) as room:
            await room.hello(await house.grant("room_a2", "lesson_a1"))
            assert (await lead.until("room_changed"))["room"]["presence"] == "online"


async def test_a_page_that_was_cut_off_is_answered_by_a_socket(live: Live) -> None:
    async with connect(f"ws://{live.address}/healthz") as socket:
        await socket.wait_closed()
    assert socket.close_code == 1000
