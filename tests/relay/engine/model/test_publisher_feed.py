from relay.rtp import rtcp
from relay.rtp.packet import write_packet
from relay.rtp.rtcp_feedback import TRANSPORT_CC_FORMAT, KeyframeRequest, Nack, Remb
from relay.rtp.rtcp_reports import ReceiverReport, SenderReport, write_sender_report
from relay.sdp.negotiated import Extensions
from streamsvc.base.clock import ntp_from_wall_ms
from streamsvc.base.media import Codec, MediaKind
from tests.support.engine_model.packets import h264_payload, media_of, publication_of, rtp
from tests.support.engine_model.publication import Publication
from tests.support.engine_model.publisher_feed import PublisherFeed

RIDS = Extensions(mid=4, rid=10, repaired_rid=11)
WALL_MS = 1_800_000_000_000


def feed_of(**changes: object) -> tuple[PublisherFeed, Publication]:
    publication = publication_of()
    media = media_of(MediaKind.VIDEO, **{"rtx_ssrc": 0, "ssrc": 0, **changes})
    return PublisherFeed(5, [(media, publication)], 0.0), publication


def said(feed: PublisherFeed, now: float) -> list[object]:
    return [message for compound in feed.due(now) for message in rtcp.parse(compound)]


def test_without_simulcast_the_payload_type_tells_the_track() -> None:
    feed, publication = feed_of()
    arrived = feed.receive(rtp(h264_payload(1), 1, 0, payload_type=102), 0.0)
    assert arrived is not None and arrived.publication is publication
    assert list(publication.layers) == [""]
    assert feed.receive(rtp(h264_payload(1), 1, 0, payload_type=99), 0.0) is None
    assert feed.sources.unknown_packets == 1


def test_layers_are_learned_from_their_rids_and_remembered_by_ssrc() -> None:
    feed, publication = feed_of(rids=("q", "f"), extensions=RIDS)
    for ssrc, rid in ((11, b"q"), (12, b"f"), (13, b"evil")):
        packet = write_packet(
            h264_payload(1), payload_type=102, seq=1, ts=0, ssrc=ssrc, elements=[(10, rid)]
        )
        assert (feed.receive(packet, 0.0) is None) == (rid == b"evil")
    without = rtp(h264_payload(2), 2, 0, ssrc=12, payload_type=102)
    arrived = feed.receive(without, 0.1)
    assert arrived is not None and arrived.layer is publication.layers["f"]
    assert set(publication.layers) == {"q", "f"}
    assert feed.receive(rtp(h264_payload(2), 2, 0, ssrc=99, payload_type=102), 0.1) is None


def test_an_ssrc_takes_the_place_of_another_only_after_silence() -> None:
    feed, publication = feed_of()
    feed.receive(rtp(h264_payload(1), 1, 0, ssrc=1, payload_type=102), 0.0)
    before = publication.layers[""]
    assert feed.receive(rtp(h264_payload(1), 1, 0, ssrc=2, payload_type=102), 0.5) is None
    assert feed.receive(rtp(h264_payload(1), 1, 0, ssrc=2, payload_type=102), 5.0) is not None
    assert publication.layers[""] is not before
    assert feed.sources.by_ssrc(1) is None


def test_a_retransmission_becomes_the_packet_it_carries() -> None:
    feed, _ = feed_of(remote_ssrcs=(1,), remote_rtx={1: 2})
    feed.receive(rtp(h264_payload(1), 100, 0, payload_type=102), 0.0)
    feed.receive(rtp(h264_payload(3), 102, 6000, payload_type=102), 0.1)
    assert Nack(1, (101,)) in said(feed, 0.2)
    carried = (101).to_bytes(2, "big") + h264_payload(2)
    arrived = feed.receive(rtp(carried, 7, 3000, ssrc=2, payload_type=103), 0.3)
    assert arrived is not None
    assert arrived.packet.payload == h264_payload(2)
    assert arrived.packet.packet == rtp(h264_payload(2), 101, 3000, payload_type=102)
    assert feed.receive(rtp(b"", 8, 0, ssrc=2, payload_type=103), 0.4) is None  # a probe
    assert not [message for message in said(feed, 0.9) if isinstance(message, Nack)]


