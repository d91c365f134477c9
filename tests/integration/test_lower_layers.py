"""A publisher of one large layer, and rooms that cannot take it: the whole way."""

import os
import signal
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from relay.client.clip import Scene, write_clip
from relay.client.file_plan import plan_file
from relay.client.played_file import Pace, open_tracks
from relay.transcode.io.transcoders import Transcoders
from relay.transcode.settings import TranscodeSettings
from streamsvc.base.clock import SystemClock
from streamsvc.base.media import Codec, Slot
from streamsvc.base.sessions import LinkPolicy
from streamsvc.supervise import Supervisor
from tests.support.payloads import follow, in_order, kept_payloads, sent_payloads
from tests.support.rtp_peers import (
    LESSON,
    PLAYER_SLOTS,
    Picture,
    Tone,
    party,
    running_relay,
)
from tests.support.waiting import until

pytestmark = [pytest.mark.integration, pytest.mark.alone]

MOST_KBPS = 200


class Busy(Picture):
    """A picture that an encoder spends its rate on: it moves everywhere."""

    def __init__(self) -> None:
        super().__init__(width=960, height=540)
        self._grain = np.random.default_rng(1).integers(0, 60, (540, 960, 3), np.uint8)
        self._shown = 0

    async def recv(self) -> av.VideoFrame:
        frame = await super().recv()
        self._shown += 5
        image = np.roll(self._grain, self._shown, axis=1) + frame.to_ndarray(format="rgb24") // 2
        busy = av.VideoFrame.from_ndarray(image.astype(np.uint8), format="rgb24")
        busy.pts, busy.time_base = frame.pts, frame.time_base
        return busy


def transcoders(folder: Path) -> tuple[Transcoders, list[Supervisor]]:
    clock, children = SystemClock(), []

    def supervise(name: str, command: Sequence[str], on_end: Callable[[], None]) -> Supervisor:
        children.append(Supervisor(name, command, clock, on_end=on_end))
        return children[-1]

    return Transcoders(folder, TranscodeSettings(), clock, supervise), children


async def test_a_room_gets_a_layer_that_nobody_published(tmp_path: Path) -> None:
    made, children = transcoders(tmp_path)
    async with running_relay(made) as running:
        await running.publish(party("teacher"), Slot.LEAD, Tone(), Busy())
        here = await running.watch(party("near"), slots=PLAYER_SLOTS)
        await until(lambda: here.video(Slot.LEAD).frames >= 15, 20, "a picture")
        assert len(made) == 0, "nobody needs it"
        thin = replace(party("thin"), policy=LinkPolicy(most_kbps=MOST_KBPS))
        far = await running.watch(thin, slots=PLAYER_SLOTS)
        shown = far.video(Slot.LEAD)
        await until(lambda: sum(height < 360 for height in shown.heights) >= 20, 40, "small ones")
        await until(lambda: far.audio(Slot.LEAD).frames >= 50, 20, "voice")
        assert len(children) == 1
        assert 540 not in shown.heights, "360 may have been, while it looked cheap"
        assert all(later > earlier for earlier, later in pairwise(shown.pts))
        assert here.video(Slot.LEAD).heights[:15] == [540] * 15
    assert children[0].pid is None
    assert len(made) == 0


async def test_a_child_that_is_killed_costs_the_thin_room_a_moment(tmp_path: Path) -> None:
    made, children = transcoders(tmp_path)
    async with running_relay(made) as running:
        await running.publish(party("teacher"), Slot.LEAD, Tone(), Busy())
        here = await running.watch(party("near"), slots=PLAYER_SLOTS)
        await until(lambda: here.video(Slot.LEAD).frames >= 15, 20, "a picture")
        thin = replace(party("thin"), policy=LinkPolicy(most_kbps=MOST_KBPS))
        far = await running.watch(thin, slots=PLAYER_SLOTS)
        shown = far.video(Slot.LEAD)
        await until(lambda: sum(height < 360 for height in shown.heights) >= 20, 40, "small ones")
        killed = children[0].pid
        assert killed is not None
        os.kill(killed, signal.SIGKILL)
        await until(lambda: children[0].pid not in (None, killed), 20, "another child")
        before, voice = shown.frames, far.audio(Slot.LEAD).frames
        await until(lambda: shown.frames >= before + 20, 40, "pictures again")
        assert shown.heights[-1] < 360
        assert far.audio(Slot.LEAD).frames > voice
        assert all(later > earlier for earlier, later in pairwise(shown.pts))
        assert here.video(Slot.LEAD).heights[-1] == 540
        assert len(children) == 1, "its supervisor began it again"


@pytest.mark.long
async def test_a_vp8_lesson_is_seen_by_who_has_h264_alone_and_by_an_audience(
    tmp_path: Path,
) -> None:
    made, children = transcoders(tmp_path)
    async with running_relay(made) as running:
        await running.publish(party("teacher"), Slot.LEAD, Tone(), Busy(), codec=Codec.VP8)
        near = await running.watch(party("near"), slots=PLAYER_SLOTS)
        await until(lambda: near.video(Slot.LEAD).frames >= 15, 20, "VP8 as it came")
        assert len(made) == 0, "nobody needs it"
        running.relay.set_broadcast(LESSON, is_broadcast=True)
        tracks = running.sink.opened
        await until(lambda: any(x.rid and x.codec is Codec.H264 for x in tracks), 20, "H.264")
        (first, *_) = (x for x in tracks if x.rid and x.codec is Codec.H264)
        await until(lambda: len(running.sink.packets[first.number]) >= 30, 20, "its pictures")
        assert not [x for x in tracks if x.rid and x.rid.startswith("+vp8")]
        old = await running.watch(party("old"), slots=PLAYER_SLOTS, codec=Codec.H264)
        await until(lambda: old.video(Slot.LEAD).frames >= 15, 20, "what is made for it")
        assert max(old.video(Slot.LEAD).heights) <= 360
        assert near.video(Slot.LEAD).heights[-1] == 540
        assert len(children) == 1


