"""Bodies for those who only watch: parents who opened the link of a class, with the cookie
`streamsvc_viewer`; and the link itself, for whoever manages the room."""

from typing import Literal

from pydantic import Field

from signaling.protocol.lesson_views import QuestionState
from signaling.protocol.resources import TrackInfo
from signaling.protocol.wire import Wire
from streamsvc.base.sessions import AudienceLack

# ---- the link, for staff -----------------------------------------------------------------------


class NewWatchLink(Wire):
    """POST /api/rooms/{room_id}/watch-link: a fresh link; the older one ends with its devices."""

    has_replay: bool = False
    """The class may also see the lessons of this week again."""


class WatchLinkChange(Wire):
    """PATCH /api/rooms/{room_id}/watch-link"""

    has_replay: bool


class WatchLinkView(Wire):
    """The link of a room, without its key."""

    has_replay: bool
    created_at_ms: int
    expires_at_ms: int
    viewers: int
    """Devices that came by it."""


class WatchLinkOfRoom(Wire):
    """GET /api/rooms/{room_id}/watch-link"""

    link: WatchLinkView | None


class WatchLinkMade(Wire):
    """The only answer that says the address."""

    path: str
    """`/watch/<key>`"""
    link: WatchLinkView


# ---- watching ----------------------------------------------------------------------------------


class EnterWatch(Wire):
    """POST /api/watch/enter: the key of a link becomes a device's cookie."""

    key: str = Field(min_length=20, max_length=64)


class WatchLesson(Wire):
    """A lesson of the class."""

    lesson_id: str
    title: str
    subject: str
    grade: str
    school_name: str
    lead_teacher_name: str
    state: Literal["scheduled", "live", "ended"]
    scheduled_start_ms: int
    duration_minutes: int
    started_at_ms: int | None
    ended_at_ms: int | None
    recording_id: str | None
    """What can be seen again; None while it can't, or may not."""
    bytes: int
    """What its replay takes at most; 0 while there is none."""
    low_bytes: int
    """The same with low data; as is to be expected while its low copy is not made."""


class WatchHome(Wire):
    """GET /api/watch, and the answer to entering."""

    now_ms: int
    room_id: str
    room_name: str
    school_name: str
    has_replay: bool
    lessons: list[WatchLesson]
    """This week's, and any that is live; earliest first."""
    next: WatchLesson | None
    """The next one of the two weeks to come, where this week has none any more."""


class WatchQuestion(Wire):
    """A question of this device, and what became of it."""

    question_id: str
    text: str
    at_ms: int
    state: QuestionState


class AskQuestion(Wire):
    """POST /api/watch/lessons/{lesson_id}/questions"""

    text: str = Field(min_length=1, max_length=140)
    name: str = Field(default="", max_length=20)


class WatchBeat(Wire):
    """POST /api/watch/lessons/{lesson_id}/beat: I am here; what is there to see?"""

    now_ms: int
    state: Literal["scheduled", "live", "ended"]
    has_lead: bool
    """The teacher's sound and picture flow."""
    playlist: str | None
    """LL-HLS; None: nothing is broadcast now."""
    lacks: AudienceLack | None
    """Why there is none of the teacher's pictures."""
    questions: list[WatchQuestion]
    next_beat_ms: int
    """Say it again after so long."""


class LowReplay(Wire):
    """Low data: the low copy, or, while that is made, the voice without pictures."""

    is_ready: bool
    progress: float | None
    """0 to 1 while the low copy is made."""
    bytes: int
    playlist: str
    """Of the lead; empty where even her voice is not there."""
    screen_playlist: str
    """Empty where nothing was shared, or while it is made."""


class WatchReplay(Wire):
    """GET /api/watch/recordings/{recording_id}: lead and screen alone, never a room."""

    recording_id: str
    lesson_id: str
    title: str
    lead_teacher_name: str
    started_at_ms: int
    duration_ms: int
    tracks: list[TrackInfo]
    low: LowReplay
