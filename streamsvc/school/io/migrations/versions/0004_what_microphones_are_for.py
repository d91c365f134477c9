"""What a lesson's microphones are for"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "lessons",
        sa.Column("sound_profile", sa.String(20), server_default="speech", nullable=False),
    )
