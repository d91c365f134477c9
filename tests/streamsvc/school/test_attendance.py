from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from streamsvc.base.ids import RoomId
from streamsvc.base.media import LadderLevel
from streamsvc.school.attendance import MAX_STEP_MS, Evidence, LessonAttendance, RoomSignal

ROOM = RoomId("room_1")
HERE = RoomSignal(is_connected=True, has_voice=True, has_picture=True)
VOICE = RoomSignal(is_connected=True, has_voice=True, has_picture=False)
SILENT = RoomSignal(is_connected=True, has_voice=False, has_picture=False)
GONE = RoomSignal(is_connected=False, has_voice=False, has_picture=False)
STAGE = RoomSignal(is_connected=True, has_voice=True, has_picture=True, is_on_stage=True)

# a busy machine is no failure
unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def after(*signals: RoomSignal, step_ms: int = 1000) -> Evidence:
    """The evidence of one room fed with these, one a second from 10 s on."""
    attendance = LessonAttendance()
    for n, signal in enumerate(signals):
        attendance.feed(10_000 + n * step_ms, {ROOM: signal})
    return attendance.evidence[ROOM]


def test_the_first_feed_is_a_beginning_and_no_interval() -> None:
    assert after(HERE) == Evidence(first_joined_ms=10_000, last_seen_ms=10_000)


def test_an_interval_belongs_to_the_signal_at_its_end() -> None:
    evidence = after(HERE, HERE, VOICE, SILENT, GONE, HERE)
    assert (evidence.voice_ms, evidence.picture_ms, evidence.cut_off_ms) == (3000, 2000, 2000)
    assert (evidence.first_joined_ms, evidence.last_seen_ms) == (10_000, 15_000)


def test_before_it_joins_a_room_is_not_cut_off() -> None:
    assert after(GONE, GONE, GONE) == Evidence()
    assert after(GONE, GONE, SILENT).cut_off_ms == 0


def test_a_known_room_without_a_signal_is_gone() -> None:
    attendance = LessonAttendance()
    attendance.feed(0, {ROOM: HERE})
    attendance.feed(1000, {})
    assert attendance.evidence[ROOM].cut_off_ms == 1000


def test_time_nobody_watched_is_not_claimed() -> None:
    assert after(HERE, HERE, step_ms=MAX_STEP_MS + 1).voice_ms == 0
    assert after(HERE, HERE, step_ms=-1000).voice_ms == 0


def test_the_stage_is_counted_by_visits_and_time() -> None:
    evidence = after(HERE, STAGE, STAGE, HERE, STAGE)
    assert (evidence.stage_count, evidence.stage_ms) == (2, 3000)


def test_hands_are_counted_also_before_the_first_feed() -> None:
    attendance = LessonAttendance()
    attendance.hand_raised(ROOM)
    attendance.hand_raised(ROOM)
    assert attendance.evidence[ROOM].hand_count == 2


def test_a_resumed_lesson_goes_on_from_what_was_stored() -> None:
    attendance = LessonAttendance({ROOM: Evidence(first_joined_ms=1, voice_ms=60_000)})
    attendance.feed(100_000, {ROOM: HERE})
    attendance.feed(101_000, {ROOM: HERE})
    evidence = attendance.evidence[ROOM]
    assert (evidence.first_joined_ms, evidence.voice_ms) == (1, 61_000)


signals = st.sampled_from([HERE, VOICE, SILENT, GONE, STAGE])


@unhurried
@given(st.lists(st.tuples(st.integers(-2_000, 8_000), signals), min_size=1))
def test_no_sum_exceeds_the_time_that_passed(steps: list[tuple[int, RoomSignal]]) -> None:
    attendance, now_ms, passed = LessonAttendance(), 0, 0
    for step, signal in steps:
        before = attendance.evidence.get(ROOM, Evidence())
        now_ms += step
        passed += max(0, step)
        attendance.feed(now_ms, {ROOM: signal})
        evidence = attendance.evidence[ROOM]
        assert evidence.voice_ms + evidence.cut_off_ms <= passed
        assert evidence.picture_ms <= passed
        assert evidence.stage_ms <= passed
        assert evidence.voice_ms >= before.voice_ms


# ---- the ladder

levels = st.none() | st.sampled_from(list(LadderLevel))
AT = ("at_voice_ms", "at_slides_ms", "at_low_video_ms", "at_high_video_ms", "at_screen_video_ms")


@unhurried
@given(st.lists(st.tuples(st.booleans(), st.booleans(), levels), min_size=1, max_size=40))
def test_time_at_all_levels_is_time_with_voice(
    seen: list[tuple[bool, bool, LadderLevel | None]],
) -> None:
    signals = [
        RoomSignal(is_connected=here, has_voice=voice, has_picture=False, level=level)
        for here, voice, level in seen
    ]
    evidence = after(*signals)
    sums = {name: getattr(evidence, name) for name in AT}
    for name, level in zip(AT, LadderLevel, strict=True):
        wanted = sum(s.is_connected and s.has_voice and s.level is level for s in signals[1:])
        assert sums[name] == 1000 * wanted
    assert sum(sums.values()) <= evidence.voice_ms
