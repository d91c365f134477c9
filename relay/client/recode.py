"""Decodes what a browser would not take and encodes it again, cheaply; blocks, so runs in a thread.

aiortc's own encoders are not used: they never go below 500 kbit/s, and send a key frame only when
somebody asks.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import av
from av.audio.codeccontext import AudioCodecContext
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.container import InputContainer
from av.stream import Stream
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType, VideoFrame

from relay.client.file_plan import EncodedPacket

LARGEST_WIDTH = 960
LARGEST_HEIGHT = 540
HIGHEST_FRAME_RATE = 25
VIDEO_BPS = 600_000
AUDIO_BPS = 32_000
KEYFRAME_SECONDS = 2.0
LARGEST_SLIP_SECONDS = 0.1
"""Smaller differences between a sound's times and its length are the source's rounding."""

_SAMPLE_RATE = 48_000
_FRAME_SAMPLES = 960
_TICKS = Fraction(1, 90_000)


@dataclass(frozen=True, slots=True)
class Recoded:
    """One packet, due at this second of the file."""

    seconds: float
    packet: EncodedPacket


def recoded(container: InputContainer, source: Stream, begin: float) -> Iterator[Recoded]:
    """The stream as H.264 or Opus packets, from `begin` seconds on."""
    frames = container.decode(source)
    return _pictures(frames, begin) if source.type == "video" else _sounds(frames, begin)


def _pictures(frames: Iterator[object], begin: float) -> Iterator[Recoded]:
    encoder = PictureEncoder(begin)
    for frame in frames:
        if isinstance(frame, VideoFrame) and frame.time is not None:
            yield from encoder.encode(frame, frame.time)


class PictureEncoder:
    """Pictures as H.264: small, at most so many a second, a key frame every two seconds."""

    def __init__(self, begin: float = 0.0) -> None:
        self._due = self._next_keyframe = begin
        self._encoder: VideoCodecContext | None = None

    def encode(self, frame: VideoFrame, seconds: float) -> Iterator[Recoded]:
        """One picture, in the order of showing; one that comes too soon makes nothing."""
        if seconds < self._due:
            return
        self._due = seconds + 0.9 / HIGHEST_FRAME_RATE
        picture = _shrunk(frame)
        picture.pts, picture.time_base = round(seconds / _TICKS), _TICKS
        is_keyframe = seconds >= self._next_keyframe
        picture.pict_type = PictureType.I if is_keyframe else PictureType.NONE
        if is_keyframe:
            self._next_keyframe = seconds + KEYFRAME_SECONDS
        if (
            self._encoder is None
            or self._encoder.width != picture.width
            or (self._encoder.height != picture.height)
        ):
            self._encoder = _video_encoder(picture.width, picture.height)
        for packet in self._encoder.encode(picture):
            yield Recoded(seconds, packet)


def _shrunk(frame: VideoFrame) -> VideoFrame:
    scale = min(1.0, LARGEST_WIDTH / frame.width, LARGEST_HEIGHT / frame.height)
    width, height = (max(2, int(side * scale) // 2 * 2) for side in (frame.width, frame.height))
    return frame.reformat(width=width, height=height, format="yuv420p")


def _video_encoder(width: int, height: int) -> VideoCodecContext:
    encoder = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuv420p"
    encoder.time_base, encoder.framerate = _TICKS, Fraction(HIGHEST_FRAME_RATE)
    encoder.bit_rate = VIDEO_BPS
    encoder.profile = "Baseline"
    encoder.options = {"preset": "veryfast", "tune": "zerolatency", "forced-idr": "1"}
    return encoder


def _sounds(frames: Iterator[object], begin: float) -> Iterator[Recoded]:
    encoder = SoundEncoder()
    for frame in frames:
        if isinstance(frame, AudioFrame) and frame.time is not None and frame.time >= begin:
            yield from encoder.encode(frame, frame.time)


class SoundEncoder:
    """Sound as Opus packets of 20 ms."""

    def __init__(self) -> None:
        self._resampler = AudioResampler(
            format="s16", layout="mono", rate=_SAMPLE_RATE, frame_size=_FRAME_SAMPLES
        )
        self._encoder = _audio_encoder()
        self._seconds: float | None = None
        """When the next packet begins."""
        self._held_seconds = 0.0
        """Of sound that was taken in and not given out yet."""

    def encode(self, frame: AudioFrame, seconds: float) -> Iterator[Recoded]:
        """Sound that begins at `seconds`. Gaps longer than `LARGEST_SLIP_SECONDS` stay gaps."""
        begin = seconds - self._held_seconds
        if self._seconds is None or abs(begin - self._seconds) > LARGEST_SLIP_SECONDS:
            self._seconds = begin
        self._held_seconds += frame.samples / frame.sample_rate
        for sound in self._resampler.resample(frame):
            for packet in self._encoder.encode(sound):
                yield Recoded(self._seconds, packet)
                self._seconds += _FRAME_SAMPLES / _SAMPLE_RATE
                self._held_seconds -= _FRAME_SAMPLES / _SAMPLE_RATE


def _audio_encoder() -> AudioCodecContext:
    encoder = av.CodecContext.create("libopus", "w")
    encoder.sample_rate, encoder.format, encoder.layout = _SAMPLE_RATE, "s16", "mono"
    encoder.bit_rate = AUDIO_BPS
    encoder.options = {"frame_duration": "20", "application": "audio"}
    return encoder
