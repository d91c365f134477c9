"""What follows from a check, held against the relay's own ladder; and when a room checks itself."""

from dataclasses import replace
from datetime import datetime

import pytest

from relay.forwarding.allocation import Offered
from relay.forwarding.ladder import Choice, Step
from relay.forwarding.room_ladder import Beside, Link, RoomLadder
from streamsvc.base.ids import RoomId
from streamsvc.base.media import LadderLevel, PictureProfile, Slot
from streamsvc.base.sessions import NO_POLICY, LinkPolicy
from streamsvc.school.checks import (
    DAY_MS,
    LEVEL_NEEDS_BPS,
    CheckFigures,
    CheckWay,
    Part,
    Problem,
    Readiness,
    Sends,
    level_of,
    slots_of,
    verdict_of,
)
from streamsvc.school.records import Lesson, LessonState
from tests.streamsvc.school.county import County
from tests.support.clock import ManualClock

GOOD = CheckFigures(
    camera=Part.GOOD,
    microphone=Part.GOOD,
    echo=Part.GOOD,
    way=CheckWay.UDP,
    round_trip_ms=40,
    loss_down=0.0,
    loss_up=0.0,
    down_bps=2_000_000,
    up_bps=1_000_000,
    duration_ms=20_000,
)
ROOM = RoomId("room_a2")
VOICE_BPS = 48_000
LEAD = [Step(Choice("q", 1), 45_000), Step(Choice("q"), 84_000), Step(Choice("h"), 430_000)]
SCREEN = [Step(Choice("f"), 500_000)]


def place_at(down_bps: int) -> LadderLevel:
    """Where the relay's ladder comes to rest on such a link, in a lesson with a shared screen."""
    ladder = RoomLadder(NO_POLICY, 0.0)
    beside = Beside(VOICE_BPS, 6_000_000, 6_000_000, PictureProfile.SLIDES_FIRST)
    lead: Choice | None = None
    screen: Choice | None = None
    for second in range(0, 600, 5):
        offered = [Offered(Slot.LEAD, LEAD, lead), Offered(Slot.SCREEN, SCREEN, screen)]
        chosen = ladder.choose(offered, Link(down_bps, False), beside, float(second))
        lead, screen = chosen[Slot.LEAD], chosen[Slot.SCREEN]
    return ladder.place.level


@pytest.mark.parametrize("level", list(LadderLevel)[2:])
def test_a_level_is_promised_where_the_relay_reaches_it(level: LadderLevel) -> None:
    assert place_at(LEVEL_NEEDS_BPS[level]).rank >= min(level.rank, LadderLevel.LOW_VIDEO.rank)
    assert place_at(int(1.2 * LEVEL_NEEDS_BPS[LadderLevel.SCREEN_VIDEO])).rank >= level.rank


def test_no_picture_is_promised_where_the_relay_gives_none() -> None:
    for down_bps in range(30_000, LEVEL_NEEDS_BPS[LadderLevel.LOW_VIDEO], 5_000):
        found = level_of(down_bps, 0.0, NO_POLICY)
        assert found is not None and found.rank <= place_at(down_bps).rank


def test_a_good_room_is_ready() -> None:
    verdict = verdict_of(GOOD, NO_POLICY)
    assert verdict.level is LadderLevel.SCREEN_VIDEO
    assert verdict.sends is Sends.VIDEO
    assert verdict.readiness is Readiness.READY
    assert verdict.problems == ()


@pytest.mark.parametrize(
    ("change", "level", "readiness", "problems"),
    [
        ({"down_bps": 300_000}, LadderLevel.LOW_VIDEO, Readiness.READY, ()),
        (
            {"down_bps": 64_000},
            LadderLevel.SLIDES,
            Readiness.LIMITED,
            (Problem.THIN_DOWN,),
        ),
        ({"down_bps": 40_000}, LadderLevel.VOICE, Readiness.NOT_READY, (Problem.THIN_DOWN,)),
        ({"down_bps": 10_000}, None, Readiness.NOT_READY, (Problem.THIN_DOWN,)),
        (
            {"loss_down": 0.4},
            LadderLevel.SLIDES,
            Readiness.LIMITED,
            (Problem.THIN_DOWN, Problem.LOSS),
        ),
        ({"up_bps": 90_000}, LadderLevel.SCREEN_VIDEO, Readiness.LIMITED, (Problem.THIN_UP,)),
        ({"up_bps": None}, LadderLevel.SCREEN_VIDEO, Readiness.NOT_READY, (Problem.THIN_UP,)),
        (
            {"way": CheckWay.TCP, "round_trip_ms": 650},
            LadderLevel.SCREEN_VIDEO,
            Readiness.READY,
            (Problem.TCP, Problem.FAR),
        ),
        (
            {"camera": Part.BLACK, "microphone": Part.SKIPPED, "echo": Part.SKIPPED},
            LadderLevel.SCREEN_VIDEO,
            Readiness.LIMITED,
            (Problem.CAMERA,),
        ),
        (
            {"way": CheckWay.NONE, "down_bps": None, "microphone": Part.DENIED},
            None,
            Readiness.NOT_READY,
            (Problem.NO_MEDIA, Problem.MICROPHONE),
        ),
    ],
)
def test_what_is_wrong_is_named_gravest_first(
    change: dict[str, object],
    level: LadderLevel | None,
    readiness: Readiness,
    problems: tuple[Problem, ...],
) -> None:
    verdict = verdict_of(replace(GOOD, **change), NO_POLICY)  # type: ignore[arg-type]
    assert (verdict.level, verdict.readiness, verdict.problems) == (level, readiness, problems)


