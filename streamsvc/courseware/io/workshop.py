"""Receives files and makes slides of them, one file at a time, in a process that may die of it.

The queue is in memory, its content in the database: after a restart the service asks again for what
was not done (`convert` with the next slide's number).
"""

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import AsyncIterator, Collection
from pathlib import Path

from streamsvc.base.clock import Clock
from streamsvc.base.courseware import CoursewareLimits, HalfUpload
from streamsvc.base.errors import Overload, StreamsvcError, UserError
from streamsvc.base.ids import CoursewareId
from streamsvc.base.tasks import TaskScope
from streamsvc.courseware.io.confine import can_leave_network
from streamsvc.courseware.io.conversion import Conversion
from streamsvc.courseware.io.halves import Halves
from streamsvc.courseware.io.office import office_program
from streamsvc.courseware.io.receiving import receive
from streamsvc.courseware.io.store import CoursewareFolder
from streamsvc.courseware.plan.report import Ended, Made, Opened, Refused, Report
from streamsvc.courseware.ports import ConversionListener
from streamsvc.courseware.settings import WorkshopSettings

log = logging.getLogger("courseware")

MAX_RECEIVING = 16
"""Uploads at a time; the next is told to come back."""
MAX_WAITING = 50
"""Files that wait for their turn; beyond that uploads are refused."""
RETRY_SECONDS = 10.0


class Workshop:
    """`listen`, `start`, then anything, then `close`."""

    def __init__(self, settings: WorkshopSettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._folder = CoursewareFolder(settings.folder)
        self.halves = Halves(self._folder, settings.min_free_bytes)
        self._listener: ConversionListener | None = None
        self._waiting: deque[tuple[CoursewareId, int]] = deque()
        self._wake = asyncio.Event()
        self._present: Conversion | None = None
        self._receiving = 0
        self._is_alone = False
        """A converting process can leave the network."""
        self._tasks = TaskScope("courseware")

    @property
    def limits(self) -> CoursewareLimits:
        """What may be added, now."""
        has_office = office_program(self._settings.office) is not None
        may_read = self._is_alone or self._settings.office_online
        return CoursewareLimits(
            max_bytes=self._settings.max_bytes,
            max_slides=self._settings.max_slides,
            reads_presentations=has_office and may_read,
            is_office_exposed=has_office and not may_read,
        )

    @property
    def converter_pid(self) -> int | None:
        """Process that is converting now."""
        return None if self._present is None else self._present.pid

    def listen(self, listener: ConversionListener) -> None:
        """Tell `listener` of every conversion from now on."""
        self._listener = listener

    async def start(self, originals: Collection[CoursewareId], checksums: Collection[str]) -> None:
        """Remove what a crash left behind, but for these; then convert what is asked for. Raises
        OSError."""
        await asyncio.to_thread(self._folder.make)
        if office_program(self._settings.office) is not None:
            self._is_alone = await asyncio.to_thread(can_leave_network)
        await self.halves.expire()
        removed = await asyncio.to_thread(self._folder.keep_only, originals, checksums)
        if removed:
            log.info("= %d leftovers of courseware removed", removed)
        self._tasks.start("convert", self._work())

    async def close(self) -> None:
        """Stop; what was not done is done after the next start."""
        if self._present is not None:
            await self._present.close()
        await self._tasks.close()

    # ---- receiving ---------------------------------------------------------------------------

    async def receive(
        self, courseware_id: CoursewareId, chunks: AsyncIterator[bytes], announced_bytes: int
    ) -> None:
        """Take a file to disk. `announced_bytes` is 0 when unknown. Raises UserError
        `courseware-kind-unknown`, `courseware-needs-office`, `courseware-empty`; ProtocolError
        `courseware-too-large`; PeerGone `upload-broken`; Overload `courseware-busy`;
        EnvironmentFault `disk-full`, `disk-unwritable`."""
        if self._receiving >= MAX_RECEIVING or len(self._waiting) >= MAX_WAITING:
            raise Overload("courseware-busy")
        self._receiving += 1
        try:
            await receive(
                self._folder,
                courseware_id,
                chunks,
                announced_bytes,
                limits=self.limits,
                min_free_bytes=self._settings.min_free_bytes,
            )
        finally:
            self._receiving -= 1

    async def receive_whole(self, half: HalfUpload) -> None:
        """All pieces of an upload are here: it is a file as any other now."""
        if len(self._waiting) >= MAX_WAITING:
            raise Overload("courseware-busy")
        await asyncio.to_thread(self._folder.keep_upload, half.id)
        await self.halves.drop(half.id)

    def convert(self, courseware_id: CoursewareId, first: int = 1) -> None:
        """Make its slides from number `first` on, when it is its turn."""
        self._waiting.append((courseware_id, first))
        self._wake.set()

    async def forget(self, courseware_id: CoursewareId) -> None:
        """It is not wanted any more, whatever was done with it."""
        self._waiting = deque(item for item in self._waiting if item[0] != courseware_id)
        if self._present is not None and self._present.courseware_id == courseware_id:
            self._present.kill()
        await asyncio.to_thread(self._folder.forget, courseware_id)

    # ---- slides ------------------------------------------------------------------------------

    def file(self, sha256: str) -> Path:
        """A slide's file. Raises UserError `slide-unknown` for a name that is none."""
        return self._folder.slide(sha256)

    async def remove_slides(self, checksums: Collection[str]) -> None:
        """Nobody uses these files any more."""
        await asyncio.to_thread(self._folder.remove_slides, checksums)

    # ---- converting --------------------------------------------------------------------------

    async def _work(self) -> None:
        while True:
            while not self._waiting:
                self._wake.clear()
                await self._wake.wait()
            courseware_id, first = self._waiting.popleft()
            await self._convert(courseware_id, first)

    async def _convert(self, courseware_id: CoursewareId, first: int) -> None:
        """One try; another later if the listener or this machine failed."""
        self._present = Conversion(self._settings, self._clock, courseware_id, first)
        heard = first - 1
        try:
            async with contextlib.aclosing(self._present.reports()) as reports:
                async for report in reports:
                    await self._tell(courseware_id, report)
                    heard = report.slide.number if isinstance(report, Made) else heard
                    if isinstance(report, Ended | Refused):
                        await asyncio.to_thread(self._folder.forget, courseware_id)
        except UserError:
            with contextlib.suppress(OSError):  # the next start removes what stays
                await self.forget(courseware_id)  # it was removed meanwhile
        except Exception as error:  # whatever a listener's database raises: others wait behind
            self._try_again(courseware_id, heard + 1, error)
        finally:
            self._present = None

    def _try_again(self, courseware_id: CoursewareId, first: int, error: Exception) -> None:
        # the words of other errors may quote what was to be written
        is_ours = isinstance(error, StreamsvcError | OSError)
        words = str(error) if is_ours else type(error).__name__
        log.warning("! courseware not converted, again in %.0f s: %s", RETRY_SECONDS, words)
        self._tasks.start("again", self._again(courseware_id, first))

    async def _again(self, courseware_id: CoursewareId, first: int) -> None:
        await asyncio.sleep(RETRY_SECONDS)
        self.convert(courseware_id, first)

    async def _tell(self, courseware_id: CoursewareId, report: Report) -> None:
        listener = self._listener
        if listener is None:
            raise UserError("courseware-unknown")
        match report:
            case Opened(total):
                await listener.opened(courseware_id, total)
            case Made(slide):
                await listener.slide_made(courseware_id, slide)
            case Ended():
                await listener.converted(courseware_id)
            case Refused(error):
                await listener.refused(courseware_id, error)
