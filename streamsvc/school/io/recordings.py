"""Recordings in the database: whose they are and who may see them. The media is on disk."""

from collections.abc import Sequence

from sqlalchemy import exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from streamsvc.base.errors import UserError
from streamsvc.base.ids import LessonId, OrganisationId, PersonId, RecordingId, RoomId, new_id
from streamsvc.school.io.audit import audited
from streamsvc.school.io.database import Database
from streamsvc.school.io.lesson_rows import invitations
from streamsvc.school.io.scope import Condition, visible
from streamsvc.school.io.tables import (
    CaptionTextRow,
    LessonRow,
    OrganisationRow,
    RecordingRow,
)
from streamsvc.school.records import Principal, Recording
from streamsvc.school.scope import manages_recording


class Recordings:
    """The library. A recording is private to its lead teacher, its school's administrators and
    those above until one of them shares it with the county."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def open(self, lesson_id: LessonId) -> Recording:
        """The recording of a lesson, made at its start; the same one if it is there already.
        Raises UserError `lesson-unknown`."""
        async with self._db.writing.begin() as session:
            lesson = await session.get(LessonRow, lesson_id)
            if lesson is None:
                raise UserError("lesson-unknown")
            if lesson.recording_id is not None:
                return await _load(session, lesson.recording_id)
            started_at_ms = lesson.started_at_ms or self._db.clock.wall_ms()
            row = _row_of_lesson(new_id("rec"), lesson, started_at_ms)
            session.add(row)
            await session.flush()
            return await _load(session, row.id)

    async def finish(self, recording_id: RecordingId, duration_ms: int) -> None:
        """State how long it became. Raises UserError `recording-unknown`."""
        async with self._db.writing.begin() as session:
            row = await _row(session, recording_id)
            row.duration_ms = duration_ms

    async def keep_captions(self, recording_id: RecordingId, text: str) -> None:
        """What its captions say, for the search. Raises UserError `recording-unknown`."""
        async with self._db.writing.begin() as session:
            await _row(session, recording_id)
            await session.merge(CaptionTextRow(recording_id=recording_id, text=text))

    async def adopt(
        self,
        recording_id: RecordingId,
        lesson_id: LessonId,
        *,
        started_at_ms: int,
        duration_ms: int,
    ) -> Recording | None:
        """Give a recording found on disk its row (harmless if it has one). If its lesson is unknown
        too it hangs under the top of the tree, where only administrators there see it; None if
        there is no tree yet."""
        async with self._db.writing.begin() as session:
            if await session.get(RecordingRow, recording_id) is not None:
                return await _load(session, recording_id)
            lesson = await session.get(LessonRow, lesson_id)
            row = (
                await _orphan(session, recording_id, lesson_id, started_at_ms)
                if lesson is None
                else _row_of_lesson(recording_id, lesson, started_at_ms)
            )
            if row is None:
                return None
            row.duration_ms = duration_ms
            session.add(row)
            await session.flush()
            return await _load(session, recording_id)

    async def visible(
        self,
        principal: Principal,
        *,
        q: str = "",
        from_ms: int | None = None,
        to_ms: int | None = None,
        limit: int = 200,
    ) -> list[Recording]:
        """Recordings the caller may see, newest first. Every word of `q` is in the title, subject,
        grade, teacher's name, school's name or captions; started in [from_ms, to_ms)."""
        conditions = [visible(principal, RecordingRow), *map(_says, q.split())]
        if from_ms is not None:
            conditions.append(RecordingRow.started_at_ms >= from_ms)
        if to_ms is not None:
            conditions.append(RecordingRow.started_at_ms < to_ms)
        query = select(RecordingRow).join(OrganisationRow).where(*conditions)
        query = query.order_by(RecordingRow.started_at_ms.desc(), RecordingRow.id).limit(limit)
        async with self._db.reading() as session:
            return await _recordings(session, (await session.scalars(query)).all())

    async def find(self, principal: Principal, recording_id: RecordingId) -> Recording:
        """One recording; for each media request. Raises UserError `recording-unknown`."""
        async with self._db.reading() as session:
            return await scoped_recording(session, principal, recording_id)

    async def of_room(self, recording_id: RecordingId, room_id: RoomId) -> Recording:
        """One whose lesson invited this room, for the room's viewers. Raises UserError
        `recording-unknown`."""
        async with self._db.reading() as session:
            recording = await _load(session, recording_id)
        if room_id not in recording.room_ids:
            raise UserError("recording-unknown")
        return recording

    async def view(self, principal: Principal, recording_id: RecordingId) -> Recording:
        """`find`, and the audit log says so: for GET /api/recordings/{id}, once per opening."""
        async with self._db.writing.begin() as session:
            recording = await scoped_recording(session, principal, recording_id)
            now_ms = self._db.clock.wall_ms()
            session.add(audited(principal, "recording.viewed", recording_id, now_ms))
            return recording

    async def share(
        self, principal: Principal, recording_id: RecordingId, *, is_shared: bool
    ) -> Recording:
        """Share with the county, or take back. Whether the caller may: `scope.manages_recording`.
        Raises UserError `recording-unknown`, `recording-of-other-teacher`."""
        action = "recording.shared" if is_shared else "recording.unshared"
        async with self._db.writing.begin() as session:
            recording = await scoped_recording(session, principal, recording_id)
            if not manages_recording(principal, recording):
                raise UserError("recording-of-other-teacher")
            row = await _row(session, recording_id)
            row.is_shared = is_shared
            session.add(audited(principal, action, recording_id, self._db.clock.wall_ms()))
            await session.flush()
            return await _load(session, recording_id)


async def scoped_recording(
    session: AsyncSession, principal: Principal, recording_id: str
) -> Recording:
    """One recording the caller sees. Raises UserError `recording-unknown`."""
    return await _load(session, recording_id, visible(principal, RecordingRow))


async def _load(session: AsyncSession, recording_id: str, *also: Condition) -> Recording:
    return (await _recordings(session, [await _row(session, recording_id, *also)]))[0]


async def _recordings(session: AsyncSession, rows: Sequence[RecordingRow]) -> list[Recording]:
    invited = await invitations(session, (row.lesson_id for row in rows))
    return [_recording(row, invited.get(row.lesson_id, ())) for row in rows]


async def _row(session: AsyncSession, recording_id: str, *also: Condition) -> RecordingRow:
    query = select(RecordingRow).where(RecordingRow.id == recording_id, *also)
    row = await session.scalar(query.execution_options(populate_existing=True))
    if row is None:
        raise UserError("recording-unknown")
    return row


def _says(word: str) -> Condition:
    columns = (
        RecordingRow.title,
        RecordingRow.subject,
        RecordingRow.grade,
        RecordingRow.lead_teacher_name,
        OrganisationRow.name,
    )
    in_captions = exists().where(
        CaptionTextRow.recording_id == RecordingRow.id,
        CaptionTextRow.text.icontains(word, autoescape=True),
    )
    return or_(in_captions, *(column.icontains(word, autoescape=True) for column in columns))


def _row_of_lesson(recording_id: str, lesson: LessonRow, started_at_ms: int) -> RecordingRow:
    return RecordingRow(
        id=recording_id,
        lesson_id=lesson.id,
        organisation_id=lesson.organisation_id,
        title=lesson.title,
        subject=lesson.subject,
        grade=lesson.grade,
        lead_teacher_id=lesson.lead_teacher_id,
        lead_teacher_name=lesson.lead_teacher.name,
        started_at_ms=started_at_ms,
        duration_ms=0,
        is_shared=False,
    )


async def _orphan(
    session: AsyncSession, recording_id: str, lesson_id: str, started_at_ms: int
) -> RecordingRow | None:
    """A recording of a lesson nobody knows: for the administrators at the top; None without one."""
    tops = select(OrganisationRow).where(OrganisationRow.parent_id.is_(None))
    top = await session.scalar(tops.order_by(OrganisationRow.id).limit(1))
    if top is None:
        return None
    return RecordingRow(
        id=recording_id,
        lesson_id=lesson_id,
        organisation_id=top.id,
        title=lesson_id,
        subject="",
        grade="",
        lead_teacher_id=None,
        lead_teacher_name="",
        started_at_ms=started_at_ms,
        duration_ms=0,
        is_shared=False,
    )


def _recording(row: RecordingRow, room_ids: tuple[RoomId, ...]) -> Recording:
    return Recording(
        id=RecordingId(row.id),
        lesson_id=LessonId(row.lesson_id),
        organisation_id=OrganisationId(row.organisation.id),
        organisation_path=row.organisation.path,
        title=row.title,
        subject=row.subject,
        grade=row.grade,
        school_name=row.organisation.name,
        lead_teacher_id=None if row.lead_teacher_id is None else PersonId(row.lead_teacher_id),
        lead_teacher_name=row.lead_teacher_name,
        started_at_ms=row.started_at_ms,
        duration_ms=row.duration_ms,
        is_shared=row.is_shared,
        room_ids=room_ids,
        comment_count=row.comment_count,
    )
