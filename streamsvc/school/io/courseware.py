"""Courseware in the database: which files a lesson has, and what slides they became. The slides'
files are on disk, named by the checksums kept here."""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from streamsvc.base.courseware import Slide, SlidePicture
from streamsvc.base.errors import StreamsvcError, UserError
from streamsvc.base.ids import CoursewareId, LessonId
from streamsvc.school.io.audit import audited
from streamsvc.school.io.database import Database
from streamsvc.school.io.lesson_rows import managed_row, scoped_row
from streamsvc.school.io.scope import Condition, visible
from streamsvc.school.io.tables import CoursewareRow, LessonRow, SlideRow
from streamsvc.school.records import (
    Courseware,
    CoursewareProgress,
    CoursewareStatus,
    LessonState,
    Principal,
)

MAX_OF_LESSON = 20
_PICTURES = (SlideRow.small_sha256, SlideRow.medium_sha256, SlideRow.large_sha256)
_IN_ORDER = (CoursewareRow.added_at_ms, CoursewareRow.id)


class CoursewareShelf:
    """Courseware of lessons. Who sees a lesson sees its courseware; who may change the lesson may
    change it, until the lesson has ended. `listed`, `opened`, `slide_made`, `converted`, `refused`
    and what follows belong to the converter's side, which asks for nobody."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def of_lesson(self, principal: Principal, lesson_id: LessonId) -> list[Courseware]:
        """All of a lesson, in the order they were added. Raises UserError `lesson-unknown`."""
        async with self._db.reading() as session:
            await scoped_row(session, principal, lesson_id)
            return await _where(
                session, CoursewareRow.lesson_id == lesson_id, visible(principal, CoursewareRow)
            )

    async def check_addable(self, principal: Principal, lesson_id: LessonId) -> None:
        """Before a file is taken. Raises UserError `lesson-unknown`, `lesson-of-other-teacher`,
        `lesson-already-ended`, `courseware-too-many`."""
        async with self._db.reading() as session:
            await _addable(session, principal, lesson_id)

    async def add(
        self, principal: Principal, courseware_id: CoursewareId, lesson_id: LessonId, title: str
    ) -> Courseware:
        """A file that is here and will be converted. Raises like `check_addable`."""
        now_ms = self._db.clock.wall_ms()
        async with self._db.writing.begin() as session:
            await _addable(session, principal, lesson_id)
            row = CoursewareRow(
                id=courseware_id,
                lesson_id=lesson_id,
                title=title,
                status=CoursewareStatus.CONVERTING.value,
                error_details="{}",
                added_at_ms=now_ms,
            )
            session.add(row)
            session.add(audited(principal, "courseware.added", courseware_id, now_ms))
            return _courseware(row, ())

    async def remove(
        self, principal: Principal, lesson_id: LessonId, courseware_id: CoursewareId
    ) -> Courseware:
        """Take it off the lesson; what it was. Raises UserError `lesson-unknown`,
        `lesson-of-other-teacher`, `courseware-unknown`."""
        now_ms = self._db.clock.wall_ms()
        async with self._db.writing.begin() as session:
            await managed_row(session, principal, lesson_id)
            same = (CoursewareRow.id == courseware_id, CoursewareRow.lesson_id == lesson_id)
            found = await _where(session, *same, visible(principal, CoursewareRow))
            if not found:
                raise UserError("courseware-unknown")
            await session.delete(await _row(session, courseware_id))
            session.add(audited(principal, "courseware.removed", courseware_id, now_ms))
            return found[0]

    # ---- converting ------------------------------------------------------------------------------

    async def listed(self, lesson_id: LessonId) -> list[Courseware]:
        """All of a lesson, not scoped: for those who are in it."""
        async with self._db.reading() as session:
            return await _where(session, CoursewareRow.lesson_id == lesson_id)

    async def progress(
        self, lesson_ids: Sequence[LessonId]
    ) -> dict[LessonId, list[CoursewareProgress]]:
        """How far the files of these lessons are, in order, not scoped; lessons without any are
        left out."""
        found: defaultdict[LessonId, list[CoursewareProgress]] = defaultdict(list)
        async with self._db.reading() as session:
            for some in _in_parts(lesson_ids):
                for row, done in await session.execute(_counted(some)):
                    found[LessonId(row.lesson_id)].append(_progress(row, done))
        return dict(found)

    async def unfinished(self) -> list[Courseware]:
        """What a restart interrupted."""
        async with self._db.reading() as session:
            return await _where(session, CoursewareRow.status == CoursewareStatus.CONVERTING.value)

    async def opened(self, courseware_id: CoursewareId, total: int) -> LessonId:
        """It has so many pages; the lesson it belongs to. Raises UserError `courseware-unknown`, as
        do the next three."""
        async with self._db.writing.begin() as session:
            row = await _row(session, courseware_id)
            row.total_slides = total
            return LessonId(row.lesson_id)

    async def slide_made(self, courseware_id: CoursewareId, slide: Slide) -> LessonId:
        """One more slide. One that is there already is replaced."""
        async with self._db.writing.begin() as session:
            row = await _row(session, courseware_id)
            await session.merge(_slide_row(courseware_id, slide))
            return LessonId(row.lesson_id)

    async def converted(self, courseware_id: CoursewareId) -> LessonId:
        """All of its slides are there."""
        async with self._db.writing.begin() as session:
            row = await _row(session, courseware_id)
            row.status = CoursewareStatus.READY.value
            return LessonId(row.lesson_id)

    async def refused(self, courseware_id: CoursewareId, error: StreamsvcError) -> LessonId:
        """It can't become slides."""
        async with self._db.writing.begin() as session:
            row = await _row(session, courseware_id)
            row.status = CoursewareStatus.FAILED.value
            row.error_id, row.error_details = error.error_id, json.dumps(error.details)
            return LessonId(row.lesson_id)

    # ---- files -----------------------------------------------------------------------------------

    async def checksums(self) -> set[str]:
        """Names of all files that slides use."""
        async with self._db.reading() as session:
            rows = await session.execute(select(*_PICTURES))
            return {sha256 for row in rows for sha256 in row}

    async def unused(self, slides: Iterable[Slide]) -> set[str]:
        """Which of these slides' files no slide uses any more."""
        wanted = {picture.sha256 for slide in slides for picture in slide.pictures}
        async with self._db.reading() as session:
            for column in _PICTURES:
                for some in _in_parts(sorted(wanted)):
                    used = await session.scalars(select(column).where(column.in_(some)))
                    wanted -= set(used)
        return wanted


