"""The first tables"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ID = sa.String(40)
WORD = sa.String(20)
NAME = sa.String(80)


def upgrade() -> None:
    _tree()
    _signing_in()
    _teaching()
    _library()


def _tree() -> None:
    """Organisations, their people and rooms."""
    op.create_table(
        "organisations",
        sa.Column("id", ID, nullable=False),
        sa.Column("parent_id", ID, nullable=True),
        sa.Column("kind", WORD, nullable=False),
        sa.Column("name", NAME, nullable=False),
        sa.Column("school_code", sa.String(length=10), nullable=True),
        sa.Column("path", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["organisations.id"], name="fk_organisations_parent_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_organisations"),
        sa.UniqueConstraint("parent_id", "name", name="uq_organisations_parent_id"),
        sa.UniqueConstraint("school_code", name="uq_organisations_school_code"),
    )
    op.create_index("ix_organisations_path", "organisations", ["path"])
    op.create_table(
        "people",
        sa.Column("id", ID, nullable=False),
        sa.Column("organisation_id", ID, nullable=False),
        sa.Column("login", sa.String(length=64), nullable=False),
        sa.Column("name", NAME, nullable=False),
        sa.Column("role", WORD, nullable=False),
        sa.Column("password_hash", sa.String(length=255), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name="fk_people_organisation_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_people"),
        sa.UniqueConstraint("login", name="uq_people_login"),
    )
    op.create_index("ix_people_organisation_id", "people", ["organisation_id"])
    op.create_table(
        "rooms",
        sa.Column("id", ID, nullable=False),
        sa.Column("organisation_id", ID, nullable=False),
        sa.Column("name", NAME, nullable=False),
        sa.Column("kind", WORD, nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name="fk_rooms_organisation_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_rooms"),
        sa.UniqueConstraint("organisation_id", "name", name="uq_rooms_organisation_id"),
    )


def _signing_in() -> None:
    """Tokens and codes."""
    op.create_table(
        "sign_ins",
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("kind", WORD, nullable=False),
        sa.Column("person_id", ID, nullable=True),
        sa.Column("room_id", ID, nullable=True),
        sa.Column("name", NAME, nullable=False),
        sa.Column("created_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("expires_at_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_sign_ins_person_id"),
        sa.ForeignKeyConstraint(["room_id"], ["rooms.id"], name="fk_sign_ins_room_id"),
        sa.PrimaryKeyConstraint("fingerprint", name="pk_sign_ins"),
    )
    op.create_index("ix_sign_ins_expires_at_ms", "sign_ins", ["expires_at_ms"])
    op.create_index("ix_sign_ins_person_id", "sign_ins", ["person_id"])
    op.create_index("ix_sign_ins_room_id", "sign_ins", ["room_id"])
    op.create_table(
        "join_codes",
        sa.Column("room_id", ID, nullable=False),
        sa.Column("code", sa.String(length=6), nullable=False),
        sa.Column("expires_at_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["room_id"], ["rooms.id"], name="fk_join_codes_room_id"),
        sa.PrimaryKeyConstraint("room_id", name="pk_join_codes"),
        sa.UniqueConstraint("code", name="uq_join_codes_code"),
    )
    op.create_table(
        "pairs",
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("room_id", ID, nullable=False),
        sa.Column("expires_at_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["room_id"], ["rooms.id"], name="fk_pairs_room_id"),
        sa.PrimaryKeyConstraint("fingerprint", name="pk_pairs"),
    )
    op.create_index("ix_pairs_room_id", "pairs", ["room_id"])


def _teaching() -> None:
    """Courses, lessons and who was there."""
    op.create_table(
        "courses",
        sa.Column("id", ID, nullable=False),
        sa.Column("organisation_id", ID, nullable=False),
        sa.Column("title", NAME, nullable=False),
        sa.Column("subject", WORD, nullable=False),
        sa.Column("grade", WORD, nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name="fk_courses_organisation_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_courses"),
    )
    op.create_index("ix_courses_organisation_id", "courses", ["organisation_id"])
    op.create_table(
        "lessons",
        sa.Column("id", ID, nullable=False),
        sa.Column("organisation_id", ID, nullable=False),
        sa.Column("course_id", ID, nullable=True),
        sa.Column("title", NAME, nullable=False),
        sa.Column("subject", WORD, nullable=False),
        sa.Column("grade", WORD, nullable=False),
        sa.Column("kind", WORD, nullable=False),
        sa.Column("state", WORD, nullable=False),
        sa.Column("lead_teacher_id", ID, nullable=False),
        sa.Column("scheduled_start_ms", sa.BigInteger(), nullable=False),
        sa.Column("duration_minutes", sa.Integer(), nullable=False),
        sa.Column("started_at_ms", sa.BigInteger(), nullable=True),
        sa.Column("ended_at_ms", sa.BigInteger(), nullable=True),
        sa.Column("is_adhoc", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["course_id"], ["courses.id"], name="fk_lessons_course_id"),
        sa.ForeignKeyConstraint(
            ["lead_teacher_id"], ["people.id"], name="fk_lessons_lead_teacher_id"
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name="fk_lessons_organisation_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_lessons"),
    )
    op.create_index("ix_lessons_lead_teacher_id", "lessons", ["lead_teacher_id"])
    op.create_index("ix_lessons_organisation_id", "lessons", ["organisation_id"])
    op.create_index("ix_lessons_scheduled_start_ms", "lessons", ["scheduled_start_ms"])
    op.create_index("ix_lessons_state", "lessons", ["state"])
    op.create_table(
        "lesson_rooms",
        sa.Column("lesson_id", ID, nullable=False),
        sa.Column("room_id", ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["lesson_id"], ["lessons.id"], name="fk_lesson_rooms_lesson_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["room_id"], ["rooms.id"], name="fk_lesson_rooms_room_id"),
        sa.PrimaryKeyConstraint("lesson_id", "room_id", name="pk_lesson_rooms"),
    )
    op.create_index("ix_lesson_rooms_room_id", "lesson_rooms", ["room_id"])
    op.create_table(
        "attendance",
        sa.Column("lesson_id", ID, nullable=False),
        sa.Column("room_id", ID, nullable=False),
        sa.Column("first_joined_ms", sa.BigInteger(), nullable=True),
        sa.Column("last_seen_ms", sa.BigInteger(), nullable=True),
        sa.Column("voice_ms", sa.BigInteger(), nullable=False),
        sa.Column("picture_ms", sa.BigInteger(), nullable=False),
        sa.Column("cut_off_ms", sa.BigInteger(), nullable=False),
        sa.Column("stage_count", sa.Integer(), nullable=False),
        sa.Column("stage_ms", sa.BigInteger(), nullable=False),
        sa.Column("hand_count", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["lesson_id"], ["lessons.id"], name="fk_attendance_lesson_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["room_id"], ["rooms.id"], name="fk_attendance_room_id"),
        sa.PrimaryKeyConstraint("lesson_id", "room_id", name="pk_attendance"),
    )


def _library() -> None:
    """Recordings, remarks, and the log."""
    op.create_table(
        "recordings",
        sa.Column("id", ID, nullable=False),
        sa.Column("lesson_id", ID, nullable=False),
        sa.Column("organisation_id", ID, nullable=False),
        sa.Column("title", NAME, nullable=False),
        sa.Column("subject", WORD, nullable=False),
        sa.Column("grade", WORD, nullable=False),
        sa.Column("lead_teacher_id", ID, nullable=True),
        sa.Column("lead_teacher_name", NAME, nullable=False),
        sa.Column("started_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("duration_ms", sa.BigInteger(), nullable=False),
        sa.Column("is_shared", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["lead_teacher_id"], ["people.id"], name="fk_recordings_lead_teacher_id"
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name="fk_recordings_organisation_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_recordings"),
    )
    op.create_index("ix_recordings_lead_teacher_id", "recordings", ["lead_teacher_id"])
    op.create_index("ix_recordings_lesson_id", "recordings", ["lesson_id"])
    op.create_index("ix_recordings_organisation_id", "recordings", ["organisation_id"])
    op.create_index("ix_recordings_started_at_ms", "recordings", ["started_at_ms"])
    op.create_table(
        "comments",
        sa.Column("id", ID, nullable=False),
        sa.Column("recording_id", ID, nullable=False),
        sa.Column("author_id", ID, nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("created_at_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["author_id"], ["people.id"], name="fk_comments_author_id"),
        sa.ForeignKeyConstraint(
            ["recording_id"], ["recordings.id"], name="fk_comments_recording_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_comments"),
    )
    op.create_index("ix_comments_recording_id", "comments", ["recording_id"])
    op.create_table(
        "audit",
        sa.Column("id", ID, nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("actor_id", ID, nullable=False),
        sa.Column("actor_name", NAME, nullable=False),
        sa.Column("actor_role", WORD, nullable=False),
        sa.Column("actor_path", sa.String(length=200), nullable=False),
        sa.Column("action", ID, nullable=False),
        sa.Column("object_id", ID, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
    )
    op.create_index("ix_audit_at_ms", "audit", ["at_ms"])
