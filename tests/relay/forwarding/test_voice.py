"""Which form of the voice a link gets."""

import dataclasses
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relay.forwarding.voice import (
    FAR_SPACING_MS,
    FIRST_SECONDS,
    MERGED,
    SINGLE,
    SPACING_MS,
    STAY_SECONDS,
    TALKING_WITHIN_MS,
    VoiceChoice,
    VoiceForm,
    VoiceLink,
)

GOOD = VoiceLink(
    bps=3_000_000,
    fraction_lost=0.0,
    round_trip=0.04,
    has_queue=False,
    sounds_bps=(32_000,),
    can_ask=True,
    is_talking=False,
)
FAR = dataclasses.replace(GOOD, bps=300_000, round_trip=0.6)


def after(choice: VoiceChoice, link: VoiceLink, seconds: int, since: float = 0.0) -> VoiceForm:
    """The form after so many seconds of the same."""
    form = choice.form
    for second in range(seconds + 1):
        form = choice.choose(link, since + second)
    return form


def test_what_a_full_link_lost_is_not_believed_of_the_link_that_is_sent_less() -> None:
    """A room that came with far too much over 150 kbit/s had two voices, and no picture, for a
    minute."""
    choice, full = VoiceChoice(), dataclasses.replace(FAR, fraction_lost=0.4)
    assert after(choice, full, 10).copies == 2
    fell = dataclasses.replace(FAR, bps=150_000, fraction_lost=0.05, fell_at=10.0)
    assert after(choice, fell, 14, since=11.0).copies == 0
    radio = VoiceChoice()
    after(radio, full, 10)
    bad = dataclasses.replace(full, fell_at=10.0)
    assert after(radio, bad, 14, since=11.0).copies == 2, "it was the radio"


def test_one_low_report_after_a_fall_takes_no_copy_from_a_bad_radio() -> None:
    choice, bad = VoiceChoice(), dataclasses.replace(FAR, bps=500_000, fraction_lost=0.4)
    assert after(choice, bad, 20).copies == 2
    fell = dataclasses.replace(bad, fell_at=20.0)
    few = [0.27, 0.22, 0.3, 0.24, 0.46, 0.24]
    for second, lost in enumerate(few):
        form = choice.choose(dataclasses.replace(fell, fraction_lost=lost), 21.0 + second)
    assert form.copies == 2
    assert choice.lost > 0.33


def form_of(**changes: object) -> VoiceForm:
    return after(VoiceChoice(), dataclasses.replace(FAR, **changes), 120)  # type: ignore[arg-type]


def test_a_good_link_gets_the_voice_as_it_comes() -> None:
    assert after(VoiceChoice(), GOOD, 60) == VoiceForm()
    assert (VoiceForm().rid, VoiceForm(is_merged=True).rid) == (SINGLE, MERGED)


def test_a_thin_link_gets_it_merged_at_once() -> None:
    assert VoiceChoice().choose(FAR, 0.0).is_merged


@pytest.mark.parametrize(
    ("lost", "copies"), [(0.0, 0), (0.05, 0), (0.08, 0), (0.2, 1), (0.4, 2), (0.6, 2)]
)
def test_who_asks_gets_copies_only_where_much_is_lost(lost: float, copies: int) -> None:
    assert form_of(fraction_lost=lost, bps=500_000).copies == copies


@pytest.mark.parametrize(("lost", "copies"), [(0.0, 0), (0.01, 1), (0.05, 1), (0.3, 2)])
def test_who_can_not_ask_gets_them_where_anything_is_lost(lost: float, copies: int) -> None:
    assert form_of(fraction_lost=lost, can_ask=False).copies == copies


def test_who_can_not_ask_begins_protected() -> None:
    choice, link = VoiceChoice(), dataclasses.replace(GOOD, can_ask=False)
    assert choice.choose(link, 0.0).copies == 1
    assert after(choice, link, int(FIRST_SECONDS) - 1).copies == 1
    assert after(choice, link, 10, FIRST_SECONDS).copies == 0


def test_on_stage_repairs_from_far_away_come_too_late() -> None:
    assert form_of(fraction_lost=0.03, is_talking=True).copies == 1
    assert form_of(fraction_lost=0.03, is_talking=True, round_trip=0.05).copies == 0


def test_late_voice_is_kept_from_who_talks_and_from_nobody_else() -> None:
    choice, lossy = VoiceChoice(), dataclasses.replace(FAR, fraction_lost=0.2)
    assert choice.choose(lossy, 0.0).within_ms == 0
    talking = dataclasses.replace(GOOD, is_talking=True)
    assert choice.choose(talking, 1.0).within_ms == TALKING_WITHIN_MS, "whatever else stays"
    assert choice.form.is_merged, "for a while"
    assert choice.form.after_ms == SPACING_MS, "a copy that is later would be too late"
    assert choice.choose(lossy, 2.0).within_ms == 0


