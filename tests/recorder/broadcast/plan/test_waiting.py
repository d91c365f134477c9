import pytest

from recorder.broadcast.plan.waiting import Reached, Waiting, is_too_far


def test_who_waits_is_told_when_it_is_there_and_not_before() -> None:
    waiting: Waiting[str] = Waiting()
    waiting.add("low", 5, 2, "part")
    waiting.add("low", 5, None, "segment")
    waiting.add("low", 6, 0, "next")
    waiting.add("high", 5, 2, "other")
    assert waiting.reached("low", Reached(5, 1)) == []
    assert waiting.reached("low", Reached(5, 2)) == ["part"]
    assert waiting.reached("low", Reached(5, 3, is_complete=True)) == ["segment"]
    assert waiting.reached("low", Reached(6, 0)) == ["next"]
    assert waiting.all() == ["other"]
    assert waiting.all() == []


def test_a_part_that_its_segment_never_had_is_the_next_segment() -> None:
    """§6.2.5.2: the segment was shorter than the client thought."""
    assert not Reached(5, 3, is_complete=True).holds(5, 4)
    assert Reached(6, 0).holds(5, 4)


def test_who_does_not_wait_any_more_is_forgotten() -> None:
    waiting: Waiting[str] = Waiting()
    waiting.add("low", 5, 2, token := "gone")
    waiting.remove("low", token)
    waiting.remove("low", token)
    assert waiting.all() == []


@pytest.mark.parametrize(
    ("number", "part", "expected"),
    [(10, 3, False), (10, 9, False), (10, 10, True), (11, 0, False), (12, 50, False),
     (13, 0, True), (13, None, True), (9, 500, False)],
)  # fmt: skip
def test_what_nobody_may_wait_for(number: int, part: int | None, expected: bool) -> None:
    assert is_too_far(Reached(10, 3), number, part, part_seconds=0.5) is expected
