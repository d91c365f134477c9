"""Segments to fMP4 bytes, by PyAV. Nothing is decoded or encoded; one muxer per segment, so that
nothing is carried from one to the next."""

import io
import struct
from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import cache

import av
import av.container
import av.video.stream

from recorder.plan.opus import SAMPLE_RATE
from recorder.plan.segmenter import Section, Segment

PICTURE_RATE = 90_000
_PICTURE_BASE = Fraction(1, PICTURE_RATE)
_VOICE_BASE = Fraction(1, SAMPLE_RATE)
OPTIONS = {
    # one fragment per part; its times are the axis' own, so that every segment stands alone
    "movflags": "empty_moov+default_base_moof+frag_custom+frag_discont",
    "use_editlist": "0",
    "avoid_negative_ts": "disabled",
}
BLANK_WIDTH, BLANK_HEIGHT = 640, 360


class SectionMuxer:
    """Makes the init section and the segments of one section.

    Raises av.error.FFmpegError or ValueError if the keyframe's parameter sets are not sound.
    """

    def __init__(
        self, section: Section, voice: Callable[[], av.container.InputContainer] | None = None
    ) -> None:
        """`voice` gives a stream like the voice's; Opus if None."""
        self._voice = voice or opus_template
        self._keyframe = section.keyframe or blank_picture()
        self._template = av.open(io.BytesIO(self._keyframe), format="h264")
        if not self._template.streams.video:
            raise ValueError("keyframe holds no picture")
        self._has_voice = section.has_voice
        self.init = b""

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of its pictures."""
        source = self._template.streams.video[0]
        return source.width, source.height

    def close(self) -> None:
        """Free the template."""
        self._template.close()

    def media(self, segment: Segment, number: int) -> bytes:
        """`moof` and `mdat` of a segment or a part of it, as fragment `number`; sets `init`."""
        output = io.BytesIO()
        options = {**OPTIONS, "fragment_index": str(number)}
        with av.open(output, "w", format="mp4", options=options) as container:
            self._write(container, segment)
        self.init, media = media_boxes(output.getvalue())
        return media

    def _write(self, container: av.container.OutputContainer, segment: Segment) -> None:
        source = self._template.streams.video[0]
        picture_stream = container.add_stream_from_template(source, opaque=True)
        picture_stream.time_base = _PICTURE_BASE
        if self._has_voice:
            voice = self._voice().streams.audio[0]
            voice_stream = container.add_stream_from_template(voice, opaque=True)
        container.start_encoding()
        for picture in segment.pictures:
            at = round(picture.at_ms * PICTURE_RATE / 1000)
            until = round((picture.at_ms + picture.duration_ms) * PICTURE_RATE / 1000)
            packet = av.Packet(picture.data or self._keyframe)
            packet.stream, packet.time_base = picture_stream, _PICTURE_BASE
            packet.pts = packet.dts = at
            packet.duration, packet.is_keyframe = max(1, until - at), picture.is_keyframe
            container.mux_one(packet)
        for sample in segment.voice:
            packet = av.Packet(sample.data)
            packet.stream, packet.time_base = voice_stream, _VOICE_BASE
            packet.pts = packet.dts = sample.position
            packet.duration, packet.is_keyframe = sample.samples, True
            container.mux_one(packet)


def media_boxes(data: bytes) -> tuple[bytes, bytes]:
    """The init section of a file, and its fragments."""
    boxes = list(_boxes(data))
    init = b"".join(body for name, body in boxes if name in (b"ftyp", b"moov"))
    return init, b"".join(body for name, body in boxes if name in (b"moof", b"mdat"))


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Top-level boxes (ISO/IEC 14496-12 §4.2): name and whole box."""
    position = 0
    while position + 8 <= len(data):
        size, name = struct.unpack_from("!I4s", data, position)
        yield name, data[position : position + size]
        position += max(size, 8)


@cache
def opus_template() -> av.container.InputContainer:
    """A stereo Opus stream, whose header the init section takes over (RFC 7845 §5.1)."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="ogg") as container:
        stream = container.add_stream("libopus", rate=SAMPLE_RATE)
        stream.layout = "stereo"
        frame = av.AudioFrame(format="s16", layout="stereo", samples=960)
        frame.sample_rate, frame.pts = SAMPLE_RATE, 0
        for plane in frame.planes:
            plane.update(bytes(plane.buffer_size))
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return av.open(io.BytesIO(buffer.getvalue()), "r")


@cache
def blank_picture() -> bytes:
    """A dark keyframe with its parameter sets, Annex B."""
    encoder = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt = BLANK_WIDTH, BLANK_HEIGHT, "yuv420p"
    encoder.time_base = _PICTURE_BASE
    encoder.options = {
        "preset": "medium",
        "tune": "zerolatency",
        "profile": "baseline",
        "threads": "1",
    }
    frame = av.VideoFrame(BLANK_WIDTH, BLANK_HEIGHT, "yuv420p")
    frame.pts = 0
    for plane, value in zip(frame.planes, (24, 128, 128), strict=True):
        plane.update(bytes((value,)) * plane.buffer_size)
    return b"".join(bytes(packet) for packet in [*encoder.encode(frame), *encoder.encode(None)])
