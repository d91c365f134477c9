"""Add watch links"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "watch_links",
        sa.Column("room_id", sa.String(length=40), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("has_replay", sa.Boolean(), nullable=False),
        sa.Column("created_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("expires_at_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["room_id"], ["rooms.id"], name=op.f("fk_watch_links_room_id")),
        sa.PrimaryKeyConstraint("room_id", name=op.f("pk_watch_links")),
        sa.UniqueConstraint("fingerprint", name=op.f("uq_watch_links_fingerprint")),
    )
