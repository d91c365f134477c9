"""Add courseware and its slides"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "courseware",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("lesson_id", sa.String(length=40), nullable=False),
        sa.Column("title", sa.String(length=80), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("total_slides", sa.Integer(), nullable=True),
        sa.Column("error_id", sa.String(length=40), nullable=True),
        sa.Column("error_details", sa.Text(), nullable=False),
        sa.Column("added_at_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["lesson_id"], ["lessons.id"], name=op.f("fk_courseware_lesson_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_courseware")),
    )
    with op.batch_alter_table("courseware", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_courseware_lesson_id"), ["lesson_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_courseware_status"), ["status"], unique=False)

    op.create_table(
        "slides",
        sa.Column("courseware_id", sa.String(length=40), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("alt", sa.Text(), nullable=False),
        sa.Column("preview", sa.Text(), nullable=False),
        sa.Column("small_sha256", sa.String(length=64), nullable=False),
        sa.Column("small_bytes", sa.Integer(), nullable=False),
        sa.Column("medium_sha256", sa.String(length=64), nullable=False),
        sa.Column("medium_bytes", sa.Integer(), nullable=False),
        sa.Column("large_sha256", sa.String(length=64), nullable=False),
        sa.Column("large_bytes", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["courseware_id"],
            ["courseware.id"],
            name=op.f("fk_slides_courseware_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("courseware_id", "number", name=op.f("pk_slides")),
    )
    with op.batch_alter_table("slides", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_slides_large_sha256"), ["large_sha256"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_slides_medium_sha256"), ["medium_sha256"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_slides_small_sha256"), ["small_sha256"], unique=False)
