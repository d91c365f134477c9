"""The lesson machine: everything that happens to one lesson goes in, effects come out. Pure.

Drive: `receive(input, now_ms)` for each input and `poll(now_ms)` once a second; carry out the
effects in order before the next input. After a restart: `restored(...)`, then `resume(now_ms)`.
`now_ms` is wall time and may jump; nothing here counts on it to grow.
"""

from collections.abc import Iterable, Mapping, Sequence

from pydantic import TypeAdapter, ValidationError

from signaling.protocol.board_messages import Draw, PointAt
from signaling.protocol.cameras import Cameras
from signaling.protocol.captions import Captions
from signaling.protocol.drawing import Drawing
from signaling.protocol.effects import (
    Answer,
    Asked,
    CloseConnection,
    CloseMedia,
    CloseParty,
    Effect,
    EndLessonRecord,
    EndRecorder,
    SaveAttendance,
    SetPolicy,
    SetProfile,
)
from signaling.protocol.floor import Floor
from signaling.protocol.grants import Claims
from signaling.protocol.inputs import (
    AskFailed,
    CaptionWritten,
    Connected,
    CoursewareListed,
    Disconnected,
    FilmPlayed,
    FlowsSeen,
    FromOutside,
    Input,
    LessonBegan,
    LessonOver,
    Participant,
    PlanChanged,
    PublicationClosed,
    PublicationOpened,
    PublicationSilent,
    QuestionAsked,
    RecorderReported,
    Said,
    SourceReported,
    StillTaken,
    StrandOpened,
    ViewerSeen,
)
from signaling.protocol.lesson_of import lesson_view
from signaling.protocol.messages import (
    CoursewareChanged,
    LessonChanged,
    LessonEnded,
    LessonEvent,
    LessonStarted,
    Ping,
    Pong,
    ReportLink,
    Resumed,
    RoomChanged,
    RoomUninvited,
    ViewersChanged,
)
from signaling.protocol.picture import LessonPicture, as_seen_by, me_view
from signaling.protocol.questions import Questions
from signaling.protocol.recording import Recording
from signaling.protocol.requests import Requests
from signaling.protocol.roles import Action, may
from signaling.protocol.roster import Roster
from signaling.protocol.seat import Seat
from signaling.protocol.source import Source
from signaling.protocol.strands import Strands, are_too_much
from signaling.protocol.teller import Teller
from signaling.protocol.viewers import Viewers
from signaling.protocol.wire import Request
from streamsvc.base.errors import StreamsvcError, UserError
from streamsvc.base.ids import RoomId
from streamsvc.base.media import CAMERAS, Slot
from streamsvc.base.sessions import NO_POLICY, LinkPolicy
from streamsvc.school.attendance import Evidence, LessonAttendance, RoomSignal
from streamsvc.school.records import Lesson, LessonState, Role, Room

SAVE_ATTENDANCE_MS = 10_000
GOODBYE_MS = 2_000
FORGOTTEN_AFTER_MS = 600_000
"""A lesson without a lead teacher ends by itself this long after its planned end."""

_EVENT: TypeAdapter[LessonEvent] = TypeAdapter(LessonEvent)


