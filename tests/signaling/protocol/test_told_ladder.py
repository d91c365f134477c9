"""What is told of a room's place on the ladder, and when."""

from hypothesis import given
from hypothesis import strategies as st

from signaling.protocol.lesson_views import LadderView, LinkSignal
from signaling.protocol.signal import ALL_WELL, link_signal
from signaling.protocol.told_ladder import (
    BETTER_AFTER_MS,
    REDUCED_AFTER_MS,
    STAYS_MS,
    STOPPED_AFTER_MS,
    ToldLadder,
    seen_place,
)
from streamsvc.base.media import LadderLevel
from streamsvc.base.sessions import HeldBy, LadderPlace

TOP = LadderLevel.HIGH_VIDEO
TICK_MS = 1_000


def place(level: LadderLevel, held_by: HeldBy = HeldBy.LINK) -> LadderPlace:
    return LadderPlace(level, TOP, held_by)


WELL, LOW, SLIDES = (place(level) for level in (TOP, LadderLevel.LOW_VIDEO, LadderLevel.SLIDES))


def told(seen: list[LadderPlace | None]) -> list[str | None]:
    """What was told after each second."""
    ladder = ToldLadder()
    words: list[str | None] = []
    for second, each in enumerate(seen):
        ladder.feed(each, second * TICK_MS)
        words.append(None if ladder.value is None else ladder.value.level)
    return words


def first(words: list[str | None], word: str, start: int = 0) -> int:
    """In ms: when it was told first."""
    return words.index(word, start) * TICK_MS


def test_who_joins_has_everything_until_it_lasts() -> None:
    words = told([None, SLIDES, WELL])
    assert words == [None, "high_video", "high_video"]


def test_a_worse_picture_is_told_after_a_while_and_none_sooner() -> None:
    assert first(told([WELL, *[LOW] * 20]), "low_video") == TICK_MS + REDUCED_AFTER_MS
    assert first(told([WELL, *[SLIDES] * 20]), "slides") == TICK_MS + STOPPED_AFTER_MS


def test_a_moment_is_not_told() -> None:
    moments = [WELL, *[SLIDES] * 5, WELL, *[LOW] * 9] * 5
    assert set(told(list(moments))) == {"high_video"}


def test_what_was_told_stays_and_may_then_skip_steps() -> None:
    words = told([WELL, *[SLIDES] * 7, *[WELL] * 60])
    worse_ms = first(words, "slides")
    assert first(words, "high_video", 8) == worse_ms + STAYS_MS
    assert "low_video" not in words
    later = told([WELL, *[SLIDES] * 60, *[WELL] * 60])
    assert first(later, "high_video", 8) == 61 * TICK_MS + BETTER_AFTER_MS


def test_a_setting_is_told_at_once() -> None:
    held = place(LadderLevel.SLIDES, HeldBy.SETTING)
    ladder = ToldLadder()
    ladder.feed(WELL, 0)
    ladder.feed(held, TICK_MS)
    assert ladder.value == LadderView(level="slides", top="high_video", held_by="setting")


def test_a_screen_that_begins_to_be_shared_is_missed_by_nobody_who_gets_it() -> None:
    ladder = ToldLadder()
    ladder.feed(WELL, 0)
    shared = LadderPlace(LadderLevel.SCREEN_VIDEO, LadderLevel.SCREEN_VIDEO, HeldBy.LINK)
    ladder.feed(LadderPlace(TOP, shared.top, HeldBy.LINK), TICK_MS)
    assert ladder.value is not None and ladder.value.level == "screen_video"
    ladder.feed(shared, 2 * TICK_MS)
    ladder.feed(WELL, 3 * TICK_MS)
    assert ladder.value == LadderView(level="high_video", top="high_video", held_by="link")


def test_a_room_s_own_word_counts_where_it_gets_less() -> None:
    dark = link_signal("full", "full", "none")
    assert seen_place(WELL, dark).level is LadderLevel.SLIDES
    assert seen_place(SLIDES, link_signal("full", "none", "none")).level is LadderLevel.VOICE
    assert seen_place(LOW, ALL_WELL) is LOW


levels = st.sampled_from(list(LadderLevel)[: TOP.rank + 1])
signals = st.builds(
    link_signal,
    *[st.sampled_from(["full", "half", "none"])] * 3,
)


@given(st.lists(st.tuples(levels, st.integers(1, 40)), max_size=30), st.integers(0, 10**9))
def test_words_change_no_faster_than_they_can_be_read(
    trace: list[tuple[LadderLevel, int]], start_ms: int
) -> None:
    ladder = ToldLadder()
    now_ms, before, worse_at_ms = start_ms, TOP, -STAYS_MS
    for level, seconds in [*trace, (TOP, 60)]:
        for _ in range(seconds):
            now_ms += TICK_MS
            ladder.feed(place(level), now_ms)
            assert ladder.value is not None
            now = LadderLevel(ladder.value.level)
            if now.rank > before.rank:
                assert now_ms - worse_at_ms >= STAYS_MS
            if now.rank < before.rank:
                worse_at_ms = now_ms
            before = now
    assert before is TOP, "it always comes back"


@given(levels, signals)
def test_no_report_makes_it_better(level: LadderLevel, report: LinkSignal) -> None:
    assert seen_place(place(level), report).level.rank <= level.rank
