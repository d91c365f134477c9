"""The lesson machine: a lesson as it runs, and what may not happen in it."""

from typing import Any

import pytest

from signaling.protocol.board_messages import Erase, TurnSlide
from signaling.protocol.camera_messages import ChooseCamera, RemoveCamera
from signaling.protocol.effects import (
    CloseConnection,
    CloseMedia,
    CloseParty,
    ClosePublication,
    EndRecorder,
    SaveAttendance,
    StartRecorder,
)
from signaling.protocol.inputs import (
    CoursewareListed,
    FilmPlayed,
    FlowsSeen,
    PlanChanged,
    PublicationClosed,
    PublicationOpened,
    PublicationSilent,
    RecorderReported,
    StillTaken,
)
from signaling.protocol.lesson import LessonMachine
from signaling.protocol.lesson_of import lesson_view
from signaling.protocol.lesson_views import CoursewareView, LinkSignal, RoomTotals
from signaling.protocol.messages import (
    AnswerQuestion,
    ApproveQuestion,
    CallOnStage,
    CatchUp,
    CoursewareChanged,
    DismissQuestion,
    EndLesson,
    GetSnapshot,
    LetWrite,
    LowerHand,
    MessagePosted,
    MuteStage,
    Ping,
    Pong,
    PostMessage,
    RaiseHand,
    RecordingChanged,
    ReportLink,
    Resumed,
    RoomChanged,
    RoomUninvited,
    Snapshot,
    StartLesson,
    Withheld,
)
from signaling.protocol.requests import NEEDED
from signaling.protocol.roles import Action, may
from streamsvc.base.ids import RoomId
from streamsvc.base.media import Slot
from streamsvc.base.recordings import RecordingState
from streamsvc.school.records import Role
from tests.support.lessons import LessonDrive, flow, participant

ONE, TWO, THREE = RoomId("room_1"), RoomId("room_2"), RoomId("room_3")
FULL = LinkSignal(voice="full", slides="full", picture="full")


def shown(drive: LessonDrive, room_id: RoomId) -> object:
    return drive.machine.picture.rooms[room_id]


# ---- start and end -------------------------------------------------------------------------------


def test_a_lesson_needs_the_teachers_sound_and_picture_to_start() -> None:
    drive = LessonDrive()
    lead = drive.connect(Role.LEAD_TEACHER)
    assert drive.error_of(lead, StartLesson(request_id="1")) == "lead-not-live"
    drive.feed(PublicationOpened(participant(Role.LEAD_TEACHER).id, Slot.LEAD))
    assert drive.error_of(lead, StartLesson(request_id="2")) == "done"
    assert drive.snapshot().lesson.state == "live"
    assert drive.of_kind(StartRecorder)


def test_starting_twice_is_harmless() -> None:
    drive = LessonDrive()
    lead = drive.go_live()
    seq = drive.machine.picture.seq
    assert drive.error_of(lead, StartLesson(request_id="again")) == "done"
    assert drive.machine.picture.seq == seq


def test_the_end_empties_stage_and_hands_and_closes_media() -> None:
    drive = LessonDrive()
    lead = drive.go_live()
    drive.to_stage(lead, ONE)
    other = drive.connect(Role.ROOM, TWO)
    drive.ask(other, RaiseHand(request_id="h"))
    drive.effects.clear()
    assert drive.error_of(lead, EndLesson(request_id="end")) == "done"
    picture = drive.snapshot()
    assert picture.lesson.state == "ended"
    assert picture.stage is None
    assert all(room.hand_place is None for room in picture.rooms)
    for kind in (EndRecorder, CloseMedia, SaveAttendance, ClosePublication):
        assert drive.of_kind(kind)
    assert drive.error_of(lead, CallOnStage(request_id="x", room_id=TWO)) == "lesson-ended"
    assert drive.error_of(lead, EndLesson(request_id="y")) == "done"


def test_a_forgotten_lesson_ends_by_itself() -> None:
    drive = LessonDrive()
    drive.go_live()
    drive.feed(PublicationClosed(participant(Role.LEAD_TEACHER).id, Slot.LEAD))
    drive.wait(49 * 60_000)
    assert drive.snapshot().lesson.state == "live"
    drive.wait(61_000)
    assert drive.snapshot().lesson.state == "ended"


def test_a_long_lesson_with_its_teacher_goes_on() -> None:
    drive = LessonDrive()
    drive.go_live()
    drive.wait(70 * 60_000)
    assert drive.snapshot().lesson.state == "live"


