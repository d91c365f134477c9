"""Comments on recordings in the database."""

from streamsvc.base.ids import CommentId, RecordingId
from streamsvc.school.io.database import Database
from streamsvc.school.records import Comment, Principal


class Comments:
    """Remarks pinned to a moment. Whoever sees the recording reads and writes; only the author
    changes or removes."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def visible(self, principal: Principal, recording_id: RecordingId) -> list[Comment]:
        """All of a recording, by moment. Raises UserError `recording-unknown`."""
        raise NotImplementedError

    async def add(
        self, principal: Principal, recording_id: RecordingId, *, at_ms: int, text: str
    ) -> Comment:
        """Write one. Raises UserError `recording-unknown`, `recording-comments-full`."""
        raise NotImplementedError

    async def change(
        self, principal: Principal, recording_id: RecordingId, comment_id: CommentId, *, text: str
    ) -> Comment:
        """Change one's own. Raises UserError `recording-unknown`, `comment-unknown`,
        `comment-of-other-author`."""
        raise NotImplementedError

    async def remove(
        self, principal: Principal, recording_id: RecordingId, comment_id: CommentId
    ) -> None:
        """Remove one's own. Raises like `change`."""
        raise NotImplementedError
