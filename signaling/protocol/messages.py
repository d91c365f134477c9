"""Every message of the lesson's WebSocket, both ways. Source of the web pages' types.

`/api/lessons/{lesson_id}/events`: the first client message is `hello` with a grant; the server
answers with a `snapshot`, then numbered events. Numbers are per lesson and never skip; a client
that missed some says `since` in its next `hello` (short gap: the missed events; long gap: a
snapshot) or asks `get_snapshot`. Requests carry a `request_id`; `done` or `failed` answers them.
A participant far away on a link that loses may open a second strand of its events (`hello.strand`).
What they carry is in `lesson_views.py`; the board's messages are in `board_messages.py`; the
waiting screen has a channel of its own: `room_channel.py`.
Wire form: JSON, snake_case, `type` tells the message, times are ms since the epoch.
"""

from typing import Annotated, Literal

from pydantic import Field

from signaling.protocol.behind import BehindReport, CatchUpChoice
from signaling.protocol.board_messages import (
    BoardView,
    ClearBoard,
    Draw,
    Erase,
    InkCleared,
    InkShown,
    PointAt,
    PointerMoved,
    SlideTurned,
    StrokeDrawn,
    StrokeErased,
    TurnSlide,
    Undo,
)
from signaling.protocol.camera_messages import (
    CamerasChanged,
    CamerasView,
    ChooseCamera,
    RemoveCamera,
)
from signaling.protocol.ice import IceServerView
from signaling.protocol.lesson_views import (
    CaptionView,
    CoursewareView,
    ErrorBody,
    LessonView,
    LinkSignal,
    MessageView,
    MeView,
    PublicationsView,
    QuestionView,
    RecordingView,
    RoomTotals,
    RoomView,
    SendLevelName,
    SourceView,
    StageView,
    ViewersView,
)
from signaling.protocol.wire import Event, Request, Wire

PROTOCOL_VERSION = 1
MAX_MESSAGE_BYTES = 16_384
MAX_TEXT_CHARS = 500


# ---- server to client: numbered events --------------------------------------------------------


class LessonStarted(Event):
    """The lesson is live since `at_ms`."""

    type: Literal["lesson_started"] = "lesson_started"


class LessonEnded(Event):
    """The lesson is over; media closes two seconds later."""

    type: Literal["lesson_ended"] = "lesson_ended"


class RoomChanged(Event):
    """A room came, went, raised a hand or its link changed: its whole new view."""

    type: Literal["room_changed"] = "room_changed"
    room: RoomView
    totals: RoomTotals


class StageChanged(Event):
    """Someone was called, accepted, is on stage, or the stage is empty (None)."""

    type: Literal["stage_changed"] = "stage_changed"
    stage: StageView | None
    because: Literal[
        "called",
        "accepted",
        "declined",
        "on_stage",
        "returned",
        "withdrawn",
        "lost",
        "muted",
        "writing",
        "picture",
    ]


class MessagePosted(Event):
    """A line in the channel between lead and helper teachers; only for them."""

    type: Literal["message_posted"] = "message_posted"
    message: MessageView


class QuestionChanged(Event):
    """A viewer asked, or her question was approved, answered or dismissed: its whole new view; for
    helpers of its class and administrators, and once approved for the lead teacher."""

    type: Literal["question_changed"] = "question_changed"
    question: QuestionView


class ViewersChanged(Event):
    """How many watch, at most every 15 s; for staff."""

    type: Literal["viewers_changed"] = "viewers_changed"
    viewers: ViewersView


class CaptionSaid(Event):
    """A line of captions, or (known `line_id`) the last one written anew; for rooms and staff."""

    type: Literal["caption_said"] = "caption_said"
    caption: CaptionView


class CatchUpChosen(Event):
    """A room's helper chose what its screen does about what it missed; for that room."""

    type: Literal["catch_up_chosen"] = "catch_up_chosen"
    room_id: str
    choice: CatchUpChoice


class RecordingChanged(Event):
    """Recording began, stopped (with the reason), or is being finished."""

    type: Literal["recording_changed"] = "recording_changed"
    recording: RecordingView