def silent_since_ms(drive: LessonDrive) -> int | None:
    return drive.snapshot().publications.lead_silent_since_ms


def test_since_when_nothing_comes_from_the_teacher_is_told() -> None:
    drive = LessonDrive()
    drive.go_live()
    assert silent_since_ms(drive) is None
    fell_at = drive.now_ms
    drive.feed(PublicationSilent(Slot.LEAD, 1_300))
    assert drive.snapshot().publications.lead
    assert silent_since_ms(drive) == fell_at - 1_300
    drive.feed(PublicationSilent(Slot.LEAD, None))
    assert silent_since_ms(drive) is None


def test_a_teacher_who_fell_silent_and_then_closed_was_gone_all_the_time() -> None:
    drive = LessonDrive()
    drive.go_live()
    lead = participant(Role.LEAD_TEACHER).id
    since_ms = drive.now_ms - 1_300
    drive.feed(PublicationSilent(Slot.LEAD, 1_300))
    drive.wait(30_000)
    drive.feed(PublicationClosed(lead, Slot.LEAD))
    assert not drive.snapshot().publications.lead
    assert silent_since_ms(drive) == since_ms
    drive.feed(PublicationOpened(lead, Slot.LEAD))
    assert silent_since_ms(drive) is None


def test_what_is_said_late_of_a_free_slot_or_of_a_screen_changes_nothing() -> None:
    drive = LessonDrive()
    drive.go_live()
    drive.feed(PublicationSilent(Slot.SCREEN, 5_000))
    assert silent_since_ms(drive) is None
    closed_ms = drive.now_ms
    drive.feed(PublicationClosed(participant(Role.LEAD_TEACHER).id, Slot.LEAD))
    drive.feed(PublicationSilent(Slot.LEAD, None))
    assert silent_since_ms(drive) == closed_ms


def test_a_film_in_the_teachers_place_is_told() -> None:
    drive = LessonDrive()
    drive.go_live()
    drive.feed(FilmPlayed("分数"))
    assert drive.snapshot().publications.film == "分数"
    drive.feed(FilmPlayed(None))
    assert drive.snapshot().publications.film is None


# ---- who may what --------------------------------------------------------------------------------


def test_only_those_who_may_are_obeyed() -> None:
    drive = LessonDrive()
    drive.go_live()
    room = drive.connect(Role.ROOM, ONE)
    observer = drive.connect(Role.OBSERVER)
    phone = drive.connect(Role.PHONE, ONE)
    assert drive.error_of(room, EndLesson(request_id="1")) == "not-allowed"
    assert drive.error_of(room, PostMessage(request_id="2", text="x")) == "not-allowed"
    assert drive.error_of(observer, RaiseHand(request_id="3")) == "not-allowed"
    assert drive.error_of(observer, GetSnapshot(request_id="4")) == "done"
    assert drive.error_of(phone, CallOnStage(request_id="5", room_id=ONE)) == "not-allowed"
    assert drive.error_of(phone, RaiseHand(request_id="6")) == "done"


QUESTIONS = (ApproveQuestion, DismissQuestion, AnswerQuestion)


@pytest.mark.parametrize("role", [role for role in Role if may(role, Action.ENTER_LESSON)])
@pytest.mark.parametrize("kind", list(NEEDED))
def test_each_request_for_each_role(role: Role, kind: type[Any]) -> None:
    """Refused exactly where the table has no action for it."""
    drive = LessonDrive()
    drive.go_live()
    is_at_room = role in (Role.ROOM, Role.PHONE, Role.HELPER_TEACHER)
    connection = drive.connect(role, ONE if is_at_room else None)
    fields: dict[str, Any] = {"text": "x"} if kind is PostMessage else {}
    fields |= {"is_muted": True} if kind is MuteStage else {}
    fields |= {"choice": "play"} if kind is CatchUp else {}
    fields |= {"may_write": True} if kind is LetWrite else {}
    fields |= {"room_id": ONE} if kind in (CallOnStage, LowerHand) else {}
    fields |= {"slide": None} if kind is TurnSlide else {}
    fields |= {"stroke_id": "a"} if kind is Erase else {}
    fields |= {"question_id": "q"} if kind in QUESTIONS else {}
    fields |= {"camera": "camera2"} if kind in (ChooseCamera, RemoveCamera) else {}
    verdict = drive.error_of(connection, kind(request_id="r", **fields))
    is_allowed = any(may(role, action) for action in NEEDED[kind])
    assert (verdict != "not-allowed") == is_allowed


