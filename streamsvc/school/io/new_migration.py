"""Writes the next migration from what changed in `tables.py`:

python -m streamsvc.school.io.new_migration "Add the rooms' floor"
"""

import sys
import tempfile
from pathlib import Path

from alembic import command
from sqlalchemy import create_engine

from streamsvc.school.io.migrate import alembic_config, migrate, revisions


def main(message: str) -> None:
    """Compare the tables with a fresh database at the last migration, and write the difference."""
    with tempfile.TemporaryDirectory() as folder:
        engine = create_engine(f"sqlite:///{Path(folder) / 'school.db'}")
        with engine.begin() as connection:
            migrate(connection)
            config = alembic_config()
            config.attributes["connection"] = connection
            number = int(revisions()[-1]) + 1
            command.revision(config, message, autogenerate=True, rev_id=f"{number:04d}")
        engine.dispose()


if __name__ == "__main__":
    main(sys.argv[1])