class PublicationsChanged(Event):
    """Media of a slot began or stopped to flow."""

    type: Literal["publications_changed"] = "publications_changed"
    publications: PublicationsView


class SourceChanged(Event):
    """A recorder host that teaches connects, is on air or waits; None: there is none. For staff."""

    type: Literal["source_changed"] = "source_changed"
    source: SourceView | None


class CoursewareChanged(Event):
    """Courseware was added or removed, or is further on: all of the lesson's, in order."""

    type: Literal["courseware_changed"] = "courseware_changed"
    courseware: list[CoursewareView]


class LessonChanged(Event):
    """Title, plan or duration were edited: the lesson's whole new view."""

    type: Literal["lesson_changed"] = "lesson_changed"
    lesson: LessonView


class RoomUninvited(Event):
    """A room was taken off the lesson's list. (A room added to it comes as `room_changed`.)"""

    type: Literal["room_uninvited"] = "room_uninvited"
    room_id: str
    totals: RoomTotals


class Withheld(Event):
    """Events `first_seq` to `seq` are not for this role (messages; to a room and its phone, other
    rooms); it keeps the numbers without a gap, and says the totals if they may have changed."""

    type: Literal["withheld"] = "withheld"
    first_seq: int
    totals: RoomTotals | None


_Event = (
    LessonStarted
    | LessonEnded
    | LessonChanged
    | RoomUninvited
    | Withheld
    | RoomChanged
    | StageChanged
    | MessagePosted
    | QuestionChanged
    | ViewersChanged
    | CaptionSaid
    | CatchUpChosen
    | RecordingChanged
    | PublicationsChanged
    | SourceChanged
    | CamerasChanged
    | CoursewareChanged
    | SlideTurned
    | InkShown
    | StrokeDrawn
    | StrokeErased
    | InkCleared
)
LessonEvent = Annotated[_Event, Field(discriminator="type")]


# ---- server to client: the rest ----------------------------------------------------------------


class Snapshot(Wire):
    """The whole state as of `seq`. Messages only for lead and helper teachers; a room and its phone
    get their own room alone, and the totals."""

    type: Literal["snapshot"] = "snapshot"
    version: Literal[1] = 1
    seq: int
    now_ms: int
    lesson: LessonView
    rooms: list[RoomView]
    totals: RoomTotals
    stage: StageView | None
    messages: list[MessageView]
    questions: list[QuestionView] = []
    viewers: ViewersView | None = None
    """For staff, once somebody watched."""
    captions: list[CaptionView] = []
    """The last two lines."""
    recording: RecordingView
    publications: PublicationsView
    source: SourceView | None = None
    cameras: CamerasView = CamerasView()
    """Of the lead room; for staff."""
    courseware: list[CoursewareView] = []
    board: BoardView
    me: MeView


class Resumed(Wire):
    """Answer to a `hello` with `since` when the gap is short: the missed events follow."""

    type: Literal["resumed"] = "resumed"
    seq: int
    now_ms: int
    me: MeView


class Done(Wire):
    """The request was carried out."""

    type: Literal["done"] = "done"
    request_id: str


class Failed(Wire):
    """The request was not carried out; `error` says what to do."""

    type: Literal["failed"] = "failed"
    request_id: str | None
    error: ErrorBody


class GrantRenewed(Wire):
    """A fresh grant before the old one expires; use it from now on."""

    type: Literal["grant_renewed"] = "grant_renewed"
    grant: str
    expires_at_ms: int
    ice_servers: list[IceServerView]


class Pong(Wire):
    """Answer to `ping`, and said behind other messages so that TCP notices what was lost of them;
    `now_ms` lets a page set its clock."""

    type: Literal["pong"] = "pong"
    now_ms: int


ServerMessage = Annotated[
    Snapshot | Resumed | _Event | PointerMoved | Done | Failed | GrantRenewed | Pong,
    Field(discriminator="type"),
]


# ---- client to server --------------------------------------------------------------------------


