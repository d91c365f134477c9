"""The demo clip: a clock, a sweeping hand, a bar that changes color and a beep on each second.

Drawn with numpy and encoded once; after that a demo lesson costs next to nothing to teach.

    scene ─► frames ─► x264 ┐
                            ├─► one MP4 file in the cache folder ─► played_file.py
    beeps ─► samples ─► opus┘
"""

import math
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from relay.client.seven_segments import draw_text, text_width

Picture = NDArray[np.uint8]
"""Height x width x 3, RGB."""

SAMPLE_RATE = 48_000
OPUS_FRAME_SAMPLES = 960
KEYFRAME_SECONDS = 1
"""An encoded clip can't answer a key frame request: this, and a second that fits into what the
relay sends a new viewer at once (40 KB), is what makes its first picture immediate."""
BEEP_SECONDS = 0.1
BEEP_HERTZ = 880
MINUTE_HERTZ = 1_320
AUDIO_BPS = 32_000

BAR_COLORS = (
    (214, 40, 40),
    (247, 127, 0),
    (252, 191, 73),
    (76, 149, 80),
    (0, 150, 199),
    (58, 80, 180),
    (142, 68, 173),
    (233, 30, 140),
)
"""The bar's color in second n is entry n modulo 8."""

DRAWING = 4
"""Grows when the pictures or their encoding change: no older clip is taken from the cache then."""

_NIGHT = (24, 32, 44)
_CHALK = (236, 240, 244)
_PAPER = (250, 250, 246)
_INK = (52, 58, 70)
_HAND = (255, 200, 60)


@dataclass(frozen=True, slots=True)
class Scene:
    """What to draw, how large and how often."""

    name: str
    width: int
    height: int
    frames_per_second: int
    bitrate_bps: int
    draw: Callable[["Scene", float], Picture]
    """(scene, seconds since the clip's beginning) to a picture."""
    has_sound: bool


