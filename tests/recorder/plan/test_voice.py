"""The voice has no holes and stays on its axis."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recorder.plan import opus
from recorder.plan.voice import HARD_DRIFT_MS, VoiceLine

PACKET = b"\xfc" + bytes(60)


@given(st.lists(st.sampled_from([0, 1, 2, 7, 40]), max_size=60), st.floats(-200, 200))
def test_gaps_are_filled_to_the_sample(missing: list[int], ppm: float) -> None:
    line, row, media_ms = VoiceLine(), [], 500.0
    for packets in missing:
        media_ms += packets * 20 + 20 * (1 + ppm / 1e6)
        row += line.push(PACKET, media_ms)
    assert all(a.end == b.position for a, b in zip(row, row[1:], strict=False))
    if row and line.end is not None:
        assert abs(line.end / 48 - media_ms - 20) <= max(HARD_DRIFT_MS, 20.01)


def test_a_gap_is_concealed_first_then_silent() -> None:
    line = VoiceLine()
    line.push(PACKET, 0.0)
    row = line.push(PACKET, 120.0)
    conceal = opus.concealment(PACKET)
    assert [s.data for s in row] == [conceal, conceal, *[opus.SILENCE] * 3, PACKET]
    assert row[-1].position == 120 * 48


def test_a_slow_crystal_is_mended_in_a_pause() -> None:
    """Drift of 16 ms: left alone in speech, one packet put in when the voice pauses."""
    line = VoiceLine()
    for number in range(100):
        assert len(line.push(PACKET, number * 20.0)) == 1
    assert len(line.push(PACKET, 2_016.0)) == 1
    assert len(line.push(PACKET[:8], 2_036.0)) == 2


def test_a_fast_crystal_leaves_one_out() -> None:
    line = VoiceLine()
    for number in range(100):
        line.push(PACKET, number * 20.0)
    assert line.push(PACKET, 1_974.0) == []
    assert len(line.push(PACKET, 1_994.0)) == 1


@pytest.mark.parametrize(
    ("packet", "samples"),
    [
        (b"\xfc", 960),
        (b"\xfd", 1_920),
        (b"\xe0", 120),
        (b"\x58", 2_880),
        (b"\x60", 480),
        (b"\xff\x03", 2_880),
        (b"\xff", 0),
        (b"\xff\x3f", 0),
        (b"", 0),
    ],
)
def test_packet_lengths(packet: bytes, samples: int) -> None:
    assert opus.packet_samples(packet) == samples


@given(st.binary(min_size=1, max_size=4))
def test_concealment_is_always_20_ms(packet: bytes) -> None:
    assert opus.packet_samples(opus.concealment(packet)) == opus.FILL_SAMPLES
