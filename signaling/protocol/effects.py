"""What the lesson machine asks of the world. The runner carries effects out in the order given."""

from dataclasses import dataclass

from signaling.protocol.board_messages import PointerMoved
from signaling.protocol.messages import LessonEvent, ServerMessage
from streamsvc.base.errors import StreamsvcError
from streamsvc.base.ids import ParticipantId
from streamsvc.base.media import PictureProfile, Slot
from streamsvc.base.sessions import LinkPolicy


@dataclass(frozen=True, slots=True)
class Asked:
    """Who is waiting for `done` or `failed`."""

    connection_id: str
    request_id: str


@dataclass(frozen=True, slots=True)
class Announce:
    """A numbered event: to the timeline first, then to every connection (`picture.is_for`)."""

    event: LessonEvent


@dataclass(frozen=True, slots=True)
class Answer:
    """A message for one connection."""

    connection_id: str
    message: ServerMessage


@dataclass(frozen=True, slots=True)
class PassOn:
    """Tell everybody who sees the board but the one who said it. It is not kept, and a connection
    for which other messages wait goes without."""

    message: PointerMoved
    from_connection_id: str


@dataclass(frozen=True, slots=True)
class CloseConnection:
    """Tell a connection why and close it."""

    connection_id: str
    error: StreamsvcError


@dataclass(frozen=True, slots=True)
class StartLessonRecord:
    """Make the lesson live in the database; feed `LessonBegan` back, or `AskFailed`."""

    asked: Asked | None
    """None when a recorder host is on air at its planned time."""


@dataclass(frozen=True, slots=True)
class EndLessonRecord:
    """End the lesson in the database; feed `LessonOver` back, or `AskFailed`."""

    asked: Asked | None
    """None when the lesson ends by itself."""


@dataclass(frozen=True, slots=True)
class StartRecorder:
    """Record from now on; feed `RecorderReported` back if it can't."""


@dataclass(frozen=True, slots=True)
class EndRecorder:
    """The lesson ended; let the recorder finish its files."""


@dataclass(frozen=True, slots=True)
class CloseMedia:
    """End all media sessions `after_ms` from now, so that the pages can say goodbye first."""

    after_ms: int


@dataclass(frozen=True, slots=True)
class ClosePublication:
    """Take a participant's media out of a slot."""

    participant_id: ParticipantId
    slot: Slot


@dataclass(frozen=True, slots=True)
class CloseParty:
    """End all media sessions of a participant who may not be here any more."""

    participant_id: ParticipantId


@dataclass(frozen=True, slots=True)
class MuteSlot:
    """Forward no voice of a slot, or forward it again."""

    slot: Slot
    is_muted: bool


@dataclass(frozen=True, slots=True)
class SetPolicy:
    """An administrator changed what holds for the link of a room that is here."""

    participant_id: ParticipantId
    policy: LinkPolicy


@dataclass(frozen=True, slots=True)
class SetProfile:
    """Which of the lesson's pictures come first."""

    profile: PictureProfile


@dataclass(frozen=True, slots=True)
class SetProgram:
    """Whose picture everybody sees: a camera's, or the lead teacher's own."""

    slot: Slot


@dataclass(frozen=True, slots=True)
class SaveAttendance:
    """Store the sums as they are now."""


Effect = (
    Announce
    | Answer
    | PassOn
    | CloseConnection
    | StartLessonRecord
    | EndLessonRecord
    | StartRecorder
    | EndRecorder
    | CloseMedia
    | ClosePublication
    | CloseParty
    | MuteSlot
    | SetPolicy
    | SetProfile
    | SetProgram
    | SaveAttendance
)
