"""A whole RTP packet from its parts."""

from collections.abc import Iterable

from relay.rtp.extensions import extension_block
from relay.rtp.header import write_header


def write_packet(
    payload: bytes,
    *,
    payload_type: int,
    seq: int,
    ts: int,
    ssrc: int,
    is_marked: bool = False,
    elements: Iterable[tuple[int, bytes]] = (),
) -> bytes:
    """A whole packet; `elements` are header extensions as (id, value)."""
    head = write_header(
        payload_type=payload_type,
        is_marked=is_marked,
        seq=seq,
        ts=ts,
        ssrc=ssrc,
        extension=extension_block(elements),
    )
    return head + payload