def test_copies_are_near_for_who_talks_and_far_for_who_can_wait() -> None:
    assert form_of(fraction_lost=0.2).after_ms == FAR_SPACING_MS
    assert form_of(fraction_lost=0.2, is_talking=True).after_ms == SPACING_MS
    assert form_of(fraction_lost=0.2, round_trip=0.1).after_ms == SPACING_MS


def test_copies_never_fill_a_thin_link() -> None:
    full = dataclasses.replace(FAR, fraction_lost=0.4, has_queue=True)
    assert after(VoiceChoice(), dataclasses.replace(full, bps=64_000), 60).copies == 0
    assert after(VoiceChoice(), dataclasses.replace(full, bps=150_000), 60).copies == 1
    assert (
        after(
            VoiceChoice(), dataclasses.replace(full, bps=150_000, sounds_bps=(32_000, 32_000)), 60
        ).copies
        == 0
    )
    choice = VoiceChoice()
    assert after(choice, dataclasses.replace(FAR, fraction_lost=0.4), 60).copies
    thinner = dataclasses.replace(FAR, fraction_lost=0.4, bps=64_000)
    assert choice.choose(dataclasses.replace(thinner, has_queue=True), 61.0).copies == 0
    assert after(choice, thinner, 50, 62).copies == 0
    assert after(choice, thinner, 60, 122).copies == 0, "however long ago it was full"


def test_copies_count_what_a_voice_really_takes() -> None:
    """Somebody who can't ask, and a studio that sends 128 kbit/s."""
    link = dataclasses.replace(FAR, can_ask=False)
    studio = dataclasses.replace(link, sounds_bps=(128_000,))
    assert VoiceChoice().choose(link, 0.0).copies == 1
    assert VoiceChoice().choose(studio, 0.0).copies == 0
    assert VoiceChoice().choose(dataclasses.replace(studio, bps=600_000), 0.0).copies == 1
    assert VoiceForm(is_merged=True).bps(studio.sounds_bps) > 128_000


def test_what_a_full_queue_throws_away_asks_for_no_copies() -> None:
    choice, link = VoiceChoice(), dataclasses.replace(FAR, bps=176_000, fraction_lost=0.04)
    after(choice, link, 20)
    full = dataclasses.replace(link, fraction_lost=0.3, has_queue=True)
    assert after(choice, full, 6, 21).copies == 0
    drained = dataclasses.replace(link, fraction_lost=0.2)
    assert after(choice, drained, 3, 28).copies == 0
    assert after(choice, link, 60, 32).copies == 0


def test_what_a_thin_link_loses_is_no_reason_to_fill_it() -> None:
    assert form_of(fraction_lost=0.2, bps=80_000).copies == 0
    assert form_of(fraction_lost=0.4, bps=80_000).copies == 0
    assert form_of(fraction_lost=0.2, bps=130_000).copies == 1


def test_no_news_is_no_good_news() -> None:
    choice = VoiceChoice()
    after(choice, dataclasses.replace(FAR, fraction_lost=0.2), 30)
    assert after(choice, dataclasses.replace(FAR, fraction_lost=None), 120, 31).copies == 1


def test_less_is_done_slowly() -> None:
    choice = VoiceChoice()
    after(choice, dataclasses.replace(FAR, fraction_lost=0.2), 30)
    assert choice.form.copies == 1
    assert after(choice, FAR, 15, 31).copies == 1
    assert after(choice, FAR, 60, 47).copies == 0
    assert after(choice, dataclasses.replace(FAR, bps=700_000), 60, 108).is_merged
    assert not after(choice, GOOD, 2, 170).is_merged


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    lost=st.sampled_from([0.0, 0.02, 0.05, 0.1, 0.12, 0.2, 0.3, 0.4]),
    can_ask=st.booleans(),
    is_talking=st.booleans(),
    bps=st.sampled_from([100_000, 300_000, 440_000, 460_000, 600_000, 2_000_000]),
)
def test_it_never_swings(seed: int, lost: float, can_ask: bool, is_talking: bool, bps: int) -> None:
    """Reports of a link that stays as it is are noisy: three seconds of 40 packets each."""
    chance, choice, changes, less_at = random.Random(seed), VoiceChoice(), 0, -STAY_SECONDS
    for second in range(180):
        packets = 120
        seen = sum(chance.random() < lost for _ in range(packets)) / packets
        link = VoiceLink(
            bps=int(bps * chance.uniform(0.9, 1.1)),
            fraction_lost=seen,
            round_trip=0.6,
            has_queue=False,
            sounds_bps=(32_000,),
            can_ask=can_ask,
            is_talking=is_talking,
        )
        before, form = choice.form, choice.choose(link, float(second))
        if second and form != before:
            changes += 1
            if form.copies < before.copies or form.is_merged < before.is_merged:
                assert second - less_at >= STAY_SECONDS or before.bps((32_000,)) > 0.7 * link.bps
                less_at = second
    assert changes <= 180 / STAY_SECONDS
