"""When a live source's packets go out, and which are dropped."""

import asyncio

import av
import pytest
from aiortc.mediastreams import MediaStreamError

from relay.ingest.live_track import (
    CREEP,
    KEPT_SOUND_SECONDS,
    MOST_WAITING,
    LiveItem,
    LivePace,
    LiveTrack,
)
from streamsvc.base.media import MediaKind


def item(seconds: float, *, is_keyframe: bool = False) -> LiveItem:
    return LiveItem(seconds, av.Packet(b"x"), is_keyframe)


def test_what_comes_in_step_is_not_held_back() -> None:
    pace = LivePace()
    waits = [pace.delay(10 + n * 0.04, 500 + n * 0.04) for n in range(100)]
    assert max(waits) == 0


def test_a_burst_goes_out_in_step() -> None:
    pace = LivePace()
    pace.delay(0.0, 100.0)
    assert [round(pace.delay(n * 0.04, 100.0), 3) for n in (1, 2, 3)] == [0.04, 0.08, 0.12]


def test_what_is_late_puts_all_off_and_the_delay_creeps_back() -> None:
    pace = LivePace()
    pace.delay(0.0, 100.0)
    assert pace.delay(0.1, 100.4) == 0
    assert pace.delay(0.2, 100.4) == pytest.approx(0.1)
    after = pace.delay(10.2, 110.4)
    assert after == pytest.approx(0.1 - CREEP * 10, abs=1e-6)


def test_another_clock_is_not_waited_for() -> None:
    pace = LivePace()
    pace.delay(0.0, 100.0)
    assert pace.delay(50.0, 100.1) == 0
    assert pace.delay(50.1, 100.1) == pytest.approx(0.1)


async def test_a_picture_begins_with_a_key_frame() -> None:
    track = LiveTrack(MediaKind.VIDEO, LivePace())
    track.offer(item(0.0))
    assert not track.is_begun
    for one in (item(0.04, is_keyframe=True), item(0.08)):
        track.offer(one)
    first, second = await track.recv(), await track.recv()
    assert (first.pts, second.pts) == (3600, 7200)
    assert track.dropped == 1


async def test_times_on_the_wire_never_go_back() -> None:
    track = LiveTrack(MediaKind.AUDIO, LivePace())
    for seconds in (1.0, 0.9, 1.02):
        track.offer(item(seconds))
    times = [(await track.recv()).pts for _ in range(3)]
    assert times == [48_000, 48_001, 48_960]


async def test_too_many_pictures_are_dropped_up_to_the_next_key_frame() -> None:
    track = LiveTrack(MediaKind.VIDEO, LivePace())
    track.offer(item(0.0, is_keyframe=True))
    for number in range(1, MOST_WAITING + 1):
        track.offer(item(number * 0.04))
    assert track.dropped == MOST_WAITING + 1
    track.offer(item(20.0, is_keyframe=True))
    assert (await track.recv()).pts == 20 * 90_000


async def test_too_much_sound_loses_the_oldest() -> None:
    track = LiveTrack(MediaKind.AUDIO, LivePace())
    track.offer(item(0.0))
    assert (await track.recv()).pts == 0
    for number in range(1, MOST_WAITING + 3):
        track.offer(item(number * 0.02))
    assert track.dropped == 2
    assert (await track.recv()).pts == 3 * 960


async def test_what_waited_before_we_were_on_air_is_not_played_late() -> None:
    pace = LivePace()
    picture, sound = LiveTrack(MediaKind.VIDEO, pace), LiveTrack(MediaKind.AUDIO, pace)
    for number in range(100):
        picture.offer(item(number * 0.04, is_keyframe=number % 50 == 0))
        sound.offer(item(number * 0.04))
    began = asyncio.get_running_loop().time()
    pictures = [await picture.recv() for _ in range(50)]
    sounds = [await sound.recv() for _ in range(6)]
    assert asyncio.get_running_loop().time() - began < 1.0
    assert pictures[0].pts == 50 * 3600  # the newest key frame
    assert sounds[0].pts == pytest.approx((3.96 - KEPT_SOUND_SECONDS) * 48_000, abs=1_921)
    assert sounds[-1].pts == 99 * 1920


async def test_who_waits_is_told_of_the_end() -> None:
    track = LiveTrack(MediaKind.VIDEO, LivePace())
    waiting = asyncio.ensure_future(track.recv())
    await asyncio.sleep(0)
    track.stop()
    with pytest.raises(MediaStreamError):
        async with asyncio.timeout(5):
            await waiting
