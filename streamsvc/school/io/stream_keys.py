"""Stream keys: what a recorder host, OBS or a phone pushes a lesson with."""

from sqlalchemy import ColumnElement, and_, delete, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from streamsvc.base.errors import UserError
from streamsvc.base.ids import LessonId, PersonId, StreamKeyId, new_id
from streamsvc.school.codes import (
    DAY_MS,
    MINUTE_MS,
    STREAM_KEYS_PER_TEACHER,
    fingerprint,
    new_stream_key,
    stream_key_expires_at_ms,
)
from streamsvc.school.io.audit import audited
from streamsvc.school.io.database import Database
from streamsvc.school.io.lesson_rows import managed_row
from streamsvc.school.io.tables import LessonRow, StreamKeyRow
from streamsvc.school.records import Principal, Role, StreamKey
from streamsvc.school.tries import CodeTries, Rate

KEPT_MS = 30 * DAY_MS
"""How long one that is no longer good is told from a guess."""

# 99 bits can't be guessed; this keeps a flood away from the database, and says so in the log
_PER_ADDRESS = Rate(burst=5, per_minute=5)
_OVERALL = Rate(burst=120, per_minute=120)


class StreamKeys:
    """For one lesson, or for every lesson of its lead teacher. Who may change a lesson makes and
    revokes them."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self._tries = CodeTries(_PER_ADDRESS, _OVERALL)

    async def issue(
        self, principal: Principal, lesson_id: LessonId, *, is_for_teacher: bool
    ) -> tuple[str, StreamKey]:
        """A fresh key, whose words are not kept. Raises UserError `lesson-unknown`,
        `lesson-of-other-teacher`, `stream-keys-too-many`."""
        now_ms = self._db.clock.wall_ms()
        words = new_stream_key()
        async with self._db.writing.begin() as session:
            lesson = await managed_row(session, principal, lesson_id)
            good = _is_good(now_ms) & (StreamKeyRow.lead_teacher_id == lesson.lead_teacher_id)
            count = await session.scalar(select(func.count()).where(good))
            if (count or 0) >= STREAM_KEYS_PER_TEACHER:
                raise UserError("stream-keys-too-many", most=STREAM_KEYS_PER_TEACHER)
            end_ms = lesson.scheduled_start_ms + lesson.duration_minutes * MINUTE_MS
            row = StreamKeyRow(
                id=new_id("key"),
                fingerprint=fingerprint(words),
                lead_teacher_id=lesson.lead_teacher_id,
                lesson_id=None if is_for_teacher else lesson.id,
                added_by=principal.name,
                added_at_ms=now_ms,
                expires_at_ms=stream_key_expires_at_ms(now_ms, None if is_for_teacher else end_ms),
                used_at_ms=None,
                revoked_at_ms=None,
            )
            session.add(row)
            session.add(audited(principal, "stream_key.issued", row.id, now_ms))
            return words, _key(row)

    async def listed(self, principal: Principal, lesson_id: LessonId) -> list[StreamKey]:
        """The good keys that open this lesson, oldest first. Raises like `issue`."""
        now_ms = self._db.clock.wall_ms()
        async with self._db.reading() as session:
            lesson = await managed_row(session, principal, lesson_id)
            query = select(StreamKeyRow).where(_is_good(now_ms), _opens(lesson))
            found = await session.scalars(query.order_by(StreamKeyRow.added_at_ms))
            return [_key(row) for row in found]

    async def revoke(self, principal: Principal, lesson_id: LessonId, key_id: StreamKeyId) -> None:
        """It opens nothing any more. Raises like `issue`, and UserError `stream-key-unknown`."""
        now_ms = self._db.clock.wall_ms()
        async with self._db.writing.begin() as session:
            lesson = await managed_row(session, principal, lesson_id)
            query = select(StreamKeyRow).where(StreamKeyRow.id == key_id, _opens(lesson))
            row = await session.scalar(query)
            if row is None:
                raise UserError("stream-key-unknown")
            row.revoked_at_ms = now_ms
            session.add(audited(principal, "stream_key.revoked", row.id, now_ms))

    async def open(self, words: str, address: str) -> tuple[StreamKey, Principal]:
        """Whose key it is: it, and its lead teacher. A wrong one counts as a guess from this
        address. Raises UserError `stream-key-unknown`; `stream-key-expired`, `stream-key-revoked`
        (with `key_id`, `lesson_id`, `lead_teacher_id`); `too-many-tries` (retry_after_seconds)."""
        self._tries.begin(address, self._db.clock.now())
        now_ms = self._db.clock.wall_ms()
        async with self._db.writing.begin() as session:
            row = await _row(session, words)
            self._tries.was_right(address, self._db.clock.now())
            if row.revoked_at_ms is not None or not row.lead_teacher.is_active:
                raise UserError("stream-key-revoked", **_whose(row))
            if row.expires_at_ms <= now_ms:
                raise UserError("stream-key-expired", **_whose(row))
            row.used_at_ms = now_ms
            return _key(row), _teacher(row)

    async def has_good(self) -> bool:
        """Whether there is any that opens something."""
        query = select(StreamKeyRow.id).where(_is_good(self._db.clock.wall_ms())).limit(1)
        async with self._db.reading() as session:
            return await session.scalar(query) is not None

    async def prune(self) -> None:
        """Remove those that have not been good for long."""
        before_ms = self._db.clock.wall_ms() - KEPT_MS
        old = or_(StreamKeyRow.expires_at_ms <= before_ms, StreamKeyRow.revoked_at_ms <= before_ms)
        async with self._db.writing.begin() as session:
            await session.execute(delete(StreamKeyRow).where(old))


async def _row(session: AsyncSession, words: str) -> StreamKeyRow:
    query = select(StreamKeyRow).where(StreamKeyRow.fingerprint == fingerprint(words))
    row = await session.scalar(query)
    if row is None:
        raise UserError("stream-key-unknown")
    return row


def _is_good(now_ms: int) -> ColumnElement[bool]:
    return and_(StreamKeyRow.revoked_at_ms.is_(None), StreamKeyRow.expires_at_ms > now_ms)


def _opens(lesson: LessonRow) -> ColumnElement[bool]:
    is_for_all = and_(
        StreamKeyRow.lesson_id.is_(None), StreamKeyRow.lead_teacher_id == lesson.lead_teacher_id
    )
    return or_(StreamKeyRow.lesson_id == lesson.id, is_for_all)


def _whose(row: StreamKeyRow) -> dict[str, str]:
    return {
        "key_id": row.id,
        "lesson_id": row.lesson_id or "",
        "lead_teacher_id": row.lead_teacher_id,
    }


def _key(row: StreamKeyRow) -> StreamKey:
    return StreamKey(
        id=StreamKeyId(row.id),
        lead_teacher_id=PersonId(row.lead_teacher_id),
        lesson_id=None if row.lesson_id is None else LessonId(row.lesson_id),
        added_by=row.added_by,
        added_at_ms=row.added_at_ms,
        expires_at_ms=row.expires_at_ms,
        used_at_ms=row.used_at_ms,
    )


def _teacher(row: StreamKeyRow) -> Principal:
    teacher = row.lead_teacher
    return Principal(
        role=Role(teacher.role),
        organisation_path=teacher.organisation.path,
        name=teacher.name,
        person_id=PersonId(teacher.id),
        school_name=teacher.organisation.name,
    )
