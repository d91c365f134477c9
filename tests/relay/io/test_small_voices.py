"""When a voice is made small, for whom, and what ends it. No engine and no children."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from relay.forwarding.voice import VoiceChoice
from relay.io.media_session import PublisherSession
from relay.io.small_voices import FAILED_SECONDS, LINGER_SECONDS, SmallVoices, _Sink
from relay.io.voice_steering import SMALL_VOICE, SMALL_VOICE_BPS, VoiceSteering
from relay.ports import LayerStats, PublicationStats, SubscriberStats
from relay.transcode.io.transcoders import Transcoders
from relay.transcode.settings import TranscodeSettings
from streamsvc.base.media import Codec, MediaKind
from streamsvc.base.sessions import LinkPolicy
from streamsvc.base.tasks import TaskScope
from tests.support.clock import ManualClock
from tests.support.engine_model.packets import media_of

VOICE = 1
SMALLEST = LinkPolicy(most_kbps=64, is_voice_and_slides=True)


class World:
    """What is done is in `done`."""

    def __init__(self, folder: Path) -> None:
        self.done: list[tuple[object, ...]] = []
        self.clock, self.scope = ManualClock(), TaskScope("test")
        settings = TranscodeSettings(most_children=1)
        self.transcoders = Transcoders(folder, settings, self.clock, self._child)
        layer = LayerStats("", 32_000, 0, is_live=True)
        self.engine: Any = SimpleNamespace(
            publication_stats=lambda _: PublicationStats(VOICE, (layer,), None),
            set_feed=lambda *what: self.done.append(("feed", *what)),
            drop_made=lambda *what: self.done.append(("drop", *what)),
            put_made=lambda *what: self.done.append(("put", *what)),
        )
        self.voices = SmallVoices(self.engine, self.transcoders, self.clock, self.scope)
        media = media_of(MediaKind.AUDIO)
        teacher: Any = {"session_id": "w", "party": None, "peer": SimpleNamespace(media=[media])}
        self.session = PublisherSession(**teacher, publications={MediaKind.AUDIO: VOICE})

    def _child(self, name: str, command: Any, on_end: object) -> Any:
        assert "--voice" in command

        async def close() -> None:
            self.done.append(("child", "ended"))

        started = lambda: self.done.append(("child", "started"))  # noqa: E731
        return SimpleNamespace(pid=None, start=started, close=close)

    async def see(self, *, wants: bool, after: float = 1.0) -> list[tuple[object, ...]]:
        """What it did, having looked once more."""
        self.clock.advance(after)
        self.done.clear()
        lesson: Any = SimpleNamespace(wants_small_voice=lambda _: wants)
        self.voices.see(self.session, lesson)
        await asyncio.sleep(0.05)
        return list(self.done)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    made = World(tmp_path)
    yield made
    await made.transcoders.close_all()
    await made.scope.close()


async def test_it_is_made_while_a_room_wants_it_and_a_while_longer(world: World) -> None:
    assert await world.see(wants=False) == []
    assert await world.see(wants=True) == [("feed", VOICE, ""), ("child", "started")]
    assert await world.see(wants=True) == []
    assert await world.see(wants=False, after=LINGER_SECONDS) == []
    ended = [("feed", VOICE, None), ("child", "ended"), ("drop", VOICE, SMALL_VOICE)]
    assert await world.see(wants=False, after=2) == ended


async def test_it_ends_with_its_publisher(world: World) -> None:
    await world.see(wants=True)
    world.done.clear()
    world.voices.forget(world.session)
    await asyncio.sleep(0.05)
    assert world.done == [("child", "ended")] and len(world.transcoders) == 0


async def test_a_full_machine_is_asked_again(world: World) -> None:
    sink = _Sink(7, world.engine)
    await world.transcoders.want(7, (Codec.OPUS, 111), [world.transcoders.voice], sink)
    world.done.clear()
    assert await world.see(wants=True) == [], "and nothing is copied for it"
    assert world.transcoders.is_short
    await world.transcoders.close(7)
    done = await world.see(wants=True, after=FAILED_SECONDS + 1)
    assert ("child", "started") in done


async def test_what_comes_back_is_opus_for_the_engine(world: World) -> None:
    _Sink(VOICE, world.engine).rendition_packet(SMALL_VOICE, b"sound")
    assert world.done == [("put", VOICE, SMALL_VOICE, b"sound", Codec.OPUS)]


@pytest.mark.parametrize(
    ("policy", "has_small", "expected"),
    [
        (SMALLEST, True, SMALL_VOICE),
        (SMALLEST, False, "+merged"),
        (LinkPolicy(most_kbps=64), True, "+merged"),
        (LinkPolicy(is_voice_and_slides=True), True, "+merged"),
        (LinkPolicy(most_kbps=65, is_voice_and_slides=True), True, "+merged"),
    ],
)
def test_only_a_room_whose_policy_says_so_gets_it(
    policy: LinkPolicy, has_small: bool, expected: str
) -> None:
    targets: dict[int, str] = {}
    engine: Any = SimpleNamespace(
        set_target_layer=lambda number, rid: targets.update({number: rid}),
        set_copies=lambda *_: None,
        set_voice_within=lambda *_: None,
    )
    session: Any = SimpleNamespace(
        voice=VoiceChoice(),
        ladder=SimpleNamespace(policy=policy),
        peer=SimpleNamespace(number=2),
    )
    own = LayerStats("", 40_000, 0, is_live=True, temporal=((40_000, 50),))
    small = LayerStats(SMALL_VOICE, 12_000, 0, is_live=True, is_made=True)
    layers = (own, small) if has_small else (own,)
    voices = {20: (media_of(MediaKind.AUDIO), PublicationStats(VOICE, layers, None))}
    link = SubscriberStats(64_000, is_link_guessed=False, forwarded={})
    bps = VoiceSteering(engine).steer(session, voices, link, is_talking=False, now=0.0)
    assert targets == {20: expected}
    assert (bps == SMALL_VOICE_BPS) == (expected == SMALL_VOICE)
