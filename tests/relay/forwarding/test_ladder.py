from hypothesis import given
from hypothesis import strategies as st

from relay.forwarding.ladder import EVERY_PICTURE, LEAST_SHARE, Choice, Encoding, Step, ladder


def three(rid: str, bps: int, pictures: int = 20) -> Encoding:
    """VP8 as browsers send it: half of the bits in a quarter of the pictures."""
    return Encoding(
        rid, [(bps // 2, pictures // 4), (bps * 3 // 4, pictures // 2), (bps, pictures)]
    )


def two(rid: str, bps: int, pictures: int = 20) -> Encoding:
    """H.264 with `L1T2`: the middle id is not used."""
    half = (bps * 2 // 3, pictures // 2)
    return Encoding(rid, [half, half, (bps, pictures)])


def plain(rid: str, bps: int, pictures: int = 20) -> Encoding:
    return Encoding(rid, [(bps, pictures)] * 3)


def test_without_temporal_layers_a_layer_is_one_step() -> None:
    assert ladder([plain("q", 100), plain("f", 900)]) == [
        Step(Choice("q"), 100),
        Step(Choice("f"), 900),
    ]


def test_the_smallest_layer_is_thinned_as_far_as_it_goes_and_others_to_half() -> None:
    assert ladder([three("q", 100), three("f", 900)]) == [
        Step(Choice("q", 0), 50),
        Step(Choice("q", 1), 75),
        Step(Choice("q"), 100),
        Step(Choice("f", 1), 675),
        Step(Choice("f"), 900),
    ]


def test_half_of_a_slow_camera_is_no_step_of_a_larger_picture() -> None:
    assert ladder([two("q", 84, 15), two("h", 200, 15)]) == [
        Step(Choice("q", 1), 56),
        Step(Choice("q"), 84),
        Step(Choice("h"), 200),
    ]


def test_two_temporal_layers_are_two_steps() -> None:
    assert ladder([two("", 300)]) == [Step(Choice("", 1), 200), Step(Choice(""), 300)]


def test_what_costs_more_than_something_better_is_no_step() -> None:
    assert ladder([plain("q", 100), two("h", 120)]) == [
        Step(Choice("h", 1), 80),
        Step(Choice("h"), 120),
    ]


def test_a_silent_layer_is_one_step_that_costs_nothing() -> None:
    assert ladder([Encoding("", [(0, 0)] * 3)]) == [Step(Choice(""), 0)]


@st.composite
def encodings(draw: st.DrawFn) -> list[Encoding]:
    found = []
    for rid in "qhf"[: draw(st.integers(1, 3))]:
        bps = sorted(draw(st.lists(st.integers(0, 3_000_000), min_size=3, max_size=3)))
        pictures = sorted(draw(st.lists(st.integers(0, 30), min_size=3, max_size=3)))
        found.append(Encoding(rid, list(zip(bps, pictures, strict=True))))
    return found


@given(encodings())
def test_each_step_costs_more_and_is_better(offered: list[Encoding]) -> None:
    steps = ladder(offered)
    by_rid = {encoding.rid: encoding for encoding in offered}
    costs = [step.bps for step in steps]
    assert costs == sorted(set(costs))
    places = [("qhf".index(step.choice.rid), step.choice.most_temporal) for step in steps]
    assert places == sorted(set(places))
    assert steps[-1].choice == Choice(offered[-1].rid, EVERY_PICTURE)
    for step in steps:
        bps, pictures = by_rid[step.choice.rid].temporal[step.choice.most_temporal]
        assert step.bps == bps
        if step.choice.rid != offered[0].rid:
            assert pictures >= LEAST_SHARE * by_rid[step.choice.rid].temporal[-1][1]
