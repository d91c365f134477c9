"""Packets to frames: whatever is lost, doubled or comes late, what comes out is whole."""

import random
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamsvc.base.depacketize.frames import BrokenFrame, Frame, FrameAssembler, PayloadFormat
from streamsvc.base.depacketize.h264 import H264Payload, nal_units, split_aggregate
from streamsvc.base.depacketize.h264 import begins_keyframe as h264_begins_keyframe
from streamsvc.base.depacketize.reorder import WAIT_MS, Gap, ReorderBuffer
from streamsvc.base.depacketize.rtp import RtpPacket, is_rtcp, parse_rtp, sender_reports
from streamsvc.base.depacketize.vp8 import Vp8Payload, descriptor_bytes
from streamsvc.base.depacketize.vp8 import begins_keyframe as vp8_begins_keyframe
from streamsvc.base.media import Codec
from tests.support.rtp_media import Packetizer, picture_clip

CODECS = [Codec.H264, Codec.VP8]
FORMATS: dict[Codec, Callable[[], PayloadFormat]] = {Codec.H264: H264Payload, Codec.VP8: Vp8Payload}


def packets_of(codec: Codec, seconds: float = 5.0) -> list[bytes]:
    packetizer = Packetizer(codec, 7)
    clip = picture_clip(codec, seconds)
    return [packet for encoded in clip for packet in packetizer.packets(encoded)]


def frames_from(codec: Codec, packets: list[tuple[float, bytes]]) -> list[Frame]:
    """Through reorder buffer and assembler, as a track does it."""
    reorder, assembler = ReorderBuffer(), FrameAssembler(FORMATS[codec]())
    frames: list[Frame] = []

    def take(released: list[RtpPacket | Gap]) -> None:
        for item in released:
            if isinstance(item, Gap):
                assembler.gap()
            else:
                frames.extend(assembler.push(item))

    for arrival_ms, packet in packets:
        parsed = parse_rtp(packet, arrival_ms)
        assert parsed is not None
        take(reorder.push(parsed))
        take(reorder.expire(arrival_ms))
    take(reorder.flush())
    return frames


def slices(data: bytes) -> list[bytes]:
    units = data.replace(b"\0\0\0\1", b"\0\0\1").split(b"\0\0\1")
    return [unit for unit in units if unit and unit[0] & 0x1F in (1, 5)]


def content(codec: Codec, data: bytes) -> object:
    return slices(data) if codec is Codec.H264 else data


def places_in(codec: Codec, frames: list[Frame]) -> list[int]:
    """Which frames of the clip they are, by their RTP time."""
    packetizer = Packetizer(codec, 7)
    by_ts = {packetizer.ts(e.at_ms): n for n, e in enumerate(picture_clip(codec, 5.0))}
    return [by_ts[frame.ts] for frame in frames]


@pytest.mark.parametrize("codec", CODECS)
def test_all_frames_come_out_as_they_went_in(codec: Codec) -> None:
    clip = picture_clip(codec, 5.0)
    frames = frames_from(codec, [(0.0, packet) for packet in packets_of(codec)])
    assert [content(codec, frame.data) for frame in frames] == [
        content(codec, encoded.data) for encoded in clip
    ]
    assert [frame.is_keyframe for frame in frames] == [encoded.is_keyframe for encoded in clip]


@pytest.mark.parametrize("codec", CODECS)
@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), loss=st.sampled_from([0.0, 0.01, 0.1]))
def test_loss_disorder_and_copies(codec: Codec, seed: int, loss: float) -> None:
    chance = random.Random(seed)
    arriving: list[tuple[float, bytes]] = []
    for number, packet in enumerate(packets_of(codec)):
        sent_ms = number * 10.0
        if chance.random() >= loss:
            late_ms = chance.choice((0, 0, 0, 35, 600)) if number > 3 else 0
            arriving.append((sent_ms + late_ms, packet))
        if chance.random() < 0.05 and loss == 0:
            arriving.append((sent_ms + 700, packet))
    frames = frames_from(codec, sorted(arriving, key=lambda item: item[0]))
    sent = picture_clip(codec, 5.0)
    places = places_in(codec, frames)
    for place, frame in zip(places, frames, strict=True):
        assert content(codec, frame.data) == content(codec, sent[place].data)
    assert places == sorted(places)
    assert len(frames) == len(sent) or loss > 0
    for place, before, frame in zip(places[1:], places, frames[1:], strict=False):
        assert place == before + 1 or frame.is_keyframe