class LessonMachine:
    """One open or live lesson."""

    def __init__(
        self, lesson: Lesson, rooms: Sequence[Room], stored: Mapping[RoomId, Evidence] | None = None
    ) -> None:
        self.lesson = lesson
        self.roster = Roster(lesson.id, rooms)
        self.attendance = LessonAttendance(stored)
        self.picture = LessonPicture(lesson_view(lesson), [self.roster.view(r.id) for r in rooms])
        self._teller = Teller(self.picture)
        self._floor = Floor(self.roster, self.attendance, self._teller)
        self._drawing = Drawing(self._teller)
        self.viewers = Viewers()
        self.questions = Questions(self.roster, self._teller)
        self.cameras = Cameras(self._teller)
        self.captions = Captions(self._teller)
        self._requests = Requests(
            *(self.roster, self._floor, self._drawing, self.questions, self._teller),
            cameras=self.cameras,
        )
        self._connections: dict[str, Participant] = {}
        self._strands = Strands()
        self._source = Source(self._teller)
        self._recording = Recording(self._teller)
        self._saved_at_ms = 0

    @classmethod
    def restored(
        cls,
        lesson: Lesson,
        rooms: Sequence[Room],
        lines: Iterable[str],
        stored: Mapping[RoomId, Evidence] | None = None,
    ) -> "LessonMachine":
        """The lesson as its timeline tells it. Call `resume` next."""
        machine = cls(lesson, rooms, stored)
        for line in lines:
            try:
                machine.picture.apply(_EVENT.validate_json(line))
            except ValidationError:
                continue  # a line of another version, or of a torn disk: the rest still counts
        machine.roster.restore(machine.picture.rooms)
        machine.viewers.before = machine.picture.viewers
        return machine

    # ---- in --------------------------------------------------------------------------------------

    def receive(self, input: Input, now_ms: int) -> list[Effect]:
        """Take one input; what must be done about it."""
        match input:
            case Connected():
                self._connected(input, now_ms)
            case StrandOpened():
                self._strand_opened(input, now_ms)
            case Disconnected():
                self._disconnected(input, now_ms)
            case Said():
                self._said(input, now_ms)
            case LessonBegan():
                self._began(input, now_ms)
            case LessonOver():
                self._over(input, now_ms)
            case AskFailed(asked, error):
                self._teller.fail(asked.connection_id, asked.request_id, error)
            case PlanChanged():
                self._plan_changed(input, now_ms)
            case _:
                self._take_report(input, now_ms)
        return self._drained(now_ms)

    def _take_report(self, input: Input, now_ms: int) -> None:
        if self.cameras.take(input, now_ms):
            return
        match input:
            case PublicationOpened(participant_id, slot):
                self._floor.opened(participant_id, slot, now_ms)
            case PublicationClosed(participant_id, slot):
                self._floor.closed(participant_id, slot, now_ms)
            case PublicationSilent(slot, silent_ms):
                self._floor.silent(slot, silent_ms, now_ms)
            case FilmPlayed(title):
                self._floor.film_played(title, now_ms)
            case FlowsSeen():
                self._flows_seen(input, now_ms)
            case RecorderReported(state, reason):
                self._recording.reported(state, reason, now_ms)
            case SourceReported():
                self._source.reported(input, now_ms)
            case ViewerSeen() | QuestionAsked() | CaptionWritten():
                self._take_from_outside(input, now_ms)
            case StillTaken(room_id, number):
                self.roster.still_taken(room_id, number)
            case CoursewareListed(courseware):
                if courseware != self.picture.courseware:
                    self._teller.announce(CoursewareChanged, now_ms, courseware=courseware)
                    self._drawing.courseware_changed(now_ms)

    def _take_from_outside(self, input: FromOutside, now_ms: int) -> None:
        match input:
            case ViewerSeen():
                self.viewers.seen(input.viewer, input.room_id, now_ms)
                self.viewers.lacks = input.lacks
            case QuestionAsked() if self.is_live:
                self.questions.ask(input, now_ms)
            case CaptionWritten() if self.is_live:
                self.captions.write(input, now_ms)

    def poll(self, now_ms: int) -> list[Effect]:
        """Let time pass."""
        self.roster.poll(now_ms, is_media_due=self._is_media_due())
        for seat in self.roster:
            self._tell_policy(seat)
        self._floor.poll(now_ms)
        self._source.poll(self.lesson, now_ms, is_lead=self._floor.holds(Slot.LEAD))
        self._close_strands(self._strands.alone(self._connections.values(), now_ms), "strand-alone")
        if self.is_live:
            self._poll_live(now_ms)
        return self._drained(now_ms)

    def resume(self, now_ms: int) -> list[Effect]:
        """Tell what a restart changed: media is gone and the stage is empty, rooms are expected
        back; a live lesson is recorded on."""
        self._floor.restarted(now_ms, is_live=self.is_live)
        self._source.gone(now_ms)
        self.cameras.restarted(now_ms)
        self._teller.add(SetProfile(self.lesson.picture_profile))
        if self.is_live and self.picture.lesson.state != "live":
            self._teller.announce(LessonStarted, self.lesson.started_at_ms or now_ms)
        if self.is_live:
            self._recording.start(now_ms)
        self.roster.poll(now_ms, is_media_due=False)
        return self._drained(now_ms)

    # ---- questions -------------------------------------------------------------------------------

    @property
    def is_live(self) -> bool:
        """Between start and end."""
        return self.lesson.state is LessonState.LIVE

    @property
    def is_ended(self) -> bool:
        """Over for good."""
        return self.lesson.state is LessonState.ENDED

    @property
    def rooms_online(self) -> int:
        """Rooms that are here now."""
        return sum(seat.presence == "online" for seat in self.roster)

    @property
    def second_strands(self) -> int:
        """Open now."""
        return len(self._strands)

    @property
    def connections(self) -> Mapping[str, Participant]:
        """Who said hello, by connection."""
        return self._connections

    def check_publish(self, claims: Claims, slot: Slot) -> None:
        """Raises UserError `lesson-ended`, `not-allowed`, `not-on-stage`, `room-not-in-lesson`,
        `camera-unknown`."""
        if slot not in claims.may_publish:
            raise UserError("not-allowed")
        self._check_entry(claims)
        if slot in CAMERAS and self.cameras.find(claims.participant_id) is None:
            raise UserError("camera-unknown")
        if slot is Slot.STAGE and not self._floor.may_publish_stage(claims.room_id):
            raise UserError("not-on-stage")

    def check_subscribe(self, claims: Claims) -> None:
        """Raises UserError `lesson-ended`, `not-allowed`, `room-not-in-lesson`."""
        if not claims.may_subscribe:
            raise UserError("not-allowed")
        self._check_entry(claims)

    def check_window(self, claims: Claims) -> None:
        """Its recording may be read while it is live, and after it, so that a room which is behind
        hears its end. Raises UserError `lesson-not-live`, `not-allowed`, `room-not-in-lesson`."""
        if not claims.may_subscribe:
            raise UserError("not-allowed")
        if claims.room_id is not None:
            self.roster.seat(claims.room_id)
        if not (self.is_live or self.is_ended):
            raise UserError("lesson-not-live")

    def policy_of(self, claims: Claims) -> LinkPolicy:
        """What holds for the bearer's link. A phone may be on another than its room."""
        room_id = claims.room_id if claims.role is Role.ROOM else None
        return NO_POLICY if room_id is None else self.roster.seat(room_id).policy

    def _check_entry(self, claims: Claims) -> None:
        if self.is_ended:
            raise UserError("lesson-ended")
        if claims.room_id is not None:
            self.roster.seat(claims.room_id)

    # ---- connections -----------------------------------------------------------------------------

    def _connected(self, input: Connected, now_ms: int) -> None:
        connection_id, participant = input.connection_id, input.participant
        self._connections[connection_id] = participant
        missed = None if input.since is None else self.picture.missed_since(input.since)
        if missed is None:
            self._teller.add(Answer(connection_id, self.picture.snapshot(participant, now_ms)))
        else:
            seen = as_seen_by(participant, missed)
            self._resume_with(connection_id, participant, seen, now_ms)
        self.roster.connected(connection_id, participant, now_ms)

    def _resume_with(
        self,
        connection_id: str,
        participant: Participant,
        seen: Sequence[LessonEvent],
        now_ms: int,
    ) -> None:
        resumed = Resumed(seq=self.picture.seq, now_ms=now_ms, me=me_view(participant))
        self._teller.add(Answer(connection_id, resumed))
        self._teller.add(*(Answer(connection_id, event) for event in seen))

    def _strand_opened(self, input: StrandOpened, now_ms: int) -> None:
        """It hears, and is not here: no presence, no words. A snapshot would only take the link
        from the first connection, which brings it; so it must come back when it needs none."""
        connection_id, participant = input.connection_id, input.participant
        missed = self.picture.missed_since(input.since)
        seen = None if missed is None else as_seen_by(participant, missed)
        if seen is None or are_too_much(seen):
            self._close_strands([connection_id], "strand-too-much")
            return
        try:
            firsts = self._connections.values()
            replaced = self._strands.open(connection_id, participant, firsts)
        except UserError as error:
            self._teller.add(CloseConnection(connection_id, error))
            return
        self._close_strands(replaced, "strand-replaced")
        self._resume_with(connection_id, participant, seen, now_ms)

    def _close_strands(self, connection_ids: Iterable[str], error_id: str) -> None:
        error = UserError(error_id)
        self._teller.add(*(CloseConnection(id, error) for id in connection_ids))

    def _disconnected(self, input: Disconnected, now_ms: int) -> None:
        self._strands.close(input.connection_id)
        participant = self._connections.pop(input.connection_id, None)
        if participant is None:
            return
        self.roster.disconnected(
            input.connection_id, participant, now_ms, on_purpose=input.on_purpose
        )
        self._floor.watch_stage(now_ms)

    def _said(self, input: Said, now_ms: int) -> None:
        participant = self._connections.get(input.connection_id)
        if participant is None:
            return
        room_id = self._device_room(participant)
        if room_id is not None:
            self.roster.heard(room_id, now_ms)
        match input.message:
            case Ping():
                self._teller.add(Answer(input.connection_id, Pong(now_ms=now_ms)))
            case ReportLink(link=link, behind=behind, sends=sends):
                if room_id is not None and may(participant.role, Action.REPORT_LINK):
                    self.roster.reported(room_id, link, now_ms, behind)
                    self._floor.sends(room_id, sends, now_ms)
                    self._tell_policy(self.roster.seat(room_id))
            case Draw() | PointAt() as stroke:
                self._drawn(input.connection_id, participant, stroke, now_ms)
            case Request() as request:
                asked = Asked(input.connection_id, request.request_id)
                state = self.lesson.state
                self._requests.carry_out(asked, participant, request, state, now_ms)
            case _:
                self._teller.fail(input.connection_id, None, UserError("hello-again"))

    def _drawn(
        self, connection_id: str, participant: Participant, said: Draw | PointAt, now_ms: int
    ) -> None:
        """Ink is not answered, unless it is refused: its event tells."""
        try:
            if self.is_ended:
                raise UserError("lesson-ended")
            if isinstance(said, Draw):
                self._drawing.draw(said, self._floor.writer(participant), now_ms)
            elif not may(participant.role, Action.USE_BOARD):
                raise UserError("not-allowed")
            else:
                self._drawing.point(said, connection_id, now_ms)
        except StreamsvcError as error:
            about = said.stroke_id if isinstance(said, Draw) else "point_at"
            self._teller.fail(connection_id, about, error)

    def _device_room(self, participant: Participant) -> RoomId | None:
        """The room whose own screen this is."""
        is_device = participant.role is Role.ROOM and participant.room_id in self.roster
        return participant.room_id if is_device else None

    # ---- the lesson's life -----------------------------------------------------------------------

    def _began(self, input: LessonBegan, now_ms: int) -> None:
        was_live, self.lesson = self.is_live, input.lesson
        if not was_live:
            self._teller.announce(LessonStarted, self.lesson.started_at_ms or now_ms)
            self._recording.start(now_ms)
        self._teller.done(input.asked)

    def _over(self, input: LessonOver, now_ms: int) -> None:
        was_ended, self.lesson = self.is_ended, input.lesson
        if not was_ended:
            self._floor.clear(now_ms)
            self.roster.lower_all()
            self._tell_rooms(now_ms)
            names = {seat.room.id: seat.room.name for seat in self.roster}
            if (viewers := self.viewers.final(names, now_ms)) is not None:
                self._teller.announce(ViewersChanged, now_ms, viewers=viewers)
            self._teller.announce(LessonEnded, self.lesson.ended_at_ms or now_ms)
            self._teller.add(EndRecorder(), SaveAttendance(), CloseMedia(GOODBYE_MS))
        self._teller.done(input.asked)

    def _poll_live(self, now_ms: int) -> None:
        if (viewers := self.viewers.due(self.picture.viewers, now_ms)) is not None:
            self._teller.announce(ViewersChanged, now_ms, viewers=viewers)
        if self._is_forgotten(now_ms):
            self._teller.add(EndLessonRecord(None))
        self._recording.poll(now_ms)
        self.attendance.feed(now_ms, {s.room.id: self._signal(s, now_ms) for s in self.roster})
        if abs(now_ms - self._saved_at_ms) >= SAVE_ATTENDANCE_MS:
            self._saved_at_ms = now_ms
            self._teller.add(SaveAttendance())

    def _signal(self, seat: Seat, now_ms: int) -> RoomSignal:
        return seat.signal(now_ms, is_on_stage=self._floor.is_on_stage(seat.room.id))

    def _is_forgotten(self, now_ms: int) -> bool:
        if self._floor.holds(Slot.LEAD):
            return False
        lesson = self.lesson
        planned_end_ms = lesson.scheduled_start_ms + lesson.duration_minutes * 60_000
        silent_since_ms = self._floor.lead_silent_since_ms or lesson.started_at_ms or 0
        return now_ms >= max(planned_end_ms, silent_since_ms) + FORGOTTEN_AFTER_MS

    def _plan_changed(self, input: PlanChanged, now_ms: int) -> None:
        if input.lesson.picture_profile is not self.lesson.picture_profile:
            self._teller.add(SetProfile(input.lesson.picture_profile))
        self.lesson = input.lesson
        invited = {room.id for room in input.rooms}
        for room_id in [s.room.id for s in self.roster if s.room.id not in invited]:
            self._uninvite(room_id, now_ms)
        for room in input.rooms:
            self._add_room(room)
        view = lesson_view(input.lesson)
        if view != self.picture.lesson:
            self._teller.announce(LessonChanged, now_ms, lesson=view)

    def _add_room(self, room: Room) -> None:
        self.roster.add(room)
        self._tell_policy(self.roster.seat(room.id))

    def _tell_policy(self, seat: Seat) -> None:
        policy = seat.policy_due()
        if policy is not None:
            self._teller.add(SetPolicy(self.roster.participant_of(seat.room.id), policy))

    def _uninvite(self, room_id: RoomId, now_ms: int) -> None:
        self._floor.clear(now_ms, room_id)
        parties = {self.roster.participant_of(room_id): None, self.roster.phone_of(room_id): None}
        self.roster.remove(room_id)
        totals = self.picture.totals_without(room_id)
        self._teller.announce(RoomUninvited, now_ms, room_id=room_id, totals=totals)
        error = UserError("room-not-in-lesson")
        self._close_strands(self._strands.of_room(room_id), error.error_id)
        for connection_id, participant in self._connections.items():
            if participant.room_id == room_id:
                self._teller.add(CloseConnection(connection_id, error))
                parties[participant.id] = None
        self._teller.add(*map(CloseParty, parties))

    # ---- media -----------------------------------------------------------------------------------

    def _flows_seen(self, input: FlowsSeen, now_ms: int) -> None:
        self.cameras.flowed(input.publishers, now_ms)
        self.roster.flowed(
            input.subscribers,
            now_ms,
            is_media_due=self._is_media_due(),
            has_slides=self._floor.holds(Slot.SCREEN),
        )

    def _is_media_due(self) -> bool:
        """A room is not blamed for a teacher of whom nothing comes."""
        return self.is_live and self._floor.hears_lead

    # ---- out -------------------------------------------------------------------------------------

    def _tell_rooms(self, now_ms: int) -> None:
        for room in self.roster.due(now_ms):
            totals = self.picture.totals_with(room)
            self._teller.announce(RoomChanged, now_ms, room=room, totals=totals)

    def _drained(self, now_ms: int) -> list[Effect]:
        self._tell_rooms(now_ms)
        return self._teller.drained()