def test_wishes_for_a_key_frame_are_one_request_every_half_second() -> None:
    feed, _ = feed_of()
    arrived = feed.receive(rtp(h264_payload(1), 1, 0, payload_type=102), 0.0)
    assert arrived is not None
    requests = []
    for number in range(50):
        feed.want_keyframe(arrived.layer)
        requests += [m for m in said(feed, number * 0.02) if isinstance(m, KeyframeRequest)]
    assert requests == [KeyframeRequest(1)] * 2
    feed.receive(rtp(h264_payload(2, is_key=True), 2, 0, payload_type=102), 1.2)
    assert KeyframeRequest(1) not in said(feed, 1.9)


def test_fir_where_pli_was_not_agreed() -> None:
    feed, _ = feed_of(feedback=frozenset({"ccm fir"}))
    arrived = feed.receive(rtp(h264_payload(1), 1, 0, payload_type=102), 0.0)
    assert arrived is not None
    feed.want_keyframe(arrived.layer)
    assert KeyframeRequest(1) in said(feed, 0.1)


def test_what_never_comes_is_given_up_for_a_key_frame() -> None:
    feed, _ = feed_of()
    feed.receive(rtp(h264_payload(1), 1, 0, payload_type=102), 0.0)
    feed.receive(rtp(h264_payload(3), 3, 0, payload_type=102), 0.0)
    messages = [message for number in range(200) for message in said(feed, number * 0.02)]
    assert sum(isinstance(message, Nack) for message in messages) == 10
    assert KeyframeRequest(1) in messages


def test_a_tapped_track_gets_a_key_frame_every_four_seconds() -> None:
    feed, publication = feed_of()
    arrived = feed.receive(rtp(h264_payload(1, is_key=True), 1, 0, payload_type=102), 0.0)
    assert arrived is not None
    publication.is_tapped, publication.tapped = True, arrived.layer
    asked = []
    for number in range(1, 500):
        now = number * 0.02
        if any(isinstance(message, KeyframeRequest) for message in said(feed, now)):
            asked.append(now)
            key = rtp(h264_payload(1, is_key=True), 1 + len(asked), 0, payload_type=102)
            feed.receive(key, now)
    assert len(asked) == 2
    assert all(later - earlier < 4 for earlier, later in zip(asked, asked[1:], strict=False))


def test_reports_tell_loss_and_the_allowance() -> None:
    feed, _ = feed_of()
    report = SenderReport(1, ntp_from_wall_ms(WALL_MS), 0, 1, 1)
    for seq in (1, 2, 4):
        feed.receive(rtp(h264_payload(1), seq, 0, payload_type=102), 0.0)
    (source,) = feed.receive_rtcp(write_sender_report(report), 0.5, WALL_MS)
    assert source.layer.clock.wall_ms(0) == WALL_MS
    messages = said(feed, 1.0)
    (block,) = next(m for m in messages if isinstance(m, ReceiverReport)).blocks
    assert (block.ssrc, block.fraction_lost, block.packets_lost) == (1, 64, 1)
    assert block.last_sr and block.delay_since_last_sr == 32768
    remb = next(m for m in messages if isinstance(m, Remb))
    assert remb.ssrcs == (1,) and remb.bitrate_bps >= 2_400_000
    assert feed.fraction_lost == 0.25


def test_transport_wide_feedback_replaces_remb_where_it_was_agreed() -> None:
    feed, _ = feed_of(extensions=Extensions(transport_cc=3))
    compounds: list[bytes] = []
    for seq in range(100):
        packet = write_packet(
            h264_payload(1),
            payload_type=102,
            seq=seq,
            ts=0,
            ssrc=1,
            elements=[(3, seq.to_bytes(2, "big"))],
        )
        feed.receive(packet, seq * 0.02)
        compounds += feed.due(seq * 0.02)
    parts = [part for compound in compounds for part in rtcp.split(compound)]
    feedback = [part for part in parts if part[:2] == (205, TRANSPORT_CC_FORMAT)]
    assert 15 <= len(feedback) <= 21
    assert not any(isinstance(m, Remb) for c in compounds for m in rtcp.parse(c))
    counted = sum(int.from_bytes(body[10:12], "big") for _, _, body in feedback)
    assert 90 <= counted <= 100


def test_the_codec_of_the_layer_is_the_agreed_one() -> None:
    feed, publication = feed_of(codec=Codec.VP8, payload_type=96)
    feed.receive(rtp(b"\x10\x00", 1, 0, payload_type=96), 0.0)
    assert publication.layers[""].codec is Codec.VP8
