"""When which packet of the clip is due."""

from dataclasses import replace

import pytest

from relay.client.swarm.replay import MOST_PAYLOAD_BYTES, Clip, DuePacket, Frame, Replay
from streamsvc.base.media import MediaKind


def picture(size: int, kind: int = 0x61) -> bytes:
    return b"\0\0\0\1" + bytes((kind,)) + bytes(1 + n % 255 for n in range(size - 1))


def clip(seconds: int = 4, size: int = 5_000) -> Clip:
    """25 pictures a second, every 50th a key frame."""
    kinds = [0x65 if n % 50 == 0 else 0x61 for n in range(25 * seconds)]
    pictures = tuple(Frame(picture(size, kind), kind == 0x65) for kind in kinds)
    sounds = tuple(Frame(bytes((120, n % 256))) for n in range(50 * seconds))
    return Clip(pictures, sounds, 25, 50)


def played(replay: Replay, until: float) -> list[DuePacket]:
    found: list[DuePacket] = []
    while replay.next_at() <= until:
        found += replay.due(replay.next_at())
    return found


def of(packets: list[DuePacket], kind: MediaKind) -> list[DuePacket]:
    return [packet for packet in packets if packet.kind is kind]


def is_key(packet: DuePacket) -> bool:
    return packet.payload[1] & 0x1F == 5 and bool(packet.payload[1] & 0x80)


def test_a_layer_without_sound_has_pictures_only() -> None:
    packets = played(Replay(replace(clip(), sounds=()), 100.0), 100.995)
    assert {packet.kind for packet in packets} == {MediaKind.VIDEO}


def test_a_second_has_its_sounds_and_pictures() -> None:
    packets = played(Replay(clip(), 100.0), 100.995)
    assert len(of(packets, MediaKind.AUDIO)) == 50
    assert sum(packet.is_marked for packet in of(packets, MediaKind.VIDEO)) == 25
    assert max(len(packet.payload) for packet in packets) <= MOST_PAYLOAD_BYTES


def test_clocks_run_at_their_rates() -> None:
    packets = played(Replay(clip(), 100.0), 101.999)
    sounds, pictures = of(packets, MediaKind.AUDIO), of(packets, MediaKind.VIDEO)
    assert [packet.ts for packet in sounds] == [960 * n for n in range(100)]
    assert sorted({packet.ts for packet in pictures}) == [3_600 * n for n in range(50)]


def test_a_picture_leaves_at_two_and_a_half_times_the_rate() -> None:
    first = [p for p in played(Replay(clip(), 100.0), 100.03) if p.kind is MediaKind.VIDEO]
    gaps = [b.at - a.at for a, b in zip(first, first[1:], strict=False)]
    assert gaps == pytest.approx([0.00336] * 4, rel=0.02)


def test_the_clip_begins_again_and_its_clock_goes_on() -> None:
    packets = played(Replay(clip(seconds=2), 100.0), 105.99)
    pictures = of(packets, MediaKind.VIDEO)
    assert [packet.ts // 3_600 for packet in pictures if is_key(packet)] == [0, 50, 100]


def test_a_request_moves_on_to_the_next_key_frame() -> None:
    replay = Replay(clip(), 100.0)
    before = played(replay, 100.5)
    replay.request_keyframe()
    after = of(played(replay, 101.0), MediaKind.VIDEO)
    assert is_key(after[0]) or is_key(next(p for p in after if p.ts > before[-1].ts))
    assert replay.keyframes_advanced == 1


def test_many_requests_at_once_are_one() -> None:
    replay = Replay(clip(), 100.0)
    played(replay, 100.5)
    for _ in range(10):
        replay.request_keyframe()
    played(replay, 100.6)
    replay.request_keyframe()
    played(replay, 100.7)
    assert replay.keyframes_advanced == 1
    played(replay, 101.0)
    assert replay.keyframes_advanced == 2


def test_a_stall_is_not_caught_up_with() -> None:
    replay = Replay(clip(), 100.0)
    played(replay, 100.5)
    late = replay.due(110.0)
    assert len(late) <= 3
    assert replay.next_at() > 109.9
    assert len(of(played(replay, 111.0), MediaKind.AUDIO)) == pytest.approx(50, abs=1)
