"""Packets and specs for the forwarding tests, made by hand so that each number is known."""

from relay.forwarding.publication import PublicationSpec
from relay.forwarding.subscription import SubscriptionSpec
from relay.rtp.header import PacketView
from relay.rtp.packet import write_packet
from relay.sdp.negotiated import Extensions, NegotiatedMedia
from streamsvc.base.media import Codec, MediaKind, Slot
from tests.support.engine_model import vp8
from tests.support.engine_model.inbound_packet import InboundPacket
from tests.support.engine_model.layer import Layer
from tests.support.engine_model.media_clock import WallOffset
from tests.support.engine_model.nack_responder import RepairBudget
from tests.support.engine_model.publication import Publication
from tests.support.engine_model.subscription import Subscription

SEND_TIME = b"\1\2\3"
VIDEO_FEEDBACK = frozenset({"nack", "nack pli", "goog-remb"})


def h264_payload(name: int, *, is_key: bool = False, idc: int = 3) -> bytes:
    """A single NAL unit that can be told apart; a key frame is an SPS that can't be read."""
    return bytes((0x67 if is_key else 0x01 | idc << 5, name & 0xFF))


def h264_delimiter() -> bytes:
    """An access unit delimiter: a picture begins, of whatever kind (ITU-T H.264 §7.3.2.4)."""
    return bytes((0x09, 0xF0))


def vp8_payload(
    picture_id: int,
    tl0: int,
    *,
    is_key: bool = False,
    temporal_id: int = 0,
    is_layer_sync: bool = False,
) -> bytes:
    """One whole small frame with a 15-bit picture id."""
    octet = temporal_id << 6 | is_layer_sync << 5
    head = bytes((0x90, 0xE0, 0x80 | picture_id >> 8, picture_id & 0xFF, tl0, octet))
    return head + bytes((0 if is_key else 1, 9, 9))


def opus_payload(name: int) -> bytes:
    return bytes((0xFC, name & 0xFF))


def rtp(payload: bytes, seq: int, ts: int, *, ssrc: int = 1, payload_type: int = 96) -> bytes:
    return write_packet(
        payload, payload_type=payload_type, seq=seq & 0xFFFF, ts=ts & 0xFFFFFFFF, ssrc=ssrc
    )


def layer_of(codec: Codec, rid: str = "", ssrc: int = 1) -> Layer:
    return Layer(ssrc, rid, codec, WallOffset())


def publication_of(*layers: Layer, kind: MediaKind = MediaKind.VIDEO) -> Publication:
    codec = layers[0].codec if layers else Codec.H264
    publication = Publication(PublicationSpec(1, 1, Slot.LEAD, kind, codec, "at-teacher"))
    publication.layers = {layer.rid: layer for layer in layers}
    return publication


def arrive(
    layer: Layer, payload: bytes, seq: int, ts: int, now: float, *, is_repaired: bool = False
) -> InboundPacket:
    """Through the layer; AssertionError for a duplicate."""
    view = PacketView(rtp(payload, seq, ts, ssrc=layer.ssrc))
    packet = layer.receive(view, now, is_repaired=is_repaired)
    assert packet is not None
    return packet


def media_of(kind: MediaKind, **changes: object) -> NegotiatedMedia:
    """A subscriber's or publisher's m-line with H.264 and VP8, or Opus."""
    is_video = kind is MediaKind.VIDEO
    values: dict[str, object] = {
        "mid": "0",
        "kind": kind,
        "codec": Codec.H264 if is_video else Codec.OPUS,
        "payload_type": 102 if is_video else 111,
        "rtx_payload_type": 103 if is_video else None,
        "fmtp": "",
        "extensions": Extensions(mid=4, abs_send_time=2),
        "feedback": VIDEO_FEEDBACK if is_video else frozenset({"nack"}),
        "slot": Slot.LEAD,
        "alternatives": {Codec.H264: (102, 103), Codec.VP8: (96, 97)}
        if is_video
        else {Codec.OPUS: (111, None)},
        "ssrc": 7000,
        "rtx_ssrc": 7001 if is_video else 0,
    }
    return NegotiatedMedia(**{**values, **changes})  # type: ignore[arg-type]


def subscription_of(kind: MediaKind, now: float = 0.0, bps: int = 4_000_000) -> Subscription:
    spec = SubscriptionSpec(1, 1, media_of(kind), first_seq=500, first_ts=9_000, first_rtx_seq=60)
    return Subscription(spec, RepairBudget(now, bps))


def descriptor_of(packet: bytes) -> vp8.Descriptor:
    return vp8.descriptor(PacketView(packet).payload)
