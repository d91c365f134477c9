"""Packets of a source to pictures, with losses, and with more than can wait."""

import random

from hypothesis import given
from hypothesis import strategies as st

from relay.transcode.plan.intake import MOST_PICTURES, Intake
from streamsvc.base.media import Codec
from tests.support.rtp_media import Encoded, Packetizer, picture_clip

PATIENCE_MS = 250.0


def clip(seconds: float = 5.0) -> tuple[Encoded, ...]:
    return picture_clip(Codec.H264, seconds)


def feed(intake: Intake, clip: tuple[Encoded, ...], packetizer: Packetizer | None = None) -> None:
    packetizer = packetizer or Packetizer(Codec.H264, 7)
    for encoded in clip:
        for packet in packetizer.packets(encoded):
            intake.push(packet, encoded.at_ms)


def taken(intake: Intake) -> list[float]:
    """Arrivals of what can be decoded now."""
    arrivals = []
    while (frame := intake.next()) is not None:
        arrivals.append(frame.arrival_ms)
    return arrivals


def test_pictures_come_whole_and_in_order() -> None:
    intake = Intake(Codec.H264, PATIENCE_MS)
    feed(intake, clip()[:40])
    assert not intake.wants_keyframe
    assert taken(intake) == [encoded.at_ms for encoded in clip()[:40]]


def test_it_begins_with_a_key_frame() -> None:
    intake = Intake(Codec.VP8, PATIENCE_MS)
    assert intake.wants_keyframe
    vp8 = picture_clip(Codec.VP8, 5.0)
    packetizer = Packetizer(Codec.VP8, 7)
    for encoded in vp8[5:40]:
        for packet in packetizer.packets(encoded):
            intake.push(packet, encoded.at_ms)
    assert taken(intake) == [encoded.at_ms for encoded in vp8[30:40]]


def test_a_lost_packet_is_waited_for_and_then_costs_all_up_to_a_key_frame() -> None:
    intake = Intake(Codec.H264, PATIENCE_MS)
    packetizer = Packetizer(Codec.H264, 7)
    feed(intake, clip()[:10], packetizer)
    packetizer.seq += 1
    feed(intake, clip()[10:12], packetizer)
    assert len(taken(intake)) == 10
    intake.expire(clip()[10].at_ms + PATIENCE_MS - 1)
    assert intake.lost == 0
    intake.expire(clip()[10].at_ms + PATIENCE_MS + 1)
    assert intake.wants_keyframe
    assert intake.lost == 1
    feed(intake, clip()[12:35], packetizer)
    assert taken(intake) == [encoded.at_ms for encoded in clip()[30:35]]


def test_another_sender_begins_anew() -> None:
    intake = Intake(Codec.H264, PATIENCE_MS)
    feed(intake, clip()[:5], Packetizer(Codec.H264, 7, seq=9))
    feed(intake, clip()[5:35], Packetizer(Codec.H264, 8, seq=40_000))
    assert taken(intake) == [encoded.at_ms for encoded in (*clip()[:5], *clip()[30:35])]
    assert intake.lost == 0


def test_too_many_that_wait_give_way_to_the_newest_key_frame() -> None:
    intake = Intake(Codec.H264, PATIENCE_MS)
    feed(intake, clip()[: MOST_PICTURES + 1])
    assert intake.skipped == 60
    assert taken(intake) == [encoded.at_ms for encoded in clip()[60 : MOST_PICTURES + 1]]


def test_skipping_ahead_without_a_fresh_key_frame_leaves_nothing() -> None:
    intake = Intake(Codec.H264, PATIENCE_MS)
    packetizer = Packetizer(Codec.H264, 7)
    feed(intake, clip()[:40], packetizer)
    intake.skip_ahead(since_ms=clip()[35].at_ms)
    assert intake.next() is None
    assert intake.wants_keyframe
    assert intake.skipped == 40
    feed(intake, clip()[60:62], packetizer)
    assert len(taken(intake)) == 2


def test_what_can_not_be_decoded_is_left_out_up_to_a_key_frame() -> None:
    intake = Intake(Codec.H264, PATIENCE_MS)
    feed(intake, clip()[:33])
    assert intake.next() is not None
    intake.await_keyframe()
    assert taken(intake) == [encoded.at_ms for encoded in clip()[30:33]]
    assert intake.skipped == 29


@given(st.lists(st.binary(max_size=60), max_size=50), st.randoms())
def test_garbage_is_left_out(pieces: list[bytes], chance: random.Random) -> None:
    intake = Intake(Codec.H264, PATIENCE_MS)
    packetizer = Packetizer(Codec.H264, 7)
    for number, piece in enumerate(pieces):
        packet = packetizer.rtp(piece, number * 3_000, True) if chance.random() < 0.7 else piece
        intake.push(packet, number * 33.0)
        intake.expire(number * 33.0)
    assert len(taken(intake)) <= MOST_PICTURES
