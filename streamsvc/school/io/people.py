"""Accounts in the database."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from streamsvc.base.errors import UserError
from streamsvc.base.ids import OrganisationId, PersonId, new_id
from streamsvc.school.io.audit import audited
from streamsvc.school.io.database import Database
from streamsvc.school.io.devices import forget_person
from streamsvc.school.io.organisations import organisation_row
from streamsvc.school.io.passwords import Passwords
from streamsvc.school.io.scope import visible
from streamsvc.school.io.tables import OrganisationRow, PersonRow
from streamsvc.school.io.unique import unique_or
from streamsvc.school.records import Person, Principal, Role

STAFF_ROLES = (Role.ADMINISTRATOR, Role.LEAD_TEACHER, Role.HELPER_TEACHER, Role.OBSERVER)


class People:
    """Accounts. An administrator sees her subtree, anyone else only herself."""

    def __init__(self, database: Database, passwords: Passwords) -> None:
        self._db = database
        self._passwords = passwords

    async def visible(self, principal: Principal) -> list[Person]:
        """Accounts the caller may see, by organisation and name."""
        query = (
            select(PersonRow)
            .join(OrganisationRow)
            .where(visible(principal, PersonRow))
            .order_by(OrganisationRow.path, PersonRow.name, PersonRow.id)
        )
        async with self._db.reading() as session:
            return [person_of(row) for row in await session.scalars(query)]

    async def find(self, principal: Principal, person_id: PersonId) -> Person:
        """One account. Raises UserError `person-unknown`."""
        async with self._db.reading() as session:
            return person_of(await person_row(session, principal, person_id))

    async def own(self, principal: Principal) -> Person:
        """The caller's own account. Raises UserError `person-unknown` for a device."""
        return await self.find(principal, principal.person_id or PersonId(""))

    async def add(
        self,
        principal: Principal,
        *,
        organisation_id: OrganisationId,
        login: str,
        name: str,
        role: Role,
        password: str,
    ) -> Person:
        """Make an account in the caller's subtree. Logins are compared without case.
        Raises UserError `organisation-unknown`, `login-taken`, `role-unknown` (a device's role);
        Overload `sign-in-busy`."""
        _check_role(role)
        password_hash = await self._passwords.hashed(password)
        async with self._db.writing.begin() as session:
            row = PersonRow(
                id=new_id("per"),
                organisation=await organisation_row(session, principal, organisation_id),
                login=login_key(login),
                name=name,
                role=role.value,
                password_hash=password_hash,
                is_active=True,
            )
            session.add(row)
            with unique_or("login-taken"):
                await session.flush()
            session.add(audited(principal, "person.added", row.id, self._db.clock.wall_ms()))
            return person_of(row)

    async def change(
        self,
        principal: Principal,
        person_id: PersonId,
        *,
        name: str | None = None,
        role: Role | None = None,
        password: str | None = None,
        is_active: bool | None = None,
    ) -> Person:
        """Change what is given. A new password, another role or deactivation signs the person out
        everywhere. Raises UserError `person-unknown`, `role-unknown`, `account-own` (nobody takes
        away her own role or account); Overload `sign-in-busy`."""
        if role is not None:
            _check_role(role)
        password_hash = None if password is None else await self._passwords.hashed(password)
        async with self._db.writing.begin() as session:
            row = await person_row(session, principal, person_id)
            _check_own(principal, row, role, is_active)
            is_other = password is not None or role not in (None, row.role) or is_active is False
            row.name = row.name if name is None else name
            row.role = row.role if role is None else role.value
            row.password_hash = row.password_hash if password_hash is None else password_hash
            row.is_active = row.is_active if is_active is None else is_active
            if is_other:
                await forget_person(session, row.id)
            session.add(audited(principal, "person.changed", row.id, self._db.clock.wall_ms()))
            return person_of(row)


async def person_row(session: AsyncSession, principal: Principal, person_id: str) -> PersonRow:
    """One account the caller sees. Raises UserError `person-unknown`."""
    query = select(PersonRow).where(PersonRow.id == person_id, visible(principal, PersonRow))
    row = await session.scalar(query)
    if row is None:
        raise UserError("person-unknown")
    return row


def login_key(login: str) -> str:
    """How a login is stored and looked up."""
    return login.strip().casefold()


def person_of(row: PersonRow) -> Person:
    """The record of a row."""
    return Person(
        id=PersonId(row.id),
        organisation_id=OrganisationId(row.organisation.id),
        organisation_path=row.organisation.path,
        organisation_name=row.organisation.name,
        login=row.login,
        name=row.name,
        role=Role(row.role),
        is_active=row.is_active,
    )


def _check_role(role: Role) -> None:
    if role not in STAFF_ROLES:
        raise UserError("role-unknown", role=role.value)


def _check_own(
    principal: Principal, row: PersonRow, role: Role | None, is_active: bool | None
) -> None:
    if row.id == principal.person_id and (role not in (None, row.role) or is_active is False):
        raise UserError("account-own")
