import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.forwarding.pressure import (
    CALM_SECONDS,
    LEAST_CAP_BPS,
    MOST_LEVEL,
    OVERLOAD_SECONDS,
    SETTLED_SECONDS,
    STEP,
    UNCAPPED_BPS,
    Load,
    Pressure,
)

VIEWERS = 1000
SENT_BPS = 400_000.0 * VIEWERS


def load(busy_share: float = 0.5, wait_seconds: float = 0.001) -> Load:
    """Of an engine with a thousand viewers at 400 kbit/s."""
    return Load(busy_share, wait_seconds, SENT_BPS)


OVER = load(1.0, wait_seconds=0.06)


def fed(pressure: Pressure, found: Load, seconds: float, start: float = 0.0) -> float:
    """The same load twice a second; the time at the end."""
    now = start
    while now <= start + seconds:
        pressure.measured(found, VIEWERS, now)
        now += 0.5
    return now


def capped(pressure: Pressure) -> float:
    """Share of the viewers whose pictures are held down."""
    return sum(pressure.cap_bps(number) < UNCAPPED_BPS for number in range(VIEWERS)) / VIEWERS


@pytest.mark.parametrize(
    ("found", "refuses"),
    [
        (load(0.0), False),
        (load(0.91), False),
        (load(0.92), True),
        (load(0.2, wait_seconds=0.029), False),
        (load(0.2, wait_seconds=0.03), True),
    ],
)
def test_newcomers_are_refused_before_anything_gets_worse(found: Load, refuses: bool) -> None:
    pressure = Pressure()
    fed(pressure, found, 30)
    assert pressure.refuses_newcomers is refuses
    assert capped(pressure) == 0


def test_a_thread_without_time_left_refuses_at_once_and_a_long_wait_when_it_lasts() -> None:
    busy, waiting = Pressure(), Pressure()
    busy.measured(load(0.95), VIEWERS, 0.0)
    waiting.measured(load(0.2, wait_seconds=0.2), VIEWERS, 0.0)
    assert (busy.refuses_newcomers, waiting.refuses_newcomers) == (True, False)
    fed(waiting, load(0.2, wait_seconds=0.2), 1.0)
    assert waiting.refuses_newcomers


def test_a_node_at_its_limit_sends_smaller_pictures_to_some_and_then_to_more() -> None:
    pressure, found = Pressure(), OVER
    now = fed(pressure, found, OVERLOAD_SECONDS)
    assert capped(pressure) == pytest.approx(STEP, abs=0.01)
    before = {number for number in range(VIEWERS) if pressure.cap_bps(number) < UNCAPPED_BPS}
    now = fed(pressure, found, OVERLOAD_SECONDS, now)
    after = {number for number in range(VIEWERS) if pressure.cap_bps(number) < UNCAPPED_BPS}
    assert before < after
    assert len(after) / VIEWERS == pytest.approx(2 * STEP, abs=0.01)
    fed(pressure, found, 60, now)
    assert capped(pressure) == 1
    assert {pressure.cap_bps(number) for number in range(VIEWERS)} == {LEAST_CAP_BPS}


def test_it_takes_it_back_slowly_and_lets_newcomers_in_at_the_end() -> None:
    pressure = Pressure()
    now = fed(pressure, OVER, 2 * OVERLOAD_SECONDS + 0.5)
    held = capped(pressure)
    assert held > STEP
    now = fed(pressure, load(0.8), SETTLED_SECONDS - 1, now)
    assert (capped(pressure), pressure.refuses_newcomers) == (held, True)
    now = fed(pressure, load(0.95), SETTLED_SECONDS, now)
    assert capped(pressure) == held
    now = fed(pressure, load(0.3), CALM_SECONDS, now)
    assert 0 < capped(pressure) < held
    fed(pressure, load(0.3), 2 * CALM_SECONDS, now)
    assert (capped(pressure), pressure.refuses_newcomers) == (0, False)


def test_what_was_too_much_for_a_moment_is_over_on_a_node_that_stays_busy() -> None:
    pressure = Pressure()
    now = fed(pressure, OVER, OVERLOAD_SECONDS)
    assert capped(pressure) > 0
    fed(pressure, load(0.85), SETTLED_SECONDS + 1, now)
    assert (capped(pressure), pressure.refuses_newcomers) == (0, False)


def test_who_is_told_of_a_change_is_who_has_one() -> None:
    pressure = Pressure()
    caps = {number: pressure.cap_bps(number) for number in range(VIEWERS)}
    for second in range(40):
        pressure.measured(OVER if second < 15 else load(0.2), VIEWERS, second / 2)
        for number, cap in caps.items():
            now_cap = pressure.cap_bps(number)
            assert pressure.changed(number) or now_cap == cap
            caps[number] = now_cap


def test_a_moment_at_the_limit_changes_nothing() -> None:
    pressure = Pressure()
    for second in range(30):
        pressure.measured(OVER if second % 2 else load(), VIEWERS, float(second))
    assert capped(pressure) == 0


def test_a_node_without_viewers_never_caps_anything() -> None:
    pressure = Pressure()
    for second in range(30):
        pressure.measured(OVER, 0, float(second))
    assert capped(pressure) == 0


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 2)), max_size=200))
def test_the_caps_stay_within_their_bounds(found: list[tuple[float, float]]) -> None:
    pressure = Pressure()
    for number, (share, wait) in enumerate(found):
        pressure.measured(load(share, wait), VIEWERS, 0.5 * number)
        assert 0 <= pressure.level <= MOST_LEVEL
        assert LEAST_CAP_BPS <= pressure.cap_bps(number) <= UNCAPPED_BPS