@pytest.mark.parametrize("codec", CODECS)
def test_after_a_gap_nothing_until_the_keyframe(codec: Codec) -> None:
    packets = packets_of(codec)
    lost = len(packets) // 3
    kept = [(n * 30.0, packet) for n, packet in enumerate(packets) if n != lost]
    frames = frames_from(codec, kept)
    places = places_in(codec, frames)
    jumps = [b for a, b in zip(places, places[1:], strict=False) if b != a + 1]
    assert len(jumps) == 1
    assert jumps[0] % 30 == 0


@given(st.lists(st.binary(max_size=60), max_size=20), st.sampled_from(CODECS))
def test_hostile_payloads_raise_nothing(payloads: list[bytes], codec: Codec) -> None:
    assembler = FrameAssembler(FORMATS[codec]())
    for number, payload in enumerate(payloads):
        packet = RtpPacket(number, number // 3, 1, number % 3 == 2, payload, 0.0)
        for frame in assembler.push(packet):
            assert frame.data


@given(st.binary(max_size=80))
def test_hostile_packets_raise_nothing(packet: bytes) -> None:
    parsed = parse_rtp(packet, 0.0)
    if parsed is not None:
        h264_begins_keyframe(parsed.payload)
        vp8_begins_keyframe(parsed.payload)
    is_rtcp(packet)
    assert all(report.ntp_ms for report in sender_reports(packet))


def test_aggregate_and_fragments() -> None:
    assert split_aggregate(b"\x18\x00\x02ab\x00\x01c") == [b"ab", b"c"]
    assert nal_units([b"\x7c\x85ab", b"\x7c\x05cd", b"\x7c\x45ef"]) == [b"\x65abcdef"]


@pytest.mark.parametrize(
    "payloads",
    [
        [b"\x18\x00\x09ab"],
        [b"\x7c\x05cd"],
        [b"\x7c\x85ab"],
        [b"\x7c\x85ab", b"\x61abc"],
        [b"\x7c\x85"],
        [b"\x19abc"],
    ],
)
def test_broken_h264(payloads: list[bytes]) -> None:
    with pytest.raises(BrokenFrame):
        nal_units(payloads)


@pytest.mark.parametrize(
    ("payload", "size"),
    [
        (b"\x10x", 1),
        (b"\x90\x80\x11x", 3),
        (b"\x90\x80\x91\x22x", 4),
        (b"\x90\xe0\x91\x22\x05\x20x", 6),
        (b"\x90\x10\x20x", 3),
    ],
)
def test_vp8_descriptors(payload: bytes, size: int) -> None:
    assert descriptor_bytes(payload) == size
    with pytest.raises(BrokenFrame):
        descriptor_bytes(payload[:size])


def test_keyframes_are_seen_in_passing() -> None:
    for codec, begins in ((Codec.H264, h264_begins_keyframe), (Codec.VP8, vp8_begins_keyframe)):
        packetizer = Packetizer(codec, 1)
        for encoded in picture_clip(codec, 5.0):
            parsed = [parse_rtp(packet, 0.0) for packet in packetizer.packets(encoded)]
            assert any(begins(p.payload) for p in parsed if p) == encoded.is_keyframe


def test_a_missing_packet_is_waited_for_and_then_given_up() -> None:
    buffer = ReorderBuffer()
    one, two, three = (RtpPacket(n, 0, 1, True, b"x", n * 10.0) for n in (65_535, 0, 1))
    assert buffer.push(one) == [one]
    assert buffer.push(three) == []
    assert buffer.expire(three.arrival_ms + WAIT_MS) == []
    assert buffer.push(two) == [two, three]
    late = RtpPacket(3, 0, 1, True, b"x", 100.0)
    assert buffer.push(late) == []
    assert buffer.expire(101.0 + WAIT_MS) == [Gap(1), late]
    assert buffer.lost == 1


def test_a_sender_that_begins_anew_is_followed() -> None:
    buffer = ReorderBuffer()
    for seq in range(20_000, 20_050):
        buffer.push(RtpPacket(seq, 0, 1, True, b"x", 0.0))
    again = [RtpPacket(seq, 0, 1, True, b"x", 1.0) for seq in range(100, 130)]
    released = [item for packet in again for item in buffer.push(packet)]
    assert released[0] == Gap(1)
    assert len(released) > 20
