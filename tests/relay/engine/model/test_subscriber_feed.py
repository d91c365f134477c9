from dataclasses import replace

from relay.forwarding.subscription import SubscriptionSpec
from relay.rtp import rtcp
from relay.rtp.rtcp_feedback import write_nack, write_pli, write_remb
from relay.rtp.rtcp_reports import (
    ReceiverReport,
    ReportBlock,
    SenderReport,
    SourceDescription,
    write_receiver_report,
)
from relay.rtp.rtcp_xr import DelaySinceReferenceTime, write_receiver_reference_time
from streamsvc.base.clock import ntp_from_wall_ms
from streamsvc.base.media import Codec, MediaKind
from tests.support.engine_model.packets import (
    SEND_TIME,
    arrive,
    layer_of,
    media_of,
    opus_payload,
    publication_of,
)
from tests.support.engine_model.subscriber_feed import SubscriberFeed

WALL_MS = 1_800_000_000_000


def listening() -> SubscriberFeed:
    """One voice, with ten packets sent."""
    spec = SubscriptionSpec(1, 1, media_of(MediaKind.AUDIO), 500, 9_000, 60)
    feed = SubscriberFeed([spec], 0.0)
    layer = layer_of(Codec.OPUS)
    feed.subscriptions[0].set_source(publication_of(layer, kind=MediaKind.AUDIO))
    feed.subscriptions[0].set_target("")
    for seq in range(1, 11):
        packet = arrive(layer, opus_payload(seq), seq, seq * 960, seq / 50)
        feed.subscriptions[0].forward(layer, packet, SEND_TIME)
    return feed


def block_of(**changes: int) -> ReportBlock:
    return replace(ReportBlock(7000, 0, 0, 509, 0, 0, 0), **changes)


def test_a_nack_of_another_stream_is_ignored() -> None:
    feed = listening()
    compound = write_nack(1, 7000, [500, 501]) + write_nack(1, 4242, [500])
    assert len(feed.receive_rtcp(compound, 1.0, WALL_MS, SEND_TIME).rtp) == 2


def test_many_reference_times_get_one_answer() -> None:
    asked = b"".join(write_receiver_reference_time(77, ntp << 16) for ntp in range(1, 101))
    (answer,) = listening().receive_rtcp(asked, 1.0, WALL_MS, SEND_TIME).rtcp
    assert DelaySinceReferenceTime(77, 100, 1) in rtcp.parse(answer)


def test_only_pictures_have_key_frames() -> None:
    video = SubscriptionSpec(2, 1, media_of(MediaKind.VIDEO), 1, 1, 1)
    feed = SubscriberFeed([video], 0.0)
    reply = feed.receive_rtcp(write_pli(1, 7000), 1.0, WALL_MS, SEND_TIME)
    assert reply.keyframes == feed.subscriptions
    assert feed.receive_rtcp(write_pli(1, 7000), 1.5, WALL_MS, SEND_TIME).keyframes == []
    assert feed.receive_rtcp(write_pli(1, 7000), 2.5, WALL_MS, SEND_TIME).keyframes != []
    assert listening().receive_rtcp(write_pli(1, 7000), 1.0, WALL_MS, SEND_TIME).keyframes == []


def test_the_round_trip_comes_from_our_own_report() -> None:
    feed = listening()
    sent_at = ntp_from_wall_ms(WALL_MS) >> 16 & 0xFFFFFFFF
    block = block_of(last_sr=sent_at, delay_since_last_sr=65536 // 10)
    compound = write_receiver_report(ReceiverReport(1, (block,)))
    feed.receive_rtcp(compound, 1.0, WALL_MS + 700, SEND_TIME)
    assert abs(feed.downlink.round_trip - 0.6) < 0.01


def test_a_reference_time_is_answered_at_once() -> None:
    feed = listening()
    asked = write_receiver_reference_time(77, 0x1111_2222_3333_4444)
    (answer,) = feed.receive_rtcp(asked, 1.0, WALL_MS, SEND_TIME).rtcp
    assert rtcp.parse(answer)[-1] == DelaySinceReferenceTime(77, 0x2222_3333, 1)


def test_reports_name_the_slot_and_come_for_what_flows() -> None:
    report, name = rtcp.parse(listening().reports(1.0, WALL_MS)[0])
    assert isinstance(report, SenderReport) and report.packet_count == 10
    assert name == SourceDescription(7000, "lead")
    silent = SubscriberFeed([SubscriptionSpec(1, 1, media_of(MediaKind.AUDIO), 1, 1, 1)], 0.0)
    assert silent.reports(1.0, WALL_MS) == []


def test_remb_alone_does_not_lower_the_estimate() -> None:
    feed = listening()
    before = feed.downlink.bps
    feed.receive_rtcp(write_remb(1, 30_000, [7000]), 1.0, WALL_MS, SEND_TIME)
    feed.receive_rtcp(
        write_receiver_report(ReceiverReport(1, (block_of(),))), 1.0, WALL_MS, SEND_TIME
    )
    assert feed.downlink.bps == before
