"""Lessons in the database."""

from collections.abc import Sequence
from datetime import tzinfo

from sqlalchemy import CursorResult, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from streamsvc.base.errors import UserError
from streamsvc.base.ids import CourseId, LessonId, PersonId, RoomId, new_id
from streamsvc.base.media import PictureProfile, SoundProfile
from streamsvc.school.io.audit import audited
from streamsvc.school.io.courses import course_row
from streamsvc.school.io.database import Database
from streamsvc.school.io.lesson_rows import (
    invitable,
    invitations,
    invite,
    lesson_of,
    lessons_of,
    managed_row,
    scoped_row,
)
from streamsvc.school.io.people import person_row
from streamsvc.school.io.scope import Condition, visible
from streamsvc.school.io.tables import LessonRow, PersonRow
from streamsvc.school.lessons import (
    LessonChange,
    check_change,
    check_live,
    check_scheduled,
    day_bounds_ms,
    week_bounds_ms,
)
from streamsvc.school.records import Lesson, LessonKind, LessonState, Principal, Role

_IN_ORDER = (LessonRow.scheduled_start_ms, LessonRow.id)


class Lessons:
    """Lessons. Who sees which: `streamsvc.school.scope`. Who may change one: its lead teacher and
    the administrators above its school. `start`, `end`, `load` and `live` belong to the lesson's
    own code, which has checked its permission already."""

    def __init__(self, database: Database, zone: tzinfo | None = None) -> None:
        self._db = database
        self._zone = zone

    async def visible(
        self,
        principal: Principal,
        *,
        from_ms: int | None = None,
        to_ms: int | None = None,
        state: LessonState | None = None,
        limit: int = 500,
    ) -> list[Lesson]:
        """Lessons the caller may see with a scheduled start in [from_ms, to_ms), earliest first."""
        conditions = [visible(principal, LessonRow)]
        if from_ms is not None:
            conditions.append(LessonRow.scheduled_start_ms >= from_ms)
        if to_ms is not None:
            conditions.append(LessonRow.scheduled_start_ms < to_ms)
        if state is not None:
            conditions.append(LessonRow.state == state)
        return await self._where(conditions, limit)

    async def today(self, principal: Principal) -> list[Lesson]:
        """The caller's lessons of the local day, and any that is live; earliest first. For a room
        or phone: those that invite it; for a lead teacher: her own."""
        first_ms, next_ms = day_bounds_ms(self._db.clock.wall_ms(), self._zone)
        of_today = LessonRow.scheduled_start_ms.between(first_ms, next_ms - 1)
        is_live = LessonRow.state == LessonState.LIVE
        return await self._where([visible(principal, LessonRow), or_(of_today, is_live)])

    async def this_week(self, principal: Principal) -> list[Lesson]:
        """The caller's lessons of the local week (from Monday), and any that is live; earliest
        first."""
        first_ms, next_ms = week_bounds_ms(self._db.clock.wall_ms(), self._zone)
        of_week = LessonRow.scheduled_start_ms.between(first_ms, next_ms - 1)
        is_live = LessonRow.state == LessonState.LIVE
        return await self._where([visible(principal, LessonRow), or_(of_week, is_live)])

    def is_this_week(self, lesson: Lesson) -> bool:
        """Planned for the local week, or live."""
        first_ms, next_ms = week_bounds_ms(self._db.clock.wall_ms(), self._zone)
        return lesson.state is LessonState.LIVE or (first_ms <= lesson.scheduled_start_ms < next_ms)

    async def find(self, principal: Principal, lesson_id: LessonId) -> Lesson:
        """One lesson. Raises UserError `lesson-unknown`."""
        async with self._db.reading() as session:
            row = await scoped_row(session, principal, lesson_id)
            return await lesson_of(session, row)

    async def managed(self, principal: Principal, lesson_id: LessonId) -> Lesson:
        """One lesson that the caller may change. Raises UserError `lesson-unknown`,
        `lesson-of-other-teacher`."""
        async with self._db.reading() as session:
            return await lesson_of(session, await managed_row(session, principal, lesson_id))

    async def load(self, lesson_id: LessonId) -> Lesson:
        """One lesson, not scoped. Raises UserError `lesson-unknown`."""
        found = await self._where([LessonRow.id == lesson_id])
        if not found:
            raise UserError("lesson-unknown")
        return found[0]

    async def live(self) -> list[Lesson]:
        """Every live lesson, not scoped: what to resume after a restart."""
        return await self._where([LessonRow.state == LessonState.LIVE])

    async def add(
        self,
        principal: Principal,
        *,
        title: str,
        subject: str = "",
        grade: str = "",
        course_id: CourseId | None = None,
        kind: LessonKind = LessonKind.DELIVERED,
        lead_teacher_id: PersonId | None = None,
        scheduled_start_ms: int | None = None,
        duration_minutes: int = 40,
        room_ids: Sequence[RoomId] = (),
        picture_profile: PictureProfile = PictureProfile.SLIDES_FIRST,
        sound_profile: SoundProfile = SoundProfile.SPEECH,
    ) -> Lesson:
        """Plan a lesson; without `scheduled_start_ms` it is ad hoc and due now. A lead teacher
        plans her own; an administrator names a lead teacher of her subtree. An empty subject or
        grade is taken from the course. Raises UserError `person-unknown`, `lead-teacher-needed`,
        `course-unknown`, `room-unknown`."""
        now_ms = self._db.clock.wall_ms()
        async with self._db.writing.begin() as session:
            teacher = await _lead_teacher(session, principal, lead_teacher_id)
            course = course_id and await course_row(session, principal, course_id)
            invited = await invitable(session, principal, room_ids)
            row = LessonRow(
                id=new_id("les"),
                organisation=teacher.organisation,
                lead_teacher=teacher,
                course_id=course_id,
                title=title,
                subject=subject or (course.subject if course else ""),
                grade=grade or (course.grade if course else ""),
                kind=kind.value,
                state=LessonState.SCHEDULED.value,
                scheduled_start_ms=now_ms if scheduled_start_ms is None else scheduled_start_ms,
                duration_minutes=duration_minutes,
                is_adhoc=scheduled_start_ms is None,
                picture_profile=picture_profile.value,
                sound_profile=sound_profile.value,
            )
            session.add(row)
            session.add(audited(principal, "lesson.added", row.id, now_ms))
            await session.flush()
            await invite(session, row.id, invited)
            return await lesson_of(session, await scoped_row(session, principal, row.id))

    async def change(
        self, principal: Principal, lesson_id: LessonId, change: LessonChange
    ) -> Lesson:
        """Change a scheduled lesson; invited rooms and profile also while it is live. Raises
        UserError `lesson-unknown`, `lesson-of-other-teacher`, `lesson-already-live`,
        `lesson-already-ended`, `room-unknown`."""
        async with self._db.writing.begin() as session:
            row = await managed_row(session, principal, lesson_id)
            check_change(LessonState(row.state), change)
            await _apply(session, principal, row, change)
            session.add(audited(principal, "lesson.changed", row.id, self._db.clock.wall_ms()))
            await session.flush()
            return await lesson_of(session, await scoped_row(session, principal, row.id))

    async def remove(self, principal: Principal, lesson_id: LessonId) -> None:
        """Remove a scheduled lesson. Raises like `change`."""
        async with self._db.writing.begin() as session:
            row = await managed_row(session, principal, lesson_id)
            check_scheduled(LessonState(row.state))
            await session.delete(row)
            session.add(audited(principal, "lesson.removed", row.id, self._db.clock.wall_ms()))

    async def start(self, lesson_id: LessonId) -> Lesson:
        """Scheduled to live, by one caller only. Raises UserError `lesson-unknown`,
        `lesson-already-live`, `lesson-already-ended`."""
        now_ms = self._db.clock.wall_ms()
        if not await self._move(
            lesson_id, LessonState.SCHEDULED, state=LessonState.LIVE.value, started_at_ms=now_ms
        ):
            check_scheduled((await self.load(lesson_id)).state)
        return await self.load(lesson_id)

    async def end(self, lesson_id: LessonId) -> Lesson:
        """Live to ended, by one caller only. Raises UserError `lesson-unknown`, `lesson-not-live`,
        `lesson-already-ended`."""
        now_ms = self._db.clock.wall_ms()
        if not await self._move(
            lesson_id, LessonState.LIVE, state=LessonState.ENDED.value, ended_at_ms=now_ms
        ):
            check_live((await self.load(lesson_id)).state)
        return await self.load(lesson_id)

    async def _move(self, lesson_id: LessonId, before: LessonState, **change: str | int) -> bool:
        """Compare and set; False if the lesson was not in the state `before`."""
        same = (LessonRow.id == lesson_id, LessonRow.state == before)
        async with self._db.writing.begin() as session:
            result = await session.execute(update(LessonRow).where(*same).values(**change))
            return isinstance(result, CursorResult) and result.rowcount == 1

    async def _where(self, conditions: list[Condition], limit: int = 2000) -> list[Lesson]:
        query = select(LessonRow).where(*conditions).order_by(*_IN_ORDER).limit(limit)
        async with self._db.reading() as session:
            return await lessons_of(session, (await session.scalars(query)).all())


