"""The tables. Times are ms since the epoch (64 bits); kinds and states are their words.

Change a table here, then add a migration (README, "A new column"); a test compares the two.
"""

from sqlalchemy import (
    BigInteger,
    ForeignKey,
    Index,
    MetaData,
    String,
    Text,
    UniqueConstraint,
    exists,
    false,
    func,
    select,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, column_property, mapped_column, relationship

from streamsvc.school.records import SignInKind

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_name)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}
ID = String(40)
WORD = String(20)
NAME = String(80)
HASH = String(64)


class Table(DeclarativeBase):
    """Base of all tables; every constraint has a name, so that migrations can speak of it."""

    metadata = MetaData(naming_convention=NAMING)


class OrganisationRow(Table):
    __tablename__ = "organisations"

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    parent_id: Mapped[str | None] = mapped_column(ID, ForeignKey("organisations.id"))
    kind: Mapped[str] = mapped_column(WORD)
    name: Mapped[str] = mapped_column(NAME)
    school_code: Mapped[str | None] = mapped_column(String(10), unique=True)
    path: Mapped[str] = mapped_column(String(200), index=True)

    __table_args__ = (UniqueConstraint("parent_id", "name"),)


class PersonRow(Table):
    __tablename__ = "people"

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    organisation_id: Mapped[str] = mapped_column(ID, ForeignKey("organisations.id"), index=True)
    login: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(NAME)
    role: Mapped[str] = mapped_column(WORD)
    password_hash: Mapped[str] = mapped_column(String(255))
    is_active: Mapped[bool]

    organisation: Mapped[OrganisationRow] = relationship(lazy="joined", innerjoin=True)


class SignInRow(Table):
    """A token of a person (person_id) or of a room or its phone (room_id)."""

    __tablename__ = "sign_ins"

    fingerprint: Mapped[str] = mapped_column(HASH, primary_key=True)
    kind: Mapped[str] = mapped_column(WORD)
    person_id: Mapped[str | None] = mapped_column(ID, ForeignKey("people.id"), index=True)
    room_id: Mapped[str | None] = mapped_column(ID, ForeignKey("rooms.id"), index=True)
    name: Mapped[str] = mapped_column(NAME)
    """What the helper called herself on her phone."""
    created_at_ms: Mapped[int] = mapped_column(BigInteger)
    expires_at_ms: Mapped[int] = mapped_column(BigInteger, index=True)


class RoomRow(Table):
    __tablename__ = "rooms"

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    organisation_id: Mapped[str] = mapped_column(ID, ForeignKey("organisations.id"))
    name: Mapped[str] = mapped_column(NAME)
    kind: Mapped[str] = mapped_column(WORD)
    most_kbps: Mapped[int | None]
    is_voice_and_slides: Mapped[bool] = mapped_column(server_default=false(), default=False)
    is_satellite: Mapped[bool] = mapped_column(server_default=false(), default=False)

    organisation: Mapped[OrganisationRow] = relationship(lazy="joined", innerjoin=True)
    has_device: Mapped[bool] = column_property(
        exists()
        .where(SignInRow.room_id == id, SignInRow.kind == SignInKind.ROOM)
        .correlate_except(SignInRow)
    )

    __table_args__ = (UniqueConstraint("organisation_id", "name"),)


class JoinCodeRow(Table):
    """At most one per room. Kept as digits: six of them hashed are six digits still."""

    __tablename__ = "join_codes"

    room_id: Mapped[str] = mapped_column(ID, ForeignKey("rooms.id"), primary_key=True)
    code: Mapped[str] = mapped_column(String(6), unique=True)
    expires_at_ms: Mapped[int] = mapped_column(BigInteger)


class PairRow(Table):
    __tablename__ = "pairs"

    fingerprint: Mapped[str] = mapped_column(HASH, primary_key=True)
    room_id: Mapped[str] = mapped_column(ID, ForeignKey("rooms.id"), index=True)
    expires_at_ms: Mapped[int] = mapped_column(BigInteger)


class StreamKeyRow(Table):
    """What a recorder host pushes with. Kept for a while when it is no longer good, so that its
    next use can be told from a guess."""

    __tablename__ = "stream_keys"

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    fingerprint: Mapped[str] = mapped_column(HASH, unique=True)
    lead_teacher_id: Mapped[str] = mapped_column(ID, ForeignKey("people.id"), index=True)
    lesson_id: Mapped[str | None] = mapped_column(
        ID, ForeignKey("lessons.id", ondelete="CASCADE"), index=True
    )
    added_by: Mapped[str] = mapped_column(NAME)
    added_at_ms: Mapped[int] = mapped_column(BigInteger)
    expires_at_ms: Mapped[int] = mapped_column(BigInteger, index=True)
    used_at_ms: Mapped[int | None] = mapped_column(BigInteger)
    revoked_at_ms: Mapped[int | None] = mapped_column(BigInteger)

    lead_teacher: Mapped[PersonRow] = relationship(lazy="joined", innerjoin=True)


