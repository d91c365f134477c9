import pytest

from relay.rtp import extensions
from relay.rtp.header import PacketView
from relay.rtp.rtcp_reports import ReportBlock, SenderReport
from relay.rtp.seqnum import ts_delta
from streamsvc.base.clock import ntp_from_wall_ms
from streamsvc.base.media import Codec, MediaKind
from tests.support.engine_model.layer import Layer
from tests.support.engine_model.media_clock import WallOffset
from tests.support.engine_model.packets import (
    SEND_TIME,
    arrive,
    descriptor_of,
    h264_payload,
    layer_of,
    opus_payload,
    publication_of,
    subscription_of,
    vp8_payload,
)
from tests.support.engine_model.subscription import Subscription


def watching(
    codec: Codec, *rids: str, offset: WallOffset | None = None
) -> tuple[Subscription, dict[str, Layer]]:
    offset = offset or WallOffset()
    layers = [Layer(ssrc, rid, codec, offset) for ssrc, rid in enumerate(rids or ("",), 1)]
    subscription = subscription_of(MediaKind.AUDIO if codec is Codec.OPUS else MediaKind.VIDEO)
    subscription.set_source(publication_of(*layers))
    subscription.set_target(layers[0].rid)
    return subscription, {layer.rid: layer for layer in layers}


def test_a_picture_begins_with_a_key_frame() -> None:
    subscription, layers = watching(Codec.H264)
    layer = layers[""]
    early = arrive(layer, h264_payload(1), 10, 0, 0.0)
    assert subscription.forward(layer, early, SEND_TIME) is None
    assert subscription.is_waiting
    key = arrive(layer, h264_payload(2, is_key=True), 11, 3000, 0.1)
    out = PacketView(subscription.forward(layer, key, SEND_TIME) or b"")
    assert (out.payload_type, out.seq, out.ts, out.ssrc) == (102, 500, 9_000, 7000)
    assert bytes(out.payload) == key.payload
    assert not subscription.is_waiting


def test_extensions_carry_mid_until_the_receiver_reports() -> None:
    subscription, layers = watching(Codec.OPUS)
    layer = layers[""]
    first = PacketView(
        subscription.forward(layer, arrive(layer, opus_payload(1), 1, 0, 0.0), SEND_TIME) or b""
    )
    assert extensions.element(first, 2) == SEND_TIME
    assert extensions.element_text(first, 4) == "0"
    subscription.reported(ReportBlock(7000, 0, 0, 500, 0, 0, 0))
    second = PacketView(
        subscription.forward(layer, arrive(layer, opus_payload(2), 2, 960, 0.02), b"abc") or b""
    )
    assert extensions.element(second, 2) == b"abc"
    assert extensions.element(second, 4) is None


def test_layers_change_at_a_key_frame_of_the_new_one() -> None:
    subscription, layers = watching(Codec.H264, "q", "f")
    small, large = layers["q"], layers["f"]
    forward = subscription.forward
    forward(small, arrive(small, h264_payload(1, is_key=True), 10, 0, 0.0), SEND_TIME)
    subscription.set_target("f")
    assert forward(large, arrive(large, h264_payload(2), 900, 70_000, 0.03), SEND_TIME) is None
    assert forward(small, arrive(small, h264_payload(3), 11, 3000, 0.04), SEND_TIME) is not None
    key = arrive(large, h264_payload(4, is_key=True), 901, 73_000, 0.07)
    out = PacketView(forward(large, key, SEND_TIME) or b"")
    assert out.seq == 502
    assert ts_delta(out.ts, 9_000 + 3000) == pytest.approx(0.03 * 90_000, abs=1)
    assert forward(small, arrive(small, h264_payload(5), 12, 6000, 0.08), SEND_TIME) is None


def test_layers_with_known_clocks_change_by_the_clock_and_not_by_arrival() -> None:
    offset = WallOffset()
    subscription, layers = watching(Codec.H264, "q", "f", offset=offset)
    small, large = layers["q"], layers["f"]
    ntp = ntp_from_wall_ms(1_800_000_000_000)
    offset.sender_report(ntp, 1_800_000_000_000)
    for layer, rtp_time in ((small, 0), (large, 500_000)):
        layer.sender_report(SenderReport(layer.ssrc, ntp, rtp_time, 0, 0), 0.0)
    forward = subscription.forward
    forward(small, arrive(small, h264_payload(1, is_key=True), 10, 9000, 0.1), SEND_TIME)
    subscription.set_target("f")
    # taken 100 ms after the first picture, but 80 ms late on the way
    key = arrive(large, h264_payload(2, is_key=True), 9, 500_000 + 18_000, 0.28)
    out = PacketView(forward(large, key, SEND_TIME) or b"")
    assert ts_delta(out.ts, 9_000) == 9_000


def test_vp8_numbers_go_on_across_layers() -> None:
    subscription, layers = watching(Codec.VP8, "q", "f")
    small, large = layers["q"], layers["f"]
    forward = subscription.forward
    first = arrive(small, vp8_payload(0x7FFE, 254, is_key=True), 10, 0, 0.0)
    second = arrive(small, vp8_payload(0x7FFF, 255), 11, 3000, 0.03)
    pids = [descriptor_of(forward(small, p, SEND_TIME) or b"") for p in (first, second)]
    assert [d.picture_id for d in pids] == [0x7FFE, 0x7FFF]
    subscription.set_target("f")
    third = arrive(large, vp8_payload(77, 9, is_key=True), 900, 6000, 0.06)
    fourth = arrive(large, vp8_payload(78, 10), 901, 9000, 0.09)
    found = [descriptor_of(forward(large, p, SEND_TIME) or b"") for p in (third, fourth)]
    assert [(d.picture_id, d.tl0_picture_index) for d in found] == [(0, 0), (1, 1)]


