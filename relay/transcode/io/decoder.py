"""Decodes what a stranger sent: only ever run in the child process."""

from fractions import Fraction
from typing import Literal

import av
import av.error
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame

from relay.transcode.plan.turns import TICKS_PER_SECOND
from streamsvc.base.media import Codec

_NAMES: dict[Codec, Literal["h264", "vp8"]] = {Codec.H264: "h264", Codec.VP8: "vp8"}
TICK = Fraction(1, TICKS_PER_SECOND)


class Decoder:
    """Encoded pictures in, pictures out, each with the place it went in with (`pts`)."""

    def __init__(self, codec: Codec, largest_pixels: int) -> None:
        self._codec = codec
        self._largest_pixels = largest_pixels
        self._context = self._opened()

    def _opened(self) -> VideoCodecContext:
        context = av.CodecContext.create(_NAMES[self._codec], "r")
        context.thread_count = 1  # more threads hold pictures back
        context.options = {"max_pixels": str(self._largest_pixels)}
        return context

    def decode(self, data: bytes, ticks: int) -> list[VideoFrame] | None:
        """Pictures that can be shown now. None if it can't be decoded: the decoder begins anew,
        and has to be given a key frame next."""
        packet = av.Packet(data)
        packet.time_base, packet.pts = TICK, ticks
        try:
            return self._context.decode(packet)
        except av.error.FFmpegError:
            self._context = self._opened()
            return None
