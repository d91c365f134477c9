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
    encoder: VideoCodecContext | None = None
    due, next_keyframe = begin, begin
    for frame in frames:
        if not isinstance(frame, VideoFrame) or frame.time is None or frame.time < due:
            continue
        seconds = frame.time
        due = seconds + 0.9 / HIGHEST_FRAME_RATE
        picture = _shrunk(frame)
        picture.pts, picture.time_base = round(seconds / _TICKS), _TICKS
        picture.pict_type = PictureType.I if seconds >= next_keyframe else PictureType.NONE
        if seconds >= next_keyframe:
            next_keyframe = seconds + KEYFRAME_SECONDS
        encoder = encoder or _video_encoder(picture.width, picture.height)
        for packet in encoder.encode(picture):
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
    resampler = AudioResampler(
        format="s16", layout="mono", rate=_SAMPLE_RATE, frame_size=_FRAME_SAMPLES
    )
    encoder = _audio_encoder()
    seconds: float | None = None
    for frame in frames:
        if not isinstance(frame, AudioFrame) or frame.time is None or frame.time < begin:
            continue
        seconds = frame.time if seconds is None else seconds
        for sound in resampler.resample(frame):
            for packet in encoder.encode(sound):
                yield Recoded(seconds, packet)
                seconds += _FRAME_SAMPLES / _SAMPLE_RATE


def _audio_encoder() -> AudioCodecContext:
    encoder = av.CodecContext.create("libopus", "w")
    encoder.sample_rate, encoder.format, encoder.layout = _SAMPLE_RATE, "s16", "mono"
    encoder.bit_rate = AUDIO_BPS
    encoder.options = {"frame_duration": "20", "application": "audio"}
    return encoder
