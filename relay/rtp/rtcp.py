"""RTCP compounds: split by their own lengths, read into values, packets of unknown kinds left out.

Kinds known: SR, RR, SDES (CNAME), BYE (RFC 3550 §6); NACK (RFC 4585 §6.2.1), PLI (§6.3.1),
FIR (RFC 5104 §4.3.1), REMB (draft-alvestrand-rmcat-remb-03); XR with RRTR and DLRR (RFC 3611).
"""

import struct
from collections.abc import Callable, Sequence

from relay.rtp import rtcp_feedback, rtcp_reports, rtcp_xr
from relay.rtp.rtcp_feedback import Feedback
from relay.rtp.rtcp_reports import Report
from relay.rtp.rtcp_xr import ExtendedReport
from streamsvc.base.errors import ProtocolError

RtcpMessage = Report | Feedback | ExtendedReport
_HEAD = struct.Struct("!BBH")
_Reader = Callable[[int, memoryview], Sequence[RtcpMessage]]


def split(compound: bytes) -> list[tuple[int, int, memoryview]]:
    """(packet type, count or format, body after the 4-byte head, padding removed) of each packet.

    Raises ProtocolError `rtcp-malformed` when the lengths do not add up.
    """
    parts, position, whole = [], 0, memoryview(compound)
    while position < len(compound):
        if position + _HEAD.size > len(compound):
            raise ProtocolError("rtcp-malformed", size=len(compound))
        first, kind, words = _HEAD.unpack_from(compound, position)
        end = position + 4 * (words + 1)
        if first >> 6 != 2 or end > len(compound):
            raise ProtocolError("rtcp-malformed", size=len(compound))
        body = whole[position + _HEAD.size : end]
        parts.append((kind, first & 0x1F, _unpadded(body) if first & 0x20 else body))
        position = end
    return parts


def _unpadded(body: memoryview) -> memoryview:
    if not body or body[-1] > len(body):
        raise ProtocolError("rtcp-malformed", size=len(body))
    return body[: len(body) - body[-1]]


def parse(compound: bytes) -> list[RtcpMessage]:
    """Messages of a compound, in order. Raises ProtocolError `rtcp-malformed`."""
    messages: list[RtcpMessage] = []
    try:
        for kind, count, body in split(compound):
            read = _READERS.get(kind)
            if read is not None:
                messages += read(count, body)
    except (struct.error, IndexError, ValueError):
        raise ProtocolError("rtcp-malformed", size=len(compound)) from None
    return messages


_READERS: dict[int, _Reader] = {
    rtcp_reports.SENDER_REPORT: rtcp_reports.read_sender_report,
    rtcp_reports.RECEIVER_REPORT: rtcp_reports.read_receiver_report,
    rtcp_reports.SOURCE_DESCRIPTION: rtcp_reports.read_source_description,
    rtcp_reports.GOODBYE: rtcp_reports.read_goodbye,
    rtcp_feedback.TRANSPORT_FEEDBACK: rtcp_feedback.read_transport_feedback,
    rtcp_feedback.PAYLOAD_FEEDBACK: rtcp_feedback.read_payload_feedback,
    rtcp_xr.EXTENDED_REPORT: rtcp_xr.read_extended_report,
}