class Hello(Wire):
    """First message of a connection."""

    type: Literal["hello"] = "hello"
    version: Literal[1] = 1
    grant: str = Field(max_length=2048)
    since: int | None = None
    """Last event number seen; leave out for a snapshot."""
    strand: Literal["first", "second"] = "first"
    """second: beside a connection that is there, for its participant: it brings the same numbered
    events after `since` by another TCP connection, and takes `ping` alone."""


class StartLesson(Request):
    """By the lead teacher, once her camera flows (`lead-not-live` until then)."""

    type: Literal["start_lesson"] = "start_lesson"


class EndLesson(Request):
    """By the lead teacher."""

    type: Literal["end_lesson"] = "end_lesson"


class RaiseHand(Request):
    """By a room or its helper's phone."""

    type: Literal["raise_hand"] = "raise_hand"


class LowerHand(Request):
    """By the room, its phone, or (with room_id) the lead teacher."""

    type: Literal["lower_hand"] = "lower_hand"
    room_id: str | None = None


class CallOnStage(Request):
    """By the lead teacher: ask a room up."""

    type: Literal["call_on_stage"] = "call_on_stage"
    room_id: str


class AcceptStage(Request):
    """By the called room or its helper; then its page may publish `stage`."""

    type: Literal["accept_stage"] = "accept_stage"


class DeclineStage(Request):
    """By the called room or its helper."""

    type: Literal["decline_stage"] = "decline_stage"


class ReturnFromStage(Request):
    """By the lead teacher, the room or its helper; also withdraws a call."""

    type: Literal["return_from_stage"] = "return_from_stage"


class MuteStage(Request):
    """By the lead teacher: the stage's voice is neither heard nor recorded."""

    type: Literal["mute_stage"] = "mute_stage"
    is_muted: bool


class LetWrite(Request):
    """By the lead teacher: whether the room on stage may write on the board; kept for the rooms
    that come up after it. They may until she says otherwise."""

    type: Literal["let_write"] = "let_write"
    may_write: bool


class PostMessage(Request):
    """By the lead teacher or a helper teacher."""

    type: Literal["post_message"] = "post_message"
    text: str = Field(min_length=1, max_length=MAX_TEXT_CHARS)


class ApproveQuestion(Request):
    """By a helper of the class that asked, or an administrator: the lead teacher shall see it."""

    type: Literal["approve_question"] = "approve_question"
    question_id: str


class DismissQuestion(Request):
    """By the same, or by the lead teacher once it was approved."""

    type: Literal["dismiss_question"] = "dismiss_question"
    question_id: str


class AnswerQuestion(Request):
    """By the lead teacher: she has answered it, in words."""

    type: Literal["answer_question"] = "answer_question"
    question_id: str


class CatchUp(Request):
    """By a room's helper, who holds a phone: plays what its screen missed, or takes it to the live
    lesson. The screen does it where it can; `room_changed` tells."""

    type: Literal["catch_up"] = "catch_up"
    choice: CatchUpChoice


class GetSnapshot(Request):
    """Answered by a `snapshot`, then `done`."""

    type: Literal["get_snapshot"] = "get_snapshot"


class ReportLink(Wire):
    """A room's own view of its link, every 2 s; not answered."""

    type: Literal["report_link"] = "report_link"
    link: LinkSignal
    behind: BehindReport | None = None
    """None: it sees the lesson live."""
    sends: SendLevelName = "all"
    """On stage; said of the last time otherwise."""


class Ping(Wire):
    """Every 10 s; the server closes a client that is silent for 30 s."""

    type: Literal["ping"] = "ping"


ClientMessage = Annotated[
    Hello
    | StartLesson
    | EndLesson
    | RaiseHand
    | LowerHand
    | CallOnStage
    | AcceptStage
    | DeclineStage
    | ReturnFromStage
    | MuteStage
    | LetWrite
    | PostMessage
    | ApproveQuestion
    | DismissQuestion
    | AnswerQuestion
    | CatchUp
    | ChooseCamera
    | RemoveCamera
    | TurnSlide
    | Draw
    | Erase
    | Undo
    | ClearBoard
    | PointAt
    | GetSnapshot
    | ReportLink
    | Ping,
    Field(discriminator="type"),
]
