"""Questions of viewers: who may ask how often, who sees them, what becomes of them."""

import pytest

from signaling.protocol.inputs import QuestionAsked
from signaling.protocol.lesson import LessonMachine
from signaling.protocol.messages import (
    AnswerQuestion,
    ApproveQuestion,
    DismissQuestion,
    EndLesson,
    QuestionChanged,
)
from signaling.protocol.picture import is_for
from signaling.protocol.questions import MOST_OF_ROOM, MOST_OF_VIEWER, MOST_WAITING, PAUSE_MS
from streamsvc.base.errors import StreamsvcError
from streamsvc.base.ids import RoomId
from streamsvc.school.records import Role
from tests.support.lessons import LessonDrive, participant

MINE, OTHER = RoomId("room_1"), RoomId("room_2")


@pytest.fixture
def drive() -> LessonDrive:
    return LessonDrive(2)


@pytest.fixture
def lead(drive: LessonDrive) -> str:
    """The lead teacher of the lesson, which is live."""
    return drive.go_live()


def ask(drive: LessonDrive, name: str, viewer: str = "v1", room: RoomId = MINE) -> None:
    drive.feed(QuestionAsked(name, viewer, room, "", "几加几？"))
    drive.now_ms += PAUSE_MS


def refused(machine: LessonMachine, viewer: str, now_ms: int, room_id: RoomId = MINE) -> str | None:
    try:
        machine.questions.check(viewer, room_id, now_ms)
    except StreamsvcError as error:
        return error.error_id
    return None


def states(drive: LessonDrive, viewer: str = "v1") -> list[str]:
    return [question.state for question in drive.machine.questions.of(viewer)]


def approve(question_id: str) -> ApproveQuestion:
    return ApproveQuestion(request_id="a", question_id=question_id)


def dismiss(question_id: str) -> DismissQuestion:
    return DismissQuestion(request_id="d", question_id=question_id)


def answer(question_id: str) -> AnswerQuestion:
    return AnswerQuestion(request_id="w", question_id=question_id)


@pytest.mark.usefixtures("lead")
def test_one_in_half_a_minute(drive: LessonDrive) -> None:
    drive.feed(QuestionAsked("q1", "v1", MINE, "妈妈", "几加几？"))
    assert refused(drive.machine, "v1", drive.now_ms + 1) == "question-too-soon"
    assert refused(drive.machine, "v2", drive.now_ms + 1) is None
    assert refused(drive.machine, "v1", drive.now_ms + PAUSE_MS) is None
    drive.feed(QuestionAsked("q2", "v1", MINE, "妈妈", "再问？"))
    assert [q.question_id for q in drive.machine.questions.of("v1")] == ["q1"]


@pytest.mark.usefixtures("lead")
def test_three_wait_of_one_viewer_and_a_hundred_of_a_lesson(drive: LessonDrive) -> None:
    for n in range(MOST_OF_VIEWER):
        ask(drive, f"q{n}")
    assert refused(drive.machine, "v1", drive.now_ms) == "questions-waiting"
    for n in range(MOST_OF_ROOM - MOST_OF_VIEWER):
        ask(drive, f"p{n}", f"w{n}")
    assert refused(drive.machine, "new", drive.now_ms) == "questions-full"
    assert refused(drive.machine, "new", drive.now_ms, OTHER) is None
    for n in range(MOST_WAITING - MOST_OF_ROOM):
        ask(drive, f"o{n}", f"x{n}", OTHER)
    assert refused(drive.machine, "new", drive.now_ms, OTHER) == "questions-full"
    ask(drive, "one too many", "new")
    assert len(drive.machine.picture.questions) == MOST_WAITING


def test_a_helper_approves_and_the_teacher_answers(drive: LessonDrive, lead: str) -> None:
    ask(drive, "q1")
    phone = drive.connect(Role.PHONE, MINE)
    assert drive.error_of(lead, answer("q1")) == "question-unknown"
    assert drive.error_of(phone, approve("q1")) == "done"
    assert states(drive) == ["approved"]
    assert drive.error_of(lead, answer("q1")) == "done"
    assert drive.error_of(lead, answer("q1")) == "done"
    told = [e.question.state for e in drive.events if isinstance(e, QuestionChanged)]
    assert told == ["waiting", "approved", "answered"]


def test_dismissed_before_and_after_it_was_passed_on(drive: LessonDrive, lead: str) -> None:
    ask(drive, "q1")
    ask(drive, "q2")
    phone = drive.connect(Role.PHONE, MINE)
    assert drive.error_of(lead, dismiss("q1")) == "question-unknown"
    assert drive.error_of(phone, dismiss("q1")) == "done"
    assert drive.error_of(phone, approve("q2")) == "done"
    assert drive.error_of(lead, dismiss("q2")) == "done"
    assert drive.error_of(phone, approve("q1")) == "done"
    assert states(drive) == ["dismissed", "dismissed"]


@pytest.mark.usefixtures("lead")
def test_another_class_and_rooms_see_nothing(drive: LessonDrive) -> None:
    ask(drive, "q1")
    other, room = drive.connect(Role.PHONE, OTHER), drive.connect(Role.ROOM, MINE)
    assert drive.error_of(other, approve("q1")) == "question-unknown"
    assert drive.error_of(room, approve("q1")) == "not-allowed"
    event = next(event for event in drive.events if isinstance(event, QuestionChanged))
    seers = {
        (role, room_id): is_for(participant(role, room_id), event)
        for role in Role
        for room_id in (MINE, OTHER)
    }
    assert {who for who, sees in seers.items() if sees} == {
        (Role.PHONE, MINE),
        (Role.HELPER_TEACHER, MINE),
        (Role.ADMINISTRATOR, MINE),
        (Role.ADMINISTRATOR, OTHER),
    }
    for (role, room_id), sees in seers.items():
        if role in (Role.VIEWER, Role.CAPTIONER):
            continue  # never enters the channel
        seen = drive.machine.picture.snapshot(participant(role, room_id), drive.now_ms).questions
        assert len(seen) == sees


def test_nothing_is_asked_before_and_after_the_lesson(drive: LessonDrive) -> None:
    drive.feed(QuestionAsked("early", "v1", MINE, "", "几加几？"))
    lead = drive.go_live()
    assert drive.error_of(lead, EndLesson(request_id="e")) == "done"
    drive.feed(QuestionAsked("late", "v1", MINE, "", "几加几？"))
    assert states(drive) == []


@pytest.mark.usefixtures("lead")
def test_the_timeline_brings_them_back(drive: LessonDrive) -> None:
    ask(drive, "q1")
    drive.error_of(drive.connect(Role.PHONE, MINE), approve("q1"))
    lines = [event.model_dump_json(by_alias=True) for event in drive.events]
    machine = LessonMachine.restored(drive.machine.lesson, drive.rooms, lines)
    assert [question.state for question in machine.questions.of("v1")] == ["approved"]
