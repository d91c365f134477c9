"""Extended reports (RFC 3611): how a peer that only receives learns its round trip time.

It sends its clock (RRTR); we answer with that clock and how long we held it (DLRR).
"""

import struct
from dataclasses import dataclass

from relay.rtp.rtcp_reports import packet

EXTENDED_REPORT = 207
_RRTR = 4
_DLRR = 5
_BLOCK_HEAD = struct.Struct("!BBH")
_DLRR_ITEM = struct.Struct("!III")


@dataclass(frozen=True, slots=True)
class ReceiverReferenceTime:
    """A receiver's clock (RFC 3611 §4.4)."""

    ssrc: int
    ntp_time: int


@dataclass(frozen=True, slots=True)
class DelaySinceReferenceTime:
    """Our clock as the peer saw it last (RFC 3611 §4.5)."""

    ssrc: int
    last_rr: int
    delay_since_last_rr: int
    """In 1/65536 seconds."""


ExtendedReport = ReceiverReferenceTime | DelaySinceReferenceTime


def write_receiver_reference_time(ssrc: int, ntp_time: int) -> bytes:
    """XR packet with one RRTR block."""
    body = struct.pack("!I", ssrc) + _BLOCK_HEAD.pack(_RRTR, 0, 2) + struct.pack("!Q", ntp_time)
    return packet(EXTENDED_REPORT, 0, body)


def write_delay_since_reference_time(ssrc: int, answer: DelaySinceReferenceTime) -> bytes:
    """XR packet from `ssrc` with one DLRR block."""
    item = _DLRR_ITEM.pack(answer.ssrc, answer.last_rr, answer.delay_since_last_rr)
    return packet(
        EXTENDED_REPORT, 0, struct.pack("!I", ssrc) + _BLOCK_HEAD.pack(_DLRR, 0, 3) + item
    )


def read_extended_report(_count: int, body: memoryview) -> list[ExtendedReport]:
    """RRTR and DLRR blocks; others are skipped. Raises struct.error on a short body."""
    (ssrc,) = struct.unpack_from("!I", body)
    found: list[ExtendedReport] = []
    position = 4
    while position + _BLOCK_HEAD.size <= len(body):
        kind, _, words = _BLOCK_HEAD.unpack_from(body, position)
        start = position + _BLOCK_HEAD.size
        position = start + 4 * words
        block = body[start:position]
        if kind == _RRTR:
            found.append(ReceiverReferenceTime(ssrc, struct.unpack_from("!Q", block)[0]))
        elif kind == _DLRR:
            items = range(0, len(block) - 11, _DLRR_ITEM.size)
            found += [DelaySinceReferenceTime(*_DLRR_ITEM.unpack_from(block, at)) for at in items]
    return found
