"""The lesson as its participants have been told it: the sum of all numbered events.

Server, pages and a restarted server all build the same picture from the same events: a snapshot is
this picture, and the timeline on disk rebuilds it.
"""

from collections import deque
from collections.abc import Iterable

from signaling.protocol.board import Board
from signaling.protocol.board_messages import (
    InkCleared,
    InkShown,
    SlideTurned,
    StrokeDrawn,
    StrokeErased,
)
from signaling.protocol.camera_messages import CamerasChanged, CamerasView
from signaling.protocol.inputs import Participant
from signaling.protocol.lesson_views import (
    CaptionView,
    CoursewareView,
    LessonView,
    MessageView,
    MeView,
    PublicationsView,
    QuestionView,
    RecordingView,
    RoomTotals,
    RoomView,
    SourceView,
    StageView,
    ViewersView,
)
from signaling.protocol.messages import (
    CaptionSaid,
    CatchUpChosen,
    CoursewareChanged,
    LessonChanged,
    LessonEnded,
    LessonEvent,
    LessonStarted,
    MessagePosted,
    PublicationsChanged,
    QuestionChanged,
    RecordingChanged,
    RoomChanged,
    RoomUninvited,
    Snapshot,
    SourceChanged,
    StageChanged,
    ViewersChanged,
    Withheld,
)
from signaling.protocol.roles import Action, may
from streamsvc.school.records import Role

RING_EVENTS = 500
"""A client that missed no more than these gets the events; else a snapshot."""
MISSED_INK = 40
"""A client that missed more events of ink than this gets a snapshot: what stands on the board is
shorter than how it came there."""
MAX_MESSAGES = 500
"""Messages a snapshot carries; the oldest fall out (the timeline keeps all)."""

KEPT_CAPTIONS = 12
"""The last lines, for who writes them; a snapshot has two (the timeline keeps all)."""
MAX_QUESTIONS = 300
"""Questions of viewers; the oldest that wait for nobody fall out."""


class LessonPicture:
    """What has been told so far, and the last events for those who come back."""

    def __init__(self, lesson: LessonView, rooms: list[RoomView]) -> None:
        self.seq = 0
        self.lesson = lesson
        self.rooms: dict[str, RoomView] = {}
        self._online: set[str] = set()
        for room in rooms:
            self._room_is(room)
        self.stage: StageView | None = None
        self.messages: deque[MessageView] = deque(maxlen=MAX_MESSAGES)
        self.message_count = 0
        self.questions: dict[str, QuestionView] = {}
        self.captions: deque[CaptionView] = deque(maxlen=KEPT_CAPTIONS)
        self.caption_count = 0
        self.viewers: ViewersView | None = None
        self.recording = RecordingView(state="off")
        self.publications = PublicationsView(lead=False, screen=False, stage=False)
        self.source: SourceView | None = None
        self.cameras = CamerasView()
        self.courseware: list[CoursewareView] = []
        self.board = Board()
        self._ring: deque[LessonEvent] = deque(maxlen=RING_EVENTS)

    def apply(self, event: LessonEvent) -> None:
        """Take the next event; what a catching-up room chose is no part of the picture."""
        self.seq = event.seq
        self._ring.append(event)
        match event:
            case LessonStarted():
                self._lesson_is(state="live", started_at_ms=event.at_ms)
            case LessonEnded():
                self._lesson_is(state="ended", ended_at_ms=event.at_ms)
            case LessonChanged():
                self.lesson = event.lesson
            case RoomChanged():
                self._room_is(event.room)
            case RoomUninvited():
                self.rooms.pop(event.room_id, None)
                self._online.discard(event.room_id)
            case StageChanged():
                self.stage = event.stage
            case MessagePosted():
                self.messages.append(event.message)
                self.message_count += 1
            case QuestionChanged() | ViewersChanged():
                self._apply_of_viewers(event)
            case CoursewareChanged():
                self.courseware = event.courseware
            case SlideTurned() | InkShown() | StrokeDrawn() | StrokeErased() | InkCleared():
                self.board.apply(event)
            case _:
                self._apply_media(event)

    def _apply_media(self, event: LessonEvent) -> None:
        match event:
            case RecordingChanged():
                self.recording = event.recording
            case PublicationsChanged():
                self.publications = event.publications
            case SourceChanged():
                self.source = event.source
            case CamerasChanged():
                self.cameras = event.cameras
            case CaptionSaid():
                self._caption_is(event.caption)

    def _caption_is(self, caption: CaptionView) -> None:
        if self.captions and self.captions[-1].line_id == caption.line_id:
            self.captions[-1] = caption
        else:
            self.captions.append(caption)
            self.caption_count += 1

    def missed_since(self, since: int) -> list[LessonEvent] | None:
        """Events after number `since`; None when a snapshot must do."""
        oldest = self._ring[0].seq if self._ring else self.seq + 1
        if not oldest - 1 <= since <= self.seq:
            return None
        missed = [event for event in self._ring if event.seq > since]
        return None if sum(map(_is_ink, missed)) > MISSED_INK else missed

    def snapshot(self, participant: Participant, now_ms: int) -> Snapshot:
        """The whole picture, as far as this participant may see it."""
        return Snapshot(
            seq=self.seq,
            now_ms=now_ms,
            lesson=self.lesson,
            rooms=self._rooms_for(participant),
            totals=self.totals,
            stage=self.stage,
            messages=list(self.messages) if may(participant.role, Action.READ_MESSAGES) else [],
            questions=[q for q in self.questions.values() if sees_question(participant, q)],
            viewers=self.viewers if may(participant.role, Action.SEE_VIEWERS) else None,
            captions=list(self.captions)[-2:] if may(participant.role, Action.SEE_CAPTIONS) else [],
            recording=self.recording,
            publications=self.publications,
            source=self.source if may(participant.role, Action.SEE_ROSTER) else None,
            cameras=self._cameras_for(participant),
            courseware=self.courseware,
            board=self.board.view(with_ink=may(participant.role, Action.SEE_INK)),
            me=me_view(participant),
        )

    @property
    def totals(self) -> RoomTotals:
        """All rooms, and those that are here."""
        return RoomTotals(total=len(self.rooms), online=len(self._online))

    def totals_with(self, room: RoomView) -> RoomTotals:
        """The totals once `room` is told."""
        online = len(self._online - {room.room_id}) + (room.presence == "online")
        return RoomTotals(total=len(self.rooms.keys() | {room.room_id}), online=online)

    def totals_without(self, room_id: str) -> RoomTotals:
        """The totals once the room is uninvited."""
        online = len(self._online - {room_id})
        return RoomTotals(total=len(self.rooms.keys() - {room_id}), online=online)

    def _cameras_for(self, participant: Participant) -> CamerasView:
        return self.cameras if may(participant.role, Action.SEE_ROSTER) else CamerasView()

    def _rooms_for(self, participant: Participant) -> list[RoomView]:
        if may(participant.role, Action.SEE_ROSTER):
            return list(self.rooms.values())
        own = self.rooms.get(participant.room_id or "")
        return [] if own is None else [own]

    def _room_is(self, room: RoomView) -> None:
        self.rooms[room.room_id] = room
        if room.presence == "online":
            self._online.add(room.room_id)
        else:
            self._online.discard(room.room_id)

    def _apply_of_viewers(self, event: QuestionChanged | ViewersChanged) -> None:
        if isinstance(event, ViewersChanged):
            self.viewers = event.viewers
            return
        question = event.question
        self.questions[question.question_id] = question
        done = [q.question_id for q in self.questions.values() if q.state != "waiting"]
        for question_id in done[: max(0, len(self.questions) - MAX_QUESTIONS)]:
            del self.questions[question_id]

    def _lesson_is(self, **changes: str | int) -> None:
        self.lesson = self.lesson.model_copy(update=changes)


