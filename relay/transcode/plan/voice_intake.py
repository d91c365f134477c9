"""A voice's packets in order, and what is missing between them. Pure."""

from typing import NamedTuple

from relay.rtp.seqnum import ts_delta
from streamsvc.base.depacketize.reorder import Gap, ReorderBuffer
from streamsvc.base.depacketize.rtp import RtpPacket, is_rtcp, parse_rtp

PATIENCE_MS = 120.0
"""A missing packet of voice is waited for so long, and is silence then: all that follows waits."""
LONGEST_SILENCE = 48_000 // 4
"""In samples: a longer hole is a voice that begins anew."""


class Sound(NamedTuple):
    """One Opus packet."""

    ts: int
    data: bytes
    arrival_ms: float


class VoiceIntake:
    """`push` for each packet and `expire` when time has passed; both give what is in order."""

    def __init__(self) -> None:
        self._order = ReorderBuffer(PATIENCE_MS)
        self._ssrc: int | None = None
        self._lost_before = 0

    @property
    def lost(self) -> int:
        """Packets that never came."""
        return self._lost_before + self._order.lost

    def push(self, packet: bytes, arrival_ms: float) -> list[Sound]:
        """Take one packet; what is not RTP is left out."""
        parsed = None if is_rtcp(packet) else parse_rtp(packet, arrival_ms)
        if parsed is None:
            return []
        if parsed.ssrc != self._ssrc:
            self._ssrc, self._lost_before = parsed.ssrc, self.lost
            self._order = ReorderBuffer(PATIENCE_MS)
        return _sounds(self._order.push(parsed))

    def expire(self, now_ms: float) -> list[Sound]:
        """Give up packets that were waited for long enough."""
        return _sounds(self._order.expire(now_ms))


def _sounds(items: list[RtpPacket | Gap]) -> list[Sound]:
    return [
        Sound(item.ts, item.payload, item.arrival_ms)
        for item in items
        if isinstance(item, RtpPacket) and item.payload
    ]


def silence_before(ts: int, end_ts: int) -> int | None:
    """Samples of silence from the end of what was there until this packet; None: it begins anew,
    or is too late."""
    missing = ts_delta(ts, end_ts)
    return missing if 0 <= missing <= LONGEST_SILENCE else None
