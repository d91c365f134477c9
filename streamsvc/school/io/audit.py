"""The audit log: administrative changes and recordings viewed."""

from sqlalchemy import CursorResult, delete, select

from streamsvc.base.ids import new_id
from streamsvc.school.codes import DAY_MS
from streamsvc.school.io.database import Database
from streamsvc.school.io.scope import visible
from streamsvc.school.io.tables import AuditRow
from streamsvc.school.records import AuditEntry, Principal, Role

KEPT_MS = 190 * DAY_MS
"""The law asks for six months of logs at least; these are six months and a few days."""


def audited(principal: Principal, action: str, object_id: str, now_ms: int) -> AuditRow:
    """The entry to add to the transaction that makes the change."""
    return AuditRow(
        id=new_id("aud"),
        at_ms=now_ms,
        actor_id=principal.person_id or principal.room_id or principal.role.value,
        actor_name=principal.name,
        actor_role=principal.role.value,
        actor_path=principal.organisation_path,
        action=action,
        object_id=object_id,
    )


class Audit:
    """Written with each change, in its transaction; kept for `KEPT_MS`."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def note(self, principal: Principal, action: str, object_id: str) -> None:
        """Write one entry for something that is no change here (a recording viewed, an export)."""
        async with self._db.writing.begin() as session:
            session.add(audited(principal, action, object_id, self._db.clock.wall_ms()))

    async def visible(
        self, principal: Principal, *, from_ms: int | None = None, limit: int = 500
    ) -> list[AuditEntry]:
        """Entries of actors in an administrator's subtree, newest first."""
        query = select(AuditRow).where(visible(principal, AuditRow))
        if from_ms is not None:
            query = query.where(AuditRow.at_ms >= from_ms)
        query = query.order_by(AuditRow.at_ms.desc(), AuditRow.id).limit(limit)
        async with self._db.reading() as session:
            return [_entry(row) for row in await session.scalars(query)]

    async def prune(self) -> int:
        """Remove entries older than the law asks for; how many."""
        old = AuditRow.at_ms < self._db.clock.wall_ms() - KEPT_MS
        async with self._db.writing.begin() as session:
            result = await session.execute(delete(AuditRow).where(old))
            return result.rowcount if isinstance(result, CursorResult) else 0


def _entry(row: AuditRow) -> AuditEntry:
    return AuditEntry(
        at_ms=row.at_ms,
        actor_name=row.actor_name,
        actor_role=Role(row.actor_role),
        action=row.action,
        object_id=row.object_id,
    )
