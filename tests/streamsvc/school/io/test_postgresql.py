"""The tables and the scope compile for PostgreSQL too: nothing is SQLite's alone."""

import pytest
from sqlalchemy import select
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateTable

from streamsvc.school.io.scope import visible
from streamsvc.school.io.tables import LessonRow, OrganisationRow, RecordingRow, RoomRow, Table
from streamsvc.school.records import Principal, Role

DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]


def test_every_table_compiles() -> None:
    for table in Table.metadata.sorted_tables:
        assert f"CREATE TABLE {table.name}" in str(CreateTable(table).compile(dialect=DIALECT))


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("table", [OrganisationRow, RoomRow, LessonRow, RecordingRow])
def test_every_scope_compiles(role: Role, table: type[Table]) -> None:
    query = select(table).where(visible(Principal(role, "org_a/", "x"), table))
    assert "SELECT" in str(query.compile(dialect=DIALECT))
