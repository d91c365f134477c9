"""What lower renditions cost and how they look: CPU beside bare FFmpeg, time to start, PSNR and
SSIM beside what the encoder of a browser makes of the same pictures.

CPU is of the child process, with all that is not decoding, scaling and encoding: packets, sockets,
Python. References do the same work with the same settings at the same pace (without a pace any
program needs less, as its caches stay warm): a loop of PyAV's that decodes, scales and encodes and
throws the result away, and the program `ffmpeg` (another build of FFmpeg and x264) with its start
taken off. Parts: cpu, start, quality.
"""

import asyncio
import dataclasses
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import av
import imageio_ffmpeg
import numpy as np
from numpy.typing import NDArray

from relay.client.clip import Scene, draw_clock, write_clip
from relay.transcode.io.encoder import BUFFER_SECONDS, RenditionEncoder
from relay.transcode.plan.renditions import Profile, Rendition
from relay.transcode.plan.turns import TICKS_PER_SECOND, RenditionTurns, Turn
from relay.transcode.ports import TranscoderState
from relay.transcode.settings import TranscodeSettings
from streamsvc.base.media import Codec
from tests.bench.browser_encoder import CODECS, encoded, shown
from tests.bench.figures import arguments, tell
from tests.bench.picture_quality import likeness
from tests.support.browser import CHROMIUM
from tests.support.rtp_media import Encoded, Packetizer
from tests.support.transcoding import transcoding
from tests.support.waiting import until

LADDER = TranscodeSettings().ladder()
SPEED = 2.0
"""Pictures are fed so much faster than they were taken; each still comes alone."""
GRAIN = 6
"""A camera's noise, in steps of a color."""
STARTS = 3
PSNR_RATES = (60_000, 80_000, 120_000)

Figures = dict[str, float | int | str]


def grainy_clock(scene: Scene, seconds: float) -> NDArray[np.uint8]:
    """The demo's camera, as a camera sees it: it pans a little, and has noise."""
    picture = np.roll(draw_clock(scene, seconds), int(seconds * 20), axis=1).astype(np.int16)
    noise = np.random.default_rng(int(seconds * 1000))
    picture += noise.integers(-GRAIN, GRAIN + 1, size=picture.shape, dtype=np.int16)
    return np.clip(picture, 0, 255).astype(np.uint8)


def drawn_clip(folder: Path, seconds: int) -> Path:
    """1280x720, 25 pictures a second, 2 Mbit/s: what a recorder host sends."""
    path = folder / "source.mp4"
    scene = Scene("bench", 1280, 720, 25, 2_000_000, grainy_clock, has_sound=False)
    write_clip(path, scene, duration_seconds=seconds)
    return path


def encoded_pictures(clip: Path) -> list[Encoded]:
    """The clip's H.264 as it is, in Annex B."""
    pictures = []
    with av.open(str(clip)) as container:
        stream = container.streams.video[0]
        if stream.codec_context.name != "h264":
            raise SystemExit(f"{clip} is {stream.codec_context.name}, not h264")
        annex_b = av.bitstream.BitStreamFilterContext("h264_mp4toannexb", stream)
        for packet in container.demux(stream):
            for done in annex_b.filter(packet) if packet.size else []:
                assert done.pts is not None and done.time_base is not None
                at_ms = float(done.pts * done.time_base) * 1000
                pictures.append(Encoded(at_ms, bytes(done), done.is_keyframe))
    return pictures


# ---- CPU


def child_cpu_seconds(pid: int) -> float:
    """Of all its threads so far, to the nanosecond."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9


async def our_cpu_seconds(pictures: Sequence[Encoded], rids: Sequence[str]) -> tuple[float, int]:
    """CPU seconds of the child for all of the pictures, and how many it skipped."""
    with tempfile.TemporaryDirectory() as folder:
        async with transcoding(Path(folder), rids=rids, niceness=0) as bench:
            await bench.until_it_is_there()
            assert bench.child.pid is not None
            before = child_cpu_seconds(bench.child.pid)
            await bench.play(Packetizer(Codec.H264, 7), pictures, SPEED)
            await asyncio.sleep(0.7)  # the last beat
            spent = child_cpu_seconds(bench.child.pid) - before
            assert bench.transcoder.beat is not None
            return spent, bench.transcoder.beat.skipped


PYAV = """
import sys, time
import av
from relay.transcode.io.encoder import RenditionEncoder
from relay.transcode.plan.turns import RenditionTurns, Turn
from relay.transcode.settings import TranscodeSettings
rids = sys.argv[2].split(",")
made = [(RenditionTurns(one, 8), RenditionEncoder(one))
        for one in TranscodeSettings().ladder() if one.rid in rids]
