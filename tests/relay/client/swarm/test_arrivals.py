"""What a viewer tells of arrivals, against the model that writes what publishers are told."""

from relay.client.swarm.arrivals import INTERVAL_SECONDS, Arrivals
from tests.support.engine_model.twcc import write_transport_feedback

TICK = 0.00025


def told(first: int, began: float, gap: float, count: int, reports: int) -> bytes:
    return write_transport_feedback(
        sender_ssrc=3,
        media_ssrc=7,
        base_seq=first,
        arrivals=[began + n * gap for n in range(count)],
        feedback_count=reports,
    )


def test_every_packet_is_told_once_and_evenly() -> None:
    arrivals = Arrivals()
    first = arrivals.message(3, 7, 200.0, 64.1)
    assert first == told(0, 64.0, 0.005, 20, 1)
    assert arrivals.message(3, 7, 200.0, 64.2) == told(20, 64.1, 0.005, 20, 2)


def test_numbers_follow_those_that_were_seen() -> None:
    arrivals = Arrivals()
    arrivals.message(3, 7, 200.0, 64.1)
    arrivals.saw(65_540)
    assert arrivals.message(3, 7, 200.0, 64.2) == told(65_521, 64.1, 0.005, 20, 2)
    assert arrivals.message(3, 7, 200.0, 64.3) == told(65_541, 64.2, 0.005, 20, 3)


def test_who_gets_little_or_much_is_told_something() -> None:
    assert Arrivals().message(3, 7, 0.0, 64.1) == told(0, 64.0, TICK, 1, 1)
    much = Arrivals().message(3, 7, 1e6, 64.1)
    assert len(much) <= 1_200
    assert len(much) > len(Arrivals().message(3, 7, 3_000.0, 64.0 + INTERVAL_SECONDS))
