"""A second strand of a lesson's events, over real WebSockets."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from signaling.io.audience import Audience
from signaling.io.outbox import Outbox
from signaling.protocol.board_messages import InkShown, StrokeStyle, StrokeView
from signaling.protocol.connection import Close
from signaling.protocol.grants import verify
from signaling.protocol.messages import Resumed
from signaling.protocol.picture import me_view
from signaling.protocol.strands import MOST_NUMBERS
from streamsvc.base.ids import RoomId
from streamsvc.base.metrics import REGISTRY
from streamsvc.school.records import Role
from tests.signaling.house import House, served
from tests.signaling.test_events import Live
from tests.support.lesson_client import LessonClient, lesson_client
from tests.support.lessons import participant
from tests.support.waiting import until


@pytest.fixture
async def live(house: House) -> AsyncIterator[Live]:
    async with served(house.app) as address:
        yield Live(house, address)


@asynccontextmanager
async def both_strands(live: Live) -> AsyncIterator[tuple[LessonClient, LessonClient]]:
    """The first and the second of room_a2, which have nothing to catch up with."""
    async with (
        lesson_client(live.address, live.lesson_id) as first,
        lesson_client(live.address, live.lesson_id) as second,
    ):
        grant = await live.house.grant("room_a2", "lesson_a1")
        await first.hello(grant)
        shown = await first.until("room_changed")
        resumed = await second.hello(grant, since=shown["seq"], strand="second")
        assert resumed["type"] == "resumed"
        yield first, second


async def test_both_bring_the_same_events_and_one_the_pointer(live: Live) -> None:
    async with lesson_client(live.address, live.lesson_id) as lead:
        await live.go_live(lead)
        async with both_strands(live) as (first, second):
            await lead.say({"type": "point_at", "at": [100, 100]})
            await first.until("pointer_moved")
            assert await lead.ask("post_message", text="only for teachers") == "done"
            slide = {"courseware_id": None, "number": 1}
            assert await lead.ask("turn_slide", slide=slide) == "done"
            stroke = {"stroke_id": "s", "slide": slide, "offset": 0, "points": [1, 1, 9, 9]}
            style = {"tool": "pen", "color": 0, "width": 20, "text": ""}
            await lead.say({"type": "draw", **stroke, "style": style})
            for strand in (first, second):
                await strand.until("slide_turned")
                await strand.until("stroke_drawn")
            events = [[m for m in strand.got if "at_ms" in m] for strand in (first, second)]
            assert events[1] == events[0][-len(events[1]) :]
            assert [m["type"] for m in events[1]] == ["withheld", "slide_turned", "stroke_drawn"]
            assert all(m["type"] != "pointer_moved" for m in second.got)


async def test_it_only_hears_and_gets_no_grant(live: Live) -> None:
    house = live.house
    async with both_strands(live) as (first, second):
        assert await second.ask("raise_hand") == "strand-hears-only"
        for _ in range(21):
            house.clock.advance(20)
            for strand in (first, second):
                await strand.say({"type": "ping"})
                await strand.until("pong")
        renewed = await first.until("grant_renewed")
        assert verify(renewed["grant"], b"g" * 32, house.clock.wall_ms())
        house.clock.advance(1)
        await second.say({"type": "ping"})
        await second.until("pong")
        assert all(m["type"] != "grant_renewed" for m in second.got)


async def test_how_many_there_are_is_a_figure(live: Live) -> None:
    def figure() -> float | None:
        return REGISTRY.get_sample_value("streamsvc_event_second_strands")

    async with both_strands(live):
        await until(lambda: figure() == 1, 15, what="the strand is counted")
    await until(lambda: figure() == 0, 15, what="it has ended")


async def test_a_wrong_one_is_told_why_and_closed(live: Live) -> None:
    grant = await live.house.grant("room_a2", "lesson_a1")
    async with lesson_client(live.address, live.lesson_id) as alone:
        refused = await alone.hello(grant, since=0, strand="second")
        assert refused["error"]["id"] == "strand-alone"
        assert await alone.closed() == 4010
    async with lesson_client(live.address, live.lesson_id) as forged:
        refused = await forged.hello("forged", since=0, strand="second")
        assert refused["type"] == "failed"
        assert await forged.closed() == 4001


async def test_a_removed_screen_loses_both(live: Live) -> None:
    async with both_strands(live) as (first, second):
        admin = await live.house.signed_in("admin_a")
        await admin.delete(f"/api/rooms/{live.house.room_id('room_a2')}/device")
        assert await first.closed() == await second.closed() == 4003


async def test_not_over_requests(live: Live) -> None:
    house, browser = live.house, live.house.client()
    path = f"/api/lessons/{live.lesson_id}/polls"
    grant = await house.grant("room_a2", "lesson_a1")
    async with lesson_client(live.address, live.lesson_id) as first:
        await first.hello(grant)
        key = {"Authorization": f"Bearer {(await browser.post(path)).json()['poll_id']}"}
        hello = {"type": "hello", "grant": grant, "since": 0, "strand": "second"}
        await browser.post(f"{path}/current", json=hello, headers=key)
        answer = (await browser.get(f"{path}/current?after=0", headers=key)).json()
        assert answer["messages"][0]["error"]["id"] == "strand-polled"


def test_before_a_board_full_of_ink_it_is_closed_and_the_first_brings_it() -> None:
    audience, first, second = Audience(), Outbox(), Outbox()
    room = participant(Role.ROOM, RoomId("room_1"))
    audience.add("first", room, first)
    audience.add("second", room, second, is_second=True)
    for connection_id in ("first", "second"):
        audience.answer(connection_id, Resumed(seq=0, now_ms=0, me=me_view(room)))
    style = StrokeStyle(tool="pen", color=0, width=20, text="")
    stroke = StrokeView(stroke_id="s", style=style, points=[1] * MOST_NUMBERS)
    audience.announce(InkShown(seq=1, at_ms=0, strokes=[stroke], because="turned"))
    assert first.closing is None
    assert second.closing == Close(4010, "strand-too-much")