def test_messages_reach_teachers_and_leave_only_a_number_for_others() -> None:
    drive = LessonDrive()
    lead = drive.go_live()
    since = drive.machine.picture.seq
    drive.ask(lead, PostMessage(request_id="m", text="worksheet 3 please"))
    assert isinstance(drive.events[-1], MessagePosted)
    assert drive.snapshot(Role.PHONE).messages[0].text == "worksheet 3 please"
    for role in (Role.ROOM, Role.OBSERVER, Role.ADMINISTRATOR):
        assert drive.snapshot(role).messages == []
    page = drive.connect(Role.ROOM, ONE, since=since)
    told = [a.message for a in drive.answers if a.connection_id == page]
    assert isinstance(told[0], Resumed)
    assert isinstance(told[1], Withheld)
    assert not any(isinstance(message, MessagePosted) for message in told)


def test_a_room_and_its_phone_are_told_of_their_own_room_and_of_totals() -> None:
    drive = LessonDrive()
    drive.go_live()
    since = drive.machine.picture.seq
    for room_id in (ONE, TWO, THREE):
        drive.connect(Role.ROOM, room_id)
    drive.drop(drive.connect(Role.ROOM, TWO), on_purpose=True)
    drive.feed(PlanChanged(drive.machine.lesson, drive.rooms[:2]))
    picture = drive.machine.picture
    here = sum(room.presence == "online" for room in picture.rooms.values())
    assert picture.totals == RoomTotals(total=2, online=here) != RoomTotals(total=2, online=0)
    for role in (Role.ROOM, Role.PHONE):
        seen = picture.snapshot(participant(role, ONE), drive.now_ms)
        assert ([room.room_id for room in seen.rooms], seen.totals) == ([ONE], picture.totals)
        page = drive.connect(role, ONE, since=since)
        told = [a.message for a in drive.answers if a.connection_id == page][1:]
        rooms = {e.room.room_id for e in told if isinstance(e, RoomChanged)}
        assert rooms == {ONE} and not any(isinstance(e, RoomUninvited) for e in told)
        assert numbers(told) == list(range(since + 1, since + 1 + len(numbers(told))))
        assert last_totals(told) == picture.totals
    assert len(drive.snapshot(Role.OBSERVER).rooms) == 2


def numbers(told: list[Any]) -> list[int]:
    """The event numbers that messages stand for."""
    runs = [(getattr(event, "first_seq", event.seq), event.seq) for event in told]
    return [seq for first, last in runs for seq in range(first, last + 1)]


def last_totals(told: list[Any]) -> RoomTotals:
    """What a page that got these believes."""
    said: list[RoomTotals] = [e.totals for e in told if getattr(e, "totals", None) is not None]
    return said[-1]


def test_a_ping_is_answered() -> None:
    drive = LessonDrive()
    page = drive.connect(Role.ROOM, ONE)
    assert drive.ask(page, Ping()) == Pong(now_ms=drive.now_ms)


# ---- coming back ---------------------------------------------------------------------------------


def test_a_long_gap_is_a_snapshot_and_a_short_one_the_missed_events() -> None:
    drive = LessonDrive()
    lead = drive.go_live()
    for number in range(600):
        drive.ask(lead, PostMessage(request_id=str(number), text="hello"))
    short = drive.connect(Role.LEAD_TEACHER, since=drive.machine.picture.seq - 3)
    told = [a.message for a in drive.answers if a.connection_id == short]
    assert isinstance(told[0], Resumed)
    assert len(told) == 4
    for since in (1, drive.machine.picture.seq + 5):
        page = drive.connect(Role.LEAD_TEACHER, since=since)
        told = [a.message for a in drive.answers if a.connection_id == page]
        assert isinstance(told[0], Snapshot)


# ---- presence and link ---------------------------------------------------------------------------


def test_a_cut_link_is_lost_after_four_seconds_and_comes_back() -> None:
    drive = LessonDrive()
    drive.go_live()
    page = drive.connect(Role.ROOM, ONE)
    drive.ask(page, ReportLink(link=FULL))
    drive.drop(page)
    drive.wait(4_000)
    assert drive.machine.picture.rooms[ONE].presence == "online"
    drive.wait(1_000)
    assert drive.machine.picture.rooms[ONE].presence == "lost"
    assert drive.machine.picture.rooms[ONE].link.voice == "none"
    drive.connect(Role.ROOM, ONE)
    assert drive.machine.picture.rooms[ONE].presence == "online"


