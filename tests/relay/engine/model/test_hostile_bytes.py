"""Whatever an authenticated peer sends, the feeds refuse it politely or take it in."""

from hypothesis import given
from hypothesis import strategies as st

from relay.forwarding.subscription import SubscriptionSpec
from relay.rtp.rtcp_feedback import write_nack
from relay.sdp.negotiated import Extensions
from streamsvc.base.errors import ProtocolError
from streamsvc.base.media import Codec, MediaKind
from tests.support.engine_model.packets import (
    SEND_TIME,
    arrive,
    layer_of,
    media_of,
    publication_of,
    vp8_payload,
)
from tests.support.engine_model.publisher_feed import PublisherFeed
from tests.support.engine_model.subscriber_feed import SubscriberFeed

WALL_MS = 1_800_000_000_000
HEADS = st.sampled_from([b"\x80\x60", b"\x90\x60", b"\xb0\xe0", b"\x80\x61", b"\x9f\x61"])


@given(st.lists(st.tuples(HEADS, st.binary(max_size=60)), max_size=30))
def test_no_packet_breaks_a_publishers_feed(packets: list[tuple[bytes, bytes]]) -> None:
    publication = publication_of()
    media = media_of(
        MediaKind.VIDEO,
        codec=Codec.VP8,
        payload_type=96,
        rtx_payload_type=97,
        extensions=Extensions(mid=1, rid=2, repaired_rid=3, transport_cc=4),
    )
    feed = PublisherFeed(5, [(media, publication)], 0.0)
    now = 0.0
    for head, body in packets:
        now += 0.4
        try:
            feed.receive(head + body, now)
        except ProtocolError as error:
            assert error.error_id == "rtp-malformed"
        assert all(len(compound) % 4 == 0 for compound in feed.due(now))
    assert len(publication.layers) <= 1


@given(st.lists(st.binary(max_size=80), max_size=10), st.integers(0, 65_535))
def test_no_feedback_breaks_a_subscribers_feed(compounds: list[bytes], seq: int) -> None:
    feed = SubscriberFeed([SubscriptionSpec(1, 1, media_of(MediaKind.VIDEO), 9, 9, 9)], 0.0)
    layer = layer_of(Codec.VP8)
    subscription = feed.subscriptions[0]
    subscription.set_source(publication_of(layer))
    subscription.set_target("")
    packet = arrive(layer, vp8_payload(1, 1, is_key=True), seq, 0, 0.0)
    assert subscription.forward(layer, packet, SEND_TIME) is not None
    for number, compound in enumerate([*compounds, write_nack(1, 7000, [9])]):
        try:
            feed.receive_rtcp(compound, float(number), WALL_MS, SEND_TIME)
        except ProtocolError as error:
            assert error.error_id == "rtcp-malformed"
    assert subscription.repairs.counts.repaired >= 1