async def _addable(session: AsyncSession, principal: Principal, lesson_id: LessonId) -> LessonRow:
    lesson = await managed_row(session, principal, lesson_id)
    if lesson.state == LessonState.ENDED:
        raise UserError("lesson-already-ended")
    count = select(func.count()).where(CoursewareRow.lesson_id == lesson_id)
    if (await session.scalar(count) or 0) >= MAX_OF_LESSON:
        raise UserError("courseware-too-many", limit=MAX_OF_LESSON)
    return lesson


async def _row(session: AsyncSession, courseware_id: CoursewareId) -> CoursewareRow:
    row = await session.get(CoursewareRow, courseware_id)
    if row is None:
        raise UserError("courseware-unknown")
    return row


async def _where(session: AsyncSession, *conditions: Condition) -> list[Courseware]:
    query = select(CoursewareRow).where(*conditions).order_by(*_IN_ORDER)
    rows = (await session.scalars(query)).all()
    slides = await _slides(session, [row.id for row in rows])
    return [_courseware(row, slides.get(row.id, ())) for row in rows]


async def _slides(session: AsyncSession, ids: Sequence[str]) -> dict[str, Sequence[Slide]]:
    query = select(SlideRow).where(SlideRow.courseware_id.in_(ids)).order_by(SlideRow.number)
    found: defaultdict[str, list[Slide]] = defaultdict(list)
    for row in await session.scalars(query):
        found[row.courseware_id].append(_slide(row))
    return dict(found)


def _counted(lesson_ids: Sequence[str]) -> Select[CoursewareRow, int]:
    done = select(func.count()).where(SlideRow.courseware_id == CoursewareRow.id)
    return (
        select(CoursewareRow, done.scalar_subquery())
        .where(CoursewareRow.lesson_id.in_(lesson_ids))
        .order_by(*_IN_ORDER)
    )


def _progress(row: CoursewareRow, done: int) -> CoursewareProgress:
    return CoursewareProgress(
        id=CoursewareId(row.id),
        lesson_id=LessonId(row.lesson_id),
        title=row.title,
        status=CoursewareStatus(row.status),
        done_slides=done,
        total_slides=row.total_slides,
        error_id=row.error_id,
        error_details=json.loads(row.error_details),
    )


def _in_parts(values: Sequence[str], size: int = 500) -> Iterable[Sequence[str]]:
    """A query holds a bounded number of values."""
    return (values[start : start + size] for start in range(0, len(values), size))


def _courseware(row: CoursewareRow, slides: Sequence[Slide]) -> Courseware:
    return Courseware(
        id=CoursewareId(row.id),
        lesson_id=LessonId(row.lesson_id),
        title=row.title,
        status=CoursewareStatus(row.status),
        total_slides=row.total_slides,
        slides=tuple(slides),
        error_id=row.error_id,
        error_details=json.loads(row.error_details),
    )


def _slide(row: SlideRow) -> Slide:
    return Slide(
        number=row.number,
        width=row.width,
        height=row.height,
        alt=row.alt,
        preview=row.preview,
        small=SlidePicture(row.small_sha256, row.small_bytes),
        medium=SlidePicture(row.medium_sha256, row.medium_bytes),
        large=SlidePicture(row.large_sha256, row.large_bytes),
    )


def _slide_row(courseware_id: CoursewareId, slide: Slide) -> SlideRow:
    return SlideRow(
        courseware_id=courseware_id,
        number=slide.number,
        width=slide.width,
        height=slide.height,
        alt=slide.alt,
        preview=slide.preview,
        small_sha256=slide.small.sha256,
        small_bytes=slide.small.bytes,
        medium_sha256=slide.medium.sha256,
        medium_bytes=slide.medium.bytes,
        large_sha256=slide.large.sha256,
        large_bytes=slide.large.bytes,
    )
