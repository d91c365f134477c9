"""When packets came, as a viewer tells it with transport-cc
(draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1).

Most packets are counted by the kernel and never seen. They are told as if they had come evenly
between those that were, so the messages are as many and as long as a browser's. Takes time, has
none.
"""

import struct

from relay.rtp.rtcp_feedback import TRANSPORT_CC_FORMAT, TRANSPORT_FEEDBACK
from relay.rtp.rtcp_reports import packet

INTERVAL_SECONDS = 0.1
"""libwebrtc's, between 50 and 250 ms."""
MOST_PACKETS = 400
_TICK_SECONDS = 0.00025
_TICKS_OF_REFERENCE = 256
_LONGEST_TICKS = 255
_SMALL_DELTA = 1


class Arrivals:
    """The transport-wide numbers of one viewer."""

    def __init__(self) -> None:
        self._next_seq = 0
        self._seen: int | None = None
        self._told_at: float | None = None
        self._reports = 0

    def saw(self, transport_seq: int) -> None:
        """A packet that was looked at had this number."""
        self._seen = transport_seq

    def message(self, own_ssrc: int, media_ssrc: int, per_second: float, now: float) -> bytes:
        """All packets since the last message; `per_second` came on average."""
        since = INTERVAL_SECONDS if self._told_at is None else now - self._told_at
        count = max(1, min(MOST_PACKETS, round(since * per_second)))
        first = self._next_seq if self._seen is None else self._seen + 1 - count
        self._next_seq, self._seen, self._told_at = first + count, None, now
        self._reports += 1
        began = round((now - since) / _TICK_SECONDS)
        gap = min(_LONGEST_TICKS, round(since / count / _TICK_SECONDS))
        deltas = bytes((began % _TICKS_OF_REFERENCE,)) + bytes((gap,)) * (count - 1)
        head = struct.pack("!IIHH", own_ssrc, media_ssrc, first & 0xFFFF, count)
        reference = (began // _TICKS_OF_REFERENCE & 0xFFFFFF).to_bytes(3, "big")
        chunk = struct.pack("!H", _SMALL_DELTA << 13 | count)
        body = head + reference + bytes((self._reports & 0xFF,)) + chunk + deltas
        return packet(TRANSPORT_FEEDBACK, TRANSPORT_CC_FORMAT, body + bytes(-len(body) % 4))
