"""A publisher made of PyAV and our own packetizer: real H.264, VP8 and Opus in real RTP.

Encoding is done once per clip and cached, so that a test can send minutes of media at once.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

import av
import av.video.frame
import numpy as np

from streamsvc.base.clock import ntp_from_wall_ms
from streamsvc.base.media import CLOCK_RATE, Codec

MTU_BYTES = 1_100
KEYFRAME_SECONDS = 2.0


@dataclass(frozen=True)
class Encoded:
    """One frame or Opus packet, `at_ms` after the clip's start."""

    at_ms: float
    data: bytes
    is_keyframe: bool


@cache
def picture_clip(
    codec: Codec,
    seconds: float,
    fps: int = 15,
    width: int = 320,
    height: int = 180,
    *,
    keyframe_seconds: float = KEYFRAME_SECONDS,
) -> tuple[Encoded, ...]:
    """A moving gradient; the gray level tells the frame's number."""
    encoder = av.CodecContext.create("libx264" if codec is Codec.H264 else "libvpx", "w")
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuv420p"
    encoder.time_base, encoder.framerate = Fraction(1, 1000), Fraction(fps)
    encoder.bit_rate = 300_000
    encoder.options = (
        {"preset": "ultrafast", "tune": "zerolatency", "g": "9999", "bf": "0", "forced-idr": "1"}
        if codec is Codec.H264
        else {"deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0", "g": "9999"}
    )
    encoded = []
    for number in range(round(seconds * fps)):
        frame = _picture(number, width, height)
        frame.pts, frame.time_base = round(number * 1000 / fps), Fraction(1, 1000)
        if number % round(keyframe_seconds * fps) == 0:
            frame.pict_type = av.video.frame.PictureType.I
        encoded += [
            Encoded(number * 1000 / fps, bytes(p), p.is_keyframe) for p in encoder.encode(frame)
        ]
    return tuple(encoded)


def _picture(number: int, width: int, height: int) -> av.VideoFrame:
    frame = av.VideoFrame(width, height, "yuv420p")
    rows = np.arange(height)[:, None]
    columns = np.arange(frame.planes[0].line_size)[None, :]
    luma = ((rows + columns + number * 3) % 200 + 20).astype(np.uint8)
    frame.planes[0].update(luma.tobytes())
    for plane in frame.planes[1:]:
        plane.update(bytes((128,)) * plane.buffer_size)
    return frame


@cache
def voice_clip(seconds: float, hertz: int = 440) -> tuple[Encoded, ...]:
    """A tone, 20 ms to a packet."""
    encoder = av.CodecContext.create("libopus", "w")
    encoder.sample_rate, encoder.layout, encoder.format = 48_000, "stereo", "s16"
    encoder.bit_rate = 32_000
    encoded = []
    for number in range(round(seconds * 50)):
        times = (np.arange(960) + number * 960) / 48_000
        tone = (np.sin(2 * np.pi * hertz * times) * 8_000).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(
            np.repeat(tone, 2)[None, :], format="s16", layout="stereo"
        )
        frame.sample_rate, frame.pts = 48_000, number * 960
        encoded += [Encoded(number * 20.0, bytes(p), True) for p in encoder.encode(frame)]
    return tuple(encoded)


@dataclass
class Packetizer:
    """Encoded media to RTP packets and sender reports of one SSRC."""

    codec: Codec
    ssrc: int
    payload_type: int = 96
    seq: int = 65_000
    """Begins near its end, so that every clip wraps."""
    ts_offset: int = 0xFFFF0000
    ntp_error_ms: float = 0.0

    def ts(self, at_ms: float) -> int:
        """RTP time of an instant of the clip."""
        return (self.ts_offset + round(at_ms * CLOCK_RATE[self.codec] / 1000)) & 0xFFFFFFFF

    def packets(self, encoded: Encoded) -> Iterator[bytes]:
        """RTP packets of a frame (RFC 6184 FU-A and STAP-A, RFC 7741) or voice packet."""
        if self.codec is Codec.H264:
            payloads = _h264_payloads(encoded.data)
        elif self.codec is Codec.VP8:
            payloads = _vp8_payloads(encoded.data)
        else:
            payloads = [encoded.data]
        for number, payload in enumerate(payloads):
            yield self.rtp(payload, self.ts(encoded.at_ms), number == len(payloads) - 1)

    def rtp(self, payload: bytes, ts: int, marker: bool) -> bytes:
        """One RTP packet; counts the sequence number up."""
        second = self.payload_type | (0x80 if marker else 0)
        header = struct.pack("!BBHII", 0x80, second, self.seq & 0xFFFF, ts, self.ssrc)
        self.seq += 1
        return header + payload

    def sender_report(self, at_ms: float, wall_ms: float) -> bytes:
        """Compound of one SR that says: clip time `at_ms` was at `wall_ms`."""
        ntp = ntp_from_wall_ms(round(wall_ms + self.ntp_error_ms))
        return struct.pack("!BBHIQIII", 0x80, 200, 6, self.ssrc, ntp, self.ts(at_ms), 0, 0)


def _h264_payloads(data: bytes) -> list[bytes]:
    units = [unit for unit in data.replace(b"\0\0\0\1", b"\0\0\1").split(b"\0\0\1") if unit]
    small = [unit for unit in units if unit[0] & 0x1F in (7, 8)]
    payloads = []
    if small:
        payloads.append(
            bytes((24 | 0x60,)) + b"".join(struct.pack("!H", len(unit)) + unit for unit in small)
        )
    for unit in units:
        if unit[0] & 0x1F in (1, 5):
            payloads += _fragments(unit)
    return payloads


def _fragments(unit: bytes) -> list[bytes]:
    if len(unit) <= MTU_BYTES:
        return [unit]
    pieces = [unit[i : i + MTU_BYTES] for i in range(1, len(unit), MTU_BYTES)]
    payloads = []
    for number, piece in enumerate(pieces):
        start = 0x80 if number == 0 else 0
        end = 0x40 if number == len(pieces) - 1 else 0
        payloads.append(bytes(((unit[0] & 0xE0) | 28, start | end | (unit[0] & 0x1F))) + piece)
    return payloads


def _vp8_payloads(data: bytes) -> list[bytes]:
    pieces = [data[i : i + MTU_BYTES] for i in range(0, len(data), MTU_BYTES)]
    return [bytes((0x10 if n == 0 else 0,)) + piece for n, piece in enumerate(pieces)]
