"""Add checks of rooms"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "room_checks",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("room_id", sa.String(length=40), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("slot", sa.String(length=60), nullable=True),
        sa.Column("camera", sa.String(length=20), nullable=False),
        sa.Column("microphone", sa.String(length=20), nullable=False),
        sa.Column("echo", sa.String(length=20), nullable=False),
        sa.Column("way", sa.String(length=20), nullable=False),
        sa.Column("round_trip_ms", sa.Integer(), nullable=True),
        sa.Column("lost_down_permille", sa.Integer(), nullable=True),
        sa.Column("lost_up_permille", sa.Integer(), nullable=True),
        sa.Column("down_bps", sa.Integer(), nullable=True),
        sa.Column("up_bps", sa.Integer(), nullable=True),
        sa.Column("duration_ms", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["room_id"], ["rooms.id"], name=op.f("fk_room_checks_room_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_room_checks")),
        sa.UniqueConstraint("room_id", "slot", name=op.f("uq_room_checks_room_id")),
    )
    op.create_index("ix_room_checks_room_id_at_ms", "room_checks", ["room_id", "at_ms"])
