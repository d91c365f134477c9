"""When links are probed and what is concluded, on simulated links, the clock moved by hand."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relay.forwarding.downlink import (
    CLIMB,
    FAR_START_BPS,
    HIGH_LOSS,
    MAX_BPS,
    START_BPS,
    Downlink,
)
from relay.forwarding.probing import (
    EMPTY_SECONDS,
    FIRST_WAIT_SECONDS,
    LOSSY_PATIENCE_SECONDS,
    MAX_WAIT_SECONDS,
    PATIENCE_SECONDS,
    PROBE_SECONDS,
    PROBES_AT_ONCE,
    SLOW_BELOW_BPS,
    LinkNews,
    LinkNow,
    ProbeTurns,
    Probing,
    Verdict,
    end_reports,
    probe_seconds,
)

MANY = settings(max_examples=60, deadline=None)
ROUND_TRIP = 0.06
WELL = LinkNow(ROUND_TRIP, 0.0, None)
QUEUE_SECONDS = 1.0
"""Of the simulated link: what waits longer is dropped."""


def answer(capacity_bps: int, probe_bps: int, base_loss: float = 0.0) -> LinkNews:
    """What reports say after a probe of a link that takes so much."""
    over = max(0.0, probe_bps / capacity_bps - 1)
    waits = over * probe_seconds(probe_bps)
    queue = min(QUEUE_SECONDS, waits)
    lost = base_loss + (over / (1 + over) if waits > QUEUE_SECONDS else 0.0)
    return LinkNews(100, round(100 * lost), ROUND_TRIP + queue, None, probe_bps)


@MANY
@given(capacity_bps=st.integers(100_000, 6_000_000), start_bps=st.integers(60_000, 1_000_000))
def test_probes_find_a_link_and_leave_it_alone_then(capacity_bps: int, start_bps: int) -> None:
    probing, bps, failed = Probing(0.0), min(start_bps, capacity_bps), []
    for step in range(1, 1_200):  # ten minutes
        now = step / 2
        if not probing.is_due(now):
            continue
        probe_bps = int(bps * CLIMB)
        probing.begin(probe_bps, WELL, now)
        judged = probing.heard(answer(capacity_bps, probe_bps), now + PROBE_SECONDS)
        assert judged is not None
        verdict, reached_bps = judged
        if verdict is Verdict.PASSED:
            bps = reached_bps
        else:
            failed.append(now)
    assert bps <= capacity_bps, "a queue too short to fail a probe says how much arrived"
    assert bps >= min(capacity_bps / CLIMB, MAX_BPS)
    waits = [later - earlier for earlier, later in zip(failed, failed[1:], strict=False)]
    assert waits == sorted(waits)
    assert len(failed) <= 16 and probing.wait <= MAX_WAIT_SECONDS


def test_a_link_that_has_more_is_found_within_seconds() -> None:
    probing, bps, now = Probing(0.0), 200_000, FIRST_WAIT_SECONDS
    while bps < 2_000_000:
        assert probing.is_due(now), "after one that passed the next may follow at once"
        probing.begin(int(bps * CLIMB), WELL, now)
        now += PROBE_SECONDS + ROUND_TRIP
        judged = probing.heard(answer(10_000_000, int(bps * CLIMB)), now)
        assert judged is not None and judged[0] is Verdict.PASSED
        bps = judged[1]
    assert now - FIRST_WAIT_SECONDS < 5


def test_a_thin_link_is_looked_at_for_longer_and_kept_a_little_below_what_it_carried() -> None:
    assert probe_seconds(SLOW_BELOW_BPS - 1) > probe_seconds(SLOW_BELOW_BPS) == PROBE_SECONDS
    probing, capacity_bps = Probing(0.0), 160_000
    probing.begin(170_000, WELL, 3.0)
    judged = probing.heard(answer(capacity_bps, 170_000), 5.0)
    assert judged is not None and judged[0] is Verdict.PASSED
    assert 0.9 * capacity_bps < judged[1] < 0.95 * capacity_bps


@pytest.mark.parametrize("base_loss", [0.0, 0.05, 0.1])
def test_a_bad_radio_does_not_fail_a_probe(base_loss: float) -> None:
    probing = Probing(0.0)
    probing.begin(600_000, LinkNow(ROUND_TRIP, base_loss, None), 3.0)
    judged = probing.heard(answer(1_000_000, 600_000, base_loss), 4.0)
    assert judged == (Verdict.PASSED, 600_000)


@pytest.mark.parametrize(
    "news",
    [
        LinkNews(100, 20, ROUND_TRIP, None, 600_000),
        LinkNews(100, 0, ROUND_TRIP + 0.2, None, 600_000),
        LinkNews(100, 0, ROUND_TRIP, 250_000, 600_000),
    ],
)
def test_loss_a_queue_or_a_lower_remb_fail_it(news: LinkNews) -> None:
    probing = Probing(0.0)
    probing.begin(600_000, LinkNow(ROUND_TRIP, 0.0, 400_000), 3.0)
    judged = probing.heard(news, 4.0)
    assert judged is not None and judged[0] is Verdict.FAILED
    assert not probing.is_due(4.0 + FIRST_WAIT_SECONDS - 0.1)
    assert probing.is_due(4.0 + FIRST_WAIT_SECONDS)


def test_no_answer_is_an_answer_too() -> None:
    probing = Probing(0.0)
    probing.begin(600_000, WELL, 3.0)
    silence = LinkNews(100, 0, ROUND_TRIP, None)
    assert probing.heard(silence, 3.0 + PATIENCE_SECONDS - 0.1) is None
    assert not probing.is_due(3.0 + PATIENCE_SECONDS - 0.1), "one at a time"
    assert probing.heard(silence, 3.0 + PATIENCE_SECONDS) == (Verdict.FAILED, 600_000)


def test_silence_of_who_loses_much_is_no_answer() -> None:
    """Neither the report of a probe's end nor its answer may have come through."""
    probing, silence = Probing(0.0), LinkNews(0, 0, 0.0, None)
    before = LinkNow(0.6, 0.4, 200_000)
    probing.begin(600_000, before, 3.0)
    later = 3.0 + LOSSY_PATIENCE_SECONDS
    assert probing.heard(silence, later) == (Verdict.UNHEARD, 600_000)
    assert probing.is_due(later), "it is asked again at once"
    probing.begin(600_000, before, later)
    probing.heard(LinkNews(50, 45, 0.0, None), later + 5)
    assert probing.heard(silence, later + LOSSY_PATIENCE_SECONDS) == (Verdict.FAILED, 600_000)
    assert [end_reports(loss) for loss in (0.0, 0.1, 0.4)] == [1, 1, 3]


