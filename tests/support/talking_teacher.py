"""A teacher who talks before her blackboard, as files for a browser's fake camera and microphone.

Drawn, because no recording may be shipped: she sways, her mouth follows her voice, a hand points,
the picture has a camera's noise. Her voice is formants over a pitch that falls, in syllables and
pauses; a short high mark every `MARK_SECONDS` tells when a moment of it is heard.
"""

import wave
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray

SECONDS = 20
MARK_SECONDS = 4
MARK_HERTZ = 3_400
"""Above the voice's formants, below what any Opus bandwidth cuts off."""
MARK_LENGTH_SECONDS = 0.06
SAMPLE_RATE = 48_000
FRAME_RATE = 15
WIDTH, HEIGHT = 960, 540
NOISES = 8
DRAWING = 1
"""Grows when the clip changes: no older one is taken from the cache then."""

_VOWELS = ((730, 1090), (530, 1840), (270, 2290), (570, 840), (300, 870))
_BOARD, _SKIN, _HAIR, _COAT, _MOUTH = (
    np.array(color, np.float32)
    for color in ((34, 68, 58), (222, 180, 150), (40, 32, 30), (70, 90, 150), (120, 40, 40))
)

Samples = NDArray[np.float32]


def clip(folder: Path) -> tuple[Path, Path]:
    """Picture (MJPEG) and voice (WAV), made now where they are not there yet: some seconds."""
    picture = folder / f"teacher-{DRAWING}.mjpeg"
    sound = folder / f"teacher-{DRAWING}.wav"
    if not (picture.exists() and sound.exists()):
        folder.mkdir(parents=True, exist_ok=True)
        voice = speech()
        _write_sound(sound, with_marks(voice))
        _write_pictures(picture, loudness(voice))
    return picture, sound


def flags(folder: Path) -> list[str]:
    """For Chromium, beside those for fake devices."""
    picture, sound = clip(folder)
    return [
        f"--use-file-for-fake-video-capture={picture}",
        f"--use-file-for-fake-audio-capture={sound}",
    ]


def speech() -> Samples:
    """Sentences of two to four seconds and pauses between them; the same each time."""
    random = np.random.default_rng(7)
    parts: list[Samples] = []
    length = 0
    while length < SECONDS * SAMPLE_RATE:
        for number in range(int(random.integers(9, 16))):
            parts.append(_syllable(random, 220 - 5 * number))
        parts.append(np.zeros(int(random.uniform(0.25, 0.6) * SAMPLE_RATE), np.float32))
        length = sum(map(len, parts))
    return np.concatenate(parts)[: SECONDS * SAMPLE_RATE]


def _syllable(random: np.random.Generator, pitch: float) -> Samples:
    """A hiss, then a vowel."""
    time = np.arange(int(random.uniform(0.16, 0.3) * SAMPLE_RATE)) / SAMPLE_RATE
    glide = pitch * (1 + random.uniform(-0.15, 0.15) * time / time[-1])
    phase = 2 * np.pi * np.cumsum(glide) / SAMPLE_RATE
    formants = _VOWELS[int(random.integers(len(_VOWELS)))]
    sound = np.zeros_like(time)
    for harmonic in range(1, 16):
        near = [np.exp(-(((harmonic * pitch - hertz) / 160) ** 2)) for hertz in formants]
        sound += (0.05 / harmonic + max(near)) * np.sin(harmonic * phase)
    hiss = random.normal(0, 1, len(time)) * np.exp(-time / 0.02)
    envelope = np.minimum(1, np.minimum(time, time[-1] - time) / 0.03)
    return np.asarray(0.16 * envelope * sound + 0.05 * hiss, np.float32)


def with_marks(voice: Samples) -> Samples:
    """The voice pauses for each mark."""
    out = voice.copy()
    time = np.arange(int(MARK_LENGTH_SECONDS * SAMPLE_RATE)) / SAMPLE_RATE
    edge = np.minimum(1, np.minimum(time, time[-1] - time) / 0.004)
    mark = 0.5 * edge * np.sin(2 * np.pi * MARK_HERTZ * time)
    for second in range(0, SECONDS, MARK_SECONDS):
        start = second * SAMPLE_RATE + SAMPLE_RATE // 2
        out[start - len(mark) : start + 2 * len(mark)] = 0
        out[start : start + len(mark)] = mark
    return out


