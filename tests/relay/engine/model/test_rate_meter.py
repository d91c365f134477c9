import pytest

from tests.support.engine_model.rate_meter import RateMeter


def test_the_rate_is_that_of_the_last_second() -> None:
    meter = RateMeter()
    for number in range(200):
        meter.add(125, number / 100)
    assert meter.bps(2.0) == pytest.approx(100_000, rel=0.12)
    assert meter.bps(4.0) == 0
    assert meter.total_bytes == 25_000
