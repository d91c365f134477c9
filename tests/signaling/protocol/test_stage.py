"""The stage: one room at a time, from the call to the return."""

from signaling.protocol.effects import (
    ClosePublication,
    MuteSlot,
)
from signaling.protocol.inputs import (
    PublicationClosed,
    PublicationOpened,
)
from signaling.protocol.lesson_views import LinkSignal
from signaling.protocol.messages import (
    AcceptStage,
    CallOnStage,
    DeclineStage,
    MuteStage,
    ReportLink,
    ReturnFromStage,
    StageChanged,
)
from streamsvc.base.ids import RoomId
from streamsvc.base.media import Slot
from streamsvc.school.records import Role
from tests.support.lessons import LessonDrive, participant

ONE, TWO, THREE = RoomId("room_1"), RoomId("room_2"), RoomId("room_3")
FULL = LinkSignal(voice="full", slides="full", picture="full")


def test_a_room_is_called_answers_speaks_and_returns() -> None:
    drive = LessonDrive()
    lead = drive.go_live()
    page = drive.to_stage(lead, ONE)
    stage = drive.snapshot().stage
    assert stage is not None and stage.state == "on_stage" and stage.room_name == "Room 1"
    assert drive.machine.picture.rooms[ONE].stage_count == 1
    assert drive.snapshot().publications.stage
    assert drive.error_of(page, ReturnFromStage(request_id="r")) == "done"
    assert drive.snapshot().stage is None
    assert not drive.snapshot().publications.stage
    assert [e.because for e in drive.events if isinstance(e, StageChanged)] == [
        "called",
        "accepted",
        "on_stage",
        "returned",
    ]


def test_the_stage_holds_one_room() -> None:
    drive = LessonDrive()
    lead = drive.go_live()
    drive.to_stage(lead, ONE)
    drive.connect(Role.ROOM, TWO)
    assert drive.error_of(lead, CallOnStage(request_id="2", room_id=TWO)) == "stage-taken"
    assert drive.error_of(lead, CallOnStage(request_id="3", room_id=THREE)) == "room-not-online"
    nowhere = CallOnStage(request_id="4", room_id="room_9")
    assert drive.error_of(lead, nowhere) == "room-not-in-lesson"


def test_a_call_is_declined_withdrawn_or_forgotten() -> None:
    drive = LessonDrive()
    lead = drive.go_live()
    page = drive.connect(Role.ROOM, ONE)

    def because(finish: object) -> str:
        drive.ask(lead, CallOnStage(request_id="c", room_id=ONE))
        finish()  # type: ignore[operator]
        last = [e for e in drive.events if isinstance(e, StageChanged)][-1]
        assert last.stage is None
        return last.because

    def answer_late() -> None:
        for _ in range(60):
            drive.ask(page, ReportLink(link=FULL))
            drive.wait(1_000)

    assert because(lambda: drive.ask(page, DeclineStage(request_id="d"))) == "declined"
    assert because(lambda: drive.ask(page, ReturnFromStage(request_id="d"))) == "declined"
    assert because(lambda: drive.ask(lead, ReturnFromStage(request_id="w"))) == "withdrawn"
    assert because(answer_late) == "withdrawn"
    assert drive.error_of(page, AcceptStage(request_id="a")) == "not-called"


def test_media_nobody_called_for_is_closed() -> None:
    drive = LessonDrive()
    drive.go_live()
    drive.connect(Role.ROOM, ONE)
    drive.feed(PublicationOpened(participant(Role.ROOM, ONE).id, Slot.STAGE))
    assert drive.of_kind(ClosePublication)
    assert not drive.snapshot().publications.stage


def test_a_room_cut_off_on_stage_has_fifteen_seconds() -> None:
    drive = LessonDrive()
    lead = drive.go_live()
    page = drive.to_stage(lead, ONE)
    device = participant(Role.ROOM, ONE).id

    def seconds(number: int) -> None:
        for _ in range(number):
            drive.ask(page, ReportLink(link=FULL))
            drive.wait(1_000)

    drive.feed(PublicationClosed(device, Slot.STAGE))
    seconds(14)
    assert drive.snapshot().stage is not None
    drive.feed(PublicationOpened(device, Slot.STAGE))
    seconds(14)
    assert drive.snapshot().stage is not None
    drive.feed(PublicationClosed(device, Slot.STAGE))
    seconds(16)
    assert drive.snapshot().stage is None
    assert [e.because for e in drive.events if isinstance(e, StageChanged)][-1] == "lost"


def test_an_accepted_room_without_media_leaves_the_stage() -> None:
    drive = LessonDrive()
    lead = drive.go_live()
    page = drive.connect(Role.ROOM, ONE)
    drive.ask(lead, CallOnStage(request_id="c", room_id=ONE))
    drive.ask(page, AcceptStage(request_id="a"))
    for _ in range(31):
        drive.ask(page, ReportLink(link=FULL))
        drive.wait(1_000)
    assert drive.snapshot().stage is None


def test_muting_reaches_the_relay_and_ends_with_the_turn() -> None:
    drive = LessonDrive()
    lead = drive.go_live()
    assert drive.error_of(lead, MuteStage(request_id="m", is_muted=True)) == "stage-empty"
    drive.to_stage(lead, ONE)
    drive.ask(lead, MuteStage(request_id="m", is_muted=True))
    assert drive.snapshot().stage is not None and drive.snapshot().stage.is_muted  # type: ignore[union-attr]
    drive.ask(lead, ReturnFromStage(request_id="r"))
    mutes = [e for e in drive.effects if isinstance(e, MuteSlot)]
    assert [mute.is_muted for mute in mutes] == [True, False]


def test_a_late_close_of_the_former_room_does_not_touch_the_next() -> None:
    drive = LessonDrive()
    lead = drive.go_live()
    drive.to_stage(lead, ONE)
    drive.ask(lead, ReturnFromStage(request_id="r"))
    drive.to_stage(lead, TWO)
    drive.feed(PublicationClosed(participant(Role.ROOM, ONE).id, Slot.STAGE))
    assert drive.snapshot().publications.stage


def test_a_room_on_stage_says_that_its_picture_pauses() -> None:
    drive = LessonDrive()
    lead = drive.go_live()
    page, other = drive.to_stage(lead, ONE), drive.connect(Role.ROOM, TWO)

    def is_paused() -> bool:
        stage = drive.snapshot().stage
        assert stage is not None
        return stage.is_picture_paused

    drive.ask(page, ReportLink(link=FULL, sends="still"))
    drive.ask(other, ReportLink(link=FULL, sends="voice"))
    assert not is_paused()
    told = len(drive.events)
    for _ in range(2):
        drive.ask(page, ReportLink(link=FULL, sends="voice"))
    assert is_paused()
    assert [e.because for e in drive.events[told:] if isinstance(e, StageChanged)] == ["picture"]
    drive.ask(page, ReportLink(link=FULL, sends="few"))
    assert not is_paused()
    drive.ask(page, ReturnFromStage(request_id="r"))
    drive.ask(lead, CallOnStage(request_id="c", room_id=ONE))
    drive.ask(page, ReportLink(link=FULL, sends="voice"))
    assert not is_paused(), "that was said of the last time"
