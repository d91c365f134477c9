"""Which pictures a rendition is made of."""

import pytest

from relay.transcode.plan.renditions import Rendition
from relay.transcode.plan.turns import (
    TICKS_PER_SECOND,
    TOO_LATE_MS,
    Lateness,
    RenditionTurns,
    Turn,
    lateness,
)


def turns(rate: int = 15, keyframe_seconds: float = 8) -> RenditionTurns:
    return RenditionTurns(Rendition("180", 180, 84_000, rate, "medium"), keyframe_seconds)


def ticks(number: int, rate: float) -> int:
    return round(number * TICKS_PER_SECOND / rate)


@pytest.mark.parametrize(("source", "made"), [(30, 15), (25, 12.5), (24, 12), (15, 15), (10, 10)])
def test_pictures_are_even_and_no_more_than_asked_for(source: float, made: float) -> None:
    choice = turns(15)
    taken = [n for n in range(100) if choice.turn(ticks(n, source)) is not Turn.SKIP]
    assert {second - first for first, second in zip(taken, taken[1:], strict=False)} == {
        source / made
    }


def test_an_uneven_camera_keeps_its_rate() -> None:
    choice = turns(15)
    at = [ticks(n, 15) + (-550 if n % 2 else 550) for n in range(30)]
    assert all(choice.turn(one) is not Turn.SKIP for one in at)


def test_a_key_frame_comes_first_when_asked_for_and_when_it_is_time() -> None:
    choice = turns(15, keyframe_seconds=2)
    taken = [choice.turn(ticks(n, 15)) for n in range(75)]
    assert [n for n, turn in enumerate(taken) if turn is Turn.KEYFRAME] == [0, 30, 60]
    assert choice.turn(ticks(75, 15)) is Turn.PICTURE
    choice.ask_for_keyframe()
    assert choice.turn(ticks(76, 15)) is Turn.KEYFRAME
    assert choice.turn(ticks(77, 15)) is Turn.PICTURE


def test_a_key_frame_does_not_wait_for_the_rate() -> None:
    choice = turns(5)
    choice.turn(ticks(0, 30))
    assert choice.turn(ticks(1, 30)) is Turn.SKIP
    choice.ask_for_keyframe()
    assert choice.turn(ticks(2, 30)) is Turn.KEYFRAME


@pytest.mark.parametrize("source", [25, 10, 5])
def test_the_encoder_is_told_the_rate_that_there_is(source: float) -> None:
    choice = turns(15)
    taken = [choice.turn(ticks(n, source)) for n in range(100)]
    assert choice.rate == pytest.approx(source / 2 if source == 25 else source, rel=0.01)
    assert taken.count(Turn.KEYFRAME) >= 2, "a change of the rate is a key frame"


def test_the_rate_is_not_changed_often() -> None:
    choice, now, changes, rate = turns(15), 0, 0, 15.0
    for n in range(900):
        now += ticks(1, 15 if n // 30 % 2 else 8)
        choice.turn(now)
        changes, rate = changes + (choice.rate != rate), choice.rate
    assert 1 <= changes <= now / TICKS_PER_SECOND / 10 + 1


def test_an_even_source_of_the_right_rate_changes_nothing() -> None:
    choice = turns(15, keyframe_seconds=100)
    taken = [choice.turn(ticks(n, 30)) for n in range(600)]
    assert taken.count(Turn.KEYFRAME) == 1
    assert choice.rate == 15.0


def test_lateness_grows_with_the_delay() -> None:
    assert [lateness(ms) for ms in (0, 150, 151, 251, TOO_LATE_MS + 1)] == [
        Lateness.NONE,
        Lateness.NONE,
        Lateness.LITTLE,
        Lateness.LATE,
        Lateness.TOO_LATE,
    ]
    assert TOO_LATE_MS < 500
