"""The transcoder with its real child process: real pictures in, real pictures out."""

import asyncio
import os
import random
import signal
import time
from pathlib import Path

import av
import numpy as np
import pytest

from relay.transcode.plan.renditions import Profile
from relay.transcode.ports import TranscoderState
from streamsvc.base.media import Codec
from tests.support.rtp_media import Encoded, Packetizer, picture_clip
from tests.support.transcoding import decoded, is_alive, transcoding
from tests.support.waiting import until

pytestmark = pytest.mark.integration

SSRC = 77


def camera(
    codec: Codec = Codec.H264, seconds: float = 4.0, *, keyframe_seconds: float = 0.4
) -> tuple[Encoded, ...]:
    """640x360, 15 pictures a second. Key frames are many, as a busy machine may skip pictures."""
    return picture_clip(codec, seconds, 15, 640, 360, keyframe_seconds=keyframe_seconds)


@pytest.mark.parametrize("codec", [Codec.H264, Codec.VP8])
async def test_lower_renditions_come_back_with_the_times_of_the_source(
    tmp_path: Path, codec: Codec
) -> None:
    clip = camera(codec)
    async with transcoding(tmp_path, codec) as bench:
        await bench.until_it_is_there()
        packetizer = Packetizer(codec, SSRC)
        await bench.play(packetizer, clip)
        await until(lambda: len(bench.returned.frames("+360")) >= 10)
    returned = bench.returned
    assert sorted(returned.sizes) == [
        ("+180", 320, 180),
        ("+360", 640, 360),
        ("+lifeline", 256, 144),
    ]
    assert returned.states[:2] == [TranscoderState.WAITING, TranscoderState.RUNNING]
    assert returned.states[-1] is TranscoderState.CLOSED
    source_times = [packetizer.ts(encoded.at_ms) for encoded in clip]
    for rid, width in (("+360", 640), ("+180", 320), ("+lifeline", 256)):
        frames = returned.frames(rid)
        assert frames[0].is_keyframe
        times = [frame.ts for frame in frames]
        assert times == [ts for ts in source_times if ts in set(times)], "order of the source"
        pictures = decoded(frames)
        assert len(pictures) == len(frames)
        assert {picture.width for picture in pictures} == {width}
    assert len(returned.frames("+lifeline")) <= 4 * 10 + 1


async def test_pictures_are_those_of_the_source(tmp_path: Path) -> None:
    clip = camera()
    async with transcoding(tmp_path, rids=("+180",)) as bench:
        await bench.until_it_is_there()
        packetizer = Packetizer(Codec.H264, SSRC)
        await bench.play(packetizer, clip)
        await asyncio.sleep(0.3)
    by_time = {
        packetizer.ts(encoded.at_ms): picture
        for encoded, picture in zip(clip, _source_pictures(clip), strict=True)
    }
    frames = bench.returned.frames("+180")
    for frame, picture in zip(frames, decoded(frames), strict=True):
        wanted = by_time[frame.ts].reformat(width=320, height=180, format="gray").to_ndarray()
        got = picture.reformat(format="gray").to_ndarray()
        difference = np.abs(wanted.astype(int) - got.astype(int)).mean()
        assert difference < 8, f"at {frame.ts}: another picture differs by 30 and more"


def _source_pictures(clip: tuple[Encoded, ...]) -> list[av.VideoFrame]:
    decoder = av.CodecContext.create("h264", "r")
    decoder.thread_count = 1
    return [one for encoded in clip for one in decoder.decode(av.Packet(encoded.data))]


async def test_a_key_frame_comes_with_the_next_picture(tmp_path: Path) -> None:
    clip = camera()
    async with transcoding(tmp_path) as bench:
        await bench.until_it_is_there()
        packetizer = Packetizer(Codec.H264, SSRC)
        await bench.play(packetizer, clip[:20])
        await until(lambda: len(bench.returned.frames("+lifeline")) > 2)
        await asyncio.sleep(0.3)
        assert bench.returned.keyframes("+lifeline") == 1
        bench.transcoder.request_keyframe("+lifeline")
        bench.transcoder.request_keyframe("nobody knows it")
        bench.send(packetizer, clip[20])
        await until(lambda: bench.returned.keyframes("+lifeline") == 2)
        last = bench.returned.frames("+lifeline")[-1]
        assert last.is_keyframe and last.ts == packetizer.ts(clip[20].at_ms)
        assert bench.returned.keyframes("+180") == 1


async def test_a_rendition_begins_and_ends_when_it_is_wanted(tmp_path: Path) -> None:
    clip = camera(keyframe_seconds=2)
    async with transcoding(tmp_path, rids=("+180",)) as bench:
        ladder = {one.rid: one for one in bench.settings.ladder()}
        await bench.until_it_is_there()
        packetizer = Packetizer(Codec.H264, SSRC)
        await bench.play(packetizer, clip[:12])
        await until(lambda: bench.returned.frames("+180"))
        bench.transcoder.make([ladder["+lifeline"]])
        await asyncio.sleep(0.2)
        before = len(bench.returned.packets["+180"])
        await bench.play(packetizer, clip[12:24])  # no key frame of the source among them
        await until(lambda: len(bench.returned.frames("+lifeline")) >= 3)
        assert len(bench.returned.packets["+180"]) == before
        bench.transcoder.make([ladder["+180"]])
        await asyncio.sleep(0.2)
        await bench.play(packetizer, clip[24:30])
        await until(lambda: bench.returned.keyframes("+180") == 2)
        seqs = [packet.seq for packet in bench.returned.packets["+180"]]
        assert all((b - a) & 0xFFFF == 1 for a, b in zip(seqs, seqs[1:], strict=False))


