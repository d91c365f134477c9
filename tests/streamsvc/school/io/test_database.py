"""Opening: the schema, and every way a database can be unusable."""

import asyncio
import sqlite3
import sys
import threading
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine

from streamsvc.base.errors import EnvironmentFault
from streamsvc.school.io.database import Database, open_database
from streamsvc.school.io.migrate import alembic_config, migrate, revisions
from streamsvc.school.io.tables import Table
from tests.support.clock import ManualClock


def url_of(path: Path) -> str:
    return f"sqlite+aiosqlite:///{path}"


async def open_at(path: Path, busy_timeout_ms: int = 50) -> Database:
    return await open_database(url_of(path), ManualClock(), busy_timeout_ms)


async def reason_of(path: Path) -> str:
    """Why it can't be opened."""
    with pytest.raises(EnvironmentFault) as caught:
        await open_at(path)
    assert caught.value.error_id == "database-unusable"
    assert caught.value.details["path"] == str(path)
    assert caught.value.details["advice"]
    return str(caught.value.details["reason"])


def test_the_migrations_make_the_tables(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'school.db'}")
    with engine.begin() as connection:
        migrate(connection)
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Table.metadata) == []
    engine.dispose()


IN_USE = (
    "INSERT INTO organisations VALUES ('org', NULL, 'school', 'School', '1234567890', 'org/')",
    "INSERT INTO people VALUES ('per', 'org', 'wang', 'Wang', 'teacher', 'hash', 1)",
    "INSERT INTO rooms VALUES ('room', 'org', 'Room 3', 'classroom')",
    "INSERT INTO sign_ins VALUES ('print', 'room', NULL, 'room', 'Room 3', 1, 2)",
    "INSERT INTO lessons VALUES "
    "('les', 'org', NULL, 'Area', 'maths', '3', 'pair', 'ended', 'per', 1, 40, 1, 2, 0)",
    "INSERT INTO lesson_rooms VALUES ('les', 'room')",
    "INSERT INTO attendance VALUES ('les', 'room', 1, 2, 3, 4, 5, 6, 7, 8)",
)
"""A row in each table that others refer to, and those that refer to it, as of the first tables."""


async def test_a_school_in_use_keeps_its_rows(tmp_path: Path) -> None:
    path = tmp_path / "school.db"
    before = _first_tables_in_use(path)
    await (await open_at(path)).close()
    with sqlite3.connect(path) as connection:
        for table, row in before.items():
            (found,) = connection.execute(f"SELECT * FROM {table}").fetchall()
            assert found[: len(row)] == row
        added = "most_kbps, is_voice_and_slides, is_satellite"
        assert connection.execute(f"SELECT {added} FROM rooms").fetchall() == [(None, 0, 0)]
        assert connection.execute("SELECT count(*) FROM room_checks").fetchone() == (0,)
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    connection.close()


def _first_tables_in_use(path: Path) -> dict[str, tuple[object, ...]]:
    """A database of the first version; its rows by table."""
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        config = alembic_config()
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        tables = [statement.split()[2] for statement in IN_USE]
        for statement in IN_USE:
            connection.exec_driver_sql(statement)
        rows = {t: connection.exec_driver_sql(f"SELECT * FROM {t}").one() for t in tables}
    engine.dispose()
    return {table: tuple(row) for table, row in rows.items()}


async def test_a_second_open_finds_the_same_schema(tmp_path: Path) -> None:
    path = tmp_path / "school.db"
    for _ in range(2):
        database = await open_at(path)
        await database.close()
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchall() != []
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()


def test_the_newest_migration_is_known_without_alembic() -> None:
    scripts = ScriptDirectory.from_config(alembic_config())
    assert revisions() == sorted(script.revision for script in scripts.walk_revisions())
    assert revisions()[-1] == scripts.get_current_head()


async def test_a_schema_that_is_up_to_date_costs_no_alembic(tmp_path: Path) -> None:
    path = tmp_path / "school.db"
    await (await open_at(path)).close()
    again = f"""
import asyncio, sys
from streamsvc.base.clock import SystemClock
from streamsvc.school.io.database import open_database
async def main():
    await (await open_database("sqlite+aiosqlite:///{path}", SystemClock())).close()
    assert "alembic" not in sys.modules
asyncio.run(main())
"""
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", again)
    assert await process.wait() == 0


async def test_two_programs_open_a_new_database_at_once(tmp_path: Path) -> None:
    path = tmp_path / "school.db"
    opened = await asyncio.gather(*(open_at(path, busy_timeout_ms=20_000) for _ in range(3)))
    for database in opened:
        await database.close()
        await database.close()


async def test_foreign_keys_hold(tmp_path: Path) -> None:
    database = await open_at(tmp_path / "school.db")
    async with database.reading() as session:
        connection = await session.connection()
        assert (await connection.exec_driver_sql("PRAGMA foreign_keys")).scalar() == 1
    await database.close()


async def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "school.db"
    path.write_bytes(b"not a database at all, but long enough to have a header" * 100)
    before = path.read_bytes()
    assert await reason_of(path) == "corrupt"
    assert path.read_bytes() == before


async def test_a_damaged_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "school.db"
    database = await open_at(path)
    await database.close()
    damaged = bytearray(path.read_bytes())
    damaged[100:4000] = b"\xff" * 3900
    path.write_bytes(damaged)
    assert await reason_of(path) == "corrupt"
    assert path.read_bytes() == damaged


async def test_a_newer_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "school.db"
    database = await open_at(path)
    await database.close()
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    before = path.read_bytes()
    assert await reason_of(path) == "newer"
    assert path.read_bytes() == before


async def test_a_locked_database_says_so(tmp_path: Path) -> None:
    path = tmp_path / "school.db"
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    try:
        assert await reason_of(path) == "locked"
    finally:
        other.close()


async def test_a_folder_in_the_way_says_so(tmp_path: Path) -> None:
    path = tmp_path / "school.db"
    path.mkdir()
    assert await reason_of(path) == "unwritable"
    before = threading.active_count()
    assert await reason_of(tmp_path / "absent" / "school.db") == "unwritable"
    assert threading.active_count() <= before + 1, "of the driver; one may be the loop's own"


class CutShort(BaseException):
    """Not an error anything would catch."""


def test_a_migration_that_fails_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Schema changes are inside the transaction: a kill in the middle leaves the old schema."""
    database = asyncio.run(_open_and_fail(tmp_path / "school.db", monkeypatch))
    with sqlite3.connect(database) as connection:
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == []
    connection.close()


async def _open_and_fail(path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    def fail_at_the_end(connection: Connection) -> None:
        migrate(connection)
        raise CutShort

    monkeypatch.setattr("streamsvc.school.io.database.migrate", fail_at_the_end)
    before = threading.active_count()
    with pytest.raises(CutShort):
        await open_at(path)
    assert threading.active_count() <= before + 1, "of the driver; one may be the loop's own"
    return path
