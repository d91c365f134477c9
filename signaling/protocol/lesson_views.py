"""What the lesson's messages carry: the lesson, its rooms, its stage, and their links.

Wire form as in `messages.py`.
"""

from typing import Literal

from pydantic import ConfigDict, Field

from signaling.protocol.behind import BehindView
from signaling.protocol.wire import Wire
from streamsvc.base.sessions import AudienceLack

Level = Literal["full", "half", "none"]
"""One part of the three-part signal: voice, slides, picture."""


class LinkSignal(Wire):
    """What reaches a room right now."""

    voice: Level
    slides: Level
    picture: Level


LadderLevelName = Literal["voice", "slides", "low_video", "high_video", "screen_video"]
"""What a room gets, from the least to all of it; each level includes those before it."""


class LadderView(Wire):
    """Where a room is on the ladder, told once it has lasted."""

    level: LadderLevelName
    top: LadderLevelName
    """What a good link would get of what is published now; less than that is worth a word."""
    held_by: Literal["link", "setting", "server"]
    """Why it gets less: its link, an administrator's setting, or a server at its limit."""


class Sentence(Wire):
    """One sentence for people, in each language of the product."""

    zh_cn: str = Field(serialization_alias="zh-CN", validation_alias="zh-CN")
    en: str

    model_config = ConfigDict(populate_by_name=True)


class ErrorBody(Wire):
    """Every error, on HTTP (in problem+json) and WebSocket alike."""

    id: str
    message: Sentence
    details: dict[str, str | int | float] = {}


class HelperView(Wire):
    """A helper teacher at a room: on the paired phone."""

    name: str
    is_online: bool


class RoomView(Wire):
    """One receiving room on the wall."""

    room_id: str
    name: str
    school_name: str
    presence: Literal["absent", "online", "lost"]
    """lost: was here and its link is gone; it comes back by itself."""
    presence_since_ms: int
    link: LinkSignal
    hand_place: int | None
    """1 is next; None when no hand is up."""
    hand_since_ms: int | None
    helper: HelperView | None
    stage_count: int
    """How often it was on stage in this lesson."""
    still: int
    """Number of its newest still picture; 0 when there is none."""
    ladder: LadderView | None = None
    """None before anything was sent to it."""
    behind: BehindView | None = None
    """None: it sees the lesson live."""


class RoomTotals(Wire):
    """How many rooms are in the lesson, and how many of them are here."""

    total: int
    online: int


SendLevelName = Literal["voice", "still", "few", "small", "all"]
"""What of a room's own picture goes out: nothing, one each second, a few, its small layer, all."""


class StageView(Wire):
    """The room being called, or on stage."""

    room_id: str
    room_name: str
    state: Literal["calling", "accepted", "on_stage"]
    """accepted: the helper said yes, its media is not flowing yet."""
    since_ms: int
    is_muted: bool
    may_write: bool = False
    """The lead teacher lets the room write on the board while it is on stage."""
    is_picture_paused: bool = False
    """Its uplink takes the voice alone."""


class MessageView(Wire):
    """One line of the channel between lead and helper teachers; pupils never see it."""

    message_id: int
    author_name: str
    author_role: Literal["lead_teacher", "helper_teacher"]
    room_id: str | None
    """The helper's room; None for the lead teacher."""
    text: str
    at_ms: int


QuestionState = Literal["waiting", "approved", "answered", "dismissed"]


class QuestionView(Wire):
    """A question of somebody who only watches. Helpers see it first, the lead teacher once it was
    approved, pupils never."""

    question_id: str
    viewer: str
    """Who asked, as a number of this lesson alone."""
    room_id: str
    room_name: str
    author_name: str
    """As given, or empty."""
    text: str
    at_ms: int
    state: QuestionState
    approved_at_ms: int | None


class CaptionView(Wire):
    """A line of captions: what the lead teacher says, written by a captioner."""

    line_id: str
    text: str
    """One row of plain words; empty: it was taken back."""
    lang: str
    """Language tag (BCP 47), or empty."""
    from_ms: int
    """When it was said."""
    to_ms: int
    """Until then it can be read, unless the next line comes."""


class RoomViewersView(Wire):
    """Of one class's link."""

    room_id: str
    room_name: str
    peak: int
    total: int


class ViewersView(Wire):
    """How many watch outside of the rooms."""

    present: int
    peak: int
    total: int
    """Different devices, 5,000 at most."""
    lacks: AudienceLack | None = None
    """Why they have none of the teacher's pictures."""
    rooms: list[RoomViewersView] = []
    """By class, most first: told once, when the lesson is over."""


class RecordingView(Wire):
    """Whether this lesson is being recorded."""

    state: Literal["off", "starting", "recording", "stopped", "finishing", "ready"]
    reason: ErrorBody | None = None


class PublicationsView(Wire):
    """Which slots are filled."""

    lead: bool
    screen: bool
    stage: bool
    lead_silent_since_ms: int | None = None
    """Since when nothing comes from who teaches (gone, or connected and silent); None while it
    does, and before it ever did. A break of less than a second or two is not said to people."""
    film: str | None = None
    """Title of the film that is played in the teacher's place."""


class SourceView(Wire):
    """A recorder host, camera or encoder that teaches in place of a browser."""

    kind: Literal["rtmp", "rtsp"]
    state: Literal["connecting", "on_air", "waiting"]
    error: ErrorBody | None
    """What it waits for."""
    is_recoded: bool
    """Its picture is encoded again, for rooms could not take it as it is."""
    since_ms: int


class CoursewareView(Wire):
    """A file of slides of this lesson; its manifest is at GET .../courseware."""

    courseware_id: str
    title: str
    status: Literal["converting", "ready", "failed"]
    done_slides: int
    total_slides: int | None
    """None until the file was opened."""
    error: ErrorBody | None
    """Why it failed."""


class LessonView(Wire):
    """The lesson itself."""

    lesson_id: str
    title: str
    subject: str
    grade: str
    school_name: str
    lead_teacher_name: str
    kind: Literal["delivered", "master_teacher", "school_online"]
    state: Literal["scheduled", "live", "ended"]
    scheduled_start_ms: int
    duration_minutes: int
    started_at_ms: int | None
    ended_at_ms: int | None


class MeView(Wire):
    """What this connection is and may do."""

    participant_id: str
    role: Literal["lead_teacher", "helper_teacher", "observer", "administrator", "room", "phone"]
    name: str
    room_id: str | None
    may_publish: list[Literal["lead", "screen", "stage"]]
    may_moderate: bool
