"""Courseware between database, workshop and open lessons: what one does, the others hear."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterable

from signaling.io.courseware_listings import CoursewareListings
from signaling.io.registry import LessonRegistry
from signaling.io.services import Services
from signaling.io.views import courseware_view
from signaling.protocol.inputs import CoursewareListed
from streamsvc.base.courseware import HalfUpload, Slide
from streamsvc.base.errors import EnvironmentFault, StreamsvcError
from streamsvc.base.ids import CoursewareId, LessonId, new_id
from streamsvc.school.records import Courseware, Principal

log = logging.getLogger("streamsvc.courseware")

TELL_SECONDS = 10.0
"""A lesson is told of progress this often at most: each of its rooms asks for the list then."""


class CoursewareDesk:
    """`start` once, `close` once. Also the workshop's listener."""

    def __init__(self, services: Services, registry: LessonRegistry) -> None:
        self._services = services
        self._registry = registry
        self._shelf = services.school.courseware
        self.listings = CoursewareListings(self._shelf)
        self._workshop = services.courseware
        self._files = asyncio.Lock()
        """A file is not removed while a slide that uses it is being noted."""
        self._told_at: dict[LessonId, float] = {}

    async def start(self) -> None:
        """Go on with what a restart interrupted."""
        self._workshop.listen(self)
        unfinished = await self._shelf.unfinished()
        try:
            await self._workshop.start(
                [courseware.id for courseware in unfinished], await self._shelf.checksums()
            )
        except OSError as error:
            log.error("! no courseware can be added: %s", error)
            return
        for courseware in unfinished:
            self._workshop.convert(courseware.id, len(courseware.slides) + 1)

    async def close(self) -> None:
        """Stop converting; it goes on after the next start."""
        await self._workshop.close()

    # ---- files -----------------------------------------------------------------------------------

    async def add(
        self,
        principal: Principal,
        lesson_id: LessonId,
        title: str,
        chunks: AsyncIterator[bytes],
        announced_bytes: int,
    ) -> Courseware:
        """Take a file, and convert it when it is its turn. Raises what `CoursewareShelf.add` and
        `CoursewarePort.receive` raise; nothing is left then."""
        await self._shelf.check_addable(principal, lesson_id)
        courseware_id = CoursewareId(new_id("cw"))
        await self._workshop.receive(courseware_id, chunks, announced_bytes)
        try:
            added = await self._shelf.add(principal, courseware_id, lesson_id, title)
        except BaseException:
            await self._workshop.forget(courseware_id)
            raise
        self._workshop.convert(courseware_id)
        await self._tell(lesson_id)
        return added

    async def begin_upload(
        self, principal: Principal, lesson_id: LessonId, title: str, total_bytes: int
    ) -> HalfUpload:
        """A file will come in pieces. Raises what `CoursewareShelf.check_addable` and
        `HalvesPort.begin` raise."""
        await self._shelf.check_addable(principal, lesson_id)
        upload_id, owner = CoursewareId(new_id("cw")), principal.person_id
        half = HalfUpload(upload_id, lesson_id, owner, title, total_bytes, 0, 0)
        await self._workshop.halves.begin(half, self._workshop.limits)
        return await self._workshop.halves.find(half.id, lesson_id)

    async def find_upload(
        self, principal: Principal, lesson_id: LessonId, upload_id: CoursewareId
    ) -> HalfUpload:
        """How much is here. Raises what `check_addable` raises, UserError `upload-unknown`."""
        await self._shelf.check_addable(principal, lesson_id)
        return await self._workshop.halves.find(upload_id, lesson_id)

    async def continue_upload(
        self,
        principal: Principal,
        half: HalfUpload,
        offset: int,
        chunks: AsyncIterator[bytes],
    ) -> HalfUpload:
        """Take the next bytes; with the last one it is converted when it is its turn. Raises what
        `add` and `HalvesPort.write` raise."""
        workshop = self._workshop
        half = await workshop.halves.write(half, offset, chunks, workshop.limits)
        if half.offset < half.total_bytes:
            return half
        await workshop.receive_whole(half)
        try:
            await self._shelf.add(principal, half.id, half.lesson_id, half.title)
        except BaseException:
            await workshop.forget(half.id)
            raise
        workshop.convert(half.id)
        await self._tell(half.lesson_id)
        return half

    async def drop_upload(self, half: HalfUpload) -> None:
        """It is not wanted any more."""
        await self._workshop.halves.drop(half.id)

    async def remove(
        self, principal: Principal, lesson_id: LessonId, courseware_id: CoursewareId
    ) -> None:
        """Take it off the lesson, with the files nobody else uses."""
        removed = await self._shelf.remove(principal, lesson_id, courseware_id)
        await self.forget([removed])
        await self._tell(lesson_id)

    async def forget(self, removed: Iterable[Courseware]) -> None:
        """These are not in the database any more: remove what only they used."""
        for courseware in removed:
            self.listings.forget(courseware.lesson_id)
            await self._workshop.forget(courseware.id)
            async with self._files:
                unused = await self._shelf.unused(courseware.slides)
                await self._workshop.remove_slides(unused)

    # ---- what the workshop tells -----------------------------------------------------------------

    async def opened(self, courseware_id: CoursewareId, total: int) -> None:
        """ConversionListener."""
        await self._progress(await self._shelf.opened(courseware_id, total))

    async def slide_made(self, courseware_id: CoursewareId, slide: Slide) -> None:
        """ConversionListener. A file that was there for another courseware may have gone with it
        just now; then the slide is made again."""
        async with self._files:
            for picture in slide.pictures:
                if not await asyncio.to_thread(self._workshop.file(picture.sha256).is_file):
                    raise EnvironmentFault("slide-unknown")
            lesson_id = await self._shelf.slide_made(courseware_id, slide)
        await self._progress(lesson_id)

    async def converted(self, courseware_id: CoursewareId) -> None:
        """ConversionListener."""
        await self._tell(await self._shelf.converted(courseware_id))

    async def refused(self, courseware_id: CoursewareId, error: StreamsvcError) -> None:
        """ConversionListener."""
        log.info("= courseware refused: %s", error.error_id, extra={"id": courseware_id})
        await self._tell(await self._shelf.refused(courseware_id, error))

    async def _progress(self, lesson_id: LessonId) -> None:
        """Something is further on; the lesson hears of it when it is time."""
        self.listings.forget(lesson_id)
        now = self._services.clock.now()
        if now - self._told_at.get(lesson_id, float("-inf")) >= TELL_SECONDS:
            await self._tell(lesson_id)

    async def _tell(self, lesson_id: LessonId) -> None:
        """Those who are in the lesson; one that is not open reads it when it opens."""
        self.listings.forget(lesson_id)
        runner = self._registry.find(lesson_id)
        if runner is None:
            self._told_at.pop(lesson_id, None)
            return
        self._told_at[lesson_id] = self._services.clock.now()
        listed = await self._shelf.listed(lesson_id)
        runner.post(CoursewareListed([courseware_view(courseware) for courseware in listed]))
