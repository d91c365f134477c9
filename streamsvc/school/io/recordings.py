"""Recordings in the database: whose they are and who may see them. The media is on disk."""

from streamsvc.base.ids import LessonId, RecordingId
from streamsvc.school.io.database import Database
from streamsvc.school.records import Principal, Recording


class Recordings:
    """The library. A recording is private to its lead teacher, its school's administrators and
    those above until one of them shares it with the county."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def open(self, lesson_id: LessonId) -> Recording:
        """The recording of a lesson, made at its start; the same one if it is there already.
        Raises UserError `lesson-unknown`."""
        raise NotImplementedError

    async def finish(self, recording_id: RecordingId, duration_ms: int) -> None:
        """State how long it became. Raises UserError `recording-unknown`."""
        raise NotImplementedError

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
        raise NotImplementedError

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
        grade, teacher's name or school's name; started in [from_ms, to_ms)."""
        raise NotImplementedError

    async def find(self, principal: Principal, recording_id: RecordingId) -> Recording:
        """One recording; for each media request. Raises UserError `recording-unknown`."""
        raise NotImplementedError

    async def view(self, principal: Principal, recording_id: RecordingId) -> Recording:
        """`find`, and the audit log says so: for GET /api/recordings/{id}, once per opening."""
        raise NotImplementedError

    async def share(
        self, principal: Principal, recording_id: RecordingId, *, is_shared: bool
    ) -> Recording:
        """Share with the county, or take back. Whether the caller may: `scope.manages_recording`.
        Raises UserError `recording-unknown`, `recording-of-other-teacher`."""
        raise NotImplementedError
