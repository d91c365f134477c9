"""Whatever happens in whatever order, the promises of the lesson machine hold."""

from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from signaling.protocol.inputs import (
    FlowsSeen,
    PlanChanged,
    PublicationClosed,
    PublicationOpened,
    RecorderReported,
    Said,
    StillTaken,
)
from signaling.protocol.lesson import LessonMachine
from signaling.protocol.lesson_views import LinkSignal
from signaling.protocol.messages import (
    AcceptStage,
    CallOnStage,
    ClientMessage,
    DeclineStage,
    EndLesson,
    LowerHand,
    MuteStage,
    PostMessage,
    RaiseHand,
    ReportLink,
    ReturnFromStage,
    Snapshot,
    StartLesson,
)
from signaling.protocol.picture import LessonPicture
from streamsvc.base.media import Slot
from streamsvc.base.recordings import RecordingState
from streamsvc.school.records import Role
from tests.support.lessons import LessonDrive, flow, participant

LEVELS = st.sampled_from(["full", "half", "none"])
LINKS = st.builds(LinkSignal, voice=LEVELS, slides=LEVELS, picture=LEVELS)
ROOM_NUMBER = st.integers(1, 4)
ROLES = st.sampled_from([Role.LEAD_TEACHER, Role.ROOM, Role.PHONE, Role.OBSERVER])
BARE = (StartLesson, EndLesson, RaiseHand, LowerHand, AcceptStage, DeclineStage, ReturnFromStage)


