"""What the pages are told of a source that teaches in place of a browser."""

from signaling.protocol.effects import StartLessonRecord
from signaling.protocol.inputs import PublicationOpened, SourceReported
from signaling.protocol.lesson_views import SourceView
from signaling.protocol.messages import SourceChanged, Withheld
from signaling.protocol.picture import as_seen_by
from signaling.protocol.source import FORGOTTEN_AFTER_MS, MISSED_FOR_MS, START_AGAIN_AFTER_MS
from streamsvc.base.errors import UserError
from streamsvc.base.ids import RoomId
from streamsvc.base.media import Slot
from streamsvc.school.records import Role
from tests.support.lessons import START_MS, LessonDrive, participant

CONNECTING, ON_AIR = (SourceReported("rtmp", state) for state in ("connecting", "on_air"))
CUT = SourceReported("rtmp", "waiting", UserError("push-ended"))


def told(drive: LessonDrive) -> list[SourceView | None]:
    return [event.source for event in drive.events if isinstance(event, SourceChanged)]


def on_air(drive: LessonDrive) -> None:
    drive.feed(PublicationOpened(participant(Role.LEAD_TEACHER).id, Slot.LEAD))
    drive.feed(ON_AIR)


def test_each_change_is_told_once_with_its_error_in_words() -> None:
    drive = LessonDrive()
    for report in (CONNECTING, ON_AIR, ON_AIR, CUT, CUT, ON_AIR):
        drive.now_ms += 2_000
        drive.feed(report)
    states = [view and (view.state, view.error and view.error.id) for view in told(drive)]
    assert states == [
        ("connecting", None),
        ("on_air", None),
        ("waiting", "push-ended"),
        ("on_air", None),
    ]
    assert "goes on by itself" in told(drive)[2].error.message.en  # type: ignore[union-attr]


def test_staff_are_told_and_rooms_are_not() -> None:
    drive = LessonDrive()
    drive.feed(ON_AIR)
    (event,) = [event for event in drive.events if isinstance(event, SourceChanged)]
    (for_room,) = as_seen_by(participant(Role.ROOM, RoomId("room_1")), [event])
    assert isinstance(for_room, Withheld)
    for role in (Role.LEAD_TEACHER, Role.ADMINISTRATOR, Role.HELPER_TEACHER):
        assert as_seen_by(participant(role), [event]) == [event]
    picture = drive.machine.picture
    assert picture.snapshot(participant(Role.LEAD_TEACHER), 0).source is not None
    assert picture.snapshot(participant(Role.ROOM, RoomId("room_1")), 0).source is None


def test_one_that_nobody_speaks_for_is_gone() -> None:
    drive = LessonDrive()
    drive.feed(ON_AIR)
    drive.wait(FORGOTTEN_AFTER_MS)
    assert drive.machine.picture.source is not None
    drive.wait(1_000)
    assert told(drive)[-1] is None


def test_one_that_broke_off_is_waited_for() -> None:
    drive = LessonDrive()
    drive.feed(CUT)
    drive.wait(MISSED_FOR_MS)
    assert drive.machine.picture.source is not None
    drive.wait(1_000)
    assert told(drive)[-1] is None


def test_a_restart_forgets_it_until_it_reports_again() -> None:
    drive = LessonDrive()
    drive.feed(ON_AIR)
    drive.machine.resume(drive.now_ms)
    assert drive.machine.picture.source is None


def test_its_lesson_starts_on_time_without_a_person() -> None:
    drive = LessonDrive()
    drive.now_ms = START_MS - 3_000
    on_air(drive)
    starts = [effect for effect in drive.wait(2_000) if isinstance(effect, StartLessonRecord)]
    assert starts == []
    starts = [e for e in drive.machine.poll(START_MS) if isinstance(e, StartLessonRecord)]
    assert starts == [StartLessonRecord(None)]
    again = [e for e in drive.machine.poll(START_MS + 1_000) if isinstance(e, StartLessonRecord)]
    assert again == []
    drive.machine.receive(ON_AIR, START_MS + START_AGAIN_AFTER_MS)
    late = drive.machine.poll(START_MS + START_AGAIN_AFTER_MS)
    assert StartLessonRecord(None) in late


def test_a_browser_that_is_on_air_early_starts_nothing() -> None:
    drive = LessonDrive()
    drive.feed(PublicationOpened(participant(Role.LEAD_TEACHER).id, Slot.LEAD))
    assert not [e for e in drive.wait(5_000) if isinstance(e, StartLessonRecord)]
