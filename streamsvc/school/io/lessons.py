"""Lessons in the database."""

from collections.abc import Sequence

from streamsvc.base.ids import CourseId, LessonId, PersonId, RoomId
from streamsvc.school.io.database import Database
from streamsvc.school.lessons import LessonChange
from streamsvc.school.records import Lesson, LessonKind, LessonState, Principal


class Lessons:
    """Lessons. Who sees which: `streamsvc.school.scope`. Who may change one: its lead teacher and
    the administrators above its school. `start`, `end`, `load` and `live` belong to the lesson's
    own code, which has checked its permission already."""

    def __init__(self, database: Database) -> None:
        self._db = database

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
        raise NotImplementedError

    async def today(self, principal: Principal) -> list[Lesson]:
        """The caller's lessons of the local day, and any that is live; earliest first. For a room
        or phone: those that invite it; for a lead teacher: her own."""
        raise NotImplementedError

    async def find(self, principal: Principal, lesson_id: LessonId) -> Lesson:
        """One lesson. Raises UserError `lesson-unknown`."""
        raise NotImplementedError

    async def load(self, lesson_id: LessonId) -> Lesson:
        """One lesson, not scoped. Raises UserError `lesson-unknown`."""
        raise NotImplementedError

    async def live(self) -> list[Lesson]:
        """Every live lesson, not scoped: what to resume after a restart."""
        raise NotImplementedError

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
    ) -> Lesson:
        """Plan a lesson; without `scheduled_start_ms` it is ad hoc and due now. A lead teacher
        plans her own; an administrator names a lead teacher of her subtree. An empty subject or
        grade is taken from the course. Raises UserError `person-unknown`, `lead-teacher-needed`,
        `lesson-of-other-teacher`, `course-unknown`, `room-unknown`, `room-not-receiving`."""
        raise NotImplementedError

    async def change(
        self, principal: Principal, lesson_id: LessonId, change: LessonChange
    ) -> Lesson:
        """Change a scheduled lesson; the invited rooms also while it is live. Raises UserError
        `lesson-unknown`, `lesson-of-other-teacher`, `lesson-already-live`, `lesson-already-ended`,
        `room-unknown`, `room-not-receiving`."""
        raise NotImplementedError

    async def remove(self, principal: Principal, lesson_id: LessonId) -> None:
        """Remove a scheduled lesson. Raises like `change`."""
        raise NotImplementedError

    async def start(self, lesson_id: LessonId) -> Lesson:
        """Scheduled to live, by one caller only. Raises UserError `lesson-unknown`,
        `lesson-already-live`, `lesson-already-ended`."""
        raise NotImplementedError

    async def end(self, lesson_id: LessonId) -> Lesson:
        """Live to ended, by one caller only. Raises UserError `lesson-unknown`, `lesson-not-live`,
        `lesson-already-ended`."""
        raise NotImplementedError
