"""The lesson as its participants have been told it: the sum of all numbered events.

Server, pages and a restarted server all build the same picture from the same events: a snapshot is
this picture, and the timeline on disk rebuilds it.
"""

from collections import deque

from signaling.protocol.inputs import Participant
from signaling.protocol.messages import (
    LessonChanged,
    LessonEnded,
    LessonEvent,
    LessonStarted,
    LessonView,
    MessagePosted,
    MessageView,
    MeView,
    PublicationsChanged,
    PublicationsView,
    RecordingChanged,
    RecordingView,
    RoomChanged,
    RoomUninvited,
    RoomView,
    Snapshot,
    StageChanged,
    StageView,
    Withheld,
)
from signaling.protocol.roles import Action, may
from streamsvc.school.records import Role

RING_EVENTS = 500
"""A client that missed no more than these gets the events; else a snapshot."""
MAX_MESSAGES = 500
"""Messages a snapshot carries; the oldest fall out (the timeline keeps all)."""


class LessonPicture:
    """What has been told so far, and the last events for those who come back."""

    def __init__(self, lesson: LessonView, rooms: list[RoomView]) -> None:
        self.seq = 0
        self.lesson = lesson
        self.rooms = {room.room_id: room for room in rooms}
        self.stage: StageView | None = None
        self.messages: deque[MessageView] = deque(maxlen=MAX_MESSAGES)
        self.message_count = 0
        self.recording = RecordingView(state="off")
        self.publications = PublicationsView(lead=False, screen=False, stage=False)
        self._ring: deque[LessonEvent] = deque(maxlen=RING_EVENTS)

    def apply(self, event: LessonEvent) -> None:
        """Take the next event."""
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
                self.rooms[event.room.room_id] = event.room
            case RoomUninvited():
                self.rooms.pop(event.room_id, None)
            case StageChanged():
                self.stage = event.stage
            case MessagePosted():
                self.messages.append(event.message)
                self.message_count += 1
            case RecordingChanged():
                self.recording = event.recording
            case PublicationsChanged():
                self.publications = event.publications
            case Withheld():
                pass

    def missed_since(self, since: int) -> list[LessonEvent] | None:
        """Events after number `since`; None when a snapshot must do."""
        oldest = self._ring[0].seq if self._ring else self.seq + 1
        if not oldest - 1 <= since <= self.seq:
            return None
        return [event for event in self._ring if event.seq > since]

    def snapshot(self, participant: Participant, now_ms: int) -> Snapshot:
        """The whole picture, as far as this participant may see it."""
        return Snapshot(
            seq=self.seq,
            now_ms=now_ms,
            lesson=self.lesson,
            rooms=list(self.rooms.values()),
            stage=self.stage,
            messages=list(self.messages) if may(participant.role, Action.READ_MESSAGES) else [],
            recording=self.recording,
            publications=self.publications,
            me=me_view(participant),
        )

    def _lesson_is(self, **changes: str | int) -> None:
        self.lesson = self.lesson.model_copy(update=changes)


def as_seen_by(role: Role, event: LessonEvent) -> LessonEvent:
    """The event as this role gets it: a message that is not for it leaves only its number."""
    if isinstance(event, MessagePosted) and not may(role, Action.READ_MESSAGES):
        return Withheld(seq=event.seq, at_ms=event.at_ms)
    return event


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