def draw_clock(scene: Scene, seconds: float) -> Picture:
    """The camera's picture: a dial with a sweeping hand, digits below it.

    All of it stands in the middle, 3 wide to 4 high: that is what rooms see of a lead teacher.
    """
    height, width = scene.height, scene.width
    center, radius = (width // 2, height // 3), height * 3 // 11
    picture = _clock_face(width, height, center, radius).copy()
    _draw_hand(picture, center, radius, seconds / 60)
    clock = f"{int(seconds) // 60:02d}:{int(seconds) % 60:02d}"
    size = height // 8
    left = (width - text_width(clock, size)) // 2
    draw_text(picture, clock, (left, height * 7 // 10), size, _CHALK)
    _draw_bar(picture, seconds)
    return picture


def draw_slide(scene: Scene, seconds: float) -> Picture:
    """The screen's picture: a page with lines of writing, turned every ten seconds."""
    picture = _background(scene.width, scene.height, _PAPER).copy()
    page = int(seconds) // 10 + 1
    unit = scene.height // 12
    draw_text(picture, str(page), (scene.width - 2 * unit, unit), unit, _INK)
    for line in range(6):
        length = scene.width * (4 + (page * 5 + line * 3) % 5) // 12
        top = unit * (2 + line) + unit // 3
        picture[top : top + unit // 3, unit : unit + length] = _INK
    pointer = int(unit + (seconds % 10) / 10 * (scene.width - 3 * unit))
    picture[unit * 9 : unit * 9 + unit // 4, unit:pointer] = _HAND
    _draw_bar(picture, seconds)
    return picture


CAMERA = Scene("camera", 960, 540, 15, 220_000, draw_clock, has_sound=True)
SCREEN = Scene("screen", 960, 540, 10, 150_000, draw_slide, has_sound=False)


def beeps(duration_seconds: int) -> NDArray[np.int16]:
    """Mono samples: a soft-edged tone at the beginning of each second, higher on the minute."""
    samples = np.zeros(duration_seconds * SAMPLE_RATE, dtype=np.int16)
    count = int(BEEP_SECONDS * SAMPLE_RATE)
    time = np.arange(count) / SAMPLE_RATE
    edge = np.minimum(1.0, np.minimum(time, BEEP_SECONDS - time) / 0.005)
    for second in range(duration_seconds):
        hertz = MINUTE_HERTZ if second % 60 == 0 else BEEP_HERTZ
        tone = 9_000 * edge * np.sin(2 * math.pi * hertz * time)
        start = second * SAMPLE_RATE
        samples[start : start + count] = tone.astype(np.int16)
    return samples


def cached_clip(folder: Path, scene: Scene, *, duration_seconds: int = 60) -> Path:
    """Path of the encoded clip, made now when it is not there yet. Blocks for some seconds then.

    The file appears whole or not at all, also when two processes make it at once.
    """
    size = f"{scene.width}x{scene.height}"
    path = folder / f"clip-{DRAWING}-{scene.name}-{size}-{duration_seconds}s.mp4"
    if path.exists():
        return path
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(f".{os.getpid()}.tmp")
    try:
        write_clip(unfinished, scene, duration_seconds=duration_seconds)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    return path


def write_clip(path: Path, scene: Scene, *, duration_seconds: int) -> None:
    """Encode the scene: H.264 baseline with a key frame each second, Opus in 20 ms frames."""
    with av.open(str(path), "w", format="mp4") as container:
        video = container.add_stream("libx264", rate=scene.frames_per_second)
        video.width, video.height, video.pix_fmt = scene.width, scene.height, "yuv420p"
        video.bit_rate = scene.bitrate_bps
        video.gop_size = KEYFRAME_SECONDS * scene.frames_per_second
        video.profile = "Baseline"
        video.codec_context.thread_count = 1  # one slice, as browsers send
        video.options = {"preset": "veryfast", "tune": "zerolatency", "sc_threshold": "0"}
        audio = None
        if scene.has_sound:
            audio = container.add_stream("libopus", rate=SAMPLE_RATE, layout="mono")
            audio.bit_rate = AUDIO_BPS
            audio.options = {"frame_duration": "20", "application": "audio"}
        for frame in _video_frames(scene, duration_seconds):
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
        if audio is not None:
            for sound in _audio_frames(duration_seconds):
                container.mux(audio.encode(sound))
            container.mux(audio.encode(None))


def _video_frames(scene: Scene, duration_seconds: int) -> Iterator[VideoFrame]:
    for index in range(duration_seconds * scene.frames_per_second):
        picture = scene.draw(scene, index / scene.frames_per_second)
        frame = VideoFrame.from_ndarray(picture, format="rgb24")
        frame.pts = index
        frame.time_base = Fraction(1, scene.frames_per_second)
        yield frame


def _audio_frames(duration_seconds: int) -> Iterator[AudioFrame]:
    samples = beeps(duration_seconds)
    for start in range(0, len(samples), OPUS_FRAME_SAMPLES):
        part = samples[start : start + OPUS_FRAME_SAMPLES].reshape(1, -1)
        frame = AudioFrame.from_ndarray(part, format="s16", layout="mono")
        frame.sample_rate = SAMPLE_RATE
        frame.pts = start
        frame.time_base = Fraction(1, SAMPLE_RATE)
        yield frame


@cache
def _background(width: int, height: int, color: tuple[int, int, int]) -> Picture:
    picture = np.empty((height, width, 3), dtype=np.uint8)
    picture[:] = color
    return picture


@cache
def _clock_face(width: int, height: int, center: tuple[int, int], radius: int) -> Picture:
    """What does not move: the ring with its twelve marks."""
    picture = _background(width, height, _NIGHT).copy()
    _around(picture, center, radius)[_dial(radius).marks] = _CHALK
    return picture


def _around(picture: Picture, center: tuple[int, int], radius: int) -> Picture:
    """The square of the picture that holds the dial."""
    x, y = center
    return picture[y - radius : y + radius + 1, x - radius : x + radius + 1]


def _draw_bar(picture: Picture, seconds: float) -> None:
    """The lowest eighth: this second's color, filling up from the left."""
    height, width = picture.shape[:2]
    top = height - height // 8
    color = BAR_COLORS[int(seconds) % len(BAR_COLORS)]
    picture[top:] = np.array(color) // 3
    picture[top:, : int(width * (0.25 + 0.75 * (seconds % 1)))] = color


def _draw_hand(picture: Picture, center: tuple[int, int], radius: int, turn: float) -> None:
    """The hand after so many whole turns, clockwise from the top."""
    dial = _dial(radius)
    area = _around(picture, center, radius)
    area[_ray(dial, turn, radius * 0.03) & dial.inside] = _HAND


@dataclass(frozen=True, slots=True)
class _Dial:
    """The part of a dial that does not move, and coordinates around its middle."""

    x: NDArray[np.float32]
    y: NDArray[np.float32]
    inside: NDArray[np.bool_]
    marks: NDArray[np.bool_]


@cache
def _dial(radius: int) -> _Dial:
    axis = np.arange(-radius, radius + 1, dtype=np.float32)
    x, y = axis[np.newaxis, :], axis[:, np.newaxis]
    distance = np.hypot(x, y)
    marks = (distance < radius) & (distance > radius * 0.95)
    bare = _Dial(x, y, distance < radius * 0.8, marks)
    for hour in range(12):
        marks |= (
            _ray(bare, hour / 12, radius * 0.015) & (distance > radius * 0.85) & (distance < radius)
        )
    return bare


def _ray(dial: _Dial, turn: float, half_width: float) -> NDArray[np.bool_]:
    """Points near the ray from the middle in the direction of `turn`."""
    east = np.float32(math.sin(2 * math.pi * turn))
    south = np.float32(-math.cos(2 * math.pi * turn))
    along = dial.x * east + dial.y * south
    across = dial.x * south - dial.y * east
    return (along > 0) & (np.abs(across) < half_width)
