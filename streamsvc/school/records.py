"""The records of the school side, as the rest of the program sees them: values, no database.

Times are ms since the epoch. Ids never change; the organisation tree is province, city, county,
school (then rooms), and every record hangs under one organisation, which is how it is scoped.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from streamsvc.base.courseware import Slide
from streamsvc.base.ids import (
    CommentId,
    CourseId,
    CoursewareId,
    LessonId,
    OrganisationId,
    PersonId,
    RecordingId,
    RoomId,
    StreamKeyId,
)
from streamsvc.base.media import PictureProfile, SoundProfile
from streamsvc.base.sessions import NO_POLICY, LinkPolicy


class OrganisationKind(StrEnum):
    """Levels of the tree, top first."""

    PROVINCE = "province"
    CITY = "city"
    COUNTY = "county"
    SCHOOL = "school"


class Role(StrEnum):
    """What a person or device may be. One per account; ROOM and PHONE are devices."""

    ADMINISTRATOR = "administrator"
    LEAD_TEACHER = "lead_teacher"
    HELPER_TEACHER = "helper_teacher"
    OBSERVER = "observer"
    ROOM = "room"
    """The classroom terminal: the school's device, not a pupil's."""
    PHONE = "phone"
    """A helper teacher's phone paired with a room's screen."""
    VIEWER = "viewer"
    """A parent's phone or browser that opened the watch link of a class."""
    CAMERA = "camera"
    """A camera of a lead room beside the teacher's own, by a link of hers: no account."""
    CAPTIONER = "captioner"
    """Who writes a lesson's captions, by its caption link: a person or a program."""


class RoomKind(StrEnum):
    """Where a lesson is given or received."""

    LEAD_ROOM = "lead_room"
    RECV_ROOM = "recv_room"


class LessonKind(StrEnum):
    """The three classrooms (domain glossary)."""

    DELIVERED = "delivered"
    MASTER_TEACHER = "master_teacher"
    SCHOOL_ONLINE = "school_online"


class SignInKind(StrEnum):
    """Which cookie a token came from; a token of one kind is nothing to another."""

    STAFF = "staff"
    ROOM = "room"
    PHONE = "phone"
    VIEWER = "viewer"


class LessonState(StrEnum):
    """A lesson only moves forward."""

    SCHEDULED = "scheduled"
    LIVE = "live"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Organisation:
    """A node of the tree."""

    id: OrganisationId
    parent_id: OrganisationId | None
    kind: OrganisationKind
    name: str
    school_code: str | None
    path: str
    """Ids from the top, each followed by `/`: `org_a/org_b/`; a subtree is a path prefix."""


@dataclass(frozen=True, slots=True)
class Person:
    """An account. The password hash never leaves the database code."""

    id: PersonId
    organisation_id: OrganisationId
    organisation_path: str
    organisation_name: str
    login: str
    name: str
    role: Role
    is_active: bool = True


@dataclass(frozen=True, slots=True)
class Room:
    """A physical classroom on camera."""

    id: RoomId
    organisation_id: OrganisationId
    organisation_path: str
    school_name: str
    name: str
    kind: RoomKind
    has_device: bool
    """A terminal has joined with a code and was not removed."""
    policy: LinkPolicy = NO_POLICY


@dataclass(frozen=True, slots=True)
class Course:
    """A series of lessons."""

    id: CourseId
    organisation_id: OrganisationId
    organisation_path: str
    title: str
    subject: str
    grade: str


@dataclass(frozen=True, slots=True)
class Lesson:
    """One dated lesson."""

    id: LessonId
    organisation_id: OrganisationId
    organisation_path: str
    school_name: str
    course_id: CourseId | None
    title: str
    subject: str
    grade: str
    kind: LessonKind
    state: LessonState
    lead_teacher_id: PersonId
    lead_teacher_name: str
    scheduled_start_ms: int
    duration_minutes: int
    started_at_ms: int | None
    ended_at_ms: int | None
    room_ids: tuple[RoomId, ...]
    """Invited receiving rooms."""
    is_adhoc: bool
    recording_id: RecordingId | None
    picture_profile: PictureProfile = PictureProfile.SLIDES_FIRST
    sound_profile: SoundProfile = SoundProfile.SPEECH


class CoursewareStatus(StrEnum):
    """How far a file is on its way to slides."""

    CONVERTING = "converting"
    READY = "ready"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Courseware:
    """A file of a lesson, as slides."""

    id: CoursewareId
    lesson_id: LessonId
    title: str
    status: CoursewareStatus
    total_slides: int | None
    """None until the file was opened."""
    slides: tuple[Slide, ...]
    """Those that are made, by number from 1."""
    error_id: str | None
    error_details: Mapping[str, str | int | float]


