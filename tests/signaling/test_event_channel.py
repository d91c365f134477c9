"""A room's events over its data channel: the door, and what goes through. The relay is a fake."""

import json
import zlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from signaling.io.event_channel import SILENT_SECONDS
from signaling.io.media_http import SDP
from signaling.io.runner import LessonRunner
from streamsvc.base.ids import LessonId
from tests.signaling.house import House, served
from tests.signaling.test_events import Live
from tests.support.lesson_client import LessonClient, lesson_client
from tests.support.waiting import until


@pytest.fixture
async def live(house: House) -> AsyncIterator[Live]:
    async with served(house.app) as address:
        yield Live(house, address)


async def post(live: Live, grant: str) -> httpx.Response:
    browser = live.house.client()
    headers = {"Authorization": f"Bearer {grant}", "Content-Type": SDP}
    return await browser.post(f"/channel/{live.lesson_id}", content="v=0\r\n", headers=headers)


SLIDE = {"courseware_id": None, "number": 1}


def registered(live: Live) -> LessonRunner:
    """The lesson in memory."""
    runner = live.house.context.registry.find(LessonId(live.lesson_id))
    assert runner is not None
    return runner


class PageChannel:
    """The page's end of the only channel."""

    def __init__(self, live: Live) -> None:
        self._relay, self._clock = live.house.relay, live.house.clock
        self._id, self._listener = next(iter(self._relay.channels.items()))

    def say(self, heard: int) -> None:
        self._listener.heard(json.dumps({"heard": heard}))

    def end(self) -> None:
        self._listener.ended()

    @property
    def got(self) -> list[dict[str, Any]]:
        """Every event once, in the order of their numbers."""
        found: dict[int, dict[str, Any]] = {}
        for channel, datagram in self._relay.on_channels:
            assert channel == self._id
            assert isinstance(datagram, bytes)
            found |= {one["seq"]: one for one in json.loads(zlib.decompress(datagram))}
        return [found[seq] for seq in sorted(found)]

    async def until(self, true: Callable[[], object]) -> None:
        def later() -> object:
            self._clock.advance(0.01)
            return true()

        await until(later, 10)


@asynccontextmanager
async def a_channel(live: Live) -> AsyncIterator[tuple[LessonClient, PageChannel, int]]:
    """Of room_a2, which hears the same by its WebSocket; and the number it has."""
    async with lesson_client(live.address, live.lesson_id) as first:
        grant = await live.house.grant("room_a2", "lesson_a1")
        await first.hello(grant)
        shown = await first.until("room_changed")
        answer = await post(live, grant)
        assert (answer.status_code, answer.headers["content-type"]) == (201, SDP)
        yield first, PageChannel(live), shown["seq"]


async def test_a_room_gets_its_events_until_it_has_them(live: Live) -> None:
    async with lesson_client(live.address, live.lesson_id) as lead:
        await live.go_live(lead)
        async with a_channel(live) as (first, channel, seq):
            channel.say(seq)
            assert await lead.ask("turn_slide", slide=SLIDE) == "done"
            turned = await first.until("slide_turned")
            await channel.until(lambda: len(channel.got) > 0)
            events = [m for m in first.got if "at_ms" in m and m["seq"] > seq]
            assert channel.got == events
            assert channel.got[-1] == turned
            relay = live.house.relay
            await channel.until(lambda: len(relay.on_channels) >= 3)
            channel.say(turned["seq"])
            said = len(relay.on_channels)
            live.house.clock.advance(2)
            assert await lead.ask("raise_hand") != "done"
            assert len(relay.on_channels) == said


async def test_it_joins_again_from_where_the_page_is(live: Live) -> None:
    async with lesson_client(live.address, live.lesson_id) as lead:
        await live.go_live(lead)
        async with a_channel(live) as (first, channel, seq):
            runner = registered(live)
            channel.say(seq)
            joined = runner.client_count
            live.house.clock.advance(SILENT_SECONDS + 1)
            await channel.until(lambda: runner.client_count == joined - 1)
            assert await lead.ask("turn_slide", slide=SLIDE) == "done"
            turned = await first.until("slide_turned")
            assert channel.got == []
            channel.say(seq)
            await channel.until(lambda: channel.got and channel.got[-1] == turned)
            channel.end()
            await channel.until(lambda: runner.client_count == joined - 1)
            channel.say(seq)
            assert runner.client_count == joined - 1


async def test_nothing_comes_beside_no_first_connection(live: Live) -> None:
    grant = await live.house.grant("room_a2", "lesson_a1")
    assert (await post(live, grant)).status_code == 201
    channel = PageChannel(live)
    channel.say(0)
    await channel.until(lambda: registered(live).client_count == 0)
    assert channel.got == []


@pytest.mark.parametrize(
    ("who", "status", "error_id"),
    [("lead_a1", 403, "not-allowed"), ("phone_a2", 403, "not-allowed"), (None, 401, None)],
)
async def test_the_door_is_for_rooms(
    live: Live, who: str | None, status: int, error_id: str | None
) -> None:
    grant = await live.house.grant(who, "lesson_a1") if who else "forged"
    answer = await post(live, grant)
    assert answer.status_code == status
    if error_id is not None:
        assert answer.json()["error"]["id"] == error_id
    assert live.house.relay.channels == {}


async def test_a_link_that_loses_little_needs_none(live: Live) -> None:
    live.house.relay.lost = 0.1
    answer = await post(live, await live.house.grant("room_a2", "lesson_a1"))
    assert (answer.status_code, answer.json()["error"]["id"]) == (409, "channel-not-needed")
    assert live.house.relay.channels == {}
