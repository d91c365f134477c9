import pytest

from relay.forwarding.downlink import (
    ASKED_PACKETS,
    CLIMB,
    DISPROVED_SHARE,
    FAR_START_BPS,
    LOSSY_FLOOR_BPS,
    MAX_BPS,
    MIN_BPS,
    NEAR_CLIMB,
    NEAR_SHARE,
    START_BPS,
    Downlink,
)
from relay.forwarding.loss_window import MAX_REPORTS, MIN_PACKETS, LossWindow
from relay.forwarding.uplink import Uplink

SENT_BPS = 1_000_000
LEAST_ROUND_TRIP = 0.05


def reported(
    link: Downlink, seconds: range, lost: int, remb_bps: int | None = None, rtt: float = 0.05
) -> None:
    """Reports of 100 packets each second."""
    for second in seconds:
        link.round_trips(rtt, min(rtt, LEAST_ROUND_TRIP))
        if remb_bps is not None:
            link.remb(remb_bps, float(second))
        sent_bps = min(SENT_BPS, link.bps)
        link.reported(100, lost, sent_bps, float(second))
        link.climb(sent_bps, float(second))


def test_a_good_link_shows_itself_within_seconds() -> None:
    link = Downlink(0.0)
    link.climb(SENT_BPS, 5.0)
    assert link.bps == START_BPS, "nothing was reported yet"
    reported(link, range(10), lost=0)
    assert link.bps == MAX_BPS


def test_a_link_told_of_seldom_falls_as_fast_when_it_loses() -> None:
    told, seldom = Downlink(0.0), Downlink(0.0)
    reported(told, range(13), lost=0)
    reported(seldom, range(9), lost=0)
    seldom.was_well(200, 13.0)
    for second in (13, 14, 15):
        for link in (told, seldom):
            reported(link, range(second, second + 1), lost=20)
    assert seldom.bps == told.bps < MAX_BPS


def test_a_link_is_settled_unless_it_climbs_soon() -> None:
    link = Downlink(0.0)
    assert not link.is_settled(0.0, 5.0)
    reported(link, range(10), lost=0)
    assert link.bps == MAX_BPS and link.is_settled(10.0, 5.0)


def test_a_bad_radio_is_not_a_full_link() -> None:
    link = Downlink(0.0)
    reported(link, range(30), lost=5, remb_bps=300_000)
    assert link.bps >= START_BPS


def test_loss_alone_lowers_only_so_far() -> None:
    link = Downlink(0.0)
    least_bps = START_BPS
    for second in range(30):
        reported(link, range(second, second + 1), lost=20)
        least_bps = min(least_bps, link.bps)
    assert LOSSY_FLOOR_BPS <= least_bps < START_BPS
    assert link.bps >= START_BPS, "to send less has not helped"


def test_a_full_link_is_followed_down_to_the_voice() -> None:
    link = Downlink(0.0)
    reported(link, range(60), lost=20, remb_bps=30_000)
    assert link.bps == MIN_BPS


def test_a_growing_round_trip_is_a_queue() -> None:
    link = Downlink(0.0)
    reported(link, range(3), lost=0)
    reported(link, range(3, 20), lost=0, rtt=0.9)
    assert link.bps < SENT_BPS


