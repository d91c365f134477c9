"""One subscriber's view of one slot, as control knows it."""

from dataclasses import dataclass

from relay.sdp.negotiated import NegotiatedMedia


@dataclass(frozen=True, slots=True)
class SubscriptionSpec:
    """What does not change in a subscription's life."""

    number: int
    peer: int
    media: NegotiatedMedia
    first_seq: int
    first_ts: int
    first_rtx_seq: int
    """Random starts (RFC 3550 §5.1), drawn by the caller."""
