from hypothesis import given
from hypothesis import strategies as st

from relay.rtp.seqnum import Unwrapper, seq_delta, ts_delta


def test_distances_cross_the_wrap() -> None:
    assert seq_delta(2, 65_534) == 4
    assert seq_delta(65_534, 2) == -4
    assert ts_delta(5, 2**32 - 5) == 10


@given(st.integers(0, 65_535), st.lists(st.integers(-1000, 1000), max_size=300))
def test_extended_numbers_follow_the_true_line(start: int, steps: list[int]) -> None:
    unwrapper, line = Unwrapper(), start + 65_536
    assert unwrapper.extend(start) == line
    highest = line
    for step in steps:
        true = highest + step
        assert unwrapper.extend(true & 0xFFFF) == true
        highest = max(highest, true)
    assert unwrapper.highest == highest


def test_a_look_does_not_move_the_line() -> None:
    unwrapper = Unwrapper()
    first = unwrapper.extend(2**16 - 1)
    assert unwrapper.peek(9) == first + 10
    assert unwrapper.highest == first
