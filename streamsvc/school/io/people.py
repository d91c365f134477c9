"""Accounts in the database."""

from streamsvc.base.ids import OrganisationId, PersonId
from streamsvc.school.io.database import Database
from streamsvc.school.io.passwords import Passwords
from streamsvc.school.records import Person, Principal, Role


class People:
    """Accounts. An administrator sees her subtree, anyone else only herself."""

    def __init__(self, database: Database, passwords: Passwords) -> None:
        self._db = database
        self._passwords = passwords

    async def visible(self, principal: Principal) -> list[Person]:
        """Accounts the caller may see, by organisation and name."""
        raise NotImplementedError

    async def find(self, principal: Principal, person_id: PersonId) -> Person:
        """One account. Raises UserError `person-unknown`."""
        raise NotImplementedError

    async def own(self, principal: Principal) -> Person:
        """The caller's own account. Raises UserError `person-unknown` for a device."""
        raise NotImplementedError

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
        Raises UserError `organisation-unknown`, `login-taken`, `role-unknown` (a device's role)."""
        raise NotImplementedError

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
        away her own role or account)."""
        raise NotImplementedError
