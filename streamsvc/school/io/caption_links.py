"""The links by which somebody writes the captions of one lesson."""

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from streamsvc.base.errors import UserError
from streamsvc.base.ids import LessonId
from streamsvc.school.codes import (
    DAY_MS,
    MINUTE_MS,
    caption_link_expires_at_ms,
    fingerprint,
    new_caption_key,
)
from streamsvc.school.io.audit import audited
from streamsvc.school.io.database import Database
from streamsvc.school.io.lesson_rows import managed_row
from streamsvc.school.io.tables import CaptionLinkRow
from streamsvc.school.records import CaptionKey, CaptionLink, Principal
from streamsvc.school.tries import CodeTries, Rate

KEPT_MS = 30 * DAY_MS

# 160 bits can't be guessed; this keeps a flood away from the database
_PER_ADDRESS = Rate(burst=30, per_minute=30)
_OVERALL = Rate(burst=300, per_minute=300)


class CaptionLinks:
    """One per lesson, shown once when it is made; a new one is the end of the old one. Who may
    change a lesson makes and revokes it."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self._tries = CodeTries(_PER_ADDRESS, _OVERALL)

    async def issue(self, principal: Principal, lesson_id: LessonId) -> CaptionKey:
        """A fresh one. Raises UserError `lesson-unknown`, `lesson-of-other-teacher`."""
        key, now_ms = new_caption_key(), self._db.clock.wall_ms()
        async with self._db.writing.begin() as session:
            lesson = await managed_row(session, principal, lesson_id)
            await _forget(session, lesson_id)
            end_ms = lesson.scheduled_start_ms + lesson.duration_minutes * MINUTE_MS
            row = CaptionLinkRow(
                lesson_id=lesson_id,
                fingerprint=fingerprint(key),
                created_at_ms=now_ms,
                expires_at_ms=caption_link_expires_at_ms(now_ms, end_ms),
            )
            session.add(row)
            session.add(audited(principal, "lesson.caption_link_made", lesson_id, now_ms))
            return CaptionKey(key, _link(row))

    async def find(self, principal: Principal, lesson_id: LessonId) -> CaptionLink | None:
        """The one that is good, without its key; None without one. Raises like `issue`."""
        async with self._db.reading() as session:
            await managed_row(session, principal, lesson_id)
            row = await session.get(CaptionLinkRow, lesson_id)
        is_good = row is not None and row.expires_at_ms > self._db.clock.wall_ms()
        return _link(row) if row is not None and is_good else None

    async def revoke(self, principal: Principal, lesson_id: LessonId) -> None:
        """Nobody writes by it any more. Harmless without one. Raises like `issue`."""
        now_ms = self._db.clock.wall_ms()
        async with self._db.writing.begin() as session:
            await managed_row(session, principal, lesson_id)
            await _forget(session, lesson_id)
            session.add(audited(principal, "lesson.caption_link_revoked", lesson_id, now_ms))

    async def open(self, key: str, address: str) -> CaptionLink:
        """What a key opens; for each request. Raises UserError `caption-link-over` (unknown ones
        too), `too-many-tries` (retry_after_seconds)."""
        self._tries.begin(address, self._db.clock.now())
        async with self._db.reading() as session:
            is_this = CaptionLinkRow.fingerprint == fingerprint(key)
            row = await session.scalar(select(CaptionLinkRow).where(is_this))
        if row is None or row.expires_at_ms <= self._db.clock.wall_ms():
            raise UserError("caption-link-over")
        self._tries.was_right(address, self._db.clock.now())
        return _link(row)

    async def prune(self) -> None:
        """Remove those that have not been good for long."""
        old = CaptionLinkRow.expires_at_ms <= self._db.clock.wall_ms() - KEPT_MS
        async with self._db.writing.begin() as session:
            await session.execute(delete(CaptionLinkRow).where(old))


async def _forget(session: AsyncSession, lesson_id: str) -> None:
    await session.execute(delete(CaptionLinkRow).where(CaptionLinkRow.lesson_id == lesson_id))


def _link(row: CaptionLinkRow) -> CaptionLink:
    return CaptionLink(
        lesson_id=LessonId(row.lesson_id),
        created_at_ms=row.created_at_ms,
        expires_at_ms=row.expires_at_ms,
    )