async def _lead_teacher(
    session: AsyncSession, principal: Principal, person_id: PersonId | None
) -> PersonRow:
    """Who teaches: the one named, or the caller. Raises UserError `person-unknown`,
    `lead-teacher-needed`."""
    own_id = principal.person_id
    if person_id is None and own_id is None:
        raise UserError("lead-teacher-needed")
    person = await person_row(session, principal, person_id or own_id or "")
    if person.role != Role.LEAD_TEACHER or not person.is_active:
        raise UserError("lead-teacher-needed")
    return person


async def _apply(
    session: AsyncSession, principal: Principal, row: LessonRow, change: LessonChange
) -> None:
    if change.title is not None:
        row.title = change.title
    if change.scheduled_start_ms is not None:
        row.scheduled_start_ms = change.scheduled_start_ms
    if change.duration_minutes is not None:
        row.duration_minutes = change.duration_minutes
    if change.picture_profile is not None:
        row.picture_profile = change.picture_profile.value
    if change.sound_profile is not None:
        row.sound_profile = change.sound_profile.value
    if change.room_ids is not None:
        present = (await invitations(session, [row.id])).get(row.id, ())
        added = [room_id for room_id in change.room_ids if room_id not in present]
        kept = [room_id for room_id in present if room_id in change.room_ids]
        await invite(session, row.id, [*kept, *await invitable(session, principal, added)])
