"""What one packet in n tells of a track."""

from hypothesis import given
from hypothesis import strategies as st

from relay.client.swarm.sampled_stream import SampledStream, StreamCount

ONE_IN = 16


def feed(
    stream: SampledStream,
    first: int,
    count: int,
    lost: frozenset[int] = frozenset(),
    numbers_from: int = 0,
) -> None:
    """Packets first, first + 1, ... of which every 16th is seen."""
    for ext in range(first, first + count):
        if ext % ONE_IN == 0 and ext not in lost:
            stream.add(ext & 0xFFFF, numbers_from + ext - first, 0.01 * ext)


@given(st.integers(0, 65_535), st.integers(4, 200), st.sets(st.integers(1, 100), max_size=20))
def test_a_missing_sample_was_lost(start: int, samples: int, gaps: set[int]) -> None:
    """Also across the wrap of the sequence number; the first and the last sample came."""
    first = start // ONE_IN * ONE_IN
    lost = frozenset(first + ONE_IN * gap for gap in gaps if gap < samples - 1)
    stream = SampledStream(1, "video", ONE_IN)
    feed(stream, first, ONE_IN * (samples - 1) + 1, lost)
    count = stream.take()
    assert count is not None
    assert count.forwarded == count.published == ONE_IN * (samples - 1)
    assert count.missing == len(lost)
    assert count.sampled == samples - 1 - len(lost)
    assert count.reordered == 0


def test_counts_of_two_intervals_add_up() -> None:
    stream = SampledStream(1, "video", ONE_IN)
    feed(stream, 0, 161)
    assert stream.take() == StreamCount(160, 160, 10, 0, 0)
    feed(stream, 161, 160, numbers_from=161)
    assert stream.take() == StreamCount(160, 160, 10, 0, 0)


def test_what_the_server_left_out_shows_in_the_stamps() -> None:
    """1,600 were published, and 160 came: the rest was never sent."""
    stream = SampledStream(1, "video", ONE_IN)
    for ext in range(0, 161, ONE_IN):
        stream.add(ext, 10 * ext, 0.1 * ext)
    count = stream.take()
    assert count is not None
    assert (count.published, count.forwarded, count.missing) == (1600, 160, 0)


def test_without_stamps_everything_sent_was_published() -> None:
    stream = SampledStream(1, "video", ONE_IN)
    for ext in range(0, 161, ONE_IN):
        stream.add(ext, None, 0.1 * ext)
    count = stream.take()
    assert count is not None
    assert count.published == count.forwarded == 160


def test_another_publisher_starts_its_numbers_anew() -> None:
    stream = SampledStream(1, "video", ONE_IN)
    feed(stream, 0, 161, numbers_from=4_000_000_000)
    feed(stream, 161, 160, numbers_from=0)
    count = stream.take()
    assert count is not None
    assert count.forwarded == 320
    assert 0 <= count.published <= 160


def test_a_silent_interval_is_no_count_and_a_new_beginning() -> None:
    stream = SampledStream(1, "video", ONE_IN)
    assert stream.take() is None
    feed(stream, 0, 161)
    stream.take()
    assert stream.take() is None
    feed(stream, 4_000 * ONE_IN, 33, numbers_from=9_000)
    count = stream.take()
    assert count is not None
    assert (count.published, count.forwarded) == (32, 32)


def test_a_late_sample_is_reordered_not_lost() -> None:
    stream = SampledStream(1, "video", ONE_IN)
    for ext in (0, 32, 16, 48):
        stream.add(ext, ext, 0.1)
    assert stream.take() == StreamCount(48, 48, 3, 0, 1)


def test_the_highest_number_is_told_as_if_all_were_read() -> None:
    stream = SampledStream(1, "video", ONE_IN)
    feed(stream, 0, 161)  # 100 packets a second
    assert stream.highest == 65_536 + 160
    assert stream.expected_now(1.6 + 0.05) == stream.highest + 5
    assert stream.expected_now(60.0) == stream.highest + ONE_IN - 1
