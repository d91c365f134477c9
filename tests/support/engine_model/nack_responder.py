"""Downstream NACK: what to send again to one subscriber, and what not.

Three brakes, because a naive answer to NACKs turns a full link into a collapse: a packet is not
sent again within a round trip (its first copy may still be on the way), at most MAX_TRIES times,
and all repairs together stay within a bytes budget. Voice is never refused for the budget.
"""

from dataclasses import dataclass

from streamsvc.base.media import MediaKind
from tests.support.engine_model.inbound_packet import InboundPacket

MAX_TRIES = 3
MIN_ROUND_TRIP_SECONDS = 0.02
BUDGET_SHARE = 0.2
"""Of what the subscriber can take, for repairs."""
MIN_BUDGET_BYTES_PER_SECOND = 4_000
_BURST_SECONDS = 1.0


@dataclass(slots=True)
class Sent:
    """What was sent under one outbound number, so that it can be made again."""

    out_ext_seq: int
    ts: int
    source: InboundPacket
    """Shared by all subscribers: pictures are not kept once per viewer."""
    descriptor: bytes
    """The renumbered VP8 descriptor that stands for the source's; else empty."""
    packet: bytes
    """Voice: the very bytes before encryption. Pictures: empty, they are made again."""
    is_empty: bool = False
    """The number was kept for a packet that was left out then."""
    tries: int = 0
    last_at: float = float("-inf")


class SentRing:
    """The last packets of one outbound SSRC."""

    def __init__(self, size: int) -> None:
        self._ring: list[Sent | None] = [None] * size
        self._size = size

    def put(self, sent: Sent) -> None:
        """Remember; the oldest is forgotten."""
        self._ring[sent.out_ext_seq % self._size] = sent

    def find(self, seq: int) -> Sent | None:
        """By the 16-bit number of the wire. `size` must divide 65,536."""
        sent = self._ring[seq % self._size]
        return sent if sent is not None and sent.out_ext_seq & 0xFFFF == seq else None


class RepairBudget:
    """A token bucket shared by all tracks of one subscriber, in bytes."""

    def __init__(self, now: float, link_bps: int) -> None:
        self._rate = float(MIN_BUDGET_BYTES_PER_SECOND)
        self.set_link(link_bps)
        self._tokens = self._rate * _BURST_SECONDS
        self._filled_at = now

    def set_link(self, link_bps: int) -> None:
        """Follow the estimate of the subscriber's link."""
        self._rate = max(MIN_BUDGET_BYTES_PER_SECOND, BUDGET_SHARE * link_bps / 8)

    def take(self, size_bytes: int, now: float) -> bool:
        """Whether `size_bytes` may be sent now."""
        filled = self._tokens + (now - self._filled_at) * self._rate
        self._tokens = min(filled, self._rate * _BURST_SECONDS)
        self._filled_at = now
        if self._tokens < size_bytes:
            return False
        self._tokens -= size_bytes
        return True


@dataclass(slots=True)
class RepairCounts:
    """What became of the numbers a subscriber asked for."""

    repaired: int = 0
    too_soon: int = 0
    too_often: int = 0
    over_budget: int = 0
    unknown: int = 0


class NackResponder:
    """Chooses for one outbound SSRC; the caller wraps the chosen for its kind of media."""

    def __init__(self, ring: SentRing, budget: RepairBudget, kind: MediaKind) -> None:
        self.counts = RepairCounts()
        self._ring = ring
        self._budget = budget
        self._is_voice = kind is MediaKind.AUDIO

    def answer(self, seqs: tuple[int, ...], now: float, round_trip: float) -> list[Sent]:
        """Packets to send again now, in the order they were asked for."""
        return [sent for seq in seqs if (sent := self._chosen(seq, now, round_trip)) is not None]

    def _chosen(self, seq: int, now: float, round_trip: float) -> Sent | None:
        sent = self._ring.find(seq)
        if sent is None:
            self.counts.unknown += 1
        elif now - sent.last_at < max(MIN_ROUND_TRIP_SECONDS, 0.9 * round_trip):
            self.counts.too_soon += 1
        elif sent.tries >= MAX_TRIES:
            self.counts.too_often += 1
        elif not self._budget.take(len(sent.source.packet), now) and not self._is_voice:
            self.counts.over_budget += 1
        else:
            sent.tries += 1
            sent.last_at = now
            self.counts.repaired += 1
            return sent
        return None