def test_another_publisher_with_another_codec_takes_its_payload_type() -> None:
    subscription, layers = watching(Codec.H264)
    before = layers[""]
    subscription.forward(
        before, arrive(before, h264_payload(1, is_key=True), 10, 0, 0.0), SEND_TIME
    )
    after = layer_of(Codec.VP8, ssrc=9)
    subscription.set_source(publication_of(after))
    subscription.set_target("")
    key = arrive(after, vp8_payload(5, 5, is_key=True), 3, 77, 2.0)
    out = PacketView(subscription.forward(after, key, SEND_TIME) or b"")
    assert (out.payload_type, out.seq, out.ssrc) == (96, 501, 7000)
    assert ts_delta(out.ts, 9_000) == 2 * 90_000


def test_a_codec_that_was_not_agreed_is_not_forwarded() -> None:
    subscription = subscription_of(MediaKind.AUDIO)
    subscription.set_source(publication_of(layer_of(Codec.VP8)))
    assert subscription.publication is None


def test_after_an_interruption_the_numbers_go_on_as_if_nothing_had_been() -> None:
    subscription, layers = watching(Codec.OPUS)
    layer = layers[""]
    forward = subscription.forward
    forward(layer, arrive(layer, opus_payload(1), 1, 0, 0.0), SEND_TIME)
    arrive(layer, opus_payload(2), 2, 960, 0.02)  # muted: not forwarded
    subscription.interrupt()
    out = PacketView(
        forward(layer, arrive(layer, opus_payload(3), 3, 48_000, 1.0), SEND_TIME) or b""
    )
    assert (out.seq, out.ts) == (501, 9_000 + 48_000)


def test_voice_is_repeated_byte_for_byte() -> None:
    subscription, layers = watching(Codec.OPUS)
    layer = layers[""]
    sent = subscription.forward(layer, arrive(layer, opus_payload(1), 1, 0, 0.0), SEND_TIME)
    assert subscription.repair((500,), 1.0, 0.1, b"zzz") == [sent]


def test_a_picture_is_repeated_as_rtx_with_the_numbers_it_had() -> None:
    subscription, layers = watching(Codec.VP8, "q", "f")
    small, large = layers["q"], layers["f"]
    first = arrive(small, vp8_payload(5, 5, is_key=True), 10, 0, 0.0)
    subscription.forward(small, first, SEND_TIME)
    subscription.set_target("f")
    key = arrive(large, vp8_payload(900, 9, is_key=True), 70, 0, 0.1)
    sent = subscription.forward(large, key, SEND_TIME) or b""
    (repair,) = subscription.repair((501,), 1.0, 0.1, SEND_TIME)
    rtx, original = PacketView(repair), PacketView(sent)
    assert (rtx.payload_type, rtx.ssrc, rtx.seq, rtx.ts) == (97, 7001, 60, original.ts)
    assert bytes(rtx.payload[:2]) == (501).to_bytes(2, "big")
    assert bytes(rtx.payload[2:]) == bytes(original.payload)
    assert subscription.repair((501,), 2.0, 0.1, SEND_TIME)[0] != repair


def test_a_report_counts_only_what_the_link_lost() -> None:
    subscription, layers = watching(Codec.OPUS)
    layer = layers[""]
    for seq in (1, 2, 5, 6, 7):  # 3 and 4 were lost before us
        packet = arrive(layer, opus_payload(seq), seq, seq * 960, seq / 50)
        subscription.forward(layer, packet, SEND_TIME)
        if seq == 2:
            assert subscription.reported(ReportBlock(7000, 0, 0, 501, 0, 0, 0)) == (0, 0)
    assert subscription.reported(ReportBlock(7000, 0, 3, 506, 0, 0, 0)) == (5, 1)
    assert subscription.counts.fraction_lost == 0.2
    assert subscription.counts.received == 2


def test_the_sender_report_follows_the_publishers_clock() -> None:
    offset = WallOffset()
    subscription, layers = watching(Codec.OPUS, offset=offset)
    layer = layers[""]
    wall_ms = 1_800_000_000_000
    assert subscription.sender_report(0.0, wall_ms) is None
    subscription.forward(layer, arrive(layer, opus_payload(1), 1, 1000, 5.0), SEND_TIME)
    by_arrival = subscription.sender_report(5.5, wall_ms)
    assert by_arrival is not None and by_arrival.rtp_time == 9_000 + 24_000
    ntp = ntp_from_wall_ms(wall_ms - 3_000)  # its clock is 3 s behind ours
    offset.sender_report(ntp, wall_ms)
    layer.sender_report(SenderReport(1, ntp, 1000, 0, 0), 5.0)
    by_clock = subscription.sender_report(6.0, wall_ms + 1000)
    assert by_clock is not None
    assert by_clock.rtp_time == 9_000 + 48_000
    assert by_clock.ntp_time == ntp_from_wall_ms(wall_ms + 1000)
    assert (by_clock.packet_count, by_clock.octet_count) == (1, 2)
