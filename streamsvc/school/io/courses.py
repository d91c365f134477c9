"""Courses in the database."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from streamsvc.base.errors import UserError
from streamsvc.base.ids import CourseId, OrganisationId, new_id
from streamsvc.school.io.audit import audited
from streamsvc.school.io.database import Database
from streamsvc.school.io.organisations import organisation_row
from streamsvc.school.io.scope import visible
from streamsvc.school.io.tables import CourseRow
from streamsvc.school.records import Course, Principal


class Courses:
    """Series of lessons; each caller sees those of its subtree and of the organisations above."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def visible(self, principal: Principal) -> list[Course]:
        """Courses the caller may see, by title."""
        query = select(CourseRow).where(visible(principal, CourseRow))
        query = query.order_by(CourseRow.title, CourseRow.id)
        async with self._db.reading() as session:
            return [course_of(row) for row in await session.scalars(query)]

    async def find(self, principal: Principal, course_id: CourseId) -> Course:
        """One course. Raises UserError `course-unknown`."""
        async with self._db.reading() as session:
            return course_of(await course_row(session, principal, course_id))

    async def add(
        self,
        principal: Principal,
        *,
        organisation_id: OrganisationId,
        title: str,
        subject: str,
        grade: str,
    ) -> Course:
        """Add a course in the caller's subtree. Raises UserError `organisation-unknown`."""
        async with self._db.writing.begin() as session:
            row = CourseRow(
                id=new_id("crs"),
                organisation=await organisation_row(session, principal, organisation_id),
                title=title,
                subject=subject,
                grade=grade,
            )
            session.add(row)
            session.add(audited(principal, "course.added", row.id, self._db.clock.wall_ms()))
            return course_of(row)


async def course_row(session: AsyncSession, principal: Principal, course_id: str) -> CourseRow:
    """One course the caller sees. Raises UserError `course-unknown`."""
    query = select(CourseRow).where(CourseRow.id == course_id, visible(principal, CourseRow))
    row = await session.scalar(query)
    if row is None:
        raise UserError("course-unknown")
    return row


def course_of(row: CourseRow) -> Course:
    """The record of a row."""
    return Course(
        id=CourseId(row.id),
        organisation_id=OrganisationId(row.organisation.id),
        organisation_path=row.organisation.path,
        title=row.title,
        subject=row.subject,
        grade=row.grade,
    )
