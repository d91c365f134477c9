"""A lesson with rooms, as values, and a driver for the lesson machine."""

from dataclasses import replace
from itertools import count
from typing import TypeVar

from signaling.protocol.effects import (
    Announce,
    Answer,
    Effect,
    EndLessonRecord,
    StartLessonRecord,
)
from signaling.protocol.grants import participant_id
from signaling.protocol.inputs import (
    Connected,
    Disconnected,
    Input,
    LessonBegan,
    LessonOver,
    Participant,
    PublicationOpened,
    Said,
)
from signaling.protocol.lesson import LessonMachine
from signaling.protocol.messages import (
    AcceptStage,
    CallOnStage,
    ClientMessage,
    Failed,
    LessonEvent,
    ServerMessage,
    Snapshot,
    StartLesson,
)
from signaling.protocol.roles import Action, may, publishable
from streamsvc.base.ids import LessonId, MediaSessionId, OrganisationId, PersonId, RoomId
from streamsvc.base.media import Slot
from streamsvc.base.sessions import LadderPlace, MediaParty, SubscriberFlow
from streamsvc.school.records import Lesson, LessonKind, LessonState, Role, Room, RoomKind

START_MS = 1_800_000_000_000
LEAD = PersonId("prs_lead")
EffectKind = TypeVar("EffectKind", bound=Effect)


def room(number: int) -> Room:
    """Receiving room `number` of one county."""
    return Room(
        id=RoomId(f"room_{number}"),
        organisation_id=OrganisationId(f"org_school{number}"),
        organisation_path=f"org_county/org_school{number}/",
        school_name=f"School {number}",
        name=f"Room {number}",
        kind=RoomKind.RECV_ROOM,
        has_device=True,
    )


def lesson(rooms: list[Room], state: LessonState = LessonState.SCHEDULED) -> Lesson:
    """A lesson of 40 minutes that is due at `START_MS`."""
    return Lesson(
        id=LessonId("les_1"),
        organisation_id=OrganisationId("org_school0"),
        organisation_path="org_county/org_school0/",
        school_name="School 0",
        course_id=None,
        title="Fractions",
        subject="Mathematics",
        grade="4",
        kind=LessonKind.DELIVERED,
        state=state,
        lead_teacher_id=LEAD,
        lead_teacher_name="Chen",
        scheduled_start_ms=START_MS,
        duration_minutes=40,
        started_at_ms=None,
        ended_at_ms=None,
        room_ids=tuple(r.id for r in rooms),
        is_adhoc=False,
        recording_id=None,
    )


def participant(role: Role, room_id: RoomId | None = None) -> Participant:
    """Somebody with that role."""
    is_device = role in (Role.ROOM, Role.PHONE)
    person_id = None if is_device else (LEAD if role is Role.LEAD_TEACHER else PersonId("prs_x"))
    return Participant(
        id=participant_id(LessonId("les_1"), role, person_id, room_id),
        role=role,
        name=f"{role} of {room_id}" if room_id else str(role),
        person_id=person_id,
        room_id=room_id,
        may_publish=publishable(role),
        may_moderate=may(role, Action.CALL_ON_STAGE),
    )


def flow(
    drive: "LessonDrive",
    room_id: RoomId,
    *,
    voice: int = 50,
    picture: int = 40,
    lost: float = 0.0,
    heard_ms_ago: int = 100,
    place: LadderPlace | None = None,
) -> SubscriberFlow:
    """What a room gets at the moment, as the relay sees it."""
    party = participant(Role.ROOM, room_id)
    return SubscriberFlow(
        session_id=MediaSessionId(f"ms_{room_id}"),
        party=MediaParty(drive.machine.lesson.id, party.id, party.name, str(room_id)),
        voice_packets=voice,
        picture_packets=picture,
        fraction_lost=lost,
        round_trip_ms=40.0,
        heard_from_ms_ago=heard_ms_ago,
        place=place,
    )


