import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.forwarding.pressure import (
    CALM_SECONDS,
    LEAST_CAP_BPS,
    MOST_CAP_BPS,
    OVERLOAD_SECONDS,
    Pressure,
)


def fed(pressure: Pressure, share: float, seconds: float, start: float = 0.0) -> float:
    """The same share twice a second; the time at the end."""
    now = start
    while now <= start + seconds:
        pressure.measured(share, now)
        now += 0.5
    return now


@pytest.mark.parametrize(("share", "refuses"), [(0.0, False), (0.87, False), (0.88, True)])
def test_newcomers_are_refused_before_anything_gets_worse(share: float, refuses: bool) -> None:
    pressure = Pressure()
    fed(pressure, share, 30)
    assert pressure.refuses_newcomers is refuses
    assert pressure.cap_bps == MOST_CAP_BPS


def test_an_engine_at_its_limit_sends_smaller_pictures_and_later_bigger_ones_again() -> None:
    pressure = Pressure()
    now = fed(pressure, 0.97, OVERLOAD_SECONDS + 0.5)
    assert pressure.cap_bps < MOST_CAP_BPS
    now = fed(pressure, 0.99, 60, now)
    assert pressure.cap_bps == LEAST_CAP_BPS
    now = fed(pressure, 0.8, 60, now)
    assert (pressure.cap_bps, pressure.refuses_newcomers) == (LEAST_CAP_BPS, True)
    fed(pressure, 0.3, 8 * CALM_SECONDS, now)
    assert (pressure.cap_bps, pressure.refuses_newcomers) == (MOST_CAP_BPS, False)


def test_a_moment_at_the_limit_changes_nothing() -> None:
    pressure = Pressure()
    for second in range(30):
        pressure.measured(0.99 if second % 2 else 0.5, float(second))
    assert pressure.cap_bps == MOST_CAP_BPS


@given(st.lists(st.floats(0, 1), max_size=200))
def test_the_cap_stays_within_its_bounds(shares: list[float]) -> None:
    pressure = Pressure()
    for number, share in enumerate(shares):
        pressure.measured(share, 0.5 * number)
        assert LEAST_CAP_BPS <= pressure.cap_bps <= MOST_CAP_BPS
