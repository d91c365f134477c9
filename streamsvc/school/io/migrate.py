"""Brings a schema up to date: Alembic, called from inside the program."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

MIGRATIONS = Path(__file__).parent / "migrations"


class SchemaIsNewer(Exception):
    """The database was migrated by a newer program."""


def migrate(connection: Connection) -> None:
    """Apply the missing migrations in the connection's transaction: all of them, or none.
    Raises SchemaIsNewer before anything is changed."""
    config = alembic_config()
    scripts = ScriptDirectory.from_config(config)
    present = MigrationContext.configure(connection).get_current_revision()
    if present == scripts.get_current_head():
        return
    if present is not None and present not in {
        script.revision for script in scripts.walk_revisions()
    }:
        raise SchemaIsNewer(present)
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def alembic_config() -> Config:
    """Alembic's settings; there is no file to find."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return config
