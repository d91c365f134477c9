"""Brings a schema up to date: Alembic, called from inside the program, and only when it is needed:
importing it costs a tenth of a second."""

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text

if TYPE_CHECKING:
    from alembic.config import Config

MIGRATIONS = Path(__file__).parent / "migrations"
_TABLE = "alembic_version"


class SchemaIsNewer(Exception):
    """The database was migrated by a newer program."""


def migrate(connection: Connection) -> None:
    """Apply the missing migrations in the connection's transaction: all of them, or none.
    Raises SchemaIsNewer before anything is changed."""
    known, present = revisions(), _present(connection)
    if present == known[-1]:
        return
    if present is not None and present not in known:
        raise SchemaIsNewer(present)
    from alembic import command

    config = alembic_config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def revisions() -> list[str]:
    """All that this program knows, oldest first: the numbers their files begin with."""
    return sorted(file.name[:4] for file in (MIGRATIONS / "versions").glob("[0-9]*.py"))


def _present(connection: Connection) -> str | None:
    """Where the database is; None when it is new."""
    if not inspect(connection).has_table(_TABLE):
        return None
    found: str | None = connection.scalar(text(f"SELECT version_num FROM {_TABLE}"))
    return found


def alembic_config() -> "Config":
    """Alembic's settings; there is no file to find."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return config
