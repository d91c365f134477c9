from hypothesis import given
from hypothesis import strategies as st

from relay.forwarding.allocation import KEEP_SHARE, Budget, Offered, allocate
from streamsvc.base.media import Slot

LEAD = Offered(Slot.LEAD, [("q", 150_000), ("h", 500_000), ("f", 2_000_000)], None)
SCREEN = Offered(Slot.SCREEN, [("", 800_000)], None)
STAGE = Offered(Slot.STAGE, [("q", 120_000), ("h", 400_000)], None)


def test_on_a_good_link_everybody_gets_the_best() -> None:
    targets = allocate([LEAD, SCREEN, STAGE], Budget(8_000_000))
    assert targets == {Slot.LEAD: "f", Slot.SCREEN: "", Slot.STAGE: "h"}


def test_on_a_weak_link_the_lead_teacher_stays() -> None:
    assert allocate([STAGE, SCREEN, LEAD], Budget(200_000)) == {
        Slot.LEAD: "q",
        Slot.SCREEN: None,
        Slot.STAGE: None,
    }
    assert allocate([STAGE, SCREEN, LEAD], Budget(100_000))[Slot.LEAD] is None


def test_the_screen_comes_before_better_cameras() -> None:
    assert allocate([LEAD, SCREEN, STAGE], Budget(1_100_000)) == {
        Slot.LEAD: "q",
        Slot.SCREEN: "",
        Slot.STAGE: "q",
    }
    assert allocate([LEAD, SCREEN, STAGE], Budget(1_700_000))[Slot.LEAD] == "h"


def test_at_the_limit_a_layer_is_kept_but_not_climbed_to() -> None:
    climbing = Offered(Slot.LEAD, LEAD.layers, "q")
    keeping = Offered(Slot.LEAD, LEAD.layers, "h")
    assert allocate([climbing], Budget(520_000))[Slot.LEAD] == "q"
    assert allocate([keeping], Budget(520_000))[Slot.LEAD] == "h"


def test_a_slot_without_layers_has_no_target() -> None:
    assert allocate([Offered(Slot.LEAD, [], None)], Budget(9_000_000)) == {Slot.LEAD: None}


def test_a_guessed_link_refuses_nobody_the_smallest_picture() -> None:
    alone = Offered(Slot.LEAD, [("", 1_400_000)], None)
    assert allocate([alone], Budget(1_100_000))[Slot.LEAD] is None
    assert allocate([alone], Budget(1_100_000, is_guess=True))[Slot.LEAD] == ""
    assert allocate([LEAD, SCREEN, STAGE], Budget(100_000, is_guess=True)) == {
        Slot.LEAD: "q",
        Slot.SCREEN: "",
        Slot.STAGE: "q",
    }


def test_a_picture_that_flows_is_kept_a_little_longer_than_it_would_be_begun() -> None:
    flows, begins = (Offered(Slot.LEAD, [("", 1_050_000)], rid) for rid in ("", None))
    assert allocate([flows], Budget(1_000_000))[Slot.LEAD] == ""
    assert allocate([begins], Budget(1_000_000))[Slot.LEAD] is None


offers = st.builds(
    lambda slot, bitrates, current: Offered(
        slot, [(str(n), bps) for n, bps in enumerate(sorted(bitrates))], current
    ),
    st.sampled_from([Slot.LEAD, Slot.SCREEN, Slot.STAGE]),
    st.lists(st.integers(1_000, 4_000_000), max_size=3),
    st.sampled_from(["0", "1", "2", None]),
)


@given(st.lists(offers, max_size=3, unique_by=lambda entry: entry.slot), st.integers(0, 6_000_000))
def test_what_is_chosen_fits(offered: list[Offered], budget_bps: int) -> None:
    targets = allocate(offered, Budget(budget_bps))
    bitrates = {entry.slot: dict(entry.layers) for entry in offered}
    chosen = sum(bitrates[slot][rid] for slot, rid in targets.items() if rid is not None)
    assert chosen <= budget_bps * (1 + 3 * (KEEP_SHARE - 1))
    assert targets.keys() == bitrates.keys()


@given(
    st.lists(offers, max_size=3, unique_by=lambda entry: entry.slot),
    st.integers(0, 6_000_000),
    st.integers(0, 1_000_000),
)
def test_a_better_link_never_drops_a_slot_that_a_worse_one_showed(
    offered: list[Offered], budget_bps: int, more_bps: int
) -> None:
    worse, better = (allocate(offered, Budget(bps)) for bps in (budget_bps, budget_bps + more_bps))
    if better.get(Slot.LEAD) is None:
        assert worse.get(Slot.LEAD) is None


@given(st.lists(offers, max_size=3, unique_by=lambda entry: entry.slot), st.integers(0, 6_000_000))
def test_what_was_chosen_is_chosen_again(offered: list[Offered], budget_bps: int) -> None:
    """Nothing swings while neither the link nor the layers change."""
    for _ in range(2):
        targets = allocate(offered, Budget(budget_bps))
        offered = [Offered(e.slot, e.layers, targets[e.slot]) for e in offered]
    assert allocate(offered, Budget(budget_bps)) == targets
