"""Bodies of the HTTP API. Source of the web pages' types, like `messages.py`.

Staff pages authenticate with the cookie `streamsvc_staff`, a classroom's screen with
`streamsvc_room`, a helper's phone with `streamsvc_phone`, a parent's with `streamsvc_viewer` (all
HttpOnly, SameSite=Lax, Secure under HTTPS); media and lesson events with a grant. Unsafe methods
must carry an `Origin` of our own or none.
"""

from typing import Literal

from pydantic import Field

from signaling.protocol.ice import IceServerView
from signaling.protocol.lesson_views import (
    CoursewareView,
    ErrorBody,
    HelperView,
    LadderView,
    ViewersView,
)
from signaling.protocol.room_channel import RoomHome, RoomLesson
from signaling.protocol.wire import Wire

RoleName = Literal["administrator", "lead_teacher", "helper_teacher", "observer"]
LessonKindName = Literal["delivered", "master_teacher", "school_online"]
LessonStateName = Literal["scheduled", "live", "ended"]
PictureProfileName = Literal["slides_first", "movement_first"]
SoundProfileName = Literal["speech", "music"]
"""Which pictures come first on a thin link: slides_first (a shared screen before a better face, a
larger picture before a smoother one) or movement_first (music, sport, dance)."""


class Problem(Wire):
    """Body of every HTTP error (application/problem+json, RFC 9457) beside its standard members."""

    type: str
    title: str
    status: int
    error: ErrorBody


# ---- people and devices ----------------------------------------------------------------------


class SignIn(Wire):
    """POST /api/sign-in"""

    login: str = Field(min_length=1, max_length=64)
    password: str = Field(min_length=1, max_length=256)


class PersonView(Wire):
    person_id: str
    name: str
    login: str
    role: RoleName
    organisation_id: str
    organisation_name: str
    is_active: bool


class Me(Wire):
    """GET /api/me (401 when signed out); answer of sign-in too."""

    person: PersonView
    actions: list[str]
    """Names of the actions this role may do, from the one table; pages hide what is not here."""


class JoinRoom(Wire):
    """POST /api/rooms/join: a browser becomes a room's device. Also sets the room's cookie."""

    code: str = Field(min_length=6, max_length=6, pattern=r"^[0-9]{6}$")


class RoomJoined(Wire):
    room_id: str
    room_name: str
    school_name: str


class PairCode(Wire):
    """POST /api/room/pair (room cookie): what the big screen shows as a QR for the phone."""

    path: str
    """`/p/<secret>`"""
    expires_at_ms: int


class RoomBootstrap(Wire):
    """JSON inside the room page (`<script type="application/json" id="bootstrap">`), so that a
    classroom needs no request before it joins. `room_home` is null for a browser without a room."""

    room_home: RoomHome | None
    locale: Literal["zh-CN", "en"]


class PairPhone(Wire):
    """POST /api/phone/pair: a phone becomes the helper's remote. Sets the phone's cookie."""

    pair: str = Field(min_length=8, max_length=64)
    name: str = Field(default="", max_length=40)


class PhoneHome(Wire):
    """GET /api/phone (phone cookie): where it belongs and the lesson to be in now."""

    now_ms: int
    room_id: str
    room_name: str
    school_name: str
    helper: HelperView | None
    open: RoomLesson | None
    grant: str | None
    grant_expires_at_ms: int | None


# ---- organisations, people, rooms (administrator) --------------------------------------------


class OrganisationView(Wire):
    organisation_id: str
    parent_id: str | None
    kind: Literal["province", "city", "county", "school"]
    name: str
    school_code: str | None


class NewOrganisation(Wire):
    """POST /api/organisations"""

    parent_id: str
    kind: Literal["city", "county", "school"]
    name: str = Field(min_length=1, max_length=80)
    school_code: str | None = Field(default=None, pattern=r"^[0-9]{10}$")


class NewPerson(Wire):
    """POST /api/people"""

    organisation_id: str
    login: str = Field(min_length=3, max_length=64, pattern=r"^[A-Za-z0-9._@-]+$")
    name: str = Field(min_length=1, max_length=40)
    role: RoleName
    password: str = Field(min_length=8, max_length=256)


class PersonChange(Wire):
    """PATCH /api/people/{person_id}: only what is given changes."""

    name: str | None = Field(default=None, min_length=1, max_length=40)
    role: RoleName | None = None
    password: str | None = Field(default=None, min_length=8, max_length=256)
    is_active: bool | None = None


class RoomPolicy(Wire):
    """PUT /api/rooms/{room_id}/policy: what an administrator knows or wants of a room's link. Holds
    at once, also in lessons that run."""

    most_kbps: int | None = Field(default=None, ge=64, le=100_000)
    """Media to the room, all together; null: as much as its link takes."""
    is_voice_and_slides: bool = False
    """No pictures of people and screens, however good the link is."""
    is_satellite: bool = False
    """Far, lossy and unsteady by nature: that alone is then no sign of a link that is full."""


class RoomInfo(Wire):
    room_id: str
    organisation_id: str
    school_name: str
    name: str
    kind: Literal["lead_room", "recv_room"]
    has_device: bool
    is_online: bool
    policy: RoomPolicy
    ladder: LadderView | None
    """While it is in a lesson that runs."""


class NewRoom(Wire):
    """POST /api/rooms"""

    organisation_id: str
    name: str = Field(min_length=1, max_length=40)
    kind: Literal["lead_room", "recv_room"]


class RoomCode(Wire):
    """POST /api/rooms/{room_id}/code: a fresh six-digit code; the older one of this room dies."""

    code: str
    join_path: str
    """`/join?code=......` for a QR."""
    expires_at_ms: int


