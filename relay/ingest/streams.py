"""What becomes of each stream of a source: passed on as it is, or encoded again; blocks.

Nobody can ask a camera for a key frame by RTSP. Where its own come too seldom for who joins and for
the recording, or where it has pictures in an order that browsers don't take, it is encoded again.
"""

import logging
from collections.abc import Iterator

import av
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.bitstream import BitStreamFilterContext
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from relay.client.file_plan import EncodedPacket
from relay.client.recode import PictureEncoder, SoundEncoder
from relay.ingest.live_track import LiveItem
from streamsvc.base.errors import PeerGone
from streamsvc.base.media import MediaKind

log = logging.getLogger("streamsvc.source")

LONGEST_KEYFRAME_GAP_SECONDS = 4.5
LARGEST_JUMP_SECONDS = 3.0
MOST_BAD_PACKETS = 500
"""In a row, before a source is given up."""
_PASSED_PROFILES = ("Baseline", "Constrained Baseline", "Main", "High", "Constrained High")


class PictureStream:
    """H.264 as it is while it can be, else pictures that are encoded again."""

    kind = MediaKind.VIDEO

    def __init__(self, stream: VideoStream, *, may_pass: bool = True) -> None:
        self.is_as_is = may_pass and _is_usable(stream)
        self._stream = stream
        context = stream.codec_context
        self.looks = (context.name, context.width, context.height)
        """Name of its codec and size."""
        # Not every camera repeats its parameter sets; who joins needs them with each key frame.
        self._filter = BitStreamFilterContext(_repeating(stream), stream)
        self._encoder = PictureEncoder()
        self._last_seconds = 0.0
        self._keyframe_at: float | None = None
        self._must_change = False
        self._bad = 0

    def items(self, packet: EncodedPacket, seconds: float, origin: float) -> Iterator[LiveItem]:
        """What to send for one packet; `seconds` and what is sent count from `origin`, a second of
        the stream's own. Raises PeerGone `source-unreadable`."""
        if packet.is_keyframe:
            self._keyframe_at = seconds
            if self._must_change:
                self.is_as_is = self._must_change = False
        if self.is_as_is:
            self._judge(seconds)
            yield from self._passed(packet, seconds)
        else:
            yield from self._recoded(packet, origin)

    def _judge(self, seconds: float) -> None:
        is_out_of_order = seconds < self._last_seconds
        if self._keyframe_at is None:
            self._keyframe_at = seconds
        is_too_seldom = seconds - self._keyframe_at > LONGEST_KEYFRAME_GAP_SECONDS
        if (is_out_of_order or is_too_seldom) and not self._must_change:
            reason = "its order" if is_out_of_order else "rare key frames"
            log.info("= picture is encoded again from the next key frame on: %s", reason)
            self._must_change = True
        self._last_seconds = seconds

    def _passed(self, packet: EncodedPacket, seconds: float) -> Iterator[LiveItem]:
        is_keyframe = bool(packet.is_keyframe)
        for sendable in self._filter.filter(packet):
            yield LiveItem(seconds, sendable, is_keyframe)

    def _recoded(self, packet: EncodedPacket, origin: float) -> Iterator[LiveItem]:
        try:
            frames = self._stream.decode(packet)
        except av.error.FFmpegError as error:
            self._bad = _one_more(self._bad, error)
            return
        for frame in frames:
            self._bad = 0
            if isinstance(frame, VideoFrame) and frame.time is not None:
                for made in self._encoder.encode(frame, frame.time - origin):
                    yield LiveItem(made.seconds, made.packet, bool(made.packet.is_keyframe))


class SoundStream:
    """Opus as it is; anything else is encoded again."""

    kind = MediaKind.AUDIO

    def __init__(self, stream: AudioStream) -> None:
        self.codec = stream.codec_context.name
        self.is_as_is = self.codec in ("opus", "libopus")
        self._stream = stream
        self._encoder = SoundEncoder()
        self._bad = 0

    def items(self, packet: EncodedPacket, seconds: float, origin: float) -> Iterator[LiveItem]:
        """What to send for one packet; `seconds` and what is sent count from `origin`, a second of
        the stream's own. Raises PeerGone `source-unreadable`."""
        if self.is_as_is:
            yield LiveItem(seconds, packet, True)
            return
        try:
            frames = self._stream.decode(packet)
        except av.error.FFmpegError as error:
            self._bad = _one_more(self._bad, error)
            return
        for frame in frames:
            self._bad = 0
            if isinstance(frame, AudioFrame) and frame.time is not None:
                for made in self._encoder.encode(frame, frame.time - origin):
                    yield LiveItem(made.seconds, made.packet, True)


def _repeating(stream: VideoStream) -> str:
    """The filter that puts parameter sets before key frames; units that come with their length, as
    in FLV, get start codes."""
    extra = stream.codec_context.extradata or b""
    is_prefixed = stream.codec_context.name == "h264" and extra[:1] == b"\x01"
    return "h264_mp4toannexb" if is_prefixed else "dump_extra=freq=keyframe"


def _is_usable(stream: VideoStream) -> bool:
    """H.264 that browsers take, as far as its headers tell."""
    context = stream.codec_context
    if context.name != "h264" or context.pix_fmt not in ("yuv420p", "yuvj420p"):
        return False
    return not context.has_b_frames and context.profile in _PASSED_PROFILES


def _one_more(bad: int, error: av.error.FFmpegError) -> int:
    if bad >= MOST_BAD_PACKETS:
        raise PeerGone("source-unreadable") from error
    return bad + 1
