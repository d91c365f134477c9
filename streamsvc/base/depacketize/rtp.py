"""RTP and RTCP as who decodes or records reads them: headers and sender reports, no more.

Packets come from publishers: anything malformed is None or left out, never an exception.
"""

import struct
from dataclasses import dataclass

_HEADER = struct.Struct("!BBHII")
_SENDER_REPORT = struct.Struct("!IQI")
_RTCP_HEADER = struct.Struct("!BBH")
RTCP_SENDER_REPORT = 200


@dataclass(frozen=True, slots=True)
class RtpPacket:
    """One RTP packet without its padding and extensions; `payload` is empty for a probe."""

    seq: int
    ts: int
    ssrc: int
    marker: bool
    payload: bytes
    arrival_ms: float
    """On the reader's axis: a recording's, or a clock's."""


@dataclass(frozen=True, slots=True)
class SenderReport:
    """The instant at which RTP time `ts` of `ssrc` was taken (RFC 3550 §6.4.1)."""

    ssrc: int
    ntp_ms: float
    """Milliseconds since 1900 on the sender's clock."""
    ts: int


def is_rtcp(packet: bytes) -> bool:
    """RFC 5761 §4: packet types 192 to 223 are RTCP."""
    return len(packet) > 1 and 192 <= packet[1] <= 223


def parse_rtp(packet: bytes, arrival_ms: float) -> RtpPacket | None:
    """The packet's parts (RFC 3550 §5.1), or None if it is not RTP."""
    if len(packet) < _HEADER.size or packet[0] >> 6 != 2:
        return None
    first, second, seq, ts, ssrc = _HEADER.unpack_from(packet)
    start = _HEADER.size + 4 * (first & 0x0F)
    if first & 0x10:
        if len(packet) < start + 4:
            return None
        start += 4 + 4 * int.from_bytes(packet[start + 2 : start + 4], "big")
    end = len(packet) - (packet[-1] if first & 0x20 else 0)
    if start > len(packet):
        return None
    return RtpPacket(
        seq, ts, ssrc, bool(second & 0x80), packet[start : max(start, end)], arrival_ms
    )


def sender_reports(packet: bytes) -> list[SenderReport]:
    """Sender reports of a compound RTCP packet; reading stops at the first malformed part."""
    reports = []
    position = 0
    while position + _RTCP_HEADER.size <= len(packet):
        _, packet_type, words = _RTCP_HEADER.unpack_from(packet, position)
        body = position + _RTCP_HEADER.size
        position = body + 4 * words
        if position > len(packet):
            break
        if packet_type == RTCP_SENDER_REPORT and words * 4 >= _SENDER_REPORT.size:
            ssrc, ntp, ts = _SENDER_REPORT.unpack_from(packet, body)
            reports.append(SenderReport(ssrc, ntp * 1000 / 2**32, ts))
    return [report for report in reports if report.ntp_ms]


class Unwrapper:
    """Wire numbers of `bits` bits to numbers that never wrap: the value nearest to the last."""

    def __init__(self, bits: int) -> None:
        self._modulus = 1 << bits
        self._last: int | None = None

    def __call__(self, value: int) -> int:
        if self._last is None:
            self._last = value
            return value
        step = (value - self._last) % self._modulus
        if step >= self._modulus // 2:
            step -= self._modulus
        self._last += step
        return self._last