def is_for(participant: Participant, event: LessonEvent) -> bool:
    """Whether this participant is told it; else its number is `withheld`."""
    match event:
        case MessagePosted():
            return may(participant.role, Action.READ_MESSAGES)
        case QuestionChanged():
            return sees_question(participant, event.question)
        case ViewersChanged():
            return may(participant.role, Action.SEE_VIEWERS)
        case CaptionSaid():
            return may(participant.role, Action.SEE_CAPTIONS)
        case RoomChanged():
            return _sees_room(participant, event.room.room_id)
        case SourceChanged() | CamerasChanged():
            return may(participant.role, Action.SEE_ROSTER)
        case CatchUpChosen():
            return participant.room_id == event.room_id
        case RoomUninvited():
            return _sees_room(participant, event.room_id)
        case _ if _is_ink(event):
            return may(participant.role, Action.SEE_INK)
    return True


def sees_question(participant: Participant, question: QuestionView) -> bool:
    """Helpers see those of their own class, administrators all, the lead teacher what somebody
    approved."""
    if may(participant.role, Action.ANSWER_QUESTION):
        return question.approved_at_ms is not None
    if not may(participant.role, Action.APPROVE_QUESTION):
        return False
    return participant.role is Role.ADMINISTRATOR or participant.room_id == question.room_id


def _is_ink(event: LessonEvent) -> bool:
    return isinstance(event, InkShown | StrokeDrawn | StrokeErased | InkCleared)


def _sees_room(participant: Participant, room_id: str) -> bool:
    return participant.room_id == room_id or may(participant.role, Action.SEE_ROSTER)


def totals_of(event: LessonEvent) -> RoomTotals | None:
    """The totals after it, if it may have changed them."""
    return event.totals if isinstance(event, RoomChanged | RoomUninvited) else None


def as_seen_by(participant: Participant, events: Iterable[LessonEvent]) -> list[LessonEvent]:
    """Events in a row as this participant gets them; those that are not for it leave their numbers,
    and one run of them is one `withheld`."""
    seen: list[LessonEvent] = []
    for event in events:
        if is_for(participant, event):
            seen.append(event)
        elif seen and isinstance(seen[-1], Withheld):
            seen[-1] = _withheld(event, seen[-1].first_seq, seen[-1].totals)
        else:
            seen.append(_withheld(event, event.seq, None))
    return seen


def _withheld(event: LessonEvent, first_seq: int, totals: RoomTotals | None) -> Withheld:
    totals = totals_of(event) or totals
    return Withheld(first_seq=first_seq, seq=event.seq, at_ms=event.at_ms, totals=totals)


def me_view(participant: Participant) -> MeView:
    """What a connection is and may do."""
    return MeView(
        participant_id=participant.id,
        role=participant.role.value,
        name=participant.name,
        room_id=participant.room_id,
        may_publish=[slot.value for slot in participant.may_publish],
        may_moderate=participant.may_moderate,
    )