@dataclass(frozen=True, slots=True)
class CoursewareProgress:
    """How far a file is, without its slides."""

    id: CoursewareId
    lesson_id: LessonId
    title: str
    status: CoursewareStatus
    done_slides: int
    total_slides: int | None
    error_id: str | None
    error_details: Mapping[str, str | int | float]


@dataclass(frozen=True, slots=True)
class Attendance:
    """Evidence of one room in one lesson; the three sums cover the lesson's live time so far."""

    lesson_id: LessonId
    room_id: RoomId
    room_name: str
    school_name: str
    first_joined_ms: int | None
    last_seen_ms: int | None
    voice_ms: int
    picture_ms: int
    cut_off_ms: int
    """Joined once, and then without voice while the lesson ran."""
    stage_count: int
    stage_ms: int
    hand_count: int
    at_voice_ms: int = 0
    at_slides_ms: int = 0
    at_low_video_ms: int = 0
    at_high_video_ms: int = 0
    at_screen_video_ms: int = 0
    """Time with voice, by what else the room got (`streamsvc.base.media.LadderLevel`)."""


@dataclass(frozen=True, slots=True)
class Recording:
    """A lesson's recording in the library."""

    id: RecordingId
    lesson_id: LessonId
    organisation_id: OrganisationId
    organisation_path: str
    title: str
    subject: str
    grade: str
    school_name: str
    lead_teacher_id: PersonId | None
    """None for a recording found on disk whose lesson the database does not know."""
    lead_teacher_name: str
    started_at_ms: int
    duration_ms: int
    is_shared: bool
    """Shared with the county by someone entitled; until then private to school and teacher."""
    room_ids: tuple[RoomId, ...]
    comment_count: int


@dataclass(frozen=True, slots=True)
class Comment:
    """A remark pinned to a moment of a recording."""

    id: CommentId
    recording_id: RecordingId
    author_id: PersonId
    author_name: str
    at_ms: int
    """On the recording's time axis."""
    text: str
    created_at_ms: int


@dataclass(frozen=True, slots=True)
class Principal:
    """Who is asking: a signed-in person, a room's device, or a phone paired with a room."""

    role: Role
    organisation_path: str
    name: str
    person_id: PersonId | None = None
    room_id: RoomId | None = None
    school_name: str = ""


OPERATOR = Principal(role=Role.ADMINISTRATOR, organisation_path="", name="operator")
"""Whoever runs commands on the machine itself: the empty path is the prefix of every path. No
account, room or phone can have it: their paths come from the tree and are never empty."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Someone or some device that has just proved who it is. `token` is said once, here."""

    token: str
    kind: SignInKind
    expires_at_ms: int
    principal: Principal


@dataclass(frozen=True, slots=True)
class PairSecret:
    """What the big screen shows as a QR for the helper's phone; 160 random bits."""

    secret: str
    room_id: RoomId
    expires_at_ms: int


@dataclass(frozen=True, slots=True)
class StreamKey:
    """What a recorder host or encoder pushes with; its words are said once, when it is made."""

    id: StreamKeyId
    lead_teacher_id: PersonId
    lesson_id: LessonId | None
    """None: whichever lesson of the teacher is due, for the recorder host of her lead room."""
    added_by: str
    added_at_ms: int
    expires_at_ms: int
    used_at_ms: int | None
    """When somebody last began to push with it."""


@dataclass(frozen=True, slots=True)
class WatchLink:
    """The link by which a class's parents watch; its key is known to nobody who did not keep it."""

    room_id: RoomId
    has_replay: bool
    """The class may see its lessons of this week again."""
    created_at_ms: int
    expires_at_ms: int
    viewers: int
    """Devices that came by it and are not signed out; 0 where nobody asked for it."""


@dataclass(frozen=True, slots=True)
class WatchKey:
    """A fresh link with its key (160 random bits), shown once."""

    key: str
    link: WatchLink


@dataclass(frozen=True, slots=True)
class CaptionLink:
    """The link by which somebody writes one lesson's captions, without its key."""

    lesson_id: LessonId
    created_at_ms: int
    expires_at_ms: int


@dataclass(frozen=True, slots=True)
class CaptionKey:
    """A fresh link with its key (160 random bits), shown once."""

    key: str
    link: CaptionLink


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """Who did what to which object, kept for the months the law asks for."""

    at_ms: int
    actor_name: str
    actor_role: Role
    action: str
    """Noun and participle: `person.added`, `recording.viewed`."""
    object_id: str


@dataclass(frozen=True, slots=True)
class JoinCode:
    """Six digits that turn a browser into a room's device."""

    code: str
    room_id: RoomId
    expires_at_ms: int
