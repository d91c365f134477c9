"""The database: opened, migrated, closed. SQLite now, and no SQL that only SQLite understands."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from streamsvc.base.clock import Clock


@dataclass(frozen=True, slots=True)
class Database:
    """What every part of the school shares."""

    engine: AsyncEngine
    sessions: async_sessionmaker[AsyncSession]
    clock: Clock

    async def close(self) -> None:
        """Close all connections. Closing twice is harmless."""
        await self.engine.dispose()


async def open_database(url: str, clock: Clock) -> Database:
    """Open and migrate to the newest schema. Raises EnvironmentFault `database-unusable`."""
    raise NotImplementedError