def test_a_room_that_leaves_on_purpose_is_absent_and_its_hand_goes_down() -> None:
    drive = LessonDrive()
    drive.go_live()
    page = drive.connect(Role.ROOM, ONE)
    drive.ask(page, RaiseHand(request_id="h"))
    drive.drop(page, on_purpose=True)
    view = drive.machine.picture.rooms[ONE]
    assert view.presence == "absent"
    assert view.hand_place is None


def test_media_alone_keeps_a_room_online() -> None:
    drive = LessonDrive()
    drive.go_live()
    page = drive.connect(Role.ROOM, ONE)
    drive.drop(page)
    for _ in range(10):
        drive.feed(FlowsSeen([], [flow(drive, ONE)]))
        drive.wait(1_000)
    assert drive.machine.picture.rooms[ONE].presence == "online"


def test_the_signal_is_the_worse_of_both_views_and_does_not_flicker() -> None:
    drive = LessonDrive()
    drive.go_live()
    page = drive.connect(Role.ROOM, ONE)

    def second(voice: int, report: LinkSignal) -> str:
        drive.feed(FlowsSeen([], [flow(drive, ONE, voice=voice)]))
        drive.ask(page, ReportLink(link=report))
        drive.wait(1_000)
        return drive.machine.picture.rooms[ONE].link.voice

    assert [second(50, FULL) for _ in range(5)][-1] == "full"
    assert second(0, FULL) == "full", "one silent second is no news"
    assert [second(0, FULL) for _ in range(3)][-1] == "none"
    half = LinkSignal(voice="half", slides="full", picture="full")
    assert [second(50, half) for _ in range(5)][-1] == "half"


def test_a_changing_link_is_told_at_most_once_a_second() -> None:
    drive = LessonDrive()
    drive.go_live()
    page = drive.connect(Role.ROOM, ONE)
    drive.wait(1_000)
    before = len(drive.events)
    for number in range(20):
        drive.feed(StillTaken(ONE, number + 1))
    drive.ask(page, ReportLink(link=FULL))
    changes = [e for e in drive.events[before:] if isinstance(e, RoomChanged)]
    assert len(changes) <= 1
    drive.wait(1_000)
    assert drive.machine.picture.rooms[ONE].still == 20


def test_a_live_room_without_any_sign_of_sound_has_none() -> None:
    drive = LessonDrive()
    drive.go_live()
    drive.connect(Role.ROOM, ONE)
    drive.wait(5_000)
    assert drive.machine.picture.rooms[ONE].link.voice == "none"


def test_a_helper_shows_at_its_room() -> None:
    drive = LessonDrive()
    phone = drive.connect(Role.PHONE, ONE)
    helper = drive.machine.picture.rooms[ONE].helper
    assert helper is not None and helper.is_online
    drive.drop(phone)
    helper = drive.machine.picture.rooms[ONE].helper
    assert helper is not None and not helper.is_online


# ---- hands ---------------------------------------------------------------------------------------


def test_hands_queue_in_order_and_close_up() -> None:
    drive = LessonDrive()
    lead = drive.go_live()
    pages = {r: drive.connect(Role.ROOM, r) for r in (ONE, TWO, THREE)}
    for room_id in (TWO, ONE, THREE):
        drive.ask(pages[room_id], RaiseHand(request_id="h"))
    rooms = drive.machine.picture.rooms
    assert [rooms[r].hand_place for r in (TWO, ONE, THREE)] == [1, 2, 3]
    drive.ask(pages[TWO], RaiseHand(request_id="again"))
    assert rooms[TWO].hand_place == 1
    assert drive.error_of(lead, LowerHand(request_id="l")) == "room-needed"
    drive.ask(lead, LowerHand(request_id="l", room_id=TWO))
    assert [rooms[r].hand_place for r in (TWO, ONE, THREE)] == [None, 1, 2]
    assert drive.error_of(pages[ONE], LowerHand(request_id="l", room_id=THREE)) == "not-allowed"
    assert drive.machine.attendance.evidence[TWO].hand_count == 1


def test_hands_need_a_live_lesson() -> None:
    drive = LessonDrive()
    page = drive.connect(Role.ROOM, ONE)
    assert drive.error_of(page, RaiseHand(request_id="h")) == "lesson-not-live"


# ---- recording, attendance, plan -----------------------------------------------------------------


