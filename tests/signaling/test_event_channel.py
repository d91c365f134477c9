"""A room's events over its data channel: the door, and what goes through. The relay is a fake."""

import json
import zlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from signaling.io.event_channel import SILENT_SECONDS
from signaling.io.media_gate import MediaGate
from signaling.io.runner import LessonRunner
from streamsvc.base.ids import LessonId, MediaSessionId
from streamsvc.base.sessions import MediaParty
from tests.signaling.house import House, served
from tests.signaling.test_events import Live
from tests.support.lesson_client import LessonClient, lesson_client
from tests.support.waiting import until


@pytest.fixture
async def live(house: House) -> AsyncIterator[Live]:
    async with served(house.app) as address:
        yield Live(house, address)


async def party(live: Live, who: str = "room_a2") -> MediaParty:
    """As the media door lets it in."""
    ctx = live.house.context
    gate = MediaGate(ctx.grants, ctx.registry, ctx.checks)
    return await gate.subscriber(await live.house.grant(who, "lesson_a1"), LessonId(live.lesson_id))


SLIDE = {"courseware_id": None, "number": 1}


def registered(live: Live) -> LessonRunner:
    """The lesson in memory."""
    runner = live.house.context.registry.find(LessonId(live.lesson_id))
    assert runner is not None
    return runner


class PageChannel:
    """The page's end of the only channel."""

    def __init__(self, live: Live, who: MediaParty) -> None:
        self._relay, self._clock = live.house.relay, live.house.clock
        self._relay.channel(who)
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
        await first.hello(await live.house.grant("room_a2", "lesson_a1"))
        shown = await first.until("room_changed")
        yield first, PageChannel(live, await party(live)), shown["seq"]


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


async def test_nothing_comes_beside_no_first_connection_until_it_is_there(live: Live) -> None:
    async with lesson_client(live.address, live.lesson_id) as lead:
        await live.go_live(lead)
        channel = PageChannel(live, await party(live))
        runner = registered(live)
        before = runner.client_count
        channel.say(0)
        assert runner.client_count == before
        async with lesson_client(live.address, live.lesson_id) as first:
            await first.hello(await live.house.grant("room_a2", "lesson_a1"))
            shown = await first.until("room_changed")
            channel.say(shown["seq"])
            assert runner.client_count == before + 2


@pytest.mark.parametrize("who", ["lead_a1", "phone_a2"])
async def test_only_rooms_have_channels(live: Live, who: str) -> None:
    assert (await party(live, who)).has_channel is False
    assert (await party(live)).has_channel is True


async def test_nothing_comes_by_a_link_that_loses_little_until_it_loses_much(live: Live) -> None:
    live.house.relay.lost = 0.1
    async with a_channel(live) as (_, channel, seq):
        runner = registered(live)
        joined = runner.client_count
        channel.say(seq)
        assert runner.client_count == joined
        live.house.relay.lost = 0.3
        channel.say(seq)
        assert runner.client_count == joined + 1


async def test_words_that_make_no_sense_and_lessons_that_are_over_are_nothing(live: Live) -> None:
    async with a_channel(live) as (_, channel, seq):
        runner = registered(live)
        joined = runner.client_count
        relay = live.house.relay
        (listener,) = relay.channels.values()
        for word in ("{}", "[", b"\xff", '{"heard":-1}'):
            listener.heard(word)
        assert runner.client_count == joined
        nowhere = replace(await party(live), lesson_id=LessonId("les_none"))
        relay.channel(nowhere).heard(json.dumps({"heard": seq}))
        assert runner.client_count == joined


async def test_a_service_that_stops_listens_to_no_channel(live: Live) -> None:
    who = await party(live)
    registry = live.house.context.registry
    await registry.close()
    assert registry.channel_came(who, MediaSessionId("chn_late")) is None