@pytest.mark.long
async def test_a_room_without_h264_sees_an_h264_lesson(tmp_path: Path) -> None:
    made, children = transcoders(tmp_path)
    async with running_relay(made) as running:
        await running.publish(party("teacher"), Slot.LEAD, Tone(), Busy())
        old = await running.watch(party("old"), slots=PLAYER_SLOTS, codec=Codec.VP8)
        await until(lambda: old.video(Slot.LEAD).frames >= 15, 20, "VP8")
        near = await running.watch(party("near"), slots=PLAYER_SLOTS)
        await until(lambda: near.video(Slot.LEAD).heights[-1:] == [540], 20, "H.264 as it came")
        before = old.video(Slot.LEAD).frames
        await until(lambda: old.video(Slot.LEAD).frames >= before + 30, 20, "more")
        assert all(later > earlier for earlier, later in pairwise(old.video(Slot.LEAD).pts))
        assert len(children) == 1


async def test_a_room_whose_link_hardly_takes_a_voice_has_the_smallest(tmp_path: Path) -> None:
    """A tone stays one, at a third of its rate; the others have the voice as it comes."""
    made, children = transcoders(tmp_path)
    policy = LinkPolicy(most_kbps=64, is_voice_and_slides=True)
    async with running_relay(made) as running:
        await running.publish(party("teacher"), Slot.LEAD, Tone(), Picture())
        near = await running.watch(party("near"), slots=PLAYER_SLOTS)
        await until(lambda: near.audio(Slot.LEAD).frames >= 50, 20, "voice")
        assert len(made) == 0
        thin = await running.watch(replace(party("thin"), policy=policy), slots=PLAYER_SLOTS)
        heard, kept = thin.audio(Slot.LEAD), kept_payloads(thin, "audio")
        await until(lambda: newest(kept) and is_speech_60(newest(kept)), 20, "the small voice")
        assert len(children) == 1
        before = heard.frames
        await until(lambda: heard.frames >= before + 50, 10, "three seconds")
        voice = list(kept.values())[-40:]
        assert all(is_speech_60(payload) for payload in voice)
        assert 8 * sum(map(len, voice)) / (0.06 * len(voice)) < 14_000
        assert min(heard.loudness[-20:]) > 1_000, "it is the tone"
        spans = {later - earlier for earlier, later in pairwise(heard.pts[-20:])}
        assert spans == {2_880}
        near_pts = near.audio(Slot.LEAD).pts[-20:]
        assert {later - earlier for earlier, later in pairwise(near_pts)} == {960}


def newest(kept: dict[int, bytes]) -> bytes:
    """Payload, if there is one."""
    return next(reversed(kept.values()), b"")


def is_speech_60(payload: bytes) -> bool:
    """One frame of 60 ms (RFC 6716 table 2), not three of 20 in one packet."""
    return payload[0] >> 3 in (3, 7, 11) and payload[0] & 3 == 0


HIGH = 540
COMPARED = 300
"""Packets: several seconds."""


def _draw(scene: Scene, seconds: float) -> NDArray[np.uint8]:
    """It moves everywhere."""
    grain = np.random.default_rng(1).integers(0, 60, (HIGH, 960, 3), np.uint8)
    return np.roll(grain, int(seconds * 50), axis=1)


@pytest.mark.parametrize("is_made", [False, True])
async def test_who_has_the_original_gets_its_packets_byte_by_byte(
    tmp_path: Path, is_made: bool
) -> None:
    """One after the other and none between them, whether or not others get what is made of it."""
    source = tmp_path / "source.mp4"
    scene = Scene("source", 960, HIGH, 15, 500_000, _draw, has_sound=True)
    write_clip(source, scene, duration_seconds=4)
    made, children = transcoders(tmp_path)
    async with running_relay(made if is_made else None) as running:
        tracks = open_tracks(plan_file(source), Pace())
        await running.publish(party("teacher"), Slot.LEAD, *tracks)
        near = await running.watch(party("near"), slots=PLAYER_SLOTS)
        await until(lambda: near.video(Slot.LEAD).heights[-1:] == [HIGH], 30, "the whole picture")
        thin = replace(party("thin"), policy=LinkPolicy(most_kbps=MOST_KBPS))
        far = await running.watch(thin, slots=PLAYER_SLOTS)
        small = far.video(Slot.LEAD).heights
        if is_made:
            await until(lambda: len(small) >= 20 and small[-1] < 360, 40, "small ones")
        kept = kept_payloads(near)
        await until(lambda: kept and len(in_order(kept)) >= COMPARED, 60, "packets")
        assert follow(in_order(kept)[:COMPARED], sent_payloads(source))
        assert len(children) == int(is_made)