# ---- courses and lessons -----------------------------------------------------------------------


class CourseView(Wire):
    course_id: str
    title: str
    subject: str
    grade: str
    organisation_id: str


class NewCourse(Wire):
    """POST /api/courses"""

    organisation_id: str
    title: str = Field(min_length=1, max_length=80)
    subject: str = Field(min_length=1, max_length=20)
    grade: str = Field(min_length=1, max_length=20)


class LessonInfo(Wire):
    lesson_id: str
    organisation_id: str
    school_name: str
    course_id: str | None
    title: str
    subject: str
    grade: str
    kind: LessonKindName
    state: LessonStateName
    lead_teacher_id: str
    lead_teacher_name: str
    scheduled_start_ms: int
    duration_minutes: int
    started_at_ms: int | None
    ended_at_ms: int | None
    room_ids: list[str]
    rooms_online: int
    is_adhoc: bool
    recording_id: str | None
    picture_profile: PictureProfileName
    sound_profile: SoundProfileName
    courseware: list[CoursewareView]
    """Its files, in order, and how far they are."""


class NewLesson(Wire):
    """POST /api/lessons. `scheduled_start_ms` null means now ("start one now", ad hoc): then the
    lead teacher is the caller and it needs no administrator."""

    title: str = Field(min_length=1, max_length=80)
    subject: str = Field(default="", max_length=20)
    grade: str = Field(default="", max_length=20)
    course_id: str | None = None
    kind: LessonKindName = "delivered"
    lead_teacher_id: str | None = None
    scheduled_start_ms: int | None = None
    duration_minutes: int = Field(default=40, ge=5, le=240)
    room_ids: list[str] = Field(default=[], max_length=2000)
    picture_profile: PictureProfileName = "slides_first"
    sound_profile: SoundProfileName = "speech"


class LessonChange(Wire):
    """PATCH /api/lessons/{lesson_id}, while it is scheduled (room_ids and picture_profile: also
    while live)."""

    title: str | None = Field(default=None, min_length=1, max_length=80)
    scheduled_start_ms: int | None = None
    duration_minutes: int | None = Field(default=None, ge=5, le=240)
    room_ids: list[str] | None = Field(default=None, max_length=2000)
    picture_profile: PictureProfileName | None = None
    sound_profile: SoundProfileName | None = None


class Grant(Wire):
    """POST /api/lessons/{lesson_id}/grant: what this caller may do in this lesson, for a short
    while. Bearer token of WHIP and WHEP and of the event channel's `hello`."""

    grant: str
    expires_at_ms: int
    may_publish: list[Literal["lead", "screen", "stage"]]
    may_subscribe: bool
    may_moderate: bool
    whip: dict[str, str]
    """Slot to WHIP endpoint path, for what may be published."""
    whep: str
    events: str
    ice_servers: list[IceServerView]
    """For media, as long as the grant lives."""


class LevelTimes(Wire):
    """Time with voice, by the level of the ladder that a room was on."""

    voice_ms: int
    slides_ms: int
    low_video_ms: int
    high_video_ms: int
    screen_video_ms: int


class AttendanceView(Wire):
    room_id: str
    room_name: str
    school_name: str
    first_joined_ms: int | None
    last_seen_ms: int | None
    voice_ms: int
    picture_ms: int
    cut_off_ms: int
    stage_count: int
    stage_ms: int
    hand_count: int
    levels: LevelTimes


class LessonSummary(Wire):
    """GET /api/lessons/{lesson_id}/summary"""

    lesson: LessonInfo
    attendance: list[AttendanceView]
    message_count: int
    viewers: ViewersView | None = None
    """Who watched outside of the rooms; None where nobody did."""


# ---- recordings ----------------------------------------------------------------------------------


class RecordingInfo(Wire):
    recording_id: str
    lesson_id: str
    title: str
    subject: str
    grade: str
    school_name: str
    lead_teacher_name: str
    started_at_ms: int
    duration_ms: int
    is_shared: bool
    is_live: bool
    comment_count: int
    room_names: list[str]
    bytes: int


class TrackInfo(Wire):
    """One synchronised track group."""

    name: str
    slot: Literal["lead", "screen", "stage"]
    label: str
    kinds: list[Literal["audio", "video"]]
    start_ms: int
    duration_ms: int
    playlist: str
    """URL of the HLS media playlist, or empty while not playable."""
    ready: bool
    progress: float


class TimelineEvent(Wire):
    """A moment worth a mark on the player's lanes."""

    at_ms: int
    """On the recording's axis."""
    type: Literal[
        "stage_on", "stage_off", "hand", "room_lost", "room_back", "lead_gone", "lead_back"
    ]
    room_id: str
    """Empty where it is about the lead teacher."""
    room_name: str


class CommentView(Wire):
    comment_id: str
    author_id: str
    author_name: str
    at_ms: int
    text: str
    created_at_ms: int
    is_mine: bool


class RecordingDetail(Wire):
    """GET /api/recordings/{recording_id}"""

    recording: RecordingInfo
    tracks: list[TrackInfo]
    timeline: list[TimelineEvent]
    comments: list[CommentView]
    attendance: list[AttendanceView]
    may_share: bool
    may_comment: bool


class RecordingChange(Wire):
    """PATCH /api/recordings/{recording_id}"""

    is_shared: bool


class NewComment(Wire):
    """POST /api/recordings/{recording_id}/comments"""

    at_ms: int = Field(ge=0)
    text: str = Field(min_length=1, max_length=1000)


class CommentChange(Wire):
    """PATCH /api/recordings/{recording_id}/comments/{comment_id} by its author; DELETE removes."""

    text: str = Field(min_length=1, max_length=1000)
