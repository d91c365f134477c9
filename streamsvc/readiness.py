"""Which parts of the service can do their work now: what `/readyz` says."""

import asyncio
import logging
import shutil
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from streamsvc.base.errors import StreamsvcError
from streamsvc.base.tasks import TaskScope
from streamsvc.courseware.io.office import OFF, office_program

READY = "ok"
ANSWER_WITHIN_SECONDS = 1.0
DISK_FULL = "disk-full"
DISK_SILENT = "disk-unwritable"
DATABASE_SILENT = "database-unusable"
RECORDER_DOWN = "recorder-down"
NO_OFFICE = "courseware-needs-office"
TRANSCODERS_FULL = "transcoders-full"

log = logging.getLogger("streamsvc.readiness")


class Probe:
    """Asks one part, one question at a time: a question that hangs is left to end by itself."""

    def __init__(self, name: str, ask: Callable[[], Awaitable[str]], if_silent: str) -> None:
        self._ask = ask
        self._if_silent = if_silent
        self._scope = TaskScope(f"readiness/{name}")
        self._asking: asyncio.Task[str] | None = None

    def asking(self) -> "asyncio.Task[str]":
        """The question under way; begun if there is none."""
        if self._asking is None or self._asking.done():
            self._asking = self._scope.start("ask", self._asked())
        return self._asking

    def state(self) -> str:
        """`ok` or an error id; what silence means while there is no answer."""
        task = self._asking
        if task is None or not task.done() or task.cancelled():
            return self._if_silent
        return task.result()

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
        office: str = OFF,
        lacks_transcoders: Callable[[], bool] | None = None,
    ) -> None:
        """`check_database` raises what is wrong; `folder` must have `min_free_bytes` left; `office`
        is the setting of that name; `lacks_transcoders`: whether rooms go without lower pictures
        that this machine can't make any more; None: it makes none."""
        self._check_database = check_database
        self._is_recorder_running = is_recorder_running
        self._folder = folder
        self._min_free_bytes = min_free_bytes
        self._office = office
        self._lacks_transcoders = lacks_transcoders
        self._database = Probe("database", self._ask_database, DATABASE_SILENT)
        self._disk = Probe("disk", self._ask_disk, DISK_SILENT)

    async def __call__(self) -> Mapping[str, str]:
        """Part to `ok` or the error id of what ails it; after `ANSWER_WITHIN_SECONDS` at most."""
        questions = [self._database.asking(), self._disk.asking()]
        await asyncio.wait(questions, timeout=ANSWER_WITHIN_SECONDS)
        parts = {
            "database": self._database.state(),
            "recorder": READY if self._is_recorder_running() else RECORDER_DOWN,
            "disk": self._disk.state(),
        }
        if self._office != OFF:
            parts["presentations"] = READY if office_program(self._office) else NO_OFFICE
        if self._lacks_transcoders is not None:
            parts["lower_pictures"] = TRANSCODERS_FULL if self._lacks_transcoders() else READY
        return parts

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