class WatchLinkRow(Table):
    """The link by which a class's parents watch; at most one per room."""

    __tablename__ = "watch_links"

    room_id: Mapped[str] = mapped_column(ID, ForeignKey("rooms.id"), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(HASH, unique=True)
    has_replay: Mapped[bool]
    created_at_ms: Mapped[int] = mapped_column(BigInteger)
    expires_at_ms: Mapped[int] = mapped_column(BigInteger)


class CaptionLinkRow(Table):
    """The link by which somebody writes a lesson's captions; at most one per lesson."""

    __tablename__ = "caption_links"

    lesson_id: Mapped[str] = mapped_column(
        ID, ForeignKey("lessons.id", ondelete="CASCADE"), primary_key=True
    )
    fingerprint: Mapped[str] = mapped_column(HASH, unique=True)
    created_at_ms: Mapped[int] = mapped_column(BigInteger)
    expires_at_ms: Mapped[int] = mapped_column(BigInteger)


class CourseRow(Table):
    __tablename__ = "courses"

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    organisation_id: Mapped[str] = mapped_column(ID, ForeignKey("organisations.id"), index=True)
    title: Mapped[str] = mapped_column(NAME)
    subject: Mapped[str] = mapped_column(WORD)
    grade: Mapped[str] = mapped_column(WORD)

    organisation: Mapped[OrganisationRow] = relationship(lazy="joined", innerjoin=True)


class LessonRoomRow(Table):
    """A room invited to a lesson."""

    __tablename__ = "lesson_rooms"

    lesson_id: Mapped[str] = mapped_column(
        ID, ForeignKey("lessons.id", ondelete="CASCADE"), primary_key=True
    )
    room_id: Mapped[str] = mapped_column(ID, ForeignKey("rooms.id"), primary_key=True, index=True)


class AttendanceRow(Table):
    __tablename__ = "attendance"

    lesson_id: Mapped[str] = mapped_column(
        ID, ForeignKey("lessons.id", ondelete="CASCADE"), primary_key=True
    )
    room_id: Mapped[str] = mapped_column(ID, ForeignKey("rooms.id"), primary_key=True)
    first_joined_ms: Mapped[int | None] = mapped_column(BigInteger)
    last_seen_ms: Mapped[int | None] = mapped_column(BigInteger)
    voice_ms: Mapped[int] = mapped_column(BigInteger)
    picture_ms: Mapped[int] = mapped_column(BigInteger)
    cut_off_ms: Mapped[int] = mapped_column(BigInteger)
    stage_count: Mapped[int]
    stage_ms: Mapped[int] = mapped_column(BigInteger)
    hand_count: Mapped[int]
    at_voice_ms: Mapped[int] = mapped_column(BigInteger, server_default="0")
    at_slides_ms: Mapped[int] = mapped_column(BigInteger, server_default="0")
    at_low_video_ms: Mapped[int] = mapped_column(BigInteger, server_default="0")
    at_high_video_ms: Mapped[int] = mapped_column(BigInteger, server_default="0")
    at_screen_video_ms: Mapped[int] = mapped_column(BigInteger, server_default="0")


class CommentRow(Table):
    __tablename__ = "comments"

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    recording_id: Mapped[str] = mapped_column(ID, ForeignKey("recordings.id"), index=True)
    author_id: Mapped[str] = mapped_column(ID, ForeignKey("people.id"))
    at_ms: Mapped[int] = mapped_column(BigInteger)
    text: Mapped[str] = mapped_column(Text)
    created_at_ms: Mapped[int] = mapped_column(BigInteger)

    author: Mapped[PersonRow] = relationship(lazy="joined", innerjoin=True)


class RecordingRow(Table):
    """Says itself what the lesson said when it was made: a recording found on disk may have lost
    its lesson, so `lesson_id` is no foreign key either."""

    __tablename__ = "recordings"

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    lesson_id: Mapped[str] = mapped_column(ID, index=True)
    organisation_id: Mapped[str] = mapped_column(ID, ForeignKey("organisations.id"), index=True)
    title: Mapped[str] = mapped_column(NAME)
    subject: Mapped[str] = mapped_column(WORD)
    grade: Mapped[str] = mapped_column(WORD)
    lead_teacher_id: Mapped[str | None] = mapped_column(ID, ForeignKey("people.id"), index=True)
    lead_teacher_name: Mapped[str] = mapped_column(NAME)
    started_at_ms: Mapped[int] = mapped_column(BigInteger, index=True)
    duration_ms: Mapped[int] = mapped_column(BigInteger)
    is_shared: Mapped[bool]

    organisation: Mapped[OrganisationRow] = relationship(lazy="joined", innerjoin=True)
    comment_count: Mapped[int] = column_property(
        select(func.count(CommentRow.id))
        .where(CommentRow.recording_id == id)
        .correlate_except(CommentRow)
        .scalar_subquery()
    )


class CaptionTextRow(Table):
    """All that a recording's captions say, for the library's search alone."""

    __tablename__ = "caption_texts"

    recording_id: Mapped[str] = mapped_column(
        ID, ForeignKey("recordings.id", ondelete="CASCADE"), primary_key=True
    )
    text: Mapped[str] = mapped_column(Text)


class LessonRow(Table):
    __tablename__ = "lessons"

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    organisation_id: Mapped[str] = mapped_column(ID, ForeignKey("organisations.id"), index=True)
    course_id: Mapped[str | None] = mapped_column(ID, ForeignKey("courses.id"))
    title: Mapped[str] = mapped_column(NAME)
    subject: Mapped[str] = mapped_column(WORD)
    grade: Mapped[str] = mapped_column(WORD)
    kind: Mapped[str] = mapped_column(WORD)
    state: Mapped[str] = mapped_column(WORD, index=True)
    lead_teacher_id: Mapped[str] = mapped_column(ID, ForeignKey("people.id"), index=True)
    scheduled_start_ms: Mapped[int] = mapped_column(BigInteger, index=True)
    duration_minutes: Mapped[int]
    started_at_ms: Mapped[int | None] = mapped_column(BigInteger)
    ended_at_ms: Mapped[int | None] = mapped_column(BigInteger)
    is_adhoc: Mapped[bool]
    picture_profile: Mapped[str] = mapped_column(WORD, server_default="slides_first")
    sound_profile: Mapped[str] = mapped_column(WORD, server_default="speech")

    organisation: Mapped[OrganisationRow] = relationship(lazy="joined", innerjoin=True)
    lead_teacher: Mapped[PersonRow] = relationship(lazy="joined", innerjoin=True)
    recording_id: Mapped[str | None] = column_property(
        select(RecordingRow.id)
        .where(RecordingRow.lesson_id == id)
        .order_by(RecordingRow.started_at_ms.desc())
        .limit(1)
        .correlate_except(RecordingRow)
        .scalar_subquery()
    )


class CoursewareRow(Table):
    """A file of a lesson; what it became is in `slides`."""

    __tablename__ = "courseware"

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    lesson_id: Mapped[str] = mapped_column(
        ID, ForeignKey("lessons.id", ondelete="CASCADE"), index=True
    )
    title: Mapped[str] = mapped_column(NAME)
    status: Mapped[str] = mapped_column(WORD, index=True)
    total_slides: Mapped[int | None]
    error_id: Mapped[str | None] = mapped_column(String(40))
    error_details: Mapped[str] = mapped_column(Text)
    """JSON object."""
    added_at_ms: Mapped[int] = mapped_column(BigInteger)


class SlideRow(Table):
    """A page of a courseware and the checksums that name its files."""

    __tablename__ = "slides"

    courseware_id: Mapped[str] = mapped_column(
        ID, ForeignKey("courseware.id", ondelete="CASCADE"), primary_key=True
    )
    number: Mapped[int] = mapped_column(primary_key=True)
    width: Mapped[int]
    height: Mapped[int]
    alt: Mapped[str] = mapped_column(Text)
    preview: Mapped[str] = mapped_column(Text)
    small_sha256: Mapped[str] = mapped_column(HASH, index=True)
    small_bytes: Mapped[int]
    medium_sha256: Mapped[str] = mapped_column(HASH, index=True)
    medium_bytes: Mapped[int]
    large_sha256: Mapped[str] = mapped_column(HASH, index=True)
    large_bytes: Mapped[int]


class RoomCheckRow(Table):
    """Figures of one check of a room; what follows from them is worked out when they are read."""

    __tablename__ = "room_checks"

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    room_id: Mapped[str] = mapped_column(ID, ForeignKey("rooms.id"))
    at_ms: Mapped[int] = mapped_column(BigInteger)
    slot: Mapped[str | None] = mapped_column(String(60))
    """Which unattended check it was; None for one that a person asked for."""
    camera: Mapped[str] = mapped_column(WORD)
    microphone: Mapped[str] = mapped_column(WORD)
    echo: Mapped[str] = mapped_column(WORD)
    way: Mapped[str] = mapped_column(WORD)
    round_trip_ms: Mapped[int | None]
    lost_down_permille: Mapped[int | None]
    lost_up_permille: Mapped[int | None]
    down_bps: Mapped[int | None]
    up_bps: Mapped[int | None]
    duration_ms: Mapped[int]

    __table_args__ = (
        UniqueConstraint("room_id", "slot"),
        Index("ix_room_checks_room_id_at_ms", "room_id", "at_ms"),
    )


class AuditRow(Table):
    """Names the actor as of then; no foreign keys, for it outlives what it speaks of."""

    __tablename__ = "audit"

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    at_ms: Mapped[int] = mapped_column(BigInteger, index=True)
    actor_id: Mapped[str] = mapped_column(ID)
    actor_name: Mapped[str] = mapped_column(NAME)
    actor_role: Mapped[str] = mapped_column(WORD)
    actor_path: Mapped[str] = mapped_column(String(200))
    action: Mapped[str] = mapped_column(String(40))
    object_id: Mapped[str] = mapped_column(ID)
