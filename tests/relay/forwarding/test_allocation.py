from collections.abc import Sequence
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from relay.forwarding.allocation import (
    BEGIN_SHARE,
    KEEP_SHARE,
    STEADY_BEGIN_SHARE,
    THIN_BPS,
    Budget,
    Offered,
    allocate,
)
from relay.forwarding.ladder import EVERY_PICTURE, Choice, Step
from streamsvc.base.media import Slot


def offer(slot: Slot, layers: Sequence[tuple[str, int]], current: str | None = None) -> Offered:
    """Layers without temporal layers."""
    steps = [Step(Choice(rid), bps) for rid, bps in layers]
    return Offered(slot, steps, None if current is None else Choice(current))


def rids(targets: dict[Slot, Choice | None]) -> dict[Slot, str | None]:
    """Whole layers."""
    assert all(
        choice is None or choice.most_temporal == EVERY_PICTURE for choice in targets.values()
    )
    return {slot: choice and choice.rid for slot, choice in targets.items()}


LAYERS = [("q", 150_000), ("h", 500_000), ("f", 2_000_000)]
LEAD = offer(Slot.LEAD, LAYERS)
SCREEN = offer(Slot.SCREEN, [("", 800_000)])
STAGE = offer(Slot.STAGE, [("q", 120_000), ("h", 400_000)])
THINNED = [
    Step(Choice("q", 0), 70_000),
    Step(Choice("q", 1), 100_000),
    Step(Choice("q"), 150_000),
    Step(Choice("h", 1), 350_000),
    Step(Choice("h"), 500_000),
]


def test_on_a_good_link_everybody_gets_the_best() -> None:
    targets = allocate([LEAD, SCREEN, STAGE], Budget(8_000_000))
    assert rids(targets) == {Slot.LEAD: "f", Slot.SCREEN: "", Slot.STAGE: "h"}


def test_on_a_weak_link_the_lead_teacher_stays() -> None:
    assert rids(allocate([STAGE, SCREEN, LEAD], Budget(200_000))) == {
        Slot.LEAD: "q",
        Slot.SCREEN: None,
        Slot.STAGE: None,
    }
    assert allocate([STAGE, SCREEN, LEAD], Budget(100_000))[Slot.LEAD] is None


def test_the_screen_comes_before_better_cameras() -> None:
    assert rids(allocate([LEAD, SCREEN, STAGE], Budget(1_100_000))) == {
        Slot.LEAD: "q",
        Slot.SCREEN: "",
        Slot.STAGE: "q",
    }
    assert rids(allocate([LEAD, SCREEN, STAGE], Budget(1_700_000)))[Slot.LEAD] == "h"


def test_at_the_limit_a_layer_is_kept_but_not_climbed_to() -> None:
    climbing = offer(Slot.LEAD, LAYERS, "q")
    keeping = offer(Slot.LEAD, LAYERS, "h")
    assert rids(allocate([climbing], Budget(520_000)))[Slot.LEAD] == "q"
    assert rids(allocate([keeping], Budget(520_000)))[Slot.LEAD] == "h"


def test_a_larger_picture_needs_more_room_on_a_thin_link() -> None:
    layers = [("q", 80_000), ("h", 200_000)]
    for bps, rid in ((240_000, "q"), (THIN_BPS, "h")):
        assert rids(allocate([offer(Slot.LEAD, layers, "q")], Budget(bps)))[Slot.LEAD] == rid
    assert rids(allocate([offer(Slot.LEAD, layers, "h")], Budget(240_000)))[Slot.LEAD] == "h"


def test_a_slot_without_layers_has_no_target() -> None:
    assert allocate([offer(Slot.LEAD, [])], Budget(9_000_000)) == {Slot.LEAD: None}


def test_a_guessed_link_refuses_nobody_the_smallest_picture() -> None:
    alone = offer(Slot.LEAD, [("", 1_400_000)])
    assert allocate([alone], Budget(1_100_000))[Slot.LEAD] is None
    assert rids(allocate([alone], Budget(1_100_000, is_guess=True)))[Slot.LEAD] == ""
    assert rids(allocate([LEAD, SCREEN, STAGE], Budget(100_000, is_guess=True))) == {
        Slot.LEAD: "q",
        Slot.SCREEN: "",
        Slot.STAGE: "q",
    }


def test_a_picture_that_flows_is_kept_a_little_longer_than_it_would_be_begun() -> None:
    flows, begins = (offer(Slot.LEAD, [("", 1_050_000)], rid) for rid in ("", None))
    assert rids(allocate([flows], Budget(1_000_000)))[Slot.LEAD] == ""
    assert allocate([begins], Budget(1_000_000))[Slot.LEAD] is None


# ---- fewer pictures


def test_a_thin_link_gets_fewer_pictures_before_it_gets_none() -> None:
    chosen = [
        allocate([Offered(Slot.LEAD, THINNED, None)], Budget(bps))[Slot.LEAD]
        for bps in (60_000, 100_000, 120_000, 200_000, 450_000, 700_000)
    ]
    assert chosen == [
        None,
        Choice("q", 0),
        Choice("q", 1),
        Choice("q"),
        Choice("h", 1),
        Choice("h"),
    ]