def test_a_stopped_recorder_is_tried_again_and_the_lesson_goes_on() -> None:
    drive = LessonDrive()
    drive.go_live()
    drive.feed(RecorderReported(RecordingState.STOPPED, "disk-full"))
    change = [e for e in drive.events if isinstance(e, RecordingChanged)][-1]
    assert change.recording.reason is not None and change.recording.reason.id == "disk-full"
    drive.effects.clear()
    drive.wait(11_000)
    assert len(drive.of_kind(StartRecorder)) == 1
    drive.feed(RecorderReported(RecordingState.RECORDING, None))
    drive.effects.clear()
    drive.wait(30_000)
    assert not drive.of_kind(StartRecorder)


def test_attendance_counts_what_was_seen() -> None:
    drive = LessonDrive()
    drive.go_live()
    page = drive.connect(Role.ROOM, ONE)
    drive.connect(Role.ROOM, TWO)
    for _ in range(20):
        drive.feed(FlowsSeen([], [flow(drive, ONE, picture=0)]))
        drive.ask(page, ReportLink(link=FULL))
        drive.wait(1_000)
    evidence = drive.machine.attendance.evidence
    assert 18_000 <= evidence[ONE].voice_ms <= 20_000
    assert evidence[ONE].picture_ms == 0
    assert evidence[TWO].voice_ms == 0, "being connected is not hearing"
    assert 18_000 <= evidence[TWO].cut_off_ms <= 20_000
    assert evidence[THREE].first_joined_ms is None
    assert drive.of_kind(SaveAttendance)


def test_rooms_come_and_go_with_the_plan() -> None:
    drive = LessonDrive()
    lead = drive.go_live()
    page = drive.to_stage(lead, ONE)
    rooms = drive.rooms[1:]
    drive.feed(PlanChanged(drive.machine.lesson, rooms))
    assert drive.snapshot().stage is None
    assert ONE not in drive.machine.picture.rooms
    assert any(isinstance(e, RoomUninvited) for e in drive.events)
    closed = [e for e in drive.effects if isinstance(e, CloseConnection)]
    assert [effect.connection_id for effect in closed] == [page]
    parties = {e.participant_id for e in drive.effects if isinstance(e, CloseParty)}
    assert parties == {participant(role, ONE).id for role in (Role.ROOM, Role.PHONE)}
    drive.drop(page)
    drive.feed(PlanChanged(drive.machine.lesson, drive.rooms))
    assert drive.machine.picture.rooms[ONE].presence == "absent"


# ---- after a crash -------------------------------------------------------------------------------


def test_a_live_lesson_is_rebuilt_from_its_timeline() -> None:
    drive = LessonDrive()
    lead = drive.go_live()
    drive.to_stage(lead, ONE)
    drive.ask(lead, PostMessage(request_id="m", text="hello"))
    drive.ask(drive.connect(Role.ROOM, TWO), RaiseHand(request_id="h"))
    lines = [event.model_dump_json(by_alias=True) for event in drive.events]
    before = drive.machine
    again = LessonMachine.restored(
        before.lesson, drive.rooms, [*lines, '{"torn'], before.attendance.evidence
    )
    assert again.picture.snapshot(participant(Role.LEAD_TEACHER), 0) == before.picture.snapshot(
        participant(Role.LEAD_TEACHER), 0
    )
    assert again.attendance.evidence == before.attendance.evidence
    effects = again.resume(drive.now_ms + 5_000)
    assert again.picture.lesson == lesson_view(before.lesson)
    assert again.picture.stage is None
    assert again.picture.rooms[TWO].hand_place == 1
    assert again.picture.rooms[TWO].presence == "lost"
    assert again.picture.rooms[THREE].presence == "absent"
    assert [m.text for m in again.picture.messages] == ["hello"]
    assert StartRecorder() in effects
    assert again.picture.seq > before.picture.seq


def test_courseware_is_told_when_it_changes_and_is_in_every_snapshot() -> None:
    drive = LessonDrive()
    view = CoursewareView(
        courseware_id="cw_a",
        title="面积",
        status="converting",
        done_slides=3,
        total_slides=12,
        error=None,
    )
    drive.feed(CoursewareListed([view]))
    drive.feed(CoursewareListed([view]))
    told = [event.courseware for event in drive.events if isinstance(event, CoursewareChanged)]
    assert told == [[view]]
    late = drive.connect(Role.ROOM, ONE)
    snapshots = [a.message for a in drive.answers if a.connection_id == late]
    assert isinstance(snapshots[0], Snapshot) and snapshots[0].courseware == [view]
