"""Who watches: counted by device and class, bounded, told seldom."""

import pytest

from signaling.protocol.inputs import ViewerSeen
from signaling.protocol.lesson import LessonMachine
from signaling.protocol.messages import EndLesson, ViewersChanged
from signaling.protocol.viewers import MOST_VIEWERS, PRESENT_MS, TELL_MS, Viewers
from streamsvc.base.ids import RoomId
from tests.support.lessons import START_MS, LessonDrive

MINE, OTHER = RoomId("room_1"), RoomId("room_2")


def test_present_peak_and_total() -> None:
    viewers = Viewers()
    for n in range(3):
        viewers.seen(f"v{n}", MINE, START_MS)
    viewers.seen("w", OTHER, START_MS)
    viewers.view(START_MS)
    later_ms = START_MS + PRESENT_MS + 1
    viewers.seen("v0", MINE, later_ms)
    view = viewers.view(later_ms)
    assert (view.present, view.peak, view.total) == (1, 4, 4)
    by_room = viewers.by_room(later_ms)
    assert (by_room[MINE].present, by_room[MINE].peak, by_room[MINE].total) == (1, 3, 3)
    assert (by_room[OTHER].present, by_room[OTHER].peak, by_room[OTHER].total) == (0, 1, 1)


def test_no_more_devices_than_the_bound() -> None:
    viewers = Viewers()
    for n in range(MOST_VIEWERS + 10):
        viewers.seen(f"v{n}", MINE, START_MS)
    viewers.seen("v0", MINE, START_MS + 1)
    assert viewers.view(START_MS).total == MOST_VIEWERS


@pytest.mark.parametrize("ahead_ms", [TELL_MS - 1, TELL_MS])
def test_told_seldom_and_only_news(ahead_ms: int) -> None:
    viewers = Viewers()
    assert viewers.due(None, START_MS) is None
    viewers.seen("v", MINE, START_MS)
    told = viewers.due(None, START_MS)
    assert told is not None and told.present == 1
    viewers.seen("w", MINE, START_MS)
    assert (viewers.due(told, START_MS + ahead_ms) is not None) == (ahead_ms == TELL_MS)
    same = viewers.view(START_MS)
    assert viewers.due(same, START_MS + 2 * TELL_MS) is None


def test_a_lesson_tells_them_and_by_class_at_its_end() -> None:
    drive = LessonDrive(2)
    lead = drive.go_live()
    drive.feed(ViewerSeen("v", OTHER))
    drive.wait(1_000)
    assert drive.snapshot().viewers is not None
    assert drive.error_of(lead, EndLesson(request_id="e")) == "done"
    told = [event.viewers for event in drive.events if isinstance(event, ViewersChanged)]
    assert [(view.present, len(view.rooms)) for view in told] == [(1, 0), (1, 1)]
    assert (told[-1].rooms[0].room_name, told[-1].rooms[0].total) == ("Room 2", 1)


def test_a_restart_goes_on_from_what_was_told() -> None:
    drive = LessonDrive(1)
    drive.go_live()
    for n in range(5):
        drive.feed(ViewerSeen(f"v{n}", MINE))
    drive.wait(1_000)
    lines = [event.model_dump_json(by_alias=True) for event in drive.events]
    machine = LessonMachine.restored(drive.machine.lesson, drive.rooms, lines)
    machine.viewers.seen("v0", MINE, drive.now_ms)
    view = machine.viewers.view(drive.now_ms)
    assert (view.present, view.peak, view.total) == (1, 5, 5)
