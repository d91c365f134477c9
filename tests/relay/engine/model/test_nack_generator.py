from tests.support.engine_model.nack_generator import (
    MAX_MISSING,
    MAX_TRIES,
    REORDER_SECONDS,
    NackGenerator,
)


def test_a_gap_is_asked_for_after_a_moment_for_reordering() -> None:
    nacks = NackGenerator()
    nacks.received(10, 0.0)
    nacks.received(13, 0.0)
    assert nacks.due(0.0) == []
    nacks.received(11, REORDER_SECONDS / 2)
    assert nacks.due(REORDER_SECONDS) == [12]


def test_it_is_asked_for_again_but_not_within_a_round_trip() -> None:
    nacks = NackGenerator()
    nacks.round_trip_seconds = 0.2
    nacks.received(10, 0.0)
    nacks.received(12, 0.0)
    assert nacks.due(0.02) == [11]
    assert nacks.due(0.12) == []
    assert nacks.due(0.30) == [11]
    nacks.received(11, 0.31)
    assert nacks.due(2.0) == []


def test_after_ten_tries_it_gives_up() -> None:
    nacks = NackGenerator()
    nacks.received(10, 0.0)
    nacks.received(12, 0.0)
    asked = sum(len(nacks.due(number * 0.5)) for number in range(1, 30))
    assert (asked, nacks.given_up, nacks.missing_packets) == (MAX_TRIES, 1, 0)


def test_an_outage_is_given_up_at_once() -> None:
    nacks = NackGenerator()
    nacks.received(10, 0.0)
    nacks.received(12 + MAX_MISSING, 0.0)
    assert nacks.due(1.0) == []
    assert nacks.given_up == MAX_MISSING + 1


def test_the_round_trip_is_learned_from_repairs() -> None:
    nacks = NackGenerator()
    nacks.received(0, 0.0)
    for number in range(1, 40):
        nacks.received(2 * number, float(number))
        assert nacks.due(number + 0.1) == [2 * number - 1]
        nacks.received(2 * number - 1, number + 0.1 + 0.3)
    assert abs(nacks.round_trip_seconds - 0.3) < 0.01
