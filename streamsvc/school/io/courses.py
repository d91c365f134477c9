"""Courses in the database."""

from streamsvc.base.ids import CourseId, OrganisationId
from streamsvc.school.io.database import Database
from streamsvc.school.records import Course, Principal


class Courses:
    """Series of lessons; each caller sees those of its subtree."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def visible(self, principal: Principal) -> list[Course]:
        """Courses of the caller's subtree, by title."""
        raise NotImplementedError

    async def find(self, principal: Principal, course_id: CourseId) -> Course:
        """One course. Raises UserError `course-unknown`."""
        raise NotImplementedError

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
        raise NotImplementedError
