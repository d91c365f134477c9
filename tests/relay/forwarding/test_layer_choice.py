from hypothesis import given
from hypothesis import strategies as st

from relay.forwarding.layer_choice import Offered, target_layers
from streamsvc.base.media import Slot

LEAD = Offered(Slot.LEAD, [("q", 150_000), ("h", 500_000), ("f", 2_000_000)], None)
SCREEN = Offered(Slot.SCREEN, [("", 800_000)], None)
STAGE = Offered(Slot.STAGE, [("q", 120_000), ("h", 400_000)], None)


def test_on_a_good_link_everybody_gets_the_best() -> None:
    targets = target_layers([LEAD, SCREEN, STAGE], 8_000_000)
    assert targets == {Slot.LEAD: "f", Slot.SCREEN: "", Slot.STAGE: "h"}


def test_on_a_weak_link_the_lead_teacher_stays() -> None:
    assert target_layers([STAGE, SCREEN, LEAD], 200_000) == {
        Slot.LEAD: "q",
        Slot.SCREEN: None,
        Slot.STAGE: None,
    }
    assert target_layers([STAGE, SCREEN, LEAD], 100_000)[Slot.LEAD] is None


def test_the_screen_comes_before_better_cameras() -> None:
    assert target_layers([LEAD, SCREEN, STAGE], 1_100_000) == {
        Slot.LEAD: "q",
        Slot.SCREEN: "",
        Slot.STAGE: "q",
    }
    assert target_layers([LEAD, SCREEN, STAGE], 1_700_000)[Slot.LEAD] == "h"


def test_at_the_limit_a_layer_is_kept_but_not_climbed_to() -> None:
    climbing = Offered(Slot.LEAD, LEAD.layers, "q")
    keeping = Offered(Slot.LEAD, LEAD.layers, "h")
    assert target_layers([climbing], 520_000)[Slot.LEAD] == "q"
    assert target_layers([keeping], 520_000)[Slot.LEAD] == "h"


def test_a_slot_without_layers_has_no_target() -> None:
    assert target_layers([Offered(Slot.LEAD, [], None)], 9_000_000) == {Slot.LEAD: None}


@given(st.integers(0, 6_000_000), st.sampled_from(["q", "h", "f", None]))
def test_what_is_chosen_fits(budget_bps: int, current: str | None) -> None:
    offered = [Offered(Slot.LEAD, LEAD.layers, current), SCREEN, STAGE]
    targets = target_layers(offered, budget_bps)
    bitrates = {entry.slot: dict(entry.layers) for entry in offered}
    chosen = sum(bitrates[slot][rid] for slot, rid in targets.items() if rid is not None)
    assert chosen <= budget_bps
