"""What a layer is thought to cost."""

import pytest

from relay.forwarding.layer_cost import GROWN, GROWN_BPS, LOOKS, MEANS, DearestYet, LayerCost

CALM = ((30_000, 8), (60_000, 15))
WITH_KEY_FRAME = ((70_000, 8), (100_000, 15))
DEAR = ((300_000, 8), (600_000, 15))
SILENT = ((0, 0), (0, 0))


def seen(*looks: tuple[tuple[int, int], ...], every: float = 1.0) -> LayerCost:
    cost = LayerCost()
    for number, look in enumerate(looks):
        cost.add(look, number * every)
    return cost


def test_a_key_frame_makes_no_second_dearer_than_the_others() -> None:
    cost = seen(*[CALM, WITH_KEY_FRAME, CALM, CALM] * 3)
    assert cost.temporal[-1] == (70_000, 15)
    cost.add(CALM, 100.0)
    cost.add(WITH_KEY_FRAME, 101.0)
    assert cost.temporal[-1] == (70_000, 15), "the one before is forgotten"


def test_what_it_has_cost_for_longer_is_known_where_it_costs_less_now() -> None:
    cost = seen(*[WITH_KEY_FRAME] * (LOOKS + 5))  # the first is a part of a second
    assert cost.swing == 1.0
    for second in range(LOOKS):
        cost.add(CALM, 100.0 + second)
    means = [70] * 5 + [60, 50, 40, 30]
    assert cost.swing == pytest.approx(sum(means) / len(means) / 30)
    for second in range(MEANS):
        cost.add(CALM, 200.0 + second)
    assert cost.swing == 1.0
    assert LayerCost().swing == seen(DEAR, SILENT).swing == 1.0


def test_in_its_first_second_the_newest_look_counts() -> None:
    assert LayerCost().temporal == ()
    parts = [((bps, 1), (2 * bps, 2)) for bps in (10_000, 90_000, 200_000, 300_000)]
    assert seen(*parts, every=0.2).temporal == parts[-1]


def test_it_follows_what_becomes_dearer_or_cheaper() -> None:
    assert seen(CALM, *(DEAR for _ in range(LOOKS))).temporal == DEAR
    assert seen(DEAR, *(CALM for _ in range(LOOKS))).temporal == CALM


def test_after_a_pause_only_what_is_sent_then_counts() -> None:
    assert seen(DEAR, SILENT).temporal == SILENT
    assert seen(DEAR, SILENT, CALM).temporal == CALM
    assert seen(DEAR, CALM[:1]).temporal == CALM[:1], "another pattern of pictures"


@pytest.mark.parametrize("every", [0.2, 1.0])
def test_looks_that_overlap_are_no_more_looks(every: float) -> None:
    cost = seen(CALM, WITH_KEY_FRAME, *(CALM for _ in range(round(3 / every))), every=every)
    assert cost.temporal[-1][0] <= 73_334


def test_much_dearer_is_said_once_for_each_half_more() -> None:
    dearest = DearestYet()
    assert not dearest.grew(1, "h", 100_000), "the first is what viewers are steered by"
    assert not dearest.grew(1, "h", int(GROWN * 100_000) - 1)
    assert dearest.grew(1, "h", int(GROWN * 100_000))
    assert not dearest.grew(1, "h", int(GROWN * 100_000))
    assert not dearest.grew(1, "h", 10_000), "cheaper is no news"
    assert not dearest.grew(1, "h", int(GROWN * 100_000)), "nor is it as it was"
    assert not dearest.grew(1, "q", 10_000), "each layer for itself"
    assert not dearest.grew(1, "q", 9_999 + GROWN_BPS), "and what is little stays little"
