"""Tables, migrations and the scope compile for PostgreSQL too: nothing is SQLite's alone."""

import io

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from sqlalchemy import select
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateTable

from streamsvc.school.io.migrate import alembic_config
from streamsvc.school.io.scope import visible
from streamsvc.school.io.tables import LessonRow, OrganisationRow, RecordingRow, RoomRow, Table
from streamsvc.school.records import Principal, Role

DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]


def test_every_table_compiles() -> None:
    for table in Table.metadata.sorted_tables:
        assert f"CREATE TABLE {table.name}" in str(CreateTable(table).compile(dialect=DIALECT))


def test_every_migration_compiles() -> None:
    written = io.StringIO()
    options = {"as_sql": True, "output_buffer": written}
    scripts = ScriptDirectory.from_config(alembic_config())
    with Operations.context(MigrationContext.configure(dialect_name="postgresql", opts=options)):
        for script in reversed(list(scripts.walk_revisions())):
            script.module.upgrade()
    added = "ALTER TABLE rooms ADD COLUMN is_satellite BOOLEAN DEFAULT '0' NOT NULL"
    assert added in written.getvalue()


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("table", [OrganisationRow, RoomRow, LessonRow, RecordingRow])
def test_every_scope_compiles(role: Role, table: type[Table]) -> None:
    query = select(table).where(visible(Principal(role, "org_a/", "x"), table))
    assert "SELECT" in str(query.compile(dialect=DIALECT))
