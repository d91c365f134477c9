"""Percentiles in bounded memory, close to the exact ones."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.client.swarm.histogram import Histogram, percentile

SECONDS = st.lists(st.floats(1e-6, 100.0), min_size=1, max_size=200)


@given(SECONDS, st.sampled_from([0.01, 0.5, 0.95, 0.99, 1.0]))
def test_a_percentile_is_as_the_exact_one(values: list[float], share: float) -> None:
    histogram = Histogram()
    for value in values:
        histogram.add(value)
    assert histogram.percentile(share) == pytest.approx(percentile(values, share), rel=0.02)


@given(SECONDS, SECONDS)
def test_two_add_up(first: list[float], second: list[float]) -> None:
    parts = [Histogram(), Histogram()]
    whole = Histogram()
    for part, values in zip(parts, (first, second), strict=True):
        for value in values:
            part.add(value)
            whole.add(value)
    parts[0].merge(parts[1])
    assert len(parts[0]) == len(first) + len(second)
    assert parts[0].percentile(0.9) == whole.percentile(0.9)


def test_nothing_has_no_percentile() -> None:
    assert Histogram().percentile(0.5) is None
    assert percentile([], 0.5) is None


def test_a_negative_time_counts_as_the_smallest() -> None:
    histogram = Histogram()
    histogram.add(-0.001)
    assert histogram.percentile(0.5) == pytest.approx(1e-6, rel=0.02)
