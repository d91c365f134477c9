from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from relay.forwarding.allocation import Offered
from relay.forwarding.ladder import EVERY_PICTURE, Choice, Encoding, ladder
from relay.forwarding.picture_copies import (
    AFTER_MS,
    BAD_LOSS,
    BEGIN_FILLED,
    BEGIN_LOSS,
    BEGIN_ROUND_TRIP_SECONDS,
    END_FILLED,
    END_LOSS,
    FULL_SECONDS,
    GOOD_LOSS,
    GOOD_SECONDS,
    NO_PICTURE,
    PictureCopies,
    filled_by,
    protected,
    with_copies,
)
from relay.forwarding.room_ladder import Beside, Link, RoomLadder
from streamsvc.base.media import PictureProfile, Slot
from streamsvc.base.sessions import LinkPolicy

FAR = 0.6
CAMERA = (
    Encoding("q", ((60_000, 8), (100_000, 15), (100_000, 15))),
    Encoding("h", ((270_000, 12), (450_000, 25), (450_000, 25))),
)
OFFERED = Offered(Slot.LEAD, ladder(CAMERA), None)


def test_far_links_that_lose_get_pictures_twice() -> None:
    copies = PictureCopies()
    assert copies.choose(BEGIN_LOSS - 0.001, FAR, 0.0, has_queue=False) == 0
    assert copies.choose(BEGIN_LOSS, FAR, 0.0, has_queue=False) == AFTER_MS
    assert copies.choose(END_LOSS, FAR, 0.0, has_queue=False) == AFTER_MS
    assert copies.choose(END_LOSS - 0.001, FAR, 0.0, has_queue=False) == 0


def test_over_a_short_way_they_are_asked_for() -> None:
    copies = PictureCopies()
    assert copies.choose(0.2, BEGIN_ROUND_TRIP_SECONDS - 0.01, 0.0, has_queue=False) == 0


def test_a_full_link_gets_none() -> None:
    copies = PictureCopies()
    copies.choose(0.2, FAR, 0.0, has_queue=False)
    assert copies.choose(0.2, FAR, 1.0, has_queue=True) == 0
    assert copies.choose(0.2, FAR, 1.0 + FULL_SECONDS - 0.1, has_queue=False) == 0
    assert copies.choose(0.2, FAR, 1.0 + FULL_SECONDS, has_queue=False) == AFTER_MS


def test_a_link_that_would_be_filled_gets_none() -> None:
    def choose(copies: PictureCopies, filled: float) -> int:
        return copies.choose(0.05, FAR, 0.0, has_queue=False, filled=[filled] * 3)

    copies = PictureCopies()
    assert choose(copies, BEGIN_FILLED + 0.01) == 0
    assert choose(copies, BEGIN_FILLED) == AFTER_MS
    assert choose(copies, END_FILLED) == AFTER_MS, "it does not swing"
    assert choose(copies, END_FILLED + 0.01) == 0


def test_what_flows_counts_twice_and_what_does_not_flow_not_at_all() -> None:
    flows = replace(OFFERED, current=Choice("q"))
    filled = filled_by([flows, OFFERED, Offered(Slot.STAGE, (), None)], 50_000, 500_000)
    assert filled == [0.42, 0.5, 0.5], "without and with the pictures that no other refers to"
    assert filled_by([replace(flows, current=Choice("q", 0))], 0, 120_000) == [1.0] * 3
    assert filled_by([OFFERED], 50_000, 100_000) == [0.5] * 3


def test_where_not_all_can_be_copied_those_are_that_others_refer_to() -> None:
    def choose(filled: list[float]) -> tuple[int, int, bool]:
        after_ms = copies.choose(0.05, FAR, 0.0, has_queue=False, filled=filled)
        return after_ms, copies.most_temporal, copies.is_short

    copies = PictureCopies()
    more, less = BEGIN_FILLED + 0.01, BEGIN_FILLED
    assert choose([less, less, more]) == (AFTER_MS, 1, True)
    assert choose([more, more, more]) == (AFTER_MS, 1, True), "it does not swing"
    assert choose([less, less, less]) == (AFTER_MS, EVERY_PICTURE, False)
    over = END_FILLED + 0.01
    assert choose([less, over, over]) == (AFTER_MS, 0, True)
    assert choose([over, over, over]) == (0, NO_PICTURE, True)


@given(st.lists(st.floats(END_LOSS, BEGIN_LOSS, exclude_max=True), max_size=30))
def test_it_does_not_swing_between_its_thresholds(losses: list[float]) -> None:
    began, waiting = PictureCopies(), PictureCopies()
    began.choose(0.2, FAR, 0.0, has_queue=False)
    for lost in losses:
        assert began.choose(lost, FAR, 0.0, has_queue=False) == AFTER_MS
        assert waiting.choose(lost, FAR, 0.0, has_queue=False) == 0


def test_only_what_is_more_than_the_smallest_picture_must_fit_twice() -> None:
    before = {step.choice: step.bps for step in OFFERED.steps}
    for choice, bps in ((step.choice, step.bps) for step in with_copies(OFFERED).steps):
        assert bps == before[choice] * (1 if choice.rid == "q" else 2)
    assert with_copies(Offered(Slot.LEAD, [], None)).steps == []


def test_a_small_picture_with_copies_comes_before_a_large_one_without() -> None:
    def chosen(*, are_copied: bool) -> Choice | None:
        beside = Beside(
            60_000,
            6_000_000,
            6_000_000,
            PictureProfile.SLIDES_FIRST,
            are_pictures_copied=are_copied,
        )
        rooms = RoomLadder(LinkPolicy(), 0.0)
        return rooms.choose([OFFERED], Link(700_000, is_guess=False), beside, 1.0)[Slot.LEAD]

    small, large = chosen(are_copied=True), chosen(are_copied=False)
    assert small is not None and small.rid == "q"
    assert large is not None and large.rid == "h"


def test_over_a_bad_radio_only_the_smallest_picture_goes() -> None:
    copies = PictureCopies()
    copies.see(BAD_LOSS - 0.01, 0.3, 1.0)
    is_left_at_once = copies.is_smallest_only
    assert not is_left_at_once, "one bad second"
    copies.see(BAD_LOSS, BAD_LOSS, 2.0)
    assert copies.is_smallest_only
    (only,) = protected([OFFERED], are_copied=True, is_smallest_only=True)
    assert {step.choice.rid for step in only.steps} == {"q"}
    assert [step.bps for step in only.steps] == [step.bps for step in OFFERED.steps[:2]]


def test_larger_ones_come_back_when_it_was_good_for_a_while() -> None:
    copies = PictureCopies()
    copies.see(0.2, 0.2, 1.0)
    copies.see(0.2, GOOD_LOSS - 0.01, 1.0 + GOOD_SECONDS - 0.1)
    assert copies.is_smallest_only
    copies.see(0.2, GOOD_LOSS, 1.0 + GOOD_SECONDS - 0.1)
    copies.see(0.2, 0.0, 1.0 + GOOD_SECONDS)
    assert copies.is_smallest_only, "it was bad again"
    copies.see(0.2, 0.0, 1.0 + 2 * GOOD_SECONDS)
    assert not copies.is_smallest_only
