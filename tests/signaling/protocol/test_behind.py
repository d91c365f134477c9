"""How far a room is behind: what others are told, and what its link is kept for."""

from dataclasses import replace

import pytest

from signaling.protocol.behind import (
    NEWS_MS,
    PICTURES_FROM_MS,
    BehindReport,
    CatchUpChoice,
    ToldBehind,
)
from signaling.protocol.effects import SetPolicy
from signaling.protocol.inputs import PlanChanged
from signaling.protocol.lesson_views import LinkSignal
from signaling.protocol.messages import (
    CallOnStage,
    CatchUp,
    CatchUpChosen,
    Failed,
    ReportLink,
    RoomChanged,
)
from signaling.protocol.picture import is_for
from streamsvc.base.ids import RoomId
from streamsvc.base.sessions import NO_POLICY, LinkPolicy
from streamsvc.school.records import Role
from tests.support.lessons import LessonDrive, participant

ONE = RoomId("room_1")
FULL = LinkSignal(voice="full", slides="full", picture="full")
NO_PICTURES = LinkPolicy(is_voice_and_slides=True)


def catching(ms: int, speed: float = 1.2) -> BehindReport:
    return BehindReport(ms=ms, speed=speed, state="catching")


def test_what_can_be_counted_on_is_not_told_again() -> None:
    told, values = ToldBehind(), []
    for second in range(0, 120, 2):
        told.feed(catching(42_000 - second * 200), second * 1_000)
        values.append(told.value)
    assert len(set(map(id, values))) == 1
    told.feed(catching(42_000), 120_000)
    assert told.value is not None and told.value.ms == 42_000


@pytest.mark.parametrize(
    "news",
    [
        catching(10_000 + NEWS_MS + 1_000),
        catching(10_000, speed=0),
        BehindReport(ms=10_000, speed=1.2, state="following"),
    ],
)
def test_what_could_not_be_counted_on_is_told(news: BehindReport) -> None:
    told = ToldBehind()
    told.feed(catching(10_000), 0)
    told.feed(news, 1_000)
    assert told.value is not None
    assert (told.value.ms, told.value.at_ms) == (news.ms, 1_000)
    told.feed(None, 2_000)
    assert told.value is None


def report(drive: LessonDrive, page: str, behind: BehindReport | None) -> None:
    drive.ask(page, ReportLink(link=FULL, behind=behind))
    drive.wait(1_000)


def behind_of(drive: LessonDrive) -> int | None:
    view = drive.machine.picture.rooms[ONE].behind
    return None if view is None else view.ms


def test_the_wall_hears_of_a_room_that_catches_up_and_of_its_arrival() -> None:
    drive = LessonDrive()
    drive.go_live()
    page = drive.connect(Role.ROOM, ONE)
    report(drive, page, None)
    before = len(drive.events)
    for second in range(60):
        report(drive, page, catching(42_000 - second * 200))
    changes = [e for e in drive.events[before:] if isinstance(e, RoomChanged)]
    assert len([c for c in changes if c.room.behind is not None]) <= 2
    assert behind_of(drive) == 42_000
    report(drive, page, None)
    assert behind_of(drive) is None


def test_live_pictures_wait_until_the_room_is_near() -> None:
    drive = LessonDrive()
    drive.go_live()
    page = drive.connect(Role.ROOM, ONE)
    room = participant(Role.ROOM, ONE).id
    report(drive, page, None)
    assert drive.of_kind(SetPolicy) == []
    report(drive, page, catching(30_000))
    report(drive, page, catching(20_000))
    assert drive.of_kind(SetPolicy) == [SetPolicy(room, NO_PICTURES)]
    report(drive, page, catching(PICTURES_FROM_MS - 1))
    assert drive.of_kind(SetPolicy)[1:] == [SetPolicy(room, NO_POLICY)]