def test_where_nothing_could_be_repeated_nothing_is_concluded() -> None:
    probing = Probing(0.0)
    probing.begin(600_000, WELL, 3.0)
    assert probing.heard(LinkNews(100, 0, ROUND_TRIP, None, 90_000), 4.0) == (Verdict.EMPTY, 90_000)
    assert not probing.is_of_use(4.0 + EMPTY_SECONDS - 0.1), "the link climbs by trials then"
    assert probing.is_due(4.0 + EMPTY_SECONDS)
    assert probing.wait == FIRST_WAIT_SECONDS


def test_an_estimate_that_falls_after_a_probe_that_passed_was_raised_in_error() -> None:
    probing = Probing(0.0)
    probing.begin(600_000, WELL, 3.0)
    probing.heard(answer(1_000_000, 600_000), 4.0)
    assert not probing.fell(6.0)
    assert probing.wait > FIRST_WAIT_SECONDS and not probing.is_due(6.0)
    probing.begin(600_000, WELL, 20.0)
    assert probing.fell(20.3), "one that runs is over"
    assert probing.heard(answer(1_000_000, 600_000), 21.0) is None


@MANY
@given(asked=st.lists(st.floats(0, 2), min_size=1, max_size=300))
def test_a_node_probes_a_few_links_at_once(asked: list[float]) -> None:
    turns, began = ProbeTurns(), []
    for now in sorted(asked):
        if turns.take(600_000, now):
            began.append(now)
        running = [at for at in began if at <= now < at + PROBE_SECONDS]
        assert len(running) <= PROBES_AT_ONCE


def test_a_thousand_links_take_turns() -> None:
    turns, waiting, seconds = ProbeTurns(), 1_000, 0.0
    while waiting:
        waiting -= sum(turns.take(600_000, seconds) for _ in range(waiting))
        seconds += 0.25
    assert seconds < 90


# ---- the link's own part


def well(link: Downlink, seconds: range, sent_bps: int = 250_000) -> None:
    for second in seconds:
        link.round_trips(ROUND_TRIP, ROUND_TRIP)
        link.reported(100, 0, sent_bps, float(second))


def test_a_link_that_is_not_well_is_not_probed() -> None:
    link = Downlink(0.0)
    assert link.next_bps(250_000, 0.0) is None, "nothing was reported yet"
    well(link, range(1, 4))
    assert link.next_bps(250_000, 3.0) == int(START_BPS * CLIMB)
    link.round_trips(0.9, ROUND_TRIP)
    assert link.next_bps(250_000, 3.0) is None
    link.round_trips(0.6, ROUND_TRIP)
    assert link.next_bps(250_000, 3.0) is None, "its queue empties"
    link.round_trips(ROUND_TRIP, ROUND_TRIP)
    link.reported(300, round(300 * 4 * HIGH_LOSS), 250_000, 4.0)
    assert link.next_bps(250_000, 4.0) is None


def test_nothing_is_above_the_top() -> None:
    link = Downlink(0.0)
    link.probed(2 * MAX_BPS, 1.0)
    assert link.bps == MAX_BPS
    well(link, range(2, 5))
    assert link.next_bps(250_000, 5.0) is None


def test_a_far_link_begins_small_and_is_paced_closely() -> None:
    near, far = Downlink(0.0), Downlink(0.0)
    near.handshake_took(0.05)
    far.handshake_took(0.65)
    assert (near.bps, far.bps) == (START_BPS, FAR_START_BPS)
    assert not near.has_limit and far.has_limit
    assert near.pace_bps == 2.5 * START_BPS
    assert far.pace_bps < 1.5 * FAR_START_BPS
    far.round_trips(0.62, 0.62)
    assert far.bps == FAR_START_BPS


def test_a_slow_handshake_does_not_make_a_near_link_far() -> None:
    link = Downlink(0.0)
    link.handshake_took(0.65)
    link.round_trips(0.05, 0.05)
    assert link.bps == START_BPS and not link.has_limit


def test_a_queue_is_seen_in_the_first_report_where_the_handshake_met_none() -> None:
    link = Downlink(0.0)
    link.handshake_took(0.06)
    link.round_trips(0.45, 0.45)
    assert link.reported(100, 0, 700_000, 2.5)
    assert link.has_fallen and link.bps < START_BPS


def test_reports_that_answer_nothing_new_are_no_reason_to_climb() -> None:
    link = Downlink(0.0)
    link.round_trips(0.06, 0.06)
    for second in range(1, 9):
        link.reported(100, 0, 700_000, float(second), longest=0.0)
        link.climb(700_000, float(second))
    assert link.bps == START_BPS
    link.reported(100, 0, 700_000, 9.0)
    link.climb(700_000, 9.0)
    assert link.bps > START_BPS
