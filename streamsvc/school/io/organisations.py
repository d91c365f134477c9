"""The organisation tree in the database."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from streamsvc.base.errors import UserError
from streamsvc.base.ids import OrganisationId, new_id
from streamsvc.school.io.audit import audited
from streamsvc.school.io.database import Database
from streamsvc.school.io.scope import visible
from streamsvc.school.io.tables import OrganisationRow
from streamsvc.school.io.unique import unique_or
from streamsvc.school.organisations import kind_below, path_below
from streamsvc.school.records import OPERATOR, Organisation, OrganisationKind, Principal


class Organisations:
    """Nodes of the tree; each caller sees its own subtree."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def visible(self, principal: Principal) -> list[Organisation]:
        """The caller's subtree, parents before children."""
        query = (
            select(OrganisationRow)
            .where(visible(principal, OrganisationRow))
            .order_by(OrganisationRow.path)
        )
        async with self._db.reading() as session:
            return [organisation_of(row) for row in await session.scalars(query)]

    async def find(self, principal: Principal, organisation_id: OrganisationId) -> Organisation:
        """One node. Raises UserError `organisation-unknown`."""
        async with self._db.reading() as session:
            return organisation_of(await organisation_row(session, principal, organisation_id))

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
        async with self._db.writing.begin() as session:
            parent = await self._parent(session, principal, parent_id)
            if kind is not kind_below(parent.kind if parent else None):
                raise UserError("organisation-kind-wrong", kind=kind.value)
            row = _new_row(parent, kind, name, school_code)
            session.add(row)
            with unique_or("organisation-taken"):
                await session.flush()
            session.add(audited(principal, "organisation.added", row.id, self._db.clock.wall_ms()))
            return organisation_of(row)

    async def _parent(
        self, session: AsyncSession, principal: Principal, parent_id: OrganisationId | None
    ) -> Organisation | None:
        if parent_id is not None:
            return organisation_of(await organisation_row(session, principal, parent_id))
        if principal is OPERATOR:
            return None
        raise UserError("organisation-unknown")


async def organisation_row(
    session: AsyncSession, principal: Principal, organisation_id: str
) -> OrganisationRow:
    """One node the caller sees. Raises UserError `organisation-unknown`."""
    query = select(OrganisationRow).where(
        OrganisationRow.id == organisation_id, visible(principal, OrganisationRow)
    )
    row = await session.scalar(query)
    if row is None:
        raise UserError("organisation-unknown")
    return row


def organisation_of(row: OrganisationRow) -> Organisation:
    """The record of a row."""
    return Organisation(
        id=OrganisationId(row.id),
        parent_id=None if row.parent_id is None else OrganisationId(row.parent_id),
        kind=OrganisationKind(row.kind),
        name=row.name,
        school_code=row.school_code,
        path=row.path,
    )


def _new_row(
    parent: Organisation | None, kind: OrganisationKind, name: str, school_code: str | None
) -> OrganisationRow:
    organisation_id = OrganisationId(new_id("org"))
    return OrganisationRow(
        id=organisation_id,
        parent_id=parent.id if parent else None,
        kind=kind.value,
        name=name,
        school_code=school_code,
        path=path_below(parent.path if parent else "", organisation_id),
    )
