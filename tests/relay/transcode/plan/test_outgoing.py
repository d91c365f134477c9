"""Numbers and times of what goes back."""

from relay.transcode.plan.outgoing import PAYLOAD_BYTES, Outgoing
from relay.transcode.plan.source_time import STEP_TICKS, SourceTime
from streamsvc.base.depacketize.frames import FrameAssembler
from streamsvc.base.depacketize.h264 import H264Payload
from streamsvc.base.depacketize.rtp import parse_rtp
from streamsvc.base.depacketize.vp8 import Vp8Payload
from streamsvc.base.media import Codec
from tests.support.rtp_media import picture_clip


def test_a_picture_is_the_same_after_its_journey() -> None:
    clip = picture_clip(Codec.H264, 2.0, width=640, height=360)
    outgoing = Outgoing(ssrc=5, payload_type=102, seq=65_534)
    assembler = FrameAssembler(H264Payload())
    frames, numbers = [], []
    for encoded in clip:
        for packet in outgoing.packets(encoded.data, round(encoded.at_ms * 90)):
            parsed = parse_rtp(packet, 0)
            assert parsed is not None
            assert len(parsed.payload) <= PAYLOAD_BYTES and parsed.ssrc == 5
            assert packet[1] & 0x7F == 102
            numbers.append(parsed.seq)
            frames += assembler.push(parsed)
    assert [frame.ts for frame in frames] == [round(encoded.at_ms * 90) for encoded in clip]
    assert [frame.is_keyframe for frame in frames] == [encoded.is_keyframe for encoded in clip]
    assert numbers == [(65_534 + n) & 0xFFFF for n in range(len(numbers))]
    assert not any(b"x264" in frame.data for frame in frames), "settings of the encoder"
    assert b"x264" in clip[0].data


def test_a_picture_of_vp8_is_the_same_after_its_journey_and_numbered() -> None:
    clip = picture_clip(Codec.VP8, 1.0, width=640, height=360)
    outgoing = Outgoing(ssrc=5, payload_type=102, seq=0x7FFE, codec=Codec.VP8)
    assembler = FrameAssembler(Vp8Payload())
    frames, ids = [], []
    for encoded in clip:
        for packet in outgoing.packets(encoded.data, round(encoded.at_ms * 90)):
            parsed = parse_rtp(packet, 0)
            assert parsed is not None and len(parsed.payload) <= PAYLOAD_BYTES
            assert parsed.payload[:2] in (b"\x90\x80", b"\x80\x80")
            frames += assembler.push(parsed)
            picture_id = int.from_bytes(parsed.payload[2:4], "big")
        ids.append(picture_id)
    assert [frame.data for frame in frames] == [encoded.data for encoded in clip]
    assert [frame.is_keyframe for frame in frames] == [encoded.is_keyframe for encoded in clip]
    assert ids == [0x8000 | (0x7FFE + 1 + n) & 0x7FFF for n in range(len(clip))]


def test_times_grow_over_the_end_of_their_range() -> None:
    time = SourceTime()
    first = time.ticks(0xFFFFFF00, 1.0)
    second = time.ticks(0x00000100, 2.0)
    assert second - first == 0x200
    assert time.came_as(second) == (0x100, 2.0)


def test_a_jump_is_no_gap() -> None:
    time = SourceTime()
    first = time.ticks(1_000, 1.0)
    after = time.ticks(0x7FFFFFFF, 2.0)
    assert after - first == STEP_TICKS
    assert time.came_as(after) == (0x7FFFFFFF, 2.0)
    assert time.ticks(0x7FFFFFFF + 6_000, 3.0) - after == 6_000


def test_pictures_out_of_order_keep_their_places() -> None:
    time = SourceTime()
    places = [time.ticks(ts, 0.0) for ts in (0, 9_000, 3_000, 6_000)]
    assert places == [0, 9_000, 3_000, 6_000]
