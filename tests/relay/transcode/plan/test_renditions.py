"""Which renditions there are, how large, and when one is needed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.transcode.plan.renditions import (
    LINGER_SECONDS,
    RenditionNeed,
    RoomRate,
    picture_size,
)
from relay.transcode.settings import TranscodeSettings

LADDER = TranscodeSettings().ladder()


def rids(need: RenditionNeed, layers: list[int], rooms: list[int], now: float = 0.0) -> list[str]:
    return [rendition.rid for rendition in need.renditions(layers, map(RoomRate, rooms), now)]


@pytest.mark.parametrize(
    ("source", "lines", "expected"),
    [
        ((1280, 720), 360, (640, 360)),
        ((1280, 720), 144, (256, 144)),
        ((720, 1280), 180, (180, 320)),
        ((320, 180), 360, (320, 180)),
        ((854, 480), 180, (320, 180)),
    ],
)
def test_a_picture_keeps_its_shape(
    source: tuple[int, int], lines: int, expected: tuple[int, int]
) -> None:
    assert picture_size(*source, lines) == expected


@given(st.integers(2, 8_192), st.integers(2, 8_192), st.sampled_from([144, 180, 360]))
def test_sides_are_even_and_never_grow(width: int, height: int, lines: int) -> None:
    small = picture_size(width, height, lines)
    assert all(side % 2 == 0 and side >= 2 for side in small)
    assert small[0] <= width + 1 and small[1] <= height + 1
    assert min(small) <= max(lines, 2)


def test_nothing_is_made_while_every_room_has_a_layer() -> None:
    assert rids(RenditionNeed(LADDER), [150_000, 2_000_000], [200_000, 5_000_000]) == []


def test_each_room_gets_the_best_that_fits() -> None:
    need = RenditionNeed(LADDER)
    assert rids(need, [2_000_000], [500_000, 5_000_000]) == ["+360", "+180"]
    assert rids(need, [2_000_000], [140_000]) == ["+360", "+180", "+lifeline"]


def test_a_room_that_nothing_fits_gets_the_least_and_steps_to_climb_by() -> None:
    assert rids(RenditionNeed(LADDER), [2_000_000], [40_000]) == ["+360", "+180", "+lifeline"]
    assert rids(RenditionNeed(LADDER), [200_000], [40_000]) == ["+180", "+lifeline"]


def test_what_costs_nearly_as_much_as_a_layer_is_not_made() -> None:
    assert rids(RenditionNeed(LADDER), [320_000], [350_000]) == ["+180", "+lifeline"]
    assert rids(RenditionNeed(LADDER), [80_000], [50_000]) == []
    assert rids(RenditionNeed(LADDER), [], [50_000]) == []


def test_a_rendition_is_kept_for_a_while() -> None:
    need = RenditionNeed(LADDER)
    assert rids(need, [2_000_000], [500_000], now=10) == ["+360", "+180"]
    assert rids(need, [2_000_000], [], now=10 + LINGER_SECONDS) == ["+360", "+180"]
    assert rids(need, [2_000_000], [], now=11 + LINGER_SECONDS) == []


def test_a_camera_that_pauses_ends_nothing() -> None:
    need = RenditionNeed(LADDER)
    rids(need, [2_000_000], [500_000], now=10)
    assert rids(need, [], [150_000], now=20) == ["+360", "+180"]
    assert rids(need, [90_000], [150_000], now=30) == ["+360", "+180"]
    assert rids(need, [90_000], [150_000], now=11 + LINGER_SECONDS) == []


def test_rates_stay_where_rooms_expect_them() -> None:
    assert [rendition.bps for rendition in LADDER] == sorted(
        (rendition.bps for rendition in LADDER), reverse=True
    )
    with pytest.raises(ValueError, match="lifeline_bps"):
        TranscodeSettings(lifeline_bps=81_000)
