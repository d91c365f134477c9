from streamsvc.base.media import Codec, MediaKind
from tests.support.engine_model.nack_responder import (
    MAX_TRIES,
    NackResponder,
    RepairBudget,
    Sent,
    SentRing,
)
from tests.support.engine_model.packets import arrive, h264_payload, layer_of


def responder(kind: MediaKind = MediaKind.VIDEO, bps: int = 4_000_000) -> NackResponder:
    ring, layer = SentRing(256), layer_of(Codec.H264)
    for seq in range(40):
        packet = arrive(layer, h264_payload(seq) + bytes(1000), seq, 0, 0.0)
        ring.put(Sent(0x10000 + seq, 0, packet, b"", b""))
    return NackResponder(ring, RepairBudget(0.0, bps), kind)


def test_a_packet_is_not_sent_twice_within_a_round_trip() -> None:
    repairs = responder()
    assert [sent.out_ext_seq for sent in repairs.answer((3, 5), 1.0, 0.6)] == [0x10003, 0x10005]
    assert repairs.answer((3,), 1.3, 0.6) == []
    assert len(repairs.answer((3,), 1.6, 0.6)) == 1
    assert (repairs.counts.repaired, repairs.counts.too_soon) == (3, 1)


def test_a_packet_is_sent_again_only_so_often() -> None:
    repairs = responder()
    answered = [len(repairs.answer((3,), float(second), 0.1)) for second in range(1, 8)]
    assert sum(answered) == MAX_TRIES


def test_what_is_not_known_is_counted() -> None:
    repairs = responder()
    assert repairs.answer((1000,), 1.0, 0.1) == []
    assert repairs.counts.unknown == 1


def test_repairs_stay_within_their_budget() -> None:
    repairs = responder(bps=160_000)  # 4,000 bytes a second, so about four packets
    assert len(repairs.answer(tuple(range(40)), 0.0, 0.1)) == 3
    assert repairs.counts.over_budget == 37
    assert len(repairs.answer(tuple(range(10, 40)), 1.0, 0.1)) == 3


def test_voice_is_never_refused_for_the_budget() -> None:
    repairs = responder(MediaKind.AUDIO, bps=160_000)
    assert len(repairs.answer(tuple(range(40)), 0.0, 0.1)) == 40
