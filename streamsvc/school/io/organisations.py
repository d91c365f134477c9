"""The organisation tree in the database."""

from streamsvc.base.ids import OrganisationId
from streamsvc.school.io.database import Database
from streamsvc.school.records import Organisation, OrganisationKind, Principal


class Organisations:
    """Nodes of the tree; each caller sees its own subtree."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def visible(self, principal: Principal) -> list[Organisation]:
        """The caller's subtree, parents before children."""
        raise NotImplementedError

    async def find(self, principal: Principal, organisation_id: OrganisationId) -> Organisation:
        """One node. Raises UserError `organisation-unknown`."""
        raise NotImplementedError

    async def add(
        self,
        principal: Principal,
        *,
        parent_id: OrganisationId | None,
        kind: OrganisationKind,
        name: str,
        school_code: str | None = None,
    ) -> Organisation:
        """Add a node one level below its parent. A province has no parent, and only the operator
        adds one. Raises UserError `organisation-unknown`, `organisation-kind-wrong`,
        `organisation-taken` (same name under the same parent, or the school code)."""
        raise NotImplementedError
