"""Rows of lessons: how they are found, what they say, which rooms they invite."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from streamsvc.base.errors import UserError
from streamsvc.base.ids import CourseId, LessonId, OrganisationId, PersonId, RecordingId, RoomId
from streamsvc.base.media import PictureProfile, SoundProfile
from streamsvc.school.io.scope import visible
from streamsvc.school.io.tables import LessonRoomRow, LessonRow, RoomRow
from streamsvc.school.records import Lesson, LessonKind, LessonState, Principal
from streamsvc.school.scope import manages_lesson


async def scoped_row(session: AsyncSession, principal: Principal, lesson_id: str) -> LessonRow:
    """One lesson the caller sees. Raises UserError `lesson-unknown`."""
    query = select(LessonRow).where(LessonRow.id == lesson_id, visible(principal, LessonRow))
    row = await session.scalar(query.execution_options(populate_existing=True))
    if row is None:
        raise UserError("lesson-unknown")
    return row


async def managed_row(session: AsyncSession, principal: Principal, lesson_id: str) -> LessonRow:
    """One lesson the caller may change. Raises UserError `lesson-unknown`,
    `lesson-of-other-teacher`."""
    row = await scoped_row(session, principal, lesson_id)
    if not manages_lesson(principal, _lesson(row, ())):
        raise UserError("lesson-of-other-teacher")
    return row


async def invitable(
    session: AsyncSession, principal: Principal, room_ids: Sequence[str]
) -> list[str]:
    """The rooms, once each, if the caller sees them all. Raises UserError `room-unknown`."""
    wanted = list(dict.fromkeys(room_ids))
    query = select(RoomRow.id).where(RoomRow.id.in_(wanted), visible(principal, RoomRow))
    if len((await session.scalars(query)).all()) != len(wanted):
        raise UserError("room-unknown")
    return wanted


async def invite(session: AsyncSession, lesson_id: str, room_ids: Iterable[str]) -> None:
    """Invite these rooms (each named once) and no others."""
    await session.execute(delete(LessonRoomRow).where(LessonRoomRow.lesson_id == lesson_id))
    rows = [{"lesson_id": lesson_id, "room_id": room_id} for room_id in room_ids]
    if rows:
        await session.execute(insert(LessonRoomRow), rows)


async def invitations(
    session: AsyncSession, lesson_ids: Iterable[str]
) -> dict[str, tuple[RoomId, ...]]:
    """Invited rooms by lesson. Columns, not objects: a lesson may invite a thousand rooms, and each
    of them asks for it when the bell rings."""
    query = (
        select(LessonRoomRow.lesson_id, LessonRoomRow.room_id)
        .where(LessonRoomRow.lesson_id.in_(set(lesson_ids)))
        .order_by(LessonRoomRow.room_id)
    )
    rooms: defaultdict[str, list[RoomId]] = defaultdict(list)
    for lesson_id, room_id in await session.execute(query):
        rooms[lesson_id].append(RoomId(room_id))
    return {lesson_id: tuple(room_ids) for lesson_id, room_ids in rooms.items()}


async def lessons_of(session: AsyncSession, rows: Sequence[LessonRow]) -> list[Lesson]:
    """The records of rows."""
    invited = await invitations(session, (row.id for row in rows))
    return [_lesson(row, invited.get(row.id, ())) for row in rows]


async def lesson_of(session: AsyncSession, row: LessonRow) -> Lesson:
    """The record of a row."""
    return (await lessons_of(session, [row]))[0]


def _lesson(row: LessonRow, room_ids: tuple[RoomId, ...]) -> Lesson:
    return Lesson(
        id=LessonId(row.id),
        organisation_id=OrganisationId(row.organisation.id),
        organisation_path=row.organisation.path,
        school_name=row.organisation.name,
        course_id=None if row.course_id is None else CourseId(row.course_id),
        title=row.title,
        subject=row.subject,
        grade=row.grade,
        kind=LessonKind(row.kind),
        state=LessonState(row.state),
        lead_teacher_id=PersonId(row.lead_teacher.id),
        lead_teacher_name=row.lead_teacher.name,
        scheduled_start_ms=row.scheduled_start_ms,
        duration_minutes=row.duration_minutes,
        started_at_ms=row.started_at_ms,
        ended_at_ms=row.ended_at_ms,
        room_ids=room_ids,
        is_adhoc=row.is_adhoc,
        recording_id=None if row.recording_id is None else RecordingId(row.recording_id),
        picture_profile=PictureProfile(row.picture_profile),
        sound_profile=SoundProfile(row.sound_profile),
    )
