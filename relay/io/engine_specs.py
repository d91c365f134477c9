"""What the engine must know of publications and subscriptions, as the plain values it takes."""

from typing import Any

from relay.engine._binding import CODECS
from relay.forwarding.publication import PublicationSpec
from relay.forwarding.subscription import SubscriptionSpec
from relay.rtp.extensions import ONE_BYTE_PROFILE, extension_block
from relay.sdp.negotiated import NegotiatedMedia
from streamsvc.base.media import MediaKind

NO_RTX = -1
NO_RED = 0


def publication_values(media: NegotiatedMedia, spec: PublicationSpec) -> dict[str, Any]:
    """For `Core.add_publisher`."""
    return {
        "number": spec.number,
        "codec": CODECS[media.codec],
        "payload_type": media.payload_type,
        "rtx_payload_type": media.rtx_payload_type or NO_RTX,
        "red_payload_type": media.red_payload_type or NO_RED,
        "rid_extension": media.extensions.rid,
        "repaired_rid_extension": media.extensions.repaired_rid,
        "transport_cc_extension": media.extensions.transport_cc,
        "wants_nack": "nack" in media.feedback,
        "wants_pli": "nack pli" in media.feedback,
        "wants_remb": "goog-remb" in media.feedback,
        "rids": media.rids,
        "announced": tuple(media.remote_rtx.items()),
    }


def subscription_values(spec: SubscriptionSpec) -> dict[str, Any]:
    """For `Core.add_subscriber`."""
    media = spec.media
    return {
        "number": spec.number,
        "ssrc": media.ssrc,
        "rtx_ssrc": media.rtx_ssrc,
        "first_seq": spec.first_seq,
        "first_ts": spec.first_ts,
        "first_rtx_seq": spec.first_rtx_seq,
        "is_audio": media.kind is MediaKind.AUDIO,
        "with_mid": _block(media, media.mid),
        "bare": _block(media, ""),
        "cname": media.slot or "",
    }


def _block(media: NegotiatedMedia, mid: str) -> tuple[bytes, int]:
    """A header extension block, and where the send time stands in it (0: nowhere).

    Voice carries no send time: a packet that is sent again must be the same, byte for byte.
    """
    time_id = 0 if media.kind is MediaKind.AUDIO else media.extensions.abs_send_time
    values = [(time_id, bytes(3))]
    if mid:
        values.append((media.extensions.mid, mid.encode()))
    block = extension_block(values)
    if not time_id:
        return block, 0
    is_one_byte = block[0] == ONE_BYTE_PROFILE >> 8
    return block, 5 if is_one_byte else 6  # the time stands first