def test_a_policy_holds_in_the_verdict_too() -> None:
    assert level_of(2_000_000, 0.0, LinkPolicy(most_kbps=200)) is LadderLevel.LOW_VIDEO
    assert level_of(2_000_000, 0.0, LinkPolicy(is_voice_and_slides=True)) is LadderLevel.SLIDES


def test_nobody_is_told_to_widen_a_line_that_a_policy_narrows() -> None:
    for policy in (LinkPolicy(is_voice_and_slides=True), LinkPolicy(most_kbps=64)):
        down_bps = GOOD.down_bps if policy.most_kbps is None else 60_000
        verdict = verdict_of(replace(GOOD, down_bps=down_bps), policy)
        assert (verdict.level, verdict.problems) == (LadderLevel.SLIDES, ())
    thin = replace(GOOD, down_bps=64_000)
    for policy in (LinkPolicy(is_voice_and_slides=True), LinkPolicy(most_kbps=500)):
        assert verdict_of(thin, policy).problems == (Problem.THIN_DOWN,)


def test_devices_nobody_looked_at_are_named() -> None:
    assert verdict_of(GOOD, NO_POLICY).unseen == ()
    figures = replace(GOOD, camera=Part.SKIPPED, echo=Part.SKIPPED)
    assert verdict_of(figures, NO_POLICY).unseen == (Problem.ECHO, Problem.CAMERA)


# ---- when a room checks itself -------------------------------------------------------------------


def planned(county: County, start_ms: int, **some: object) -> Lesson:
    lesson = replace(county.lessons["lesson_a1"], is_adhoc=False, scheduled_start_ms=start_ms)
    return replace(lesson, **some)  # type: ignore[arg-type]


def test_a_room_checks_itself_the_day_before_and_shortly_before(county: County) -> None:
    now_ms = ManualClock().wall_ms()
    start_ms = now_ms + DAY_MS + 3_600_000
    lesson = planned(county, start_ms)
    eve, before = slots_of(ROOM, [lesson], [], now_ms)
    assert eve.name == f"{lesson.id}:eve"
    assert start_ms - DAY_MS <= eve.from_ms < eve.until_ms == start_ms - DAY_MS + 40 * 60_000
    same_hour = [datetime.fromtimestamp(ms / 1000).hour for ms in (start_ms, start_ms - DAY_MS)]
    assert same_hour[0] == same_hour[1]
    assert start_ms - 30 * 60_000 <= before.from_ms < before.until_ms == start_ms - 10 * 60_000
    assert slots_of(ROOM, [lesson], [eve.name], now_ms) == [before]
    assert slots_of(ROOM, [lesson], [], start_ms - 5 * 60_000) == []


def test_each_room_has_its_own_moment_and_keeps_it(county: County) -> None:
    now_ms = ManualClock().wall_ms()
    lesson = planned(county, now_ms + DAY_MS + 3_600_000)
    moments = [slots_of(RoomId(f"room_{n}"), [lesson], [], now_ms)[0].from_ms for n in range(50)]
    again = [slots_of(RoomId(f"room_{n}"), [lesson], [], now_ms)[0].from_ms for n in range(50)]
    assert moments == again
    assert max(moments) - min(moments) > 20 * 60_000


def test_no_room_checks_itself_for_a_lesson_without_a_plan(county: County) -> None:
    now_ms = ManualClock().wall_ms()
    lessons = [
        planned(county, now_ms + DAY_MS, is_adhoc=True),
        planned(county, now_ms + DAY_MS, state=LessonState.ENDED),
    ]
    assert slots_of(ROOM, lessons, [], now_ms) == []
