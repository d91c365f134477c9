"""What may happen to a lesson: everything the lesson machine is told."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from signaling.protocol.effects import Asked
from signaling.protocol.grants import Claims
from signaling.protocol.lesson_views import CoursewareView
from signaling.protocol.messages import ClientMessage
from streamsvc.base.errors import StreamsvcError
from streamsvc.base.ids import ParticipantId, PersonId, RoomId
from streamsvc.base.media import Slot
from streamsvc.base.recordings import RecordingState
from streamsvc.base.sessions import AudienceLack, PublisherFlow, SubscriberFlow
from streamsvc.school.records import Lesson, Role, Room


@dataclass(frozen=True, slots=True)
class Participant:
    """A person or device in the lesson."""

    id: ParticipantId
    role: Role
    name: str
    person_id: PersonId | None
    room_id: RoomId | None
    may_publish: tuple[Slot, ...]
    may_moderate: bool

    @classmethod
    def of(cls, claims: Claims) -> "Participant":
        """Whom a grant names."""
        return cls(
            id=claims.participant_id,
            role=claims.role,
            name=claims.name,
            person_id=claims.person_id,
            room_id=claims.room_id,
            may_publish=claims.may_publish,
            may_moderate=claims.may_moderate,
        )


@dataclass(frozen=True, slots=True)
class Connected:
    """A connection said hello; `since` is the last event number it has seen."""

    connection_id: str
    participant: Participant
    since: int | None


@dataclass(frozen=True, slots=True)
class StrandOpened:
    """A second strand said hello: it is told what comes after number `since`."""

    connection_id: str
    participant: Participant
    since: int


@dataclass(frozen=True, slots=True)
class Disconnected:
    """A connection ended."""

    connection_id: str
    on_purpose: bool
    """Its page was closed or left; False when the link broke."""


@dataclass(frozen=True, slots=True)
class Said:
    """A client's message other than `hello`."""

    connection_id: str
    message: ClientMessage


@dataclass(frozen=True, slots=True)
class PublicationOpened:
    """Media of a slot is flowing."""

    participant_id: ParticipantId
    slot: Slot


@dataclass(frozen=True, slots=True)
class PublicationClosed:
    """A slot is free again."""

    participant_id: ParticipantId
    slot: Slot


@dataclass(frozen=True, slots=True)
class PublicationSilent:
    """Media of a slot that is held stopped, or flow again."""

    slot: Slot
    silent_ms: int | None
    """For so long already; None: they flow."""


@dataclass(frozen=True, slots=True)
class FilmPlayed:
    """A film began to play in the teacher's place, or (None) does not any more."""

    title: str | None


@dataclass(frozen=True, slots=True)
class FlowsSeen:
    """What flowed in the last second."""

    publishers: Sequence[PublisherFlow]
    subscribers: Sequence[SubscriberFlow]


@dataclass(frozen=True, slots=True)
class RecorderReported:
    """The recorder's state changed."""

    state: RecordingState
    reason: str | None


@dataclass(frozen=True, slots=True)
class LessonBegan:
    """The database says live."""

    lesson: Lesson
    asked: Asked | None


@dataclass(frozen=True, slots=True)
class LessonOver:
    """The database says ended."""

    lesson: Lesson
    asked: Asked | None


@dataclass(frozen=True, slots=True)
class AskFailed:
    """An effect that somebody waits for could not be carried out."""

    asked: Asked
    error: StreamsvcError


@dataclass(frozen=True, slots=True)
class PlanChanged:
    """The lesson or its invited rooms were edited."""

    lesson: Lesson
    rooms: Sequence[Room]


@dataclass(frozen=True, slots=True)
class StillTaken:
    """A room sent a new still picture."""

    room_id: RoomId
    number: int


@dataclass(frozen=True, slots=True)
class SourceReported:
    """A source that teaches in place of a browser: how it is, said again every few seconds."""

    kind: Literal["rtmp", "rtsp"]
    state: Literal["connecting", "on_air", "waiting"]
    error: StreamsvcError | None = None
    is_recoded: bool = False


@dataclass(frozen=True, slots=True)
class CameraAdded:
    """The lead teacher made a link for one more camera, or (`camera_id`) another one for it."""

    name: str
    participant_id: ParticipantId
    expires_at_ms: int
    camera_id: str | None = None


@dataclass(frozen=True, slots=True)
class CamerasOut:
    """The lead teacher was sent away: her links open nothing any more."""


@dataclass(frozen=True, slots=True)
class CameraSaid:
    """A camera's own word of its uplink."""

    participant_id: ParticipantId
    is_thin: bool


@dataclass(frozen=True, slots=True)
class CoursewareListed:
    """The lesson's courseware as it is now, in order."""

    courseware: list[CoursewareView]


@dataclass(frozen=True, slots=True)
class ViewerSeen:
    """A device that only watches is there."""

    viewer: str
    room_id: RoomId
    lacks: AudienceLack | None = None
    """What nobody who watches so sees now."""


@dataclass(frozen=True, slots=True)
class QuestionAsked:
    """It asks something; `Questions.check` has let it pass."""

    question_id: str
    viewer: str
    room_id: RoomId
    author_name: str
    text: str


@dataclass(frozen=True, slots=True)
class CaptionWritten:
    """A line of captions, tidied; `Captions.check` has let it pass."""

    line_id: str
    text: str
    lang: str
    from_ms: int | None
    """When it was said; None: now."""
    is_anew: bool = False
    """The last line, corrected."""


FromOutside = ViewerSeen | QuestionAsked | CaptionWritten
"""By HTTP, of those who have no connection in the lesson."""

Input = (
    Connected
    | StrandOpened
    | Disconnected
    | Said
    | PublicationOpened
    | PublicationClosed
    | PublicationSilent
    | FilmPlayed
    | FlowsSeen
    | RecorderReported
    | LessonBegan
    | LessonOver
    | AskFailed
    | PlanChanged
    | StillTaken
    | SourceReported
    | CameraAdded
    | CameraSaid
    | CamerasOut
    | CoursewareListed
    | FromOutside
)