class LessonDrive:
    """Feeds a machine, answers its requests to the database, and remembers what it told."""

    def __init__(self, room_count: int = 3) -> None:
        self.rooms = [room(number) for number in range(1, room_count + 1)]
        self.machine = LessonMachine(lesson(self.rooms), self.rooms)
        self.now_ms = START_MS
        self.events: list[LessonEvent] = []
        self.answers: list[Answer] = []
        self.effects: list[Effect] = []
        self._numbers = count(1)

    def feed(self, input: Input) -> list[Effect]:
        """One input now."""
        return self._note(self.machine.receive(input, self.now_ms))

    def wait(self, ms: int) -> list[Effect]:
        """Time passes in steps of one second."""
        effects: list[Effect] = []
        while ms > 0:
            self.now_ms += min(ms, 1000)
            ms -= 1000
            effects += self._note(self.machine.poll(self.now_ms))
        return effects

    def connect(self, role: Role, room_id: RoomId | None = None, since: int | None = None) -> str:
        """Somebody says hello; the connection's name."""
        connection_id = f"{role}-{next(self._numbers)}"
        self.feed(Connected(connection_id, participant(role, room_id), since))
        return connection_id

    def drop(self, connection_id: str, *, on_purpose: bool = False) -> None:
        """A connection ends."""
        self.feed(Disconnected(connection_id, on_purpose))

    def ask(self, connection_id: str, message: ClientMessage) -> ServerMessage | None:
        """Say something; the last answer to it."""
        before = len(self.answers)
        self.feed(Said(connection_id, message))
        mine = [a.message for a in self.answers[before:] if a.connection_id == connection_id]
        return mine[-1] if mine else None

    def error_of(self, connection_id: str, message: ClientMessage) -> str:
        """The error id a request fails with, or "done"."""
        answer = self.ask(connection_id, message)
        return answer.error.id if isinstance(answer, Failed) else "done"

    def go_live(self) -> str:
        """The lead teacher connects, publishes and starts; her connection."""
        lead = self.connect(Role.LEAD_TEACHER)
        self.feed(PublicationOpened(participant(Role.LEAD_TEACHER).id, Slot.LEAD))
        assert self.error_of(lead, StartLesson(request_id="start")) == "done"
        return lead

    def to_stage(self, lead: str, room_id: RoomId) -> str:
        """A room connects, is called, accepts and publishes; its connection."""
        page = self.connect(Role.ROOM, room_id)
        assert self.error_of(lead, CallOnStage(request_id="1", room_id=room_id)) == "done"
        assert self.error_of(page, AcceptStage(request_id="2")) == "done"
        self.feed(PublicationOpened(participant(Role.ROOM, room_id).id, Slot.STAGE))
        return page

    def snapshot(self, role: Role = Role.LEAD_TEACHER) -> Snapshot:
        """What somebody who connects now is told."""
        return self.machine.picture.snapshot(participant(role), self.now_ms)

    def of_kind(self, kind: type[EffectKind]) -> list[EffectKind]:
        """Effects of one kind so far."""
        return [effect for effect in self.effects if isinstance(effect, kind)]

    def _note(self, effects: list[Effect]) -> list[Effect]:
        follow_up: list[Effect] = []
        for effect in effects:
            match effect:
                case Announce(event):
                    self.events.append(event)
                case Answer():
                    self.answers.append(effect)
                case StartLessonRecord(asked):
                    live = replace(
                        self.machine.lesson, state=LessonState.LIVE, started_at_ms=self.now_ms
                    )
                    follow_up += self.feed(LessonBegan(live, asked))
                case EndLessonRecord(asked):
                    ended = replace(
                        self.machine.lesson, state=LessonState.ENDED, ended_at_ms=self.now_ms
                    )
                    follow_up += self.feed(LessonOver(ended, asked))
        self.effects += effects
        return effects + follow_up