def loudness(voice: Samples) -> list[float]:
    """0 to 1 for each picture."""
    size = SAMPLE_RATE // FRAME_RATE
    blocks = voice[: len(voice) // size * size].reshape(-1, size)
    levels = np.sqrt((blocks**2).mean(axis=1))
    return [float(level) for level in levels / levels.max()]


def _write_sound(path: Path, samples: Samples) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        file.writeframes((np.clip(samples, -1, 1) * 32_767).astype("<i2").tobytes())


def _write_pictures(path: Path, mouth: list[float]) -> None:
    random = np.random.default_rng(3)
    board = _blackboard(random)
    noises = [1.2 * random.standard_normal((HEIGHT, WIDTH, 1), np.float32) for _ in range(NOISES)]
    with av.open(str(path), "w", format="mjpeg") as container:
        stream = container.add_stream("mjpeg", rate=FRAME_RATE)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuvj420p"
        stream.options = {"q:v": "3"}
        for number, opening in enumerate(mouth):
            picture = draw(board, number / FRAME_RATE, opening)
            picture += noises[number % NOISES]
            pixels = np.clip(picture, 0, 255).astype(np.uint8)
            frame = VideoFrame.from_ndarray(pixels, format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, FRAME_RATE)
            container.mux(stream.encode(frame.reformat(format="yuvj420p")))
        container.mux(stream.encode(None))


def _blackboard(random: np.random.Generator) -> Samples:
    """With lines of chalk, which no encoder finds easy."""
    board = np.empty((HEIGHT, WIDTH, 3), np.float32)
    board[:] = _BOARD
    board += random.normal(0, 3, (HEIGHT, WIDTH, 1)).astype(np.float32)
    for line in range(6):
        top = 60 + 60 * line
        for left in range(60, WIDTH - 80, 26):
            height, width = random.integers(8, 26), random.integers(6, 20)
            if random.random() < 0.8:
                board[top : top + height, left : left + 3] = 225
                board[top + height // 2 : top + height // 2 + 3, left : left + width] = 225
    return board


def draw(board: Samples, seconds: float, mouth: float) -> Samples:
    """One picture, RGB as 32-bit floats."""
    picture = board.copy()
    sway = 14 * np.sin(1.1 * seconds) + 6 * np.sin(2.7 * seconds)
    nod = 6 * np.sin(1.9 * seconds) + 4 * mouth
    x, y = WIDTH / 2 + sway, 210 + nod
    reach = np.sin(0.7 * seconds)
    _ellipse(picture, x, HEIGHT - 20, 170, 200, color=_COAT)
    _ellipse(picture, x + 190 + 60 * reach, 330 - 120 * max(0.0, reach), 36, 30, color=_SKIN)
    _ellipse(picture, x, y - 26, 98, 118, color=_HAIR)
    _ellipse(picture, x, y, 82, 106, color=_SKIN)
    for side in (-32, 32):
        _ellipse(picture, x + side, y - 18, 11, 2 if seconds % 3.7 < 0.15 else 7, color=_HAIR)
    _ellipse(picture, x, y + 52, 26, 3 + 20 * mouth, color=_MOUTH)
    return picture


def _ellipse(
    picture: Samples, x: float, y: float, width: float, height: float, *, color: Samples
) -> None:
    """Filled, lit from the left."""
    top, bottom = max(0, int(y - height)), min(HEIGHT, int(y + height) + 1)
    left, right = max(0, int(x - width)), min(WIDTH, int(x + width) + 1)
    rows = (np.arange(top, bottom, dtype=np.float32)[:, None] - y) / height
    columns = (np.arange(left, right, dtype=np.float32)[None, :] - x) / width
    inside = rows**2 + columns**2 <= 1
    light = (1 - 0.25 * columns)[..., None] * color
    area = picture[top:bottom, left:right]
    area[inside] = np.broadcast_to(light, area.shape)[inside]
