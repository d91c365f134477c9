"""Marks on a recording's lanes, from the lesson's timeline."""

from signaling.protocol.inputs import PublicationClosed, PublicationOpened, PublicationSilent
from signaling.protocol.messages import AcceptStage, CallOnStage, RaiseHand, ReturnFromStage
from signaling.protocol.moments import moments
from streamsvc.base.media import Slot
from streamsvc.school.records import Role
from tests.support.lessons import LessonDrive, participant


def test_a_lesson_leaves_its_marks() -> None:
    drive = LessonDrive()
    lead = drive.go_live()
    started_ms = drive.now_ms
    room_id = drive.rooms[0].id
    page = drive.connect(Role.ROOM, room_id)
    drive.wait(1_000)
    drive.ask(page, RaiseHand(request_id="h"))
    drive.ask(lead, CallOnStage(request_id="c", room_id=room_id))
    drive.ask(page, AcceptStage(request_id="a"))
    drive.wait(1_000)
    drive.feed(PublicationOpened(participant(Role.ROOM, room_id).id, Slot.STAGE))
    drive.wait(2_000)
    drive.ask(page, ReturnFromStage(request_id="r"))
    drive.drop(page)
    drive.wait(6_000)
    drive.connect(Role.ROOM, room_id)
    lines = [event.model_dump_json(by_alias=True) for event in drive.events]
    found = [(mark.type, mark.at_ms) for mark in moments(["torn{", *lines], started_ms)]
    assert found == [
        ("hand", 1_000),
        ("stage_on", 2_000),
        ("stage_off", 4_000),
        ("room_lost", 9_000),
        ("room_back", 10_000),
    ]


def test_what_was_before_the_recording_is_left_out() -> None:
    drive = LessonDrive()
    drive.go_live()
    page = drive.connect(Role.ROOM, drive.rooms[0].id)
    drive.ask(page, RaiseHand(request_id="h"))
    lines = [event.model_dump_json(by_alias=True) for event in drive.events]
    assert moments(lines, drive.now_ms + 1) == []


def test_a_gap_of_the_teachers_media_is_marked_once_it_is_over() -> None:
    drive = LessonDrive()
    drive.go_live()
    lead, started_ms = participant(Role.LEAD_TEACHER).id, drive.now_ms
    drive.wait(5_000)
    drive.feed(PublicationSilent(Slot.LEAD, 1_300))
    drive.wait(4_000)
    drive.feed(PublicationSilent(Slot.LEAD, None))
    drive.feed(PublicationClosed(lead, Slot.LEAD))
    drive.wait(1_000)
    drive.feed(PublicationOpened(lead, Slot.LEAD))  # a page that was reloaded
    drive.wait(1_000)
    drive.feed(PublicationClosed(lead, Slot.LEAD))
    lines = [event.model_dump_json(by_alias=True) for event in drive.events]
    found = [(mark.type, mark.at_ms) for mark in moments(lines, started_ms)]
    assert found == [("lead_gone", 3_700), ("lead_back", 9_000)]
