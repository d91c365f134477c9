"""Who comes when, and how much is sampled."""

import pickle

import pytest

from relay.client.swarm.http_door import FixedGrant, HttpDoor
from relay.client.swarm.plan import Joins, SwarmPlan, bounded_sampling, join_times, share_of


def test_spread_joins_come_evenly() -> None:
    assert join_times(5, Joins.SPREAD, 2.0) == [0.0, 0.5, 1.0, 1.5, 2.0]


def test_at_the_bell_all_come_at_once() -> None:
    assert join_times(3, Joins.BELL, 2.0) == [0.0, 0.0, 0.0]


def test_workers_share_the_joins_and_leave_none_out() -> None:
    times = join_times(7, Joins.SPREAD, 1.0)
    shares = [share_of(times, worker, 3) for worker in range(3)]
    assert sorted(time for share in shares for time in share) == times
    assert {len(share) for share in shares} == {2, 3}


@pytest.mark.parametrize(
    ("wanted", "interval_seconds", "one_in"),
    [(64, 5.0, 64), (64, 1.0, 16), (64, 0.5, 8), (1, 5.0, 1), (5, 5.0, 4)],
)
def test_an_interval_has_two_samples_of_a_voice(
    wanted: int, interval_seconds: float, one_in: int
) -> None:
    assert bounded_sampling(wanted, interval_seconds) == one_in
    assert interval_seconds * 50 / one_in >= 2


def test_a_plan_goes_to_another_process() -> None:
    door = HttpDoor("https://relay.example/whep/les_1", FixedGrant("token"))
    plan = SwarmPlan(watch=door, receivers=3)
    assert pickle.loads(pickle.dumps(plan)) == plan
    assert door.host == "relay.example"
