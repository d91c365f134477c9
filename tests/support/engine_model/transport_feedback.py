"""Collects arrivals by transport-wide sequence number and says when to report them."""

from relay.rtp.seqnum import Unwrapper
from tests.support.engine_model.twcc import MAX_PACKETS, write_transport_feedback

INTERVAL_SECONDS = 0.1


class TransportFeedback:
    """One publisher's transport-cc receiver. `received` each packet, then drain `due`."""

    def __init__(self, sender_ssrc: int) -> None:
        self._sender_ssrc = sender_ssrc
        self._media_ssrc = 0
        self._unwrapper = Unwrapper()
        self._arrivals: dict[int, float] = {}
        self._next: int | None = None
        self._count = 0
        self._sent_at = float("-inf")

    def received(self, transport_seq: int, media_ssrc: int, now: float) -> None:
        """Note one packet; one that was reported already, or is too many, is dropped."""
        ext_seq = self._unwrapper.extend(transport_seq)
        self._media_ssrc = media_ssrc
        if len(self._arrivals) < MAX_PACKETS and (self._next is None or ext_seq >= self._next):
            self._arrivals[ext_seq] = now

    def due(self, now: float) -> bytes | None:
        """A feedback packet if the interval has passed and something arrived."""
        if not self._arrivals or now - self._sent_at < INTERVAL_SECONDS:
            return None
        self._sent_at = now
        last = max(self._arrivals)
        first = min(self._arrivals) if self._next is None else self._next
        first = max(first, last - MAX_PACKETS + 1)
        arrivals = [self._arrivals.get(ext_seq) for ext_seq in range(first, last + 1)]
        self._arrivals.clear()
        self._next = last + 1
        self._count += 1
        return write_transport_feedback(
            sender_ssrc=self._sender_ssrc,
            media_ssrc=self._media_ssrc,
            base_seq=first,
            arrivals=arrivals,
            feedback_count=self._count - 1,
        )
