from relay.rtp.header import PacketView
from streamsvc.base.media import Codec
from tests.support.engine_model.layer import BURST_BYTES, BURST_SECONDS, LIVE_SECONDS, Layer
from tests.support.engine_model.packets import (
    arrive,
    h264_payload,
    layer_of,
    publication_of,
    rtp,
    vp8_payload,
)
from tests.support.engine_model.publication import BETTER_SECONDS


def test_a_duplicate_is_taken_once() -> None:
    layer = layer_of(Codec.H264)
    arrive(layer, h264_payload(1), 5, 0, 0.0)
    view = PacketView(rtp(h264_payload(1), 5, 0))
    assert layer.receive(view, 0.1, is_repaired=True) is None
    assert layer.stats.received_packets == 1


def test_the_cached_picture_is_offered_while_it_is_fresh_whole_and_small() -> None:
    layer = layer_of(Codec.H264)
    arrive(layer, h264_payload(0), 9, 0, 0.0)
    assert layer.since_keyframe(0.0) is None
    arrive(layer, h264_payload(1, is_key=True), 10, 0, 0.0)
    arrive(layer, h264_payload(2), 12, 3000, 0.1)
    assert layer.since_keyframe(0.1) is None  # 11 is missing
    arrive(layer, h264_payload(3), 11, 0, 0.15, is_repaired=True)
    burst = layer.since_keyframe(0.2)
    assert burst is not None and [packet.ext_seq & 0xFFFF for packet in burst] == [10, 11, 12]
    assert layer.since_keyframe(BURST_SECONDS + 0.1) is None


def test_a_long_picture_is_not_offered_from_the_cache() -> None:
    layer = layer_of(Codec.VP8)
    arrive(layer, vp8_payload(1, 1, is_key=True), 1, 0, 0.0)
    for seq in range(2, 3 + BURST_BYTES // 1000):
        arrive(layer, vp8_payload(1, 1) + bytes(1000), seq, 0, 0.0)
    assert layer.since_keyframe(0.1) is None


def test_an_idr_without_parameter_sets_starts_a_picture_only_where_none_are_sent() -> None:
    idr = bytes((0x65, 1))
    layer = layer_of(Codec.H264)
    assert arrive(layer, idr, 1, 0, 0.0).starts_keyframe
    arrive(layer, h264_payload(1, is_key=True), 2, 0, 0.0)
    assert not arrive(layer, idr, 3, 0, 0.0).starts_keyframe


def test_the_recording_keeps_its_layer_until_it_dies_or_a_better_one_has_lived() -> None:
    small, large = layer_of(Codec.H264, "q", 1), layer_of(Codec.H264, "f", 2)
    publication = publication_of(small, large)

    def feed(step: int, *layers: tuple[Layer, int]) -> Layer | None:
        for layer, size in layers:
            arrive(layer, h264_payload(1) + bytes(size), step, 0, step / 10)
        return publication.choose_tapped(step / 10)

    assert feed(1, (small, 100)) is small
    better = round(BETTER_SECONDS * 10)
    both = [feed(step, (small, 100), (large, 1000)) for step in range(2, better + 10)]
    assert both[better - 5] is small and both[-1] is large
    alone = round((LIVE_SECONDS + 0.3) * 10)
    for step in range(better + 10, better + 10 + alone):
        feed(step, (small, 100))
    assert publication.tapped is small
