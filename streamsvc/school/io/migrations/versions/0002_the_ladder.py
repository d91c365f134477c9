"""Rooms' links, what they got, and which of a lesson's pictures come first"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

LEVELS = ("voice", "slides", "low_video", "high_video", "screen_video")


def upgrade() -> None:
    op.add_column("rooms", sa.Column("most_kbps", sa.Integer(), nullable=True))
    for name in ("is_voice_and_slides", "is_satellite"):
        # a plain string: SQLite adds such a column in place, and PostgreSQL reads it as false
        op.add_column("rooms", sa.Column(name, sa.Boolean(), server_default="0", nullable=False))
    op.add_column(
        "lessons",
        sa.Column("picture_profile", sa.String(20), server_default="slides_first", nullable=False),
    )
    for level in LEVELS:
        op.add_column(
            "attendance",
            sa.Column(f"at_{level}_ms", sa.BigInteger(), server_default="0", nullable=False),
        )
