"""When a publication is transcoded, of which layer, and what ends it. No engine and no children."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from relay.io.lower_layers import COMING_SECONDS, LowerLayers, _Sink
from relay.io.made_soon import MadeSoon
from relay.io.media_session import PublisherSession
from relay.ports import LayerStats, PublicationStats, SubscriberStats
from relay.transcode.io.transcoders import Transcoders
from relay.transcode.plan.renditions import IDLE_SECONDS, LINGER_SECONDS, Rendition, RoomRate
from relay.transcode.settings import TranscodeSettings
from streamsvc.base.media import Codec, MediaKind, Slot
from streamsvc.base.tasks import TaskScope
from tests.support.clock import ManualClock
from tests.support.engine_model.packets import media_of

CAMERA = 1
LARGE, SMALL = ("h", 2_000_000), ("q", 600_000)


def lesson_of(*rooms: int | RoomRate, is_guess: bool = False, **more: Any) -> Any:
    """Of rooms that have so much for the picture."""
    rates = [x if isinstance(x, RoomRate) else RoomRate(x, is_guess) for x in rooms]
    return SimpleNamespace(**({"room_rates": lambda _: rates, "made_soon": MadeSoon()} | more))


@dataclass
class World:
    """Everything around it, as it is set here; what it did is in `done`."""

    folder: Path
    layers: list[tuple[str, int]] = field(default_factory=lambda: [SMALL, LARGE])
    rooms: list[int] = field(default_factory=list)
    done: list[tuple[object, ...]] = field(default_factory=list)
    codec: Codec = Codec.H264
    new_bps: int | None = None
    """What layers cost that are not what they will be yet; None: all are."""

    def __post_init__(self) -> None:
        self.clock = ManualClock()
        self.scope = TaskScope("test")
        self.transcoders = Transcoders(
            self.folder, TranscodeSettings(most_children=1), self.clock, self._child
        )
        engine: Any = SimpleNamespace(
            publication_stats=lambda _: self._stats(),
            set_feed=lambda publication, rid: self.done.append(("feed", publication, rid)),
            drop_made=lambda publication, rid: self.done.append(("drop", publication, rid)),
            put_made=lambda *made: self.done.append(("put", *made)),
            request_feed_keyframe=lambda publication: self.done.append(("key", publication)),
        )
        self.engine = engine
        self.lower = LowerLayers(engine, self.transcoders, self.clock, self.scope)
        media = media_of(MediaKind.VIDEO, codec=self.codec)
        camera: Any = {"session_id": "w", "party": None, "peer": SimpleNamespace(media=[media])}
        self.session = PublisherSession(**camera, publications={MediaKind.VIDEO: CAMERA})

    def _stats(self) -> PublicationStats:
        own = [LayerStats(rid, self.new_bps or bps, bps, is_live=True) for rid, bps in self.layers]
        made = LayerStats("+180", 84_000, 1, is_live=True, is_made=True)
        return PublicationStats(CAMERA, (made, *own), 0)

    def wanted(self) -> Sequence[Rendition]:
        """What is made of the camera."""
        return self.lower._by_publication[CAMERA].applied  # noqa: SLF001

    def _child(self, name: str, *_: object) -> Any:
        async def close() -> None:
            self.done.append(("child", "ended"))

        started = lambda: self.done.append(("child", "started"))  # noqa: E731
        return SimpleNamespace(pid=None, start=started, close=close)

    async def see(self, *rooms: int | RoomRate, after: float = 1.0) -> list[tuple[object, ...]]:
        """What it did, having looked once more."""
        self.clock.advance(after)
        lesson = lesson_of(*rooms)
        self.done.clear()
        self.lower.see(self.session, lesson)
        await asyncio.sleep(0.05)
        return list(self.done)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    made = World(tmp_path)
    yield made
    await made.lower.close()
    await made.scope.close()


async def test_nothing_is_done_while_every_room_has_a_layer(world: World) -> None:
    assert await world.see(700_000, 5_000_000) == []
    assert len(world.transcoders) == 0


async def test_the_smallest_layer_is_fed_and_a_child_begins(world: World) -> None:
    assert await world.see(150_000) == [("feed", CAMERA, "q"), ("child", "started")]
    assert await world.see(150_000) == []
    assert await world.see(150_000, after=0.2) == [], "it looks once a second"


async def test_it_follows_the_layers_of_its_publisher(world: World) -> None:
    await world.see(150_000)
    world.layers = [LARGE]
    assert await world.see(150_000) == [("feed", CAMERA, "h")]
    world.lower.feed_closed(CAMERA)
    assert await world.see(150_000) == [("feed", CAMERA, "h")]


async def test_a_publisher_that_pauses_ends_nothing(world: World) -> None:
    await world.see(150_000)
    world.layers = []
    assert await world.see(150_000, after=30) == []
    world.layers = [SMALL, LARGE]
    assert await world.see(150_000) == []


async def test_it_ends_a_while_after_nobody_needs_it(world: World) -> None:
    await world.see(150_000)
    assert await world.see(5_000_000, after=LINGER_SECONDS - 1) == []
    assert await world.see(5_000_000, after=2) == [
        ("feed", CAMERA, None),
        ("child", "ended"),
        ("drop", CAMERA, "+360"),
        ("drop", CAMERA, "+180"),
        ("drop", CAMERA, "+lifeline"),
    ]
    assert len(world.transcoders) == 0


async def test_it_ends_with_its_publisher(world: World) -> None:
    await world.see(150_000)
    world.done.clear()
    world.lower.forget(world.session)
    world.lower.forget(world.session)
    await asyncio.sleep(0.05)
    assert world.done == [("child", "ended")]


async def test_a_publisher_that_went_while_its_child_began_has_none(world: World) -> None:
    world.lower.see(world.session, lesson_of(150_000))
    world.lower.forget(world.session)
    await asyncio.sleep(0.05)
    assert len(world.transcoders) == 0
    assert world.done[-1] == ("child", "ended")


@pytest.fixture
async def vp8(tmp_path: Path) -> AsyncIterator[World]:
    made = World(tmp_path, codec=Codec.VP8)
    yield made
    await made.lower.close()
    await made.scope.close()


async def test_rooms_of_a_vp8_lesson_get_lower_layers_of_vp8(vp8: World) -> None:
    assert await vp8.see(150_000) == [("feed", CAMERA, "q"), ("child", "started")]
    assert [one.rid for one in vp8.wanted()] == ["+vp8-360", "+vp8-180"]
    assert await vp8.see(5_000_000, after=1) == []


async def test_who_can_not_decode_vp8_has_h264_made_of_a_layer_that_is_large_enough(
    vp8: World,
) -> None:
    vp8.layers = [("q", 100_000), ("h", 300_000), ("f", 900_000)]  # pixels are as many here
    done = await vp8.see(RoomRate(110_000, codec=Codec.H264))
    assert done == [("feed", CAMERA, "h"), ("child", "started")]
    assert [one.rid for one in vp8.wanted()] == ["+360", "+180", "+lifeline"]


async def test_a_room_without_h264_has_vp8_made_whatever_its_link_takes(world: World) -> None:
    await world.see(RoomRate(20_000_000, codec=Codec.VP8), 5_000_000)
    assert [one.codec for one in world.wanted()] == [Codec.VP8, Codec.VP8]


async def test_the_layer_that_is_decoded_changes_when_somebody_needs_a_larger_one(
    vp8: World,
) -> None:
    vp8.layers = [("q", 150_000), ("h", 300_000)]
    assert ("feed", CAMERA, "q") in await vp8.see(50_000)
    rates = 50_000, RoomRate(110_000, codec=Codec.H264)
    assert ("feed", CAMERA, "h") in await vp8.see(*rates)
    assert await vp8.see(*rates) == []


async def test_a_shared_screen_of_vp8_is_made_as_large_as_its_print_needs(vp8: World) -> None:
    vp8.session.slot = Slot.SCREEN
    await vp8.see(RoomRate(110_000, codec=Codec.H264))
    assert [one.rid for one in vp8.wanted()] == ["+screen"]


async def test_what_comes_back_is_given_to_the_engine_as_what_it_is(vp8: World) -> None:
    sink = _Sink(CAMERA, vp8.engine, {"+360": Codec.H264, "+vp8-180": Codec.VP8})
    sink.rendition_packet("+vp8-180", b"one")
    assert vp8.done[-1] == ("put", CAMERA, "+vp8-180", b"one", Codec.VP8)


async def test_a_full_machine_is_asked_again(world: World) -> None:
    await world.see(150_000)
    world.session.publications[MediaKind.VIDEO] = 2
    assert await world.see(150_000) == [], "nor is anything copied for it"
    await world.transcoders.close(CAMERA)
    assert {("feed", 2, "q"), ("child", "started")} <= set(await world.see(150_000))


async def test_after_the_end_nothing_begins(world: World) -> None:
    await world.lower.close()
    assert await world.see(50_000) == []


async def test_a_full_machine_ends_what_is_only_kept_for_a_while(world: World) -> None:
    await world.see(150_000)
    await world.see(5_000_000, after=IDLE_SECONDS + 1)
    world.session.publications[MediaKind.VIDEO] = 2
    done = await world.see(150_000)
    assert {("feed", CAMERA, None), ("child", "ended"), ("child", "started")} <= set(done)


async def test_rooms_are_told_of_layers_to_come_and_of_those_that_can_not_come(
    world: World,
) -> None:
    soon = MadeSoon()
    lesson = lesson_of(150_000, made_soon=soon)
    guessed = SubscriberStats(300_000, is_link_guessed=True, forwarded={})
    known = SubscriberStats(300_000, is_link_guessed=False, forwarded={})
    layers = PublicationStats(CAMERA, (), 0)
    world.lower.see(world.session, lesson)
    now = world.clock.now()
    assert soon.is_awaited(layers, guessed, now)
    assert not soon.is_awaited(layers, known, now), "what it takes is known: it gets that"
    assert not soon.is_awaited(layers, guessed, now + COMING_SECONDS)
    made = PublicationStats(CAMERA, (LayerStats("+180", 1, 1, is_live=True, is_made=True),), 0)
    assert not soon.is_awaited(made, guessed, now), "it is there"
    await asyncio.sleep(0.05)
    world.session.publications[MediaKind.VIDEO] = 2
    world.lower.see(world.session, lesson)
    assert soon.is_refused(2, now) and not soon.is_refused(CAMERA, now)


async def test_a_layer_that_begins_counts_as_what_its_size_costs(world: World) -> None:
    world.layers = [("f", 921_600)]
    world.new_bps = 1_000
    assert ("child", "started") in await world.see(200_000)
