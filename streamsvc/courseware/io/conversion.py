"""One converting process, from its start to its last word."""

import asyncio
import contextlib
import logging
import os
import signal
import sys
from collections.abc import AsyncGenerator

from streamsvc.base.clock import Clock
from streamsvc.base.errors import ProtocolError, UserError
from streamsvc.base.ids import CoursewareId
from streamsvc.courseware.io.convert import EXIT_TOO_HEAVY
from streamsvc.courseware.io.office import OFFICE_SECONDS, office_program
from streamsvc.courseware.plan.report import Ended, Refused, Report, report_of
from streamsvc.courseware.settings import WorkshopSettings

log = logging.getLogger("courseware")

SLIDE_SECONDS = 60.0
"""The longest a page may take on a machine that teaches meanwhile."""
OPEN_SECONDS = OFFICE_SECONDS + SLIDE_SECONDS
LINE_BYTES = 65_536


class Conversion:
    """`reports()` once; `kill()` from anywhere."""

    def __init__(
        self,
        settings: WorkshopSettings,
        clock: Clock,
        courseware_id: CoursewareId,
        first: int,
    ) -> None:
        self.courseware_id = courseware_id
        self._settings = settings
        self._clock = clock
        self._first = first
        self._process: asyncio.subprocess.Process | None = None
        self._is_killed = False
        self._is_over = asyncio.Event()

    @property
    def pid(self) -> int | None:
        """Of the process while it runs."""
        process = self._process
        return process.pid if process is not None and process.returncode is None else None

    async def reports(self) -> AsyncGenerator[Report, None]:
        """What it says; the last is Ended or Refused, whatever becomes of the process, but for one
        that was killed. Raises OSError when it can't be started."""
        self._process = process = await self._started()
        if self._is_killed:
            self.kill()
        assert process.stdout is not None
        ends_at = self._clock.now() + self._settings.max_seconds
        patience = OPEN_SECONDS
        try:
            while True:
                left = min(patience, ends_at - self._clock.now())
                async with asyncio.timeout(max(0.0, left)):
                    line = await process.stdout.readline()
                if not line and self._is_killed:
                    return
                report = report_of(line) if line else Refused(await self._death(process))
                yield report
                if isinstance(report, Ended | Refused):
                    return
                patience = SLIDE_SECONDS
        except TimeoutError:
            yield Refused(UserError("courseware-too-slow"))
        except (ProtocolError, ValueError):  # ValueError: a line that is too long
            log.warning("! a conversion said nonsense")
            yield Refused(UserError("courseware-unreadable"))
        finally:
            self.kill()
            await process.communicate()  # to the end of its pipe, so that it is closed
            self._is_over.set()

    def kill(self) -> None:
        """End it and what it started. Harmless when it is over."""
        self._is_killed = True
        process = self._process
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        if process.returncode is None:  # it has not made its group yet
            with contextlib.suppress(ProcessLookupError):
                process.kill()

    async def close(self) -> None:
        """`kill`, and wait until nothing is left of it."""
        self.kill()
        await self._is_over.wait()

    async def _started(self) -> asyncio.subprocess.Process:
        settings = self._settings
        return await asyncio.create_subprocess_exec(
            sys.executable, "-m", "streamsvc.courseware.io.convert",
            "--folder", str(settings.folder),
            "--courseware-id", self.courseware_id,
            "--first", str(self._first),
            "--max-slides", str(settings.max_slides),
            "--max-seconds", str(settings.max_seconds),
            "--max-memory-bytes", str(settings.max_memory_bytes),
            "--office", office_program(settings.office) or "",
            "--parent", str(os.getpid()),
            *(["--office-online"] if settings.office_online else []),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,  # decoders are talkative about strangers' files
            limit=LINE_BYTES,
        )  # fmt: skip

    async def _death(self, process: asyncio.subprocess.Process) -> UserError:
        """Why it ended without a last word."""
        code = await process.wait()
        log.warning("! a conversion ended with %s", code, extra={"id": self.courseware_id})
        if code == -signal.SIGXCPU:
            return UserError("courseware-too-slow")
        is_heavy = code in (EXIT_TOO_HEAVY, -signal.SIGKILL, -signal.SIGABRT, -signal.SIGTRAP)
        return UserError("courseware-too-heavy" if is_heavy else "courseware-unreadable")
