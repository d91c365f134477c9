"""The audit log: administrative changes and recordings viewed."""

from streamsvc.school.io.database import Database
from streamsvc.school.records import AuditEntry, Principal


class Audit:
    """Written with each change, in its transaction; kept for `scope.AUDIT_KEPT_MS`."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def note(self, principal: Principal, action: str, object_id: str) -> None:
        """Write one entry for something that is no change here (a media file opened, an export)."""
        raise NotImplementedError

    async def visible(
        self, principal: Principal, *, from_ms: int | None = None, limit: int = 500
    ) -> list[AuditEntry]:
        """Entries of actors in the caller's subtree, newest first."""
        raise NotImplementedError

    async def prune(self) -> int:
        """Remove entries older than the law asks for; how many."""
        raise NotImplementedError