def test_a_link_that_brought_voice_alone_gets_live_pictures_when_it_is_live() -> None:
    drive = LessonDrive()
    drive.go_live()
    page = drive.connect(Role.ROOM, ONE)
    room = participant(Role.ROOM, ONE).id
    voice_alone = FULL.model_copy(update={"picture": "none"})
    for behind in (catching(30_000), catching(PICTURES_FROM_MS - 1)):
        drive.ask(page, ReportLink(link=voice_alone, behind=behind))
        drive.wait(1_000)
    report(drive, page, catching(4_000, speed=0))  # it waits, and speaks of the live path then
    assert drive.of_kind(SetPolicy) == [SetPolicy(room, NO_PICTURES)]
    report(drive, page, None)
    assert drive.of_kind(SetPolicy)[1:] == [SetPolicy(room, NO_POLICY)]


def test_a_room_of_which_nothing_is_heard_gets_its_pictures_back() -> None:
    drive = LessonDrive()
    drive.go_live()
    page = drive.connect(Role.ROOM, ONE)
    report(drive, page, catching(30_000))
    for _ in range(8):
        drive.wait(1_000)
    assert behind_of(drive) is None
    assert drive.of_kind(SetPolicy)[-1].policy == NO_POLICY


def test_an_administrator_s_word_holds_beside() -> None:
    drive = LessonDrive()
    drive.go_live()
    page = drive.connect(Role.ROOM, ONE)
    report(drive, page, catching(30_000))
    capped = [replace(each, policy=LinkPolicy(most_kbps=300)) for each in drive.rooms[:1]]
    drive.feed(PlanChanged(drive.machine.lesson, [*capped, *drive.rooms[1:]]))
    both = LinkPolicy(most_kbps=300, is_voice_and_slides=True)
    assert drive.of_kind(SetPolicy)[-1].policy == both
    report(drive, page, None)
    assert drive.of_kind(SetPolicy)[-1].policy == LinkPolicy(most_kbps=300)


def test_a_room_that_follows_the_recording_is_not_called_on_stage() -> None:
    drive = LessonDrive()
    lead = drive.go_live()
    page = drive.connect(Role.ROOM, ONE)
    report(drive, page, BehindReport(ms=9_000, speed=1, state="following"))
    drive.ask(lead, CallOnStage(request_id="c", room_id=ONE))
    failed = [a.message for a in drive.answers if isinstance(a.message, Failed)]
    assert [one.error.id for one in failed] == ["room-without-live-path"]
    report(drive, page, catching(9_000))
    drive.ask(lead, CallOnStage(request_id="d", room_id=ONE))
    stage = drive.machine.picture.stage
    assert stage is not None and stage.room_id == ONE


def test_an_offer_is_told_and_takes_nothing_from_the_live_lesson() -> None:
    drive = LessonDrive()
    lead = drive.go_live()
    page = drive.connect(Role.ROOM, ONE)
    report(drive, page, BehindReport(ms=42_000, speed=1, state="offered"))
    view = drive.machine.picture.rooms[ONE].behind
    assert view is not None and (view.state, view.ms) == ("offered", 42_000)
    assert drive.of_kind(SetPolicy) == []
    drive.ask(lead, CallOnStage(request_id="c", room_id=ONE))
    assert drive.machine.picture.stage is not None
    for _ in range(8):
        drive.wait(1_000)
    assert behind_of(drive) is None, "nothing is heard of it any more"


@pytest.mark.parametrize("choice", ["play", "live"])
def test_a_phone_chooses_for_its_own_screen(choice: CatchUpChoice) -> None:
    drive = LessonDrive()
    drive.go_live()
    page, other = drive.connect(Role.ROOM, ONE), drive.connect(Role.ROOM, drive.rooms[1].id)
    phone = drive.connect(Role.PHONE, ONE)
    drive.ask(phone, CatchUp(request_id="c", choice=choice))
    told = drive.events[-1]
    assert isinstance(told, CatchUpChosen)
    assert (told.room_id, told.choice) == (ONE, choice)
    machine = drive.machine.connections
    assert is_for(machine[page], told) and not is_for(machine[other], told)


def test_who_helps_in_no_room_chooses_for_none() -> None:
    drive = LessonDrive()
    lead = drive.go_live()
    drive.ask(lead, CatchUp(request_id="c", choice="live"))
    failed = [a.message for a in drive.answers if isinstance(a.message, Failed)]
    assert [one.error.id for one in failed] == ["not-allowed"]