with av.open(sys.argv[1]) as container:
    stream = container.streams.video[0]
    stream.thread_count = 1
    began, began_at = time.process_time(), time.monotonic()
    for frame in container.decode(stream):
        time.sleep(max(0.0, began_at + frame.time / float(sys.argv[3]) - time.monotonic()))
        ticks, smaller = round(frame.time * 90_000), frame
        for turns, encoder in made:
            turn = turns.turn(ticks)
            if turn is not Turn.SKIP:
                smaller = encoder.scaled(smaller)
                encoder.encode(smaller, ticks, rate=turns.rate, is_keyframe=turn is Turn.KEYFRAME)
    print(time.process_time() - began)
"""


def pyav_cpu_seconds(clip: Path, rids: Sequence[str]) -> float:
    """Of the bare loop."""
    run = subprocess.run(
        [sys.executable, "-c", PYAV, str(clip), ",".join(rids), str(SPEED)],
        capture_output=True,
        check=True,
        text=True,
    )
    return float(run.stdout)


def ffmpeg_cpu_seconds(clip: Path, rendition: Rendition, rate: float) -> float:
    """Of the program with the same settings, at the rate that our choice of pictures makes."""
    outputs = [
        *("-vf", f"fps={rate},scale=-2:{rendition.lines}:flags=bilinear"),
        *("-c:v", "libx264", "-preset", rendition.preset, "-tune", "zerolatency"),
        *("-profile:v", rendition.profile.value, "-level", "3.1", "-threads", "1"),
        *("-b:v", str(rendition.bps), "-maxrate", str(rendition.bps)),
        *("-bufsize", str(round(rendition.bps * BUFFER_SECONDS))),
        *("-g", "100000", "-sc_threshold", "0", "-bf", "0", "-an", "-f", "null", "-"),
    ]
    return _program_cpu(clip, outputs) - _program_cpu(clip, ["-frames:v", "1", *outputs])


def _program_cpu(clip: Path, outputs: Sequence[str]) -> float:
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-loglevel", "error", "-filter_threads", "1"]
    command += ["-readrate", str(SPEED), "-threads", "1", "-i", str(clip), *outputs]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, command
    return usage.ru_utime + usage.ru_stime


def cpu(clip: Path) -> Figures:
    """Of each rendition alone and of all together, in percent of a core and as ratios."""
    pictures = encoded_pictures(clip)
    seconds = (pictures[-1].at_ms - pictures[0].at_ms) / 1000
    rate = (len(pictures) - 1) / seconds
    figures: Figures = {"source_seconds": round(seconds, 1), "source_pictures_per_second": rate}
    for rids in (*([one.rid] for one in LADDER), [one.rid for one in LADDER]):
        name = rids[0].removeprefix("+") if len(rids) == 1 else "all"
        ours, skipped = asyncio.run(our_cpu_seconds(pictures, rids))
        bare = pyav_cpu_seconds(clip, rids)
        figures[f"{name}_core_percent"] = 100 * ours / seconds
        figures[f"{name}_ratio_to_pyav"] = ours / bare
        if skipped:
            figures[f"{name}_skipped"] = skipped
        if len(rids) == 1:
            rendition = next(one for one in LADDER if one.rid == rids[0])
            every = -(-rate * 0.8 // rendition.pictures_per_second)
            program = ffmpeg_cpu_seconds(clip, rendition, rate / every)
            figures[f"{name}_ratio_to_ffmpeg"] = ours / program
    return figures


# ---- start


async def start_seconds(keyframe: Encoded) -> tuple[float, float]:
    """Until the child is connected, and until the first picture came back."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        async with transcoding(Path(folder), niceness=0) as bench:
            packetizer = Packetizer(Codec.H264, 7)
            bench.returned.on_keyframe_wanted = lambda: bench.send(packetizer, keyframe)
            await until(lambda: bench.transcoder.state is not TranscoderState.STARTING, 30)
            there = time.monotonic() - began
            await until(lambda: "+360" in bench.returned.packets, 30)
            return there, time.monotonic() - began


