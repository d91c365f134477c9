"""Comments on recordings in the database."""

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from streamsvc.base.errors import Overload, UserError
from streamsvc.base.ids import CommentId, PersonId, RecordingId, new_id
from streamsvc.school.io.database import Database
from streamsvc.school.io.recordings import scoped_recording
from streamsvc.school.io.tables import CommentRow, PersonRow
from streamsvc.school.records import Comment, Principal

COMMENTS_PER_RECORDING = 2_000
"""More than a page can show; keeps one account from filling the disk."""


class Comments:
    """Remarks pinned to a moment. Whoever sees the recording reads and writes; only the author
    changes or removes."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def visible(self, principal: Principal, recording_id: RecordingId) -> list[Comment]:
        """All of a recording, by moment. Raises UserError `recording-unknown`."""
        query = select(CommentRow).where(CommentRow.recording_id == recording_id)
        query = query.order_by(CommentRow.at_ms, CommentRow.created_at_ms, CommentRow.id)
        async with self._db.reading() as session:
            await scoped_recording(session, principal, recording_id)
            return [_comment(row) for row in await session.scalars(query)]

    async def add(
        self, principal: Principal, recording_id: RecordingId, *, at_ms: int, text: str
    ) -> Comment:
        """Write one. Raises UserError `recording-unknown`, `person-unknown` (a device writes none);
        Overload `comments-full`."""
        async with self._db.writing.begin() as session:
            await scoped_recording(session, principal, recording_id)
            author = await session.get(PersonRow, principal.person_id or "")
            if author is None:
                raise UserError("person-unknown")
            await _check_place(session, recording_id)
            row = CommentRow(
                id=new_id("com"),
                recording_id=recording_id,
                author=author,
                at_ms=at_ms,
                text=text,
                created_at_ms=self._db.clock.wall_ms(),
            )
            session.add(row)
            await session.flush()
            return _comment(row)

    async def change(
        self, principal: Principal, recording_id: RecordingId, comment_id: CommentId, *, text: str
    ) -> Comment:
        """Change one's own. Raises UserError `recording-unknown`, `comment-unknown`,
        `comment-of-other-author`."""
        async with self._db.writing.begin() as session:
            row = await _own(session, principal, recording_id, comment_id)
            row.text = text
            return _comment(row)

    async def remove(
        self, principal: Principal, recording_id: RecordingId, comment_id: CommentId
    ) -> None:
        """Remove one's own. Raises like `change`."""
        async with self._db.writing.begin() as session:
            await session.delete(await _own(session, principal, recording_id, comment_id))


async def _own(
    session: AsyncSession, principal: Principal, recording_id: RecordingId, comment_id: CommentId
) -> CommentRow:
    await scoped_recording(session, principal, recording_id)
    row = await session.get(CommentRow, comment_id)
    if row is None or row.recording_id != recording_id:
        raise UserError("comment-unknown")
    if row.author_id != principal.person_id:
        raise UserError("comment-of-other-author")
    return row


async def _check_place(session: AsyncSession, recording_id: RecordingId) -> None:
    mine = CommentRow.recording_id == recording_id
    count = await session.scalar(select(func.count()).select_from(CommentRow).where(mine))
    if (count or 0) >= COMMENTS_PER_RECORDING:
        raise Overload("comments-full", limit=COMMENTS_PER_RECORDING)


def _comment(row: CommentRow) -> Comment:
    return Comment(
        id=CommentId(row.id),
        recording_id=RecordingId(row.recording_id),
        author_id=PersonId(row.author_id),
        author_name=row.author.name,
        at_ms=row.at_ms,
        text=row.text,
        created_at_ms=row.created_at_ms,
    )
