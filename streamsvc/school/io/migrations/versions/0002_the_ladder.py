"""Rooms' links, what they got, and which of a lesson's pictures come first"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

LEVELS = ("voice", "slides", "low_video", "high_video", "screen_video")


def upgrade() -> None:
    with op.batch_alter_table("rooms") as rooms:
        rooms.add_column(sa.Column("most_kbps", sa.Integer(), nullable=True))
        for name in ("is_voice_and_slides", "is_satellite"):
            rooms.add_column(
                sa.Column(name, sa.Boolean(), server_default=sa.false(), nullable=False)
            )
    with op.batch_alter_table("lessons") as lessons:
        lessons.add_column(
            sa.Column(
                "picture_profile", sa.String(20), server_default="slides_first", nullable=False
            )
        )
    with op.batch_alter_table("attendance") as attendance:
        for level in LEVELS:
            attendance.add_column(
                sa.Column(f"at_{level}_ms", sa.BigInteger(), server_default="0", nullable=False)
            )


def downgrade() -> None:
    with op.batch_alter_table("attendance") as attendance:
        for level in reversed(LEVELS):
            attendance.drop_column(f"at_{level}_ms")
    with op.batch_alter_table("lessons") as lessons:
        lessons.drop_column("picture_profile")
    with op.batch_alter_table("rooms") as rooms:
        for name in ("is_satellite", "is_voice_and_slides", "most_kbps"):
            rooms.drop_column(name)