async def test_a_killed_child_goes_on_with_the_next_key_frame(tmp_path: Path) -> None:
    clip = camera(seconds=8.0)
    async with transcoding(tmp_path) as bench:
        await bench.until_it_is_there()
        packetizer = Packetizer(Codec.H264, SSRC)
        playing = asyncio.create_task(bench.play(packetizer, clip))
        await until(lambda: len(bench.returned.frames("+180")) > 5)
        killed_at = len(bench.returned.packets["+180"])
        asked = bench.returned.keyframes_wanted
        assert bench.child.pid is not None
        os.kill(bench.child.pid, signal.SIGKILL)
        await until(lambda: bench.transcoder.state is TranscoderState.RESTARTING)
        await until(lambda: bench.returned.keyframes_wanted > asked)
        await until(lambda: bench.transcoder.state is TranscoderState.RUNNING)
        await playing
        packets = bench.returned.packets["+180"]
    assert len(packets) > killed_at
    seqs = [packet.seq for packet in packets]
    assert all((b - a) & 0xFFFF == 1 for a, b in zip(seqs, seqs[1:], strict=False))
    assert len({packet.ssrc for packet in packets}) == 1
    resumed = next(frame for frame in bench.returned.frames("+180")[6:] if frame.is_keyframe)
    of_source = [encoded for encoded in clip if packetizer.ts(encoded.at_ms) == resumed.ts]
    assert of_source[0].is_keyframe
    assert TranscoderState.RESTARTING in bench.returned.states


async def test_a_child_that_hangs_is_replaced(tmp_path: Path) -> None:
    async with transcoding(tmp_path) as bench:
        await until(lambda: bench.transcoder.beat is not None)
        first = bench.child.pid
        assert first is not None
        os.kill(first, signal.SIGSTOP)
        await until(lambda: bench.child.pid not in (None, first), 10, "another child")
        await bench.until_it_is_there()
        assert not is_alive(first)


async def test_what_a_stopped_child_can_not_take_is_dropped_and_it_catches_up(
    tmp_path: Path,
) -> None:
    clip = camera(seconds=8.0)
    async with transcoding(tmp_path) as bench:
        await bench.until_it_is_there()
        packetizer = Packetizer(Codec.H264, SSRC)
        await bench.play(packetizer, clip[:15])
        await until(lambda: bench.transcoder.state is TranscoderState.RUNNING)
        assert bench.child.pid is not None
        os.kill(bench.child.pid, signal.SIGSTOP)
        await bench.play(packetizer, clip[15:40])
        os.kill(bench.child.pid, signal.SIGCONT)
        stopped = {packetizer.ts(encoded.at_ms) for encoded in clip[15:30]}
        after = {packetizer.ts(encoded.at_ms) for encoded in clip[60:80]}
        await bench.play(packetizer, clip[40:80])
        await until(lambda: after & {frame.ts for frame in bench.returned.frames("+180")})
        assert not stopped & {frame.ts for frame in bench.returned.frames("+180")}
        assert bench.transcoder.beat is not None and bench.transcoder.beat.skipped > 0
        decoded(bench.returned.frames("+lifeline"))


async def test_garbage_costs_at_most_the_child(tmp_path: Path) -> None:
    clip = camera()
    chance = random.Random(4)
    async with transcoding(tmp_path) as bench:
        await bench.until_it_is_there()
        packetizer = Packetizer(Codec.H264, SSRC)
        for number in range(300):
            encoded = clip[number % len(clip)]
            data = bytearray(encoded.data)
            for _ in range(20):
                data[chance.randrange(40, len(data))] = chance.randrange(256)
            bench.send(packetizer, Encoded(number * 33.0, bytes(data), encoded.is_keyframe))
            bench.transcoder.packet(chance.randbytes(chance.randrange(80)))
        bench.transcoder.packet(b"")
        await asyncio.sleep(0.5)
        before = len(bench.returned.packets.get("+180", []))
        later = [Encoded(e.at_ms + 20_000, e.data, e.is_keyframe) for e in clip]
        await bench.play(packetizer, later)
        await until(lambda: len(bench.returned.packets.get("+180", [])) > before + 10)
        assert bench.transcoder.state is TranscoderState.RUNNING


async def test_a_picture_that_is_too_large_is_not_decoded(tmp_path: Path) -> None:
    async with transcoding(tmp_path, largest_pixels=320 * 180) as bench:
        await bench.until_it_is_there()
        await bench.play(Packetizer(Codec.H264, SSRC), camera()[:10])
        await until(lambda: bench.returned.keyframes_wanted > 0)
        assert bench.returned.packets == {}
        assert bench.child.starts == 1
        small = picture_clip(Codec.H264, 1.0, 15, 320, 180)
        await bench.play(Packetizer(Codec.H264, SSRC + 1), small)
        await until(lambda: bench.returned.frames("+lifeline"))


async def test_it_is_there_soon_and_ends_when_told(tmp_path: Path) -> None:
    clip = camera()
    began = time.monotonic()
    async with transcoding(tmp_path, lifeline_profile=Profile.HIGH) as bench:
        packetizer = Packetizer(Codec.H264, SSRC)
        bench.returned.on_keyframe_wanted = lambda: bench.send(packetizer, clip[0])
        await until(lambda: bench.returned.frames("+lifeline"), 10)
        started = time.monotonic() - began
        pid = bench.child.pid
        assert pid is not None
        sps = bench.returned.frames("+lifeline")[0].data[4:8]
        assert sps[1] == 100, "High profile"
        assert bench.returned.frames("+180")[0].data[4:8][1] == 66, "constrained baseline"
        await bench.transcoder.close()
        bench.transcoder.packet(b"late")
        bench.transcoder.request_keyframe("+180")
    assert started < 10
    assert not is_alive(pid)
    assert not list(tmp_path.iterdir())
