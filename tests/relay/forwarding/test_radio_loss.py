"""Links that lose for themselves, and links that lose what is too much, without a queue."""

import random

import pytest

from relay.forwarding.downlink import (
    CLIMB,
    FAR_START_BPS,
    HIGH_LOSS,
    LOSSY_FLOOR_BPS,
    START_BPS,
    Downlink,
)
from relay.forwarding.radio_loss import MARGIN, TRIAL_SECONDS

ROUND_TRIP = 0.6
PACKET_BITS = 8_000


def sent_over(
    link: Downlink, seconds: range, *, radio: float = 0.0, most_bps: float = float("inf")
) -> list[int]:
    """The estimate after each second. `radio`: the share it loses of itself; what is above
    `most_bps` is thrown away at once."""
    estimates = []
    for second in seconds:
        sent_bps = min(900_000, link.bps)
        packets = max(30, sent_bps // PACKET_BITS)
        lost = packets * max(0.0, 1 - most_bps / sent_bps)
        lost += (packets - lost) * radio
        link.round_trips(ROUND_TRIP, ROUND_TRIP)
        link.reported(packets, round(lost), sent_bps, float(second))
        link.climb(sent_bps, float(second))
        estimates.append(link.bps)
    return estimates


@pytest.mark.parametrize("radio", [0.15, 0.2, 0.3])
def test_what_a_radio_loses_is_lost_however_little_is_sent(radio: float) -> None:
    link = Downlink(0.0)
    estimates = sent_over(link, range(60), radio=radio)
    assert LOSSY_FLOOR_BPS <= min(estimates) < START_BPS, "it is tried first"
    assert all(bps >= START_BPS for bps in estimates[15:])


def test_a_link_that_throws_away_what_is_too_much_is_followed_down_at_once() -> None:
    link = Downlink(0.0)
    estimates = sent_over(link, range(40), most_bps=500_000)
    assert estimates[2] < 500_000 and max(estimates[2:]) <= CLIMB * 500_000
    assert sum(bps <= 510_000 for bps in estimates) >= 30


def test_a_limit_shows_behind_a_bad_radio_too() -> None:
    link = Downlink(0.0)
    estimates = sent_over(link, range(90), radio=0.2, most_bps=500_000)
    assert min(estimates[10:]) >= LOSSY_FLOOR_BPS
    assert sum(300_000 <= bps <= 560_000 for bps in estimates[20:]) >= 50


def test_losses_in_bursts_do_not_swing_it() -> None:
    rng = random.Random(4)
    link = Downlink(0.0)
    sent_over(link, range(30), radio=0.1)
    swings = 0
    for second in range(30, 150):
        before = link.bps
        after = sent_over(link, range(second, second + 1), radio=rng.choice([0, 0.05, 0.1, 0.25]))
        swings += after[0] < before
    assert swings <= 5


def test_a_radio_that_became_good_is_forgotten() -> None:
    link = Downlink(0.0)
    sent_over(link, range(30), radio=0.25)
    sent_over(link, range(30, 500))
    before = link.bps
    sent_over(link, range(500, 505), radio=HIGH_LOSS + MARGIN)
    assert link.bps < before


def test_a_queue_ends_a_trial() -> None:
    link = Downlink(0.0)
    sent_over(link, range(4), radio=0.25)
    fallen = link.bps
    assert fallen < START_BPS
    for second in range(4, 4 + int(TRIAL_SECONDS) + 3):
        link.round_trips(3 * ROUND_TRIP, ROUND_TRIP)
        link.reported(60, 15, link.bps, float(second))
    assert link.bps <= fallen, "what was lost was too much after all"


def test_an_overrun_ends_a_trial() -> None:
    link = Downlink(0.0)
    sent_over(link, range(4), radio=0.25)
    before = link.bps
    link.remb(100_000, 4.5)
    assert link.reported(100, 60, before, 4.6, longest=0.0)
    sent_over(link, range(5, 5 + int(TRIAL_SECONDS) + 1), radio=0.25)
    assert link.bps < before / 2, "what was lost was too much after all"


def test_who_had_fallen_low_comes_back_behind_a_bad_radio() -> None:
    link = Downlink(0.0)
    link.remb(120_000, 0.9)
    link.reported(100, 60, START_BPS, 1.0, longest=0.0)
    assert link.bps < LOSSY_FLOOR_BPS
    estimates = sent_over(link, range(5, 60), radio=0.4)
    assert max(estimates) > 2 * LOSSY_FLOOR_BPS, "what it loses is no reason to stay there"


def test_bursts_are_told_from_a_full_link() -> None:
    """One packet of ten, five at a time: falls that follow the worst seconds are taken back."""
    seconds_low = []
    for seed in range(40):
        rng, link = random.Random(seed), Downlink(0.0)
        link.handshake_took(ROUND_TRIP)
        for second in range(1, 60):
            lost = sum(5 for _ in range(8) if rng.random() < 0.1)
            link.round_trips(ROUND_TRIP, ROUND_TRIP)
            link.reported(40, lost, 180_000, float(second))
            seconds_low.append(second > 20 and link.bps < FAR_START_BPS)
    assert sum(seconds_low) / 40 <= 4, "of 39 seconds, without any probe"


def test_a_low_estimate_of_the_receiver_confirms_no_loss_that_a_fall_is_tried_for() -> None:
    link = Downlink(0.0)
    sent_over(link, range(4), radio=0.25)
    fallen = link.bps
    assert fallen < START_BPS
    for second in range(4, 8):
        link.remb(fallen // 3, float(second))
        link.reported(60, 9, fallen, float(second))
    assert link.bps == fallen, "it lost more before the fall"


@pytest.mark.parametrize(("longest", "falls"), [(ROUND_TRIP, False), (ROUND_TRIP + 0.1, True)])
def test_nor_does_one_while_nothing_waits(longest: float, falls: bool) -> None:
    link = Downlink(0.0)
    link.handshake_took(ROUND_TRIP)
    for second in range(1, 8):
        link.round_trips(ROUND_TRIP, ROUND_TRIP)
        link.remb(60_000, float(second))
        link.reported(60, 6, 180_000, float(second), longest=longest)
    assert (link.bps < FAR_START_BPS) is falls


def test_a_probe_knows_what_is_lost_anyhow_also_where_little_is_reported() -> None:
    """Of voice alone browsers tell every five seconds."""
    link = Downlink(0.0)
    sent_over(link, range(20), radio=0.4)
    link.reported(20, 8, 40_000, 25.0)
    assert not link.is_loss_known(25.0)
    assert link.before_probe(25.0).loss == pytest.approx(0.4, abs=0.02)


def test_what_is_lost_after_an_overrun_is_not_hidden_by_what_was_sent_before() -> None:
    link = Downlink(0.0)
    sent_over(link, range(20))
    link.remb(300_000, 20.0)
    assert link.reported(400, 300, START_BPS, 20.1, longest=0.0)
    fallen = link.bps
    link.reported(16, 6, fallen, 22.0, longest=ROUND_TRIP)
    for second in range(24, 31):
        link.remb(fallen // 2, float(second))
        link.reported(16, 6, fallen, float(second), longest=0.0)
    assert link.bps == fallen, "its radio loses two of five, and REMB is low for that alone"


def test_a_few_packets_after_an_overrun_say_nothing_of_the_first_fall() -> None:
    link = Downlink(0.0)
    sent_over(link, range(20))
    link.remb(300_000, 20.0)
    assert link.reported(400, 300, START_BPS, 20.1, longest=0.0)
    fallen = link.bps
    link.remb(fallen // 2, 22.0)
    assert not link.reported(6, 5, fallen, 22.1, longest=0.0)
    assert link.reported(60, 50, fallen, 22.2, longest=0.0), "that was not enough"


@pytest.mark.parametrize(("share", "seconds"), [(0.6, 12), (0.47, 52), (0.37, 60)])
def test_a_good_link_that_becomes_a_bottleneck_without_a_queue_is_found_out(
    share: float, seconds: int
) -> None:
    """Seconds of two minutes in which more than three of ten are lost."""
    link, most_bps, lost_much = Downlink(0.0), float("inf"), 0.0
    for step in range(1, 300):
        now = step / 2
        most_bps = share * START_BPS if now >= 30 else most_bps
        sent_bps = min(START_BPS, link.bps)
        loss = max(0.0, 1 - most_bps / sent_bps)
        packets = max(10, sent_bps // PACKET_BITS // 2)
        link.round_trips(0.05, 0.05)
        link.reported(packets, round(loss * packets), sent_bps, now, longest=0.05)
        link.climb(sent_bps, now)
        lost_much += 0.5 * (loss > 0.3)
    assert lost_much <= seconds


def test_what_others_queue_takes_little_from_who_sends_little_over_a_bad_radio() -> None:
    """Voice alone over a link of several times that, which slides fill for some seconds."""
    link = Downlink(0.0)
    link.limit(631_000, is_satellite=False)
    sent_over(link, range(40), radio=0.4)
    link.round_trips(1.0, ROUND_TRIP)
    assert link.reported(200, 80, 130_000, 44.0, longest=1.0)
    assert 300_000 < link.bps < 330_000, "several copies of the voice still fit"
    for second in range(47, 62, 3):  # it has become smaller than what is sent
        link.round_trips(1.2, ROUND_TRIP)
        link.reported(60, 24, 130_000, float(second), longest=1.2)
    assert link.bps < 130_000


def test_an_overrun_falls_no_lower_than_half_of_what_the_receiver_thinks() -> None:
    link = Downlink(0.0)
    sent_over(link, range(20))
    link.remb(280_000, 20.0)
    assert link.reported(37, 34, 829_000, 20.1, longest=0.0)
    assert link.bps == int(0.85 * 140_000)


def test_a_full_link_whose_reports_hardly_come_through_is_no_bad_radio() -> None:
    """As a room met it that came with twice what its link of 150 kbit/s takes: most reports knew no
    new round trip, and the fall to the floor for loss alone was taken back."""
    link = Downlink(0.0)
    link.handshake_took(0.62)
    link.round_trips(0.63, 0.63)
    link.reported(4, 1, 156_000, 3.3, longest=0.63)
    link.round_trips(0.72, 0.63)
    told = [
        (4.7, 16, 3, 269_000, 0.81, 207_000),
        (6.1, 27, 11, 242_000, 0.0, 181_000),
        (7.5, 25, 10, 237_000, 0.0, 183_000),
        (8.9, 22, 6, 208_000, 0.0, 174_000),
        (10.4, 105, 40, 217_000, 0.80, 159_000),
        (11.8, 10, 4, 232_000, 0.0, 152_000),
    ]
    for now, expected, lost, sent_bps, longest, remb_bps in told:
        link.remb(remb_bps, now)
        link.reported(expected, lost, sent_bps, now, longest=longest)
    assert link.bps < 160_000


def test_a_key_frame_in_the_way_of_a_thin_link_is_no_full_link() -> None:
    """Far away, of 150 kbit/s: some kilobytes are before a report for a third of a second."""
    far, near = Downlink(0.0), Downlink(0.0)
    for link, round_trip in ((far, ROUND_TRIP), (near, 0.06)):
        link.limit(150_000, is_satellite=False)
        link.round_trips(round_trip, round_trip)
        link.round_trips(round_trip + 0.35, round_trip)
    assert not far.has_queue and near.has_queue
    far.round_trips(ROUND_TRIP + 0.6, ROUND_TRIP)
    assert far.has_queue


def test_a_queue_that_empties_lowers_nothing_more() -> None:
    """Over 150 kbit/s what was too much needs seconds to go, and its reports come later still."""
    link = Downlink(0.0)
    link.limit(150_000, is_satellite=False)
    link.round_trips(1.2, ROUND_TRIP)
    link.reported(40, 4, 140_000, 10.0, longest=1.2)
    fallen = link.bps
    assert fallen < 150_000
    link.reported(20, 4, 130_000, 11.5, longest=0.0)
    link.reported(121, 40, 40_000, 13.0, longest=1.2)
    assert link.bps == fallen
    link.reported(40, 4, 90_000, 19.0, longest=1.2)
    assert link.bps < fallen, "it is full of what is sent now"


def test_what_a_probe_has_shown_to_be_too_much_is_not_asked_for_again() -> None:
    link = Downlink(0.0)
    link.limit(200_000, is_satellite=False)
    link.round_trips(1.2, ROUND_TRIP)
    link.reported(40, 20, 150_000, 10.0, longest=1.2)
    link.round_trips(ROUND_TRIP, ROUND_TRIP)
    link.reported(40, 0, 100_000, 18.0, longest=ROUND_TRIP)
    first_bps = link.next_bps(100_000, 19.0)
    assert first_bps is not None
    link.probe_failed(first_bps, 19.0)
    next_bps = link.next_bps(100_000, 19.0)
    assert next_bps is not None and 1.1 * link.bps < next_bps < 0.9 * first_bps


def came_from_afar(link: Downlink, *, radio: float, most_bps: float, longest: float) -> None:
    """Twenty seconds with voice, a picture and its repairs."""
    link.handshake_took(0.62)
    link.round_trips(0.62, 0.62)
    for second in range(20):
        sent_bps = min(320_000, link.bps)
        packets = sent_bps // PACKET_BITS
        lost = packets * max(0.0, 1 - most_bps / sent_bps)
        lost += (packets - lost) * radio
        link.reported(packets, round(lost), sent_bps, float(second), longest=longest)


def test_a_far_link_that_takes_half_of_the_guess_is_found_out_at_once() -> None:
    link = Downlink(0.0)
    came_from_afar(link, radio=0.05, most_bps=150_000, longest=0.8)
    assert link.bps < 160_000
    bad = Downlink(0.0)
    came_from_afar(bad, radio=0.3, most_bps=500_000, longest=0.62)
    assert bad.bps == FAR_START_BPS, "that was the radio"


def fallen_for_loss(at: int) -> Downlink:
    """A far link whose estimate of 300 kbit/s, found by a probe, fell to 200 for loss alone at that
    second: half of what it was sent came."""
    link = Downlink(0.0)
    link.handshake_took(ROUND_TRIP)
    link.probed(300_000, 0.0)
    for second in range(1, at + 1):
        link.round_trips(ROUND_TRIP, ROUND_TRIP)
        link.remb(250_000 if second < at else 150_000, float(second))
        link.reported(40, 2 if second < at else 20, 300_000, float(second), longest=ROUND_TRIP)
    assert link.bps == 200_000
    return link


def test_what_still_loses_after_a_fall_and_estimates_less_than_it_is_sent_is_full() -> None:
    link = fallen_for_loss(8)
    fallen = link.bps
    for second in range(9, 16):
        link.remb(140_000, float(second))
        link.reported(40, 12, fallen, float(second), longest=0.0)
    assert link.bps < 150_000, "it takes no 200: what goes on being lost is no radio's"


def test_six_packets_are_no_answer_to_a_fall() -> None:
    link = fallen_for_loss(8)
    fallen = link.bps
    link.reported(6, 3, 90_000, 11.0, longest=0.0)
    link.reported(0, 0, 90_000, 14.8, longest=ROUND_TRIP)
    link.reported(0, 0, 90_000, 20.5, longest=ROUND_TRIP)
    assert link.bps == fallen, "half of six is chance, or the queue of before"


def test_with_voice_alone_a_fall_without_a_failed_probe_limits_no_probe() -> None:
    link = fallen_for_loss(8)
    for second in range(9, 18):
        link.remb(250_000, float(second))
        link.reported(40, 1, 90_000, float(second), longest=ROUND_TRIP)
    near = link.next_bps(90_000, 18.0)
    assert near is not None and near < 1.3 * link.bps, "pictures would freeze for it"
    assert link.next_bps(90_000, 18.0, is_alone=True) == int(link.bps * CLIMB)
    link.probe_failed(260_000, 18.0)
    failed = link.next_bps(90_000, 18.0, is_alone=True)
    assert failed is not None and failed < 1.3 * link.bps, "so much was too much a moment ago"