def test_on_little_a_first_picture_leaves_room_for_its_key_frame_and_repairs() -> None:
    def chosen(bps: int, current: Choice | None) -> Choice | None:
        return allocate([Offered(Slot.LEAD, THINNED, current)], Budget(bps))[Slot.LEAD]

    assert chosen(90_000, None) is None
    assert chosen(90_000, Choice("q", 0)) == Choice("q", 0), "what flows is no risk"
    dear = [Offered(Slot.LEAD, THINNED[4:], None)]
    assert allocate(dear, Budget(510_000))[Slot.LEAD] == Choice("h"), "there is more to spare"


def test_every_slot_has_its_smallest_picture_in_full_before_one_is_raised() -> None:
    lead, stage = (Offered(slot, THINNED, None) for slot in (Slot.LEAD, Slot.STAGE))
    assert allocate([lead, stage], Budget(400_000)) == {
        Slot.LEAD: Choice("q"),
        Slot.STAGE: Choice("q"),
    }
    assert allocate([lead, stage], Budget(600_000)) == {
        Slot.LEAD: Choice("h", 1),
        Slot.STAGE: Choice("q"),
    }


def test_at_the_limit_pictures_are_kept_but_not_climbed_to() -> None:
    def chosen(current: Choice) -> Choice | None:
        offered = [Offered(Slot.LEAD, THINNED, current)]
        return allocate(offered, Budget(510_000))[Slot.LEAD]

    assert chosen(Choice("h")) == Choice("h")
    assert chosen(Choice("h", 1)) == Choice("h", 1)
    # a step that is gone counts as the next above
    assert chosen(Choice("h", 0)) == Choice("h", 1)


@st.composite
def ladders(draw: st.DrawFn) -> list[Step]:
    choices = [Choice(rid, most) for rid in "qhf" for most in range(EVERY_PICTURE + 1)]
    kept = sorted(draw(st.frozensets(st.integers(0, len(choices) - 1), max_size=6)))
    costs = draw(
        st.lists(st.integers(1_000, 3_000_000), min_size=len(kept), max_size=len(kept), unique=True)
    )
    return [Step(choices[n], bps) for n, bps in zip(kept, sorted(costs), strict=True)]


offers = st.builds(
    Offered,
    st.sampled_from([Slot.LEAD, Slot.SCREEN, Slot.STAGE]),
    ladders(),
    st.none() | st.builds(Choice, st.sampled_from("qhf"), st.integers(0, EVERY_PICTURE)),
)
several = st.lists(offers, max_size=3, unique_by=lambda entry: entry.slot)


@given(several, st.integers(0, 6_000_000))
def test_what_is_chosen_fits(offered: list[Offered], budget_bps: int) -> None:
    targets = allocate(offered, Budget(budget_bps))
    costs = {entry.slot: {step.choice: step.bps for step in entry.steps} for entry in offered}
    chosen = sum(costs[slot][choice] for slot, choice in targets.items() if choice is not None)
    assert chosen <= budget_bps * (1 + 3 * (KEEP_SHARE - 1))
    assert targets.keys() == costs.keys()


@given(several, st.integers(0, 6_000_000), st.integers(0, 1_000_000))
def test_a_better_link_never_drops_a_slot_that_a_worse_one_showed(
    offered: list[Offered], budget_bps: int, more_bps: int
) -> None:
    worse, better = (allocate(offered, Budget(bps)) for bps in (budget_bps, budget_bps + more_bps))
    if better.get(Slot.LEAD) is None:
        assert worse.get(Slot.LEAD) is None


@given(several, st.integers(0, 6_000_000))
def test_what_was_chosen_is_chosen_again(offered: list[Offered], budget_bps: int) -> None:
    """Nothing swings while neither the link nor the layers change."""
    for _ in range(2):
        targets = allocate(offered, Budget(budget_bps))
        offered = [Offered(e.slot, e.steps, targets[e.slot]) for e in offered]
    assert allocate(offered, Budget(budget_bps)) == targets


def test_a_first_picture_begins_on_little_only_where_what_it_costs_for_longer_fits() -> None:
    steps = THINNED
    fits = int(steps[0].bps / BEGIN_SHARE) + 1
    calm, swinging = (Offered(Slot.LEAD, steps, None, swing) for swing in (1.0, 1.3))
    assert allocate([calm], Budget(fits))[Slot.LEAD] is not None
    assert allocate([swinging], Budget(fits))[Slot.LEAD] is None
    assert allocate([swinging], Budget(int(1.31 * fits)))[Slot.LEAD] is not None
    flowing = Offered(Slot.LEAD, steps, steps[0].choice, 1.3)
    assert allocate([flowing], Budget(fits))[Slot.LEAD] is not None, "what flows is kept"


def test_a_picture_that_holds_its_rate_begins_on_a_little_less() -> None:
    steps = THINNED
    fits = int(steps[0].bps / STEADY_BEGIN_SHARE) + 1
    unsteady = Offered(Slot.LEAD, steps, None)
    assert allocate([unsteady], Budget(fits))[Slot.LEAD] is None
    assert allocate([replace(unsteady, is_steady=True)], Budget(fits))[Slot.LEAD] is not None
