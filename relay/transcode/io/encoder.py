"""One rendition's encoder."""

from fractions import Fraction
from typing import Literal

import av
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType, VideoFrame
from av.video.reformatter import VideoReformatter

from relay.transcode.io.decoder import TICK
from relay.transcode.plan.renditions import Rendition, picture_size
from streamsvc.base.media import Codec

_ENCODERS: dict[Codec, Literal["libx264", "libvpx"]] = {
    Codec.H264: "libx264",
    Codec.VP8: "libvpx",
}
LINES_OF_LEVEL_3_1 = 720
BUFFER_SECONDS = 0.75
"""Of its rate: no picture, not even a key frame, holds up a link of that rate for longer."""


class RenditionEncoder:
    """Pictures in any size in, one encoded picture for each out (H.264: in Annex B)."""

    def __init__(self, rendition: Rendition) -> None:
        self._rendition = rendition
        self._context: VideoCodecContext | None = None
        self._reformatter = (
            VideoReformatter()
        )  # one for all pictures: setting it up is half the work
        self._form: tuple[int, int, float] | None = None
        self._last_ticks = -1

    def scaled(self, picture: VideoFrame) -> VideoFrame:
        """The picture as small as the rendition."""
        width, height = picture_size(picture.width, picture.height, self._rendition.lines)
        return self._reformatter.reformat(picture, width, height, "yuv420p")

    def encode(self, picture: VideoFrame, ticks: int, *, rate: float, is_keyframe: bool) -> bytes:
        """A picture as `scaled` makes it, one of `rate` a second; b"" for one that is not after the
        last. Another size or rate begins a new stream, with a key frame."""
        if ticks <= self._last_ticks:
            return b""
        self._last_ticks = ticks
        form = (picture.width, picture.height, rate)
        if self._context is None or self._form != form:
            self._form = form
            self._context = opened_encoder(self._rendition, (picture.width, picture.height), rate)
        picture.pts, picture.time_base = ticks, TICK
        picture.pict_type = PictureType.I if is_keyframe else PictureType.NONE
        return b"".join(bytes(packet) for packet in self._context.encode(picture))


def opened_encoder(rendition: Rendition, size: tuple[int, int], rate: float) -> VideoCodecContext:
    """An encoder as WebRTC needs it: each picture comes out before the next goes in, key frames
    only when asked for, and its bits a second hold over `BUFFER_SECONDS`. It takes all distances
    between pictures for the same (or it would have to wait for the next one), so `rate` has to be
    right."""
    context = av.CodecContext.create(_ENCODERS[rendition.codec], "w")
    context.width, context.height = size
    context.pix_fmt = "yuv420p"
    context.time_base, context.framerate = TICK, Fraction(rate).limit_denominator(1_000)
    context.thread_count = 1
    context.bit_rate = rendition.bps
    context.options = {
        "maxrate": str(rendition.bps),
        "bufsize": str(round(rendition.bps * BUFFER_SECONDS)),
        "g": "100000",
        **(_vp8_options(rendition) if rendition.codec is Codec.VP8 else _x264_options(rendition)),
    }
    return context


def _x264_options(rendition: Rendition) -> dict[str, str]:
    return {
        "preset": rendition.preset,
        "tune": "zerolatency",
        "profile": rendition.profile.value,
        "level": "3.1" if rendition.lines <= LINES_OF_LEVEL_3_1 else "4.0",
        "bf": "0",
        "sc_threshold": "0",
        "forced-idr": "1",
    }


def _vp8_options(rendition: Rendition) -> dict[str, str]:
    """With equal `maxrate` and rate libvpx holds it as a call needs; it may leave out a picture
    where its buffer is full."""
    return {
        "deadline": "realtime",
        "cpu-used": rendition.preset,
        "lag-in-frames": "0",
        "auto-alt-ref": "0",
        "minrate": str(rendition.bps),
        "error-resilient": "0",
        "noise-sensitivity": "0",
    }