class AnyLesson(RuleBasedStateMachine):
    """A lesson of four rooms to which anything may happen."""

    @initialize()
    def open(self) -> None:
        self.drive = LessonDrive(4)
        self.connections: list[str] = []
        self.earlier: Snapshot | None = None
        self.seen_events = 0

    @rule(role=ROLES, number=ROOM_NUMBER)
    def connect(self, role: Role, number: int) -> None:
        room_id = self.drive.rooms[number - 1].id if role in (Role.ROOM, Role.PHONE) else None
        if room_id in self.drive.machine.roster or room_id is None:
            self.connections.append(self.drive.connect(role, room_id))

    @rule(pick=st.integers(0, 50), on_purpose=st.booleans())
    def drop(self, pick: int, on_purpose: bool) -> None:
        if self.connections:
            name = self.connections.pop(pick % len(self.connections))
            self.drive.drop(name, on_purpose=on_purpose)

    @rule(pick=st.integers(0, 50), kind=st.sampled_from(BARE))
    def ask(self, pick: int, kind: type[Any]) -> None:
        self._say(pick, kind(request_id="r"))

    @rule(pick=st.integers(0, 50), number=ROOM_NUMBER)
    def call(self, pick: int, number: int) -> None:
        self._say(pick, CallOnStage(request_id="r", room_id=f"room_{number}"))

    @rule(pick=st.integers(0, 50), number=ROOM_NUMBER)
    def lower(self, pick: int, number: int) -> None:
        self._say(pick, LowerHand(request_id="r", room_id=f"room_{number}"))

    @rule(pick=st.integers(0, 50), link=LINKS)
    def report(self, pick: int, link: LinkSignal) -> None:
        self._say(pick, ReportLink(link=link))

    @rule(pick=st.integers(0, 50), is_muted=st.booleans())
    def mute_or_write(self, pick: int, is_muted: bool) -> None:
        self._say(pick, MuteStage(request_id="r", is_muted=is_muted))
        self._say(pick, PostMessage(request_id="r", text="hello"))

    @rule(slot=st.sampled_from(list(Slot)), number=ROOM_NUMBER, opens=st.booleans())
    def publish(self, slot: Slot, number: int, opens: bool) -> None:
        room_id = self.drive.rooms[number - 1].id
        who = (
            participant(Role.ROOM, room_id)
            if slot is Slot.STAGE
            else participant(Role.LEAD_TEACHER)
        )
        self.drive.feed((PublicationOpened if opens else PublicationClosed)(who.id, slot))

    @rule(number=ROOM_NUMBER, voice=st.integers(0, 50), ago=st.integers(0, 9_000))
    def flows(self, number: int, voice: int, ago: int) -> None:
        seen = flow(self.drive, self.drive.rooms[number - 1].id, voice=voice, heard_ms_ago=ago)
        self.drive.feed(FlowsSeen([], [seen]))

    @rule(state=st.sampled_from(list(RecordingState)), number=ROOM_NUMBER)
    def report_others(self, state: RecordingState, number: int) -> None:
        self.drive.feed(RecorderReported(state, None))
        self.drive.feed(StillTaken(self.drive.rooms[number - 1].id, number))

    @rule(count=st.integers(1, 4))
    def invite(self, count: int) -> None:
        self.drive.feed(PlanChanged(self.drive.machine.lesson, self.drive.rooms[:count]))

    @rule(ms=st.sampled_from([200, 1_000, 5_000, 70_000]))
    def wait(self, ms: int) -> None:
        self.drive.wait(ms)

    @rule()
    def look(self) -> None:
        self.earlier = self.drive.snapshot()
        self.seen_events = len(self.drive.events)

    def _say(self, pick: int, message: ClientMessage) -> None:
        if self.connections:
            name = self.connections[pick % len(self.connections)]
            self.drive.feed(Said(name, message))

    # ---- promises --------------------------------------------------------------------------------

    @invariant()
    def numbers_never_skip(self) -> None:
        numbers = [event.seq for event in self.drive.events]
        assert numbers == list(range(1, len(numbers) + 1))

    @invariant()
    def hands_are_in_one_line(self) -> None:
        rooms = self.drive.snapshot().rooms
        places = sorted(room.hand_place for room in rooms if room.hand_place is not None)
        assert places == list(range(1, len(places) + 1))

    @invariant()
    def the_stage_holds_an_invited_room(self) -> None:
        picture = self.drive.snapshot()
        if picture.stage is not None:
            assert picture.stage.room_id in {room.room_id for room in picture.rooms}
            assert picture.lesson.state == "live"
        assert not picture.publications.stage or picture.stage is not None

    @invariant()
    def a_snapshot_is_the_replay_of_events_onto_an_earlier_one(self) -> None:
        if self.earlier is None:
            return
        replayed = picture_of(self.earlier)
        for event in self.drive.events[self.seen_events :]:
            replayed.apply(event)
        lead = participant(Role.LEAD_TEACHER)
        assert replayed.snapshot(lead, 0) == self.drive.machine.picture.snapshot(lead, 0)

    @invariant()
    def the_timeline_rebuilds_the_lesson(self) -> None:
        lines = [event.model_dump_json(by_alias=True) for event in self.drive.events]
        machine = self.drive.machine
        rooms = [seat.room for seat in machine.roster]
        again = LessonMachine.restored(machine.lesson, rooms, lines)
        lead = participant(Role.LEAD_TEACHER)
        mine, other = again.picture.snapshot(lead, 0), machine.picture.snapshot(lead, 0)
        assert by_id(mine) == by_id(other)
        assert mine.model_copy(update={"rooms": []}) == other.model_copy(update={"rooms": []})
        hands = again.roster.hands
        for room in rooms:
            assert hands.place(room.id) == machine.roster.hands.place(room.id)


def by_id(snapshot: Snapshot) -> dict[str, Any]:
    return {room.room_id: room for room in snapshot.rooms}


def picture_of(snapshot: Snapshot) -> LessonPicture:
    """A client that holds only a snapshot."""
    picture = LessonPicture(snapshot.lesson, snapshot.rooms)
    picture.seq = snapshot.seq
    picture.stage = snapshot.stage
    picture.messages.extend(snapshot.messages)
    picture.recording = snapshot.recording
    picture.publications = snapshot.publications
    return picture


TestAnyLesson = AnyLesson.TestCase
TestAnyLesson.settings = settings(
    max_examples=60,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
