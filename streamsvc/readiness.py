"""Which parts of the service can do their work now: what `/readyz` says."""

import asyncio
import logging
import shutil
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from streamsvc.base.errors import StreamsvcError
from streamsvc.base.tasks import TaskScope

READY = "ok"
ANSWER_WITHIN_SECONDS = 1.0
DISK_FULL = "disk-full"
DISK_SILENT = "disk-unwritable"
DATABASE_SILENT = "database-unusable"
RECORDER_DOWN = "recorder-down"

log = logging.getLogger("streamsvc.readiness")


class Probe:
    """Asks one part and never waits longer than `ANSWER_WITHIN_SECONDS`. A question that hangs is
    left to end by itself, and no second one is asked beside it."""

    def __init__(self, name: str, ask: Callable[[], Awaitable[str]], if_silent: str) -> None:
        self._ask = ask
        self._if_silent = if_silent
        self._scope = TaskScope(f"readiness/{name}")
        self._asking: asyncio.Task[str] | None = None

    async def state(self) -> str:
        """`ok` or an error id."""
        if self._asking is None or self._asking.done():
            self._asking = self._scope.start("ask", self._asked())
        await asyncio.wait([self._asking], timeout=ANSWER_WITHIN_SECONDS)
        has_answered = self._asking.done() and not self._asking.cancelled()
        return self._asking.result() if has_answered else self._if_silent

    async def _asked(self) -> str:
        try:
            return await self._ask()
        except StreamsvcError as error:
            return error.error_id
        except OSError as error:
            log.warning("! not ready: %s", error)
            return self._if_silent

    async def close(self) -> None:
        """Ask no more."""
        await self._scope.close()


class Readiness:
    """Call it for the state of every part. `close()` at the end."""

    def __init__(
        self,
        *,
        check_database: Callable[[], Awaitable[None]],
        is_recorder_running: Callable[[], bool],
        folder: Path,
        min_free_bytes: int,
    ) -> None:
        """`check_database` raises what is wrong; `folder` must have `min_free_bytes` left."""
        self._check_database = check_database
        self._is_recorder_running = is_recorder_running
        self._folder = folder
        self._min_free_bytes = min_free_bytes
        self._database = Probe("database", self._ask_database, DATABASE_SILENT)
        self._disk = Probe("disk", self._ask_disk, DISK_SILENT)

    async def __call__(self) -> Mapping[str, str]:
        """Part to `ok` or the error id of what ails it."""
        return {
            "database": await self._database.state(),
            "recorder": READY if self._is_recorder_running() else RECORDER_DOWN,
            "disk": await self._disk.state(),
        }

    async def close(self) -> None:
        """Ask no more."""
        await self._database.close()
        await self._disk.close()

    async def _ask_database(self) -> str:
        await self._check_database()
        return READY

    async def _ask_disk(self) -> str:
        free_bytes = (await asyncio.to_thread(shutil.disk_usage, self._folder)).free
        return READY if free_bytes >= self._min_free_bytes else DISK_FULL
