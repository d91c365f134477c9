from hypothesis import given
from hypothesis import strategies as st

from streamsvc.base.clock import SystemClock, ntp_from_wall_ms, wall_ms_from_ntp


@given(st.integers(0, 4_000_000_000_000))
def test_ntp_and_back_is_the_same_millisecond(wall_ms: int) -> None:
    assert wall_ms_from_ntp(ntp_from_wall_ms(wall_ms)) == wall_ms


def test_the_unix_epoch_in_ntp() -> None:
    assert ntp_from_wall_ms(0) >> 32 == 2_208_988_800


def test_the_system_clock_moves() -> None:
    clock = SystemClock()
    first = clock.now()
    assert clock.now() >= first
    assert clock.wall_ms() > 1_700_000_000_000
