"""The ladder of pictures as the lesson tells and counts it."""

from dataclasses import replace

from signaling.protocol.behind import BehindReport
from signaling.protocol.effects import (
    SetPolicy,
)
from signaling.protocol.inputs import (
    FlowsSeen,
    PlanChanged,
)
from signaling.protocol.lesson_views import LinkSignal
from signaling.protocol.messages import (
    ReportLink,
    RoomChanged,
)
from streamsvc.base.ids import RoomId
from streamsvc.base.media import LadderLevel
from streamsvc.base.sessions import (
    HeldBy,
    LadderPlace,
    LinkPolicy,
)
from streamsvc.school.records import Role
from tests.support.lessons import LessonDrive, flow, participant

ONE = RoomId("room_1")
SLIDES = LadderPlace(LadderLevel.SLIDES, LadderLevel.HIGH_VIDEO, HeldBy.LINK)
WELL = LadderPlace(LadderLevel.HIGH_VIDEO, LadderLevel.HIGH_VIDEO, HeldBy.LINK)


def lives(drive: LessonDrive, seconds: int, place: LadderPlace) -> None:
    """Room one gets that for a while."""
    for _ in range(seconds):
        drive.feed(FlowsSeen([], [flow(drive, ONE, place=place)]))
        drive.wait(1000)


def ladder_of(drive: LessonDrive) -> tuple[str, str] | None:
    ladder = drive.machine.picture.rooms[ONE].ladder
    return None if ladder is None else (ladder.level, ladder.held_by)


def test_everybody_is_told_once_a_room_s_picture_has_stopped_for_long() -> None:
    drive = LessonDrive()
    drive.go_live()
    page = drive.connect(Role.ROOM, ONE)
    lives(drive, 3, WELL)
    told = len(drive.events)
    lives(drive, 5, SLIDES)
    assert ladder_of(drive) == ("high_video", "link")
    lives(drive, 3, SLIDES)
    assert ladder_of(drive) == ("slides", "link")
    assert sum(isinstance(event, RoomChanged) for event in drive.events[told:]) == 1
    lives(drive, 30, WELL)
    assert ladder_of(drive) == ("high_video", "link")
    drive.drop(page, on_purpose=True)
    drive.wait(2_000)
    assert ladder_of(drive) is None, "who left is nowhere"


def test_minutes_at_each_level_count_what_came_not_what_was_told() -> None:
    drive = LessonDrive()
    drive.go_live()
    drive.connect(Role.ROOM, ONE)
    lives(drive, 1, WELL)
    lives(drive, 10, WELL)
    lives(drive, 4, SLIDES)
    evidence = drive.machine.attendance.evidence[ONE]
    assert (evidence.at_high_video_ms, evidence.at_slides_ms) == (10_000, 4_000)
    assert evidence.at_voice_ms == evidence.at_low_video_ms == evidence.at_screen_video_ms == 0


def test_a_policy_reaches_a_room_that_is_here_and_once() -> None:
    drive = LessonDrive()
    drive.go_live()
    capped = [replace(each, policy=LinkPolicy(most_kbps=300)) for each in drive.rooms[:1]]
    for _ in range(2):
        drive.feed(PlanChanged(drive.machine.lesson, [*capped, *drive.rooms[1:]]))
    effect = SetPolicy(participant(Role.ROOM, ONE).id, LinkPolicy(most_kbps=300))
    assert drive.of_kind(SetPolicy) == [effect]


def test_a_room_that_caught_up_is_not_told_of_a_setting_that_nobody_made() -> None:
    drive = LessonDrive()
    drive.go_live()
    page = drive.connect(Role.ROOM, ONE)
    well = LinkSignal(voice="full", slides="full", picture="full")
    withheld = LadderPlace(LadderLevel.SLIDES, LadderLevel.HIGH_VIDEO, HeldBy.SETTING)
    lives(drive, 3, WELL)
    catching = BehindReport(ms=20_000, speed=1.2, state="catching")
    drive.ask(page, ReportLink(link=well, behind=catching))
    lives(drive, 2, withheld)
    drive.ask(page, ReportLink(link=well, behind=None))
    lives(drive, 3, withheld)  # the relay heard of it a moment later
    assert ladder_of(drive) == ("high_video", "link")
    drive.ask(page, ReportLink(link=well, behind=None))
    lives(drive, 2, withheld)
    assert ladder_of(drive) == ("slides", "setting"), "what lasts is an administrator's word"