@pytest.mark.parametrize(("every", "falls"), [(6, 0), (1, 1)])
def test_the_first_report_since_a_fall_may_tell_of_before(every: int, falls: int) -> None:
    link = Downlink(0.0)
    link.round_trips(0.6, 0.6)
    reported(link, range(10), lost=0)
    link.remb(400_000, 9.9)
    assert link.reported(40, 30, SENT_BPS, 10.0, longest=0.0)
    link.remb(5_000_000, 10.1)
    fallen = link.bps
    link.round_trips(1.2, 0.6)
    for second in range(10 + every, 18, every):
        link.reported(30, 6, link.bps // 2, float(second), longest=1.2)
    assert (link.bps < fallen) == bool(falls)


def test_a_link_may_be_filling_before_it_is_full() -> None:
    link = Downlink(0.0)

    def is_filling() -> bool:
        return link.is_filling

    assert not is_filling()
    link.round_trips(0.6, 0.6)
    assert not is_filling()
    link.round_trips(0.8, 0.6)
    assert is_filling() and not link.has_queue
    link.limit(None, is_satellite=True)
    assert not is_filling(), "such a way wanders so far by itself"


def test_a_longer_way_after_a_move_is_no_queue() -> None:
    link = Downlink(0.0)
    link.handshake_took(0.02)
    link.round_trips(0.02, 0.02)
    link.moved()
    link.round_trips(0.3, 0.3)
    link.reported(100, 0, SENT_BPS, 3.0)
    assert link.bps == START_BPS
    assert link.next_bps(SENT_BPS, 4.0) is not None


def test_a_way_that_became_longer_for_good_is_learned() -> None:
    link = Downlink(0.0)
    link.handshake_took(0.02)
    for second in range(120):
        link.round_trips(0.3, 0.3 if second > 60 else 0.02)
        link.reported(100, 0, SENT_BPS, float(second))
    assert link.next_bps(SENT_BPS, 121.0) is not None


def test_a_guess_far_too_high_falls_at_the_first_report_to_what_arrives() -> None:
    link = Downlink(0.0)
    link.reported(50, 30, START_BPS, 1.0, longest=0.0)
    assert 0.3 * START_BPS < link.bps < 0.4 * START_BPS
    assert link.has_fallen


def test_a_link_that_shrinks_to_a_tenth_is_followed_in_one_step() -> None:
    link = Downlink(0.0)
    reported(link, range(10), lost=0)
    assert link.reported(200, 180, SENT_BPS, 10.0, longest=0.6)
    assert link.bps < 0.1 * SENT_BPS
    link.reported(200, 0, link.bps, 13.0, longest=0.1)
    assert link.loss(13.0) == 0, "what was lost on the way down is not held against it"


def test_where_our_reports_are_lost_too_the_receivers_estimate_tells_of_a_queue() -> None:
    link = Downlink(0.0)
    reported(link, range(10), lost=0)
    link.remb(100_000, 10.0)
    assert link.reported(100, 90, SENT_BPS, 10.0, longest=0.0)
    assert link.bps < 0.1 * SENT_BPS
    before = link.bps
    assert not link.reported(100, 90, SENT_BPS, 11.0, longest=0.0), "it tells of before"
    assert link.bps == before


def test_an_overrun_brakes_and_the_receivers_estimate_says_how_far_down() -> None:
    link = Downlink(0.0)
    reported(link, range(10), lost=0)
    link.remb(400_000, 9.9)
    assert link.reported(40, 30, SENT_BPS, 10.0, longest=0.0)
    assert link.bps < 0.25 * SENT_BPS
    assert link.is_braking(10.9) and not link.is_braking(11.1)
    link.remb(130_000, 10.4)
    assert link.reported(30, 20, SENT_BPS, 10.5, longest=0.0), "it goes on falling"
    assert 60_000 < link.bps < 130_000
    link.remb(20_000, 16.0)
    before = link.bps
    assert not link.reported(30, 0, 100_000, 16.0, longest=0.06)
    assert link.bps == before, "nothing is lost any more"


def test_what_it_asks_for_and_its_estimate_tell_of_an_overrun_before_reports_do() -> None:
    link = Downlink(0.0)
    reported(link, range(10), lost=0, remb_bps=SENT_BPS)
    link.remb(200_000, 9.8)
    assert not link.asked(ASKED_PACKETS - 1, SENT_BPS, 10.0), "by chance"
    assert link.asked(ASKED_PACKETS, SENT_BPS, 10.0)
    assert link.bps == pytest.approx(170_000, rel=0.01) and link.is_braking(10.9)
    assert not link.asked(30, SENT_BPS, 11.0), "it tells of before"


def test_to_ask_for_much_alone_is_no_overrun() -> None:
    gone, bad = Downlink(0.0), Downlink(0.0)
    reported(gone, range(10), lost=0, remb_bps=SENT_BPS)
    assert not gone.asked(40, SENT_BPS, 10.0), (
        "its estimate stays: a link that was gone has no queue"
    )
    reported(bad, range(10), lost=20, remb_bps=SENT_BPS)
    bad.remb(200_000, 9.8)
    assert not bad.asked(40, SENT_BPS, 10.0), "it loses all the time"


def test_an_estimate_that_was_never_higher_still_grows() -> None:
    link = Downlink(0.0)
    reported(link, range(3), lost=0, remb_bps=200_000)
    before = link.bps
    assert not link.asked(40, SENT_BPS, 2.5)
    assert link.bps == before and not link.is_braking(2.6)


def test_a_link_climbs_carefully_until_it_is_disproved_that_so_much_is_too_much() -> None:
    link = Downlink(0.0)
    link.remb(140_000, 0.9)
    link.reported(100, 60, 300_000, 1.0, longest=0.0)
    link.reported(100, 0, 80_000, 4.0, longest=0.06)
    assert link.bps < 130_000
    link.probed(200_000, 5.0)
    link.reported(100, 0, 200_000, 6.0, longest=0.06)
    assert (link.next_bps(200_000, 7.0) or 0) < 1.2 * START_BPS
    link.probed(int(DISPROVED_SHARE * START_BPS) + 1, 8.0)
    link.reported(100, 0, 200_000, 9.0, longest=0.06)
    assert link.next_bps(200_000, 9.0) == int(link.bps * CLIMB)


def test_a_thin_link_that_fell_is_not_sent_half_as_much_again() -> None:
    link = Downlink(0.0)
    link.limit(None, is_satellite=True)
    for second, round_trip in enumerate((0.6, 0.6, 1.4, 1.4, 1.4, 1.4), start=1):
        link.round_trips(round_trip, 0.6)
        link.reported(100, 0, 180_000, float(second), longest=round_trip)
    too_much, now = FAR_START_BPS, 20.0
    assert link.bps < too_much
    for _ in range(3):
        link.round_trips(0.6, 0.6)
        link.reported(100, 0, 100_000, now, longest=0.6)
        wanted = link.next_bps(100_000, now)
        assert wanted is not None
        assert wanted <= max(NEAR_CLIMB * link.bps, NEAR_SHARE * too_much)
        link.probed(wanted, now + 1)
        now += 2


def test_a_queue_shows_behind_a_satellite_too() -> None:
    link = Downlink(0.0)
    for second in range(5):
        link.round_trips(0.95, 0.6)
        link.reported(100, 0, 300_000, float(second))
    assert link.bps < 300_000


def test_an_outage_changes_nothing() -> None:
    link = Downlink(0.0)
    reported(link, range(4), lost=0)
    before = link.bps
    link.reported(100, 95, SENT_BPS, 4.0)
    link.reported(100, 60, SENT_BPS, 5.0)
    link.reported(100, 0, SENT_BPS, 6.0)
    assert link.bps == before


def test_a_link_far_too_small_is_no_outage() -> None:
    link = Downlink(0.0)
    reported(link, range(30), lost=90, remb_bps=50_000)
    assert link.bps < 75_000


def test_a_link_that_recovered_climbs_by_trials_and_waits_longer_after_a_failed_one() -> None:
    link = Downlink(0.0)
    reported(link, range(20), lost=60, remb_bps=int(LOSSY_FLOOR_BPS / 0.85))
    assert link.bps == pytest.approx(LOSSY_FLOOR_BPS, rel=0.01)
    bps = []
    for second in range(20, 90):
        reported(link, range(second, second + 1), lost=0 if link.bps < 400_000 else 30)
        bps.append(link.bps)
    assert 250_000 < max(bps) < 600_000
    climbs = [n for n in range(1, len(bps)) if bps[n] > bps[n - 1]]
    assert climbs[-1] - climbs[-2] >= 5
    assert len(climbs) < 14


def test_few_packets_say_nothing() -> None:
    window = LossWindow()
    window.add(MIN_PACKETS - 1, 10, 0.0)
    assert window.fraction(0.0) == 0
    window.add(MIN_PACKETS, 10, 1.0)
    assert window.fraction(1.0) == pytest.approx(20 / (2 * MIN_PACKETS - 1))
    assert window.fraction(60.0) == 0


def test_the_uplink_starts_high_falls_with_loss_and_recovers() -> None:
    uplink = Uplink()
    start = uplink.update(100, 0, 500_000, 0.0)
    assert start >= 2_500_000
    for second in range(1, 8):
        fallen = uplink.update(100, 30, 500_000, float(second))
    assert fallen < start / 2
    for second in range(20, 60):
        recovered = uplink.update(100, 0, 500_000, float(second))
    assert recovered >= 2_500_000


def test_of_a_flood_of_reports_the_newest_count() -> None:
    window = LossWindow()
    for _ in range(10 * MAX_REPORTS):
        window.add(10, 10, 1.0)
    for _ in range(MAX_REPORTS):
        window.add(10, 0, 1.0)
    assert window.fraction(1.0) == 0.0


def test_a_queue_that_empties_is_no_reason_to_send_still_less() -> None:
    downlink = Downlink(0.0)
    downlink.round_trips(0.05, 0.05)
    for second, round_trip in enumerate((0.6, 1.2, 1.8), start=1):
        downlink.round_trips(round_trip, 0.05)
        downlink.reported(100, 0, 1_000_000, float(second))
    fallen = downlink.bps
    assert fallen < 1_000_000
    for second, round_trip in enumerate((1.5, 1.2, 0.9, 0.6, 0.4), start=4):
        downlink.round_trips(round_trip, 0.05)
        assert not downlink.reported(100, 0, fallen, float(second))
    assert downlink.bps == fallen


def test_a_dip_while_a_layer_changes_is_not_taken_for_the_link() -> None:
    link = Downlink(0.0)
    for second, sent_bps in enumerate((600_000, 600_000, 80_000, 80_000), start=1):
        link.remb(50_000, float(second))
        link.reported(100, 30, sent_bps, float(second))
    assert link.bps >= 600_000 // 2


# ---- what an administrator says


def test_a_cap_holds_against_every_way_up() -> None:
    link, cap_bps = Downlink(0.0), 400_000
    link.limit(cap_bps, is_satellite=False)
    assert link.bps == cap_bps and link.pace_bps == cap_bps
    reported(link, range(30), lost=0)
    link.probed(MAX_BPS, 31.0)
    link.handshake_took(0.1)
    assert link.bps == cap_bps and link.pace_bps <= cap_bps
    assert link.next_bps(cap_bps, 31.0) is None, "no probe looks for more"
    link.limit(None, is_satellite=False)
    reported(link, range(31, 60), lost=0)
    assert link.bps == MAX_BPS, "what was never too much may be tried again"


def test_a_probe_below_a_cap_stays_below_it() -> None:
    link, cap_bps = Downlink(0.0), 250_000
    reported(link, range(30), lost=20)
    link.limit(cap_bps, is_satellite=False)
    reported(link, range(30, 60), lost=0)
    link.bps = LOSSY_FLOOR_BPS
    probe_bps = link.next_bps(LOSSY_FLOOR_BPS, 60.0)
    assert probe_bps is not None and probe_bps <= cap_bps


@pytest.mark.parametrize(
    ("round_trip", "is_probed", "falls"),
    [(0.3, True, False), (0.3, False, True), (0.9, True, True)],
)
def test_a_probes_own_queue_lowers_no_estimate(
    round_trip: float, is_probed: bool, falls: bool
) -> None:
    """Of voice alone; a longer queue than it makes on a link as good as believed counts."""
    link = Downlink(0.0)
    link.limit(150_000, is_satellite=False)
    for second in range(14):
        if is_probed and second == 10:
            link.probe_begins(172_000, 10.0)
        longest = round_trip if second > 10 else LEAST_ROUND_TRIP
        link.round_trips(longest, LEAST_ROUND_TRIP)
        link.reported(100, 0, 45_000, float(second), longest=longest)
    assert (link.bps < 150_000) is falls


def test_a_satellite_may_lose_and_wander_without_being_full() -> None:
    wandering = [0.6 if second % 2 else 1.2 for second in range(20)]
    ground, satellite = Downlink(0.0), Downlink(0.0)
    satellite.limit(None, is_satellite=True)
    assert satellite.bps == FAR_START_BPS and satellite.has_limit
    for second, round_trip in enumerate(wandering):
        for link in (ground, satellite):
            link.round_trips(round_trip, 0.6)
            link.reported(100, 15, link.bps, float(second))
    assert ground.has_fallen and not satellite.has_fallen
    satellite.round_trips(3.0, 0.6)
    satellite.reported(100, 15, satellite.bps, 30.0)
    assert satellite.has_fallen, "a real queue is one here, too"
