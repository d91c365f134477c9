"""The database: opened, migrated, closed. SQLite now, and no SQL that only SQLite understands."""

import asyncio
import sqlite3
from dataclasses import dataclass, field
from threading import Thread
from typing import Any
from weakref import WeakSet

import aiosqlite
from sqlalchemy import Connection, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)
from sqlalchemy.util import await_only

from streamsvc.base.clock import Clock
from streamsvc.school.io.faults import database_fault, newer_fault
from streamsvc.school.io.migrate import SchemaIsNewer, migrate

BUSY_TIMEOUT_MS = 5_000
"""How long a writer waits for another before it is told `database is locked`."""
LOOK_AGAIN_MS = 20
ENDS_WITHIN_SECONDS = 1.0
"""A connection's thread, once it was told to close."""
_WRITES = "streamsvc_writes"
_CHECK = text("SELECT version_num FROM alembic_version")


@dataclass(frozen=True, slots=True)
class Database:
    """What every part of the school shares."""

    engine: AsyncEngine
    reading: async_sessionmaker[AsyncSession]
    writing: async_sessionmaker[AsyncSession]
    """Sessions that take SQLite's write lock at their begin: a session that reads first and writes
    later would otherwise fail at once when another wrote in between."""
    clock: Clock
    threads: WeakSet[Thread] = field(default_factory=WeakSet)
    """The driver's, one for each connection."""

    async def check(self) -> None:
        """A trivial query that reads the file. Raises EnvironmentFault `database-unusable`."""
        path = make_url(str(self.engine.url)).database or ""
        try:
            async with self.reading() as session:
                await session.execute(_CHECK)
        except DBAPIError as error:
            raise database_fault(path, str(error.orig)) from error
        except SQLAlchemyError as error:
            raise database_fault(path, type(error).__name__) from error

    async def close(self) -> None:
        """Close all connections. Closing twice is harmless."""
        await self.engine.dispose()
        # the thread of a connection whose work was cut off closes it, and tells this loop last
        for thread in filter(Thread.is_alive, tuple(self.threads)):
            await asyncio.to_thread(thread.join, ENDS_WITHIN_SECONDS)


async def open_database(url: str, clock: Clock, busy_timeout_ms: int = BUSY_TIMEOUT_MS) -> Database:
    """Open and migrate to the newest schema. Raises EnvironmentFault `database-unusable`."""
    engine = create_async_engine(url)
    database = Database(
        engine=engine,
        reading=async_sessionmaker(engine, expire_on_commit=False),
        writing=async_sessionmaker(
            engine.execution_options(**{_WRITES: True}), expire_on_commit=False
        ),
        clock=clock,
    )
    if engine.dialect.name == "sqlite":
        _prepare_sqlite(database, busy_timeout_ms)
    try:
        await _migrate(database)
    except BaseException:
        await database.close()
        raise
    return database


async def _migrate(database: Database) -> None:
    path = make_url(str(database.engine.url)).database or ""
    try:
        async with database.engine.execution_options(**{_WRITES: True}).begin() as connection:
            await connection.run_sync(migrate)
    except SchemaIsNewer as error:
        raise newer_fault(path) from error
    except DBAPIError as error:
        raise database_fault(path, str(error.orig)) from error


def _prepare_sqlite(database: Database, busy_timeout_ms: int) -> None:
    engine = database.engine

    def begin_connection(*args: Any, **options: Any) -> aiosqlite.Connection:
        connection = aiosqlite.connect(*args, **options)
        thread = connection._thread  # noqa: SLF001 (there is no other way to it)
        thread.daemon = True
        database.threads.add(thread)  # also where nothing can be opened: its thread ends later
        return connection

    @event.listens_for(engine.sync_engine, "do_connect")
    def connect(_dialect: object, _record: object, _args: object, options: dict[str, Any]) -> None:
        options["async_creator_fn"] = begin_connection

    @event.listens_for(engine.sync_engine, "connect")
    def set_up(connection: Any, _record: object) -> None:
        # the driver's own BEGIN comes too late and leaves schema changes out: we say it ourselves
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {busy_timeout_ms}")
        cursor.execute("PRAGMA foreign_keys = ON")
        _keep_a_log(cursor, busy_timeout_ms)
        # schools lose power: what was said to be done is on disk, at one sync per change
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Connection) -> None:
        is_writing = connection.get_execution_options().get(_WRITES, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if is_writing else "BEGIN")


def _keep_a_log(cursor: Any, busy_timeout_ms: int) -> None:
    """Write-ahead. Where another program does so to a new file, too, SQLite says at once that it is
    locked, whatever the timeout: neither could go on if both waited."""
    for left_ms in range(busy_timeout_ms, -1, -LOOK_AGAIN_MS):
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or left_ms < LOOK_AGAIN_MS:
                raise
            await_only(asyncio.sleep(LOOK_AGAIN_MS / 1000))
        else:
            return
