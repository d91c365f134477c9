from hypothesis import given
from hypothesis import strategies as st

from relay.rtp.seqnum import ts_delta
from tests.support.engine_model.munger import Munger


def test_losses_of_the_source_stay_visible_and_can_be_filled() -> None:
    munger = Munger(90_000, first_seq=10, first_ts=1000)
    munger.switch(700, 50, 0.0)
    assert munger.munge(700, 50, 0.0) == (10 + 0x10000, 1000)
    assert munger.munge(703, 350, 0.1) == (13 + 0x10000, 1300)
    assert munger.take_skipped() == 2
    assert munger.munge(701, 150, 0.2) == (11 + 0x10000, 1100)
    assert munger.take_skipped() == -1


def test_a_new_source_goes_on_without_a_gap_and_by_the_time_that_passed() -> None:
    munger = Munger(90_000, first_seq=10, first_ts=1000)
    munger.switch(700, 50, 5.0)
    munger.munge(700, 50, 5.0)
    munger.switch(40_000, 4_000_000_000, 7.0)
    assert munger.munge(40_000, 4_000_000_000, 7.0) == (11 + 0x10000, 1000 + 2 * 90_000)


def test_packets_from_before_the_segment_are_dropped() -> None:
    munger = Munger(90_000, first_seq=10, first_ts=1000)
    assert munger.munge(1, 1, 0.0) is None
    munger.switch(700, 50, 0.0)
    assert munger.munge(699, 20, 0.0) is None


def test_a_plausible_hint_wins_over_the_arrival() -> None:
    for hint, expected in ((91_500, 91_500), (900_000, 91_000)):
        munger = Munger(90_000, first_seq=10, first_ts=1000)
        munger.switch(1, 0, 0.0)
        munger.munge(1, 0, 0.0)
        munger.switch(1, 0, 1.0, hint)
        numbers = munger.munge(1, 0, 1.0)
        assert numbers is not None and numbers[1] == expected


@given(
    st.lists(
        st.tuples(
            st.integers(0, 2**32 - 1),
            st.integers(0, 60_000),
            st.floats(-0.5, 3),
            st.integers(1, 40),
            st.one_of(st.none(), st.integers(0, 2**32 - 1)),
        ),
        min_size=1,
        max_size=12,
    )
)
def test_time_only_goes_forward_and_no_number_is_used_twice(
    segments: list[tuple[int, int, float, int, int | None]],
) -> None:
    munger, now = Munger(90_000, first_seq=65_000, first_ts=2**32 - 5), 100.0
    sent: list[tuple[int, int]] = []
    for ts, ext_seq, pause, length, hint in segments:
        now += pause
        munger.switch(ext_seq, ts, now, hint)
        for number in range(length):
            arrival, source_ts = now + number / 30, (ts + number * 3000) & 0xFFFFFFFF
            numbers = munger.munge(ext_seq + number, source_ts, arrival)
            assert numbers is not None
            sent.append(numbers)
        now += length / 30
    seqs = [seq for seq, _ in sent]
    assert seqs == list(range(seqs[0], seqs[0] + len(seqs)))
    for (_, earlier), (_, later) in zip(sent, sent[1:], strict=False):
        assert ts_delta(later, earlier) > 0
