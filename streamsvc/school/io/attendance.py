"""Evidence of attendance in the database."""

from collections.abc import Mapping

from streamsvc.base.ids import LessonId, RoomId
from streamsvc.school.attendance import Evidence
from streamsvc.school.io.database import Database
from streamsvc.school.records import Attendance


class AttendanceBook:
    """One row per lesson and room. For the lesson's own code and its summary, whose permission is
    that of the lesson; not scoped."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def store(self, lesson_id: LessonId, evidence: Mapping[RoomId, Evidence]) -> None:
        """Write the sums as they are now, over the older ones."""
        raise NotImplementedError

    async def evidence(self, lesson_id: LessonId) -> dict[RoomId, Evidence]:
        """What was stored: where a resumed lesson goes on counting (`LessonAttendance(stored)`)."""
        raise NotImplementedError

    async def of_lesson(self, lesson_id: LessonId) -> list[Attendance]:
        """Every invited room (an absent one with zeros) and every other that was there, by school
        and name."""
        raise NotImplementedError