def start(clip: Path) -> Figures:
    """The worst of some."""
    keyframe = next(one for one in encoded_pictures(clip) if one.is_keyframe)
    taken = [asyncio.run(start_seconds(keyframe)) for _ in range(STARTS)]
    return {
        "start_child_s": max(there for there, _ in taken),
        "start_first_picture_s": max(first for _, first in taken),
    }


# ---- quality


def decoded(clip: Path) -> Iterator[av.VideoFrame]:
    """Its pictures."""
    with av.open(str(clip)) as container:
        yield from container.decode(container.streams.video[0])


class Made(NamedTuple):
    """What became of a clip."""

    pairs: list[tuple[av.VideoFrame, av.VideoFrame]]
    """Each picture as it was, scaled, and as it is shown."""
    bps: float
    rate: float


def ours(clip: Path, rendition: Rendition) -> Made:
    """By the encoder and the choice of pictures that rooms get."""
    encoder = RenditionEncoder(rendition)
    decoder = av.CodecContext.create("h264", "r")
    decoder.thread_count = 1
    turns = RenditionTurns(rendition, keyframe_seconds=100)
    pairs, size, times = [], 0, []
    for frame in decoded(clip):
        assert frame.time is not None
        ticks = round(frame.time * TICKS_PER_SECOND)
        turn = turns.turn(ticks)
        if turn is Turn.SKIP:
            continue
        small = encoder.scaled(frame)
        data = encoder.encode(small, ticks, rate=turns.rate, is_keyframe=turn is Turn.KEYFRAME)
        size += len(data)
        times.append(frame.time)
        (shown_now,) = decoder.decode(av.Packet(data))
        pairs.append((small, shown_now))
    seconds = times[-1] - times[0]
    return Made(pairs, size * 8 / seconds, (len(times) - 1) / seconds)


def browsers(like: Made, codec: str, bps: int) -> Made:
    """The same pictures by the encoder of Chromium."""
    pictures = [before for before, _ in like.pairs]
    made = asyncio.run(encoded(pictures, codec, bps, like.rate))
    size = sum(len(data) for data in made if data is not None)
    pairs = list(zip(pictures, shown(made, codec), strict=True))
    return Made(pairs, size * 8 * like.rate / len(pictures), like.rate)


def quality(clip: Path) -> Figures:
    """Of 180 lines: for both profiles, and what a browser makes of the same pictures."""
    figures: Figures = {}
    small = LADDER[1]
    for bps in PSNR_RATES:
        every = {
            profile.value: ours(clip, dataclasses.replace(small, bps=bps, profile=profile))
            for profile in Profile
        }
        if Path(CHROMIUM).exists():
            like = every[Profile.BASELINE.value]
            every |= {f"browser_{codec}": browsers(like, codec, bps) for codec in CODECS}
        for name, made in every.items():
            found, of = likeness(made.pairs), f"{name}_{bps // 1000}k"
            figures[f"psnr_{of}_db"] = round(found.psnr_db, 2)
            figures[f"ssim_{of}"] = round(found.ssim, 4)
            figures[f"rate_{of}_bps"] = round(made.bps)
    return figures


PARTS: dict[str, Callable[[Path], Figures]] = {"cpu": cpu, "start": start, "quality": quality}


def main() -> None:
    """Print the figures."""
    options = arguments(__doc__ or "", positional=True, has_clip=True)
    figures: Figures = {}
    with tempfile.TemporaryDirectory(prefix="transcode") as folder:
        clip = options.clip or drawn_clip(Path(folder), 4 if options.quick else 20)
        for part in options.what or PARTS:
            figures |= PARTS[part](clip)
    tell(figures, options.json)


if __name__ == "__main__":
    main()
