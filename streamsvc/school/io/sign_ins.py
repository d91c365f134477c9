"""Who is signed in: staff by password, rooms, phones and viewers by what they opened.

A token is 256 random bits; only its SHA-256 is stored.
"""

from sqlalchemy import RowMapping, delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from streamsvc.base.errors import InvariantBroken, UserError
from streamsvc.base.ids import PersonId, RoomId
from streamsvc.school.codes import expires_at_ms, fingerprint, is_renewal_due, new_token
from streamsvc.school.io.database import Database
from streamsvc.school.io.devices import forget_room
from streamsvc.school.io.passwords import Passwords
from streamsvc.school.io.people import login_key
from streamsvc.school.io.tables import OrganisationRow, PersonRow, RoomRow, SignInRow
from streamsvc.school.records import Principal, Role, SignedIn, SignInKind
from streamsvc.school.tries import PasswordTries


class SignIns:
    """Tokens of staff, rooms, phones and viewers."""

    def __init__(self, database: Database, passwords: Passwords) -> None:
        self._db = database
        self._passwords = passwords
        self._tries = PasswordTries()

    async def sign_in(self, login: str, password: str, address: str) -> SignedIn:
        """Sign a person in; `address` is the client's IP, for the throttle. Raises UserError
        `login-wrong` (unknown login and wrong password alike), `account-inactive` (right password),
        `too-many-tries` (retry_after_seconds); Overload `sign-in-busy`."""
        key = login_key(login)
        self._tries.begin(key, address, self._db.clock.now())
        person = await self._person(key)
        stored = None if person is None else person.password_hash
        is_right = await self._passwords.matches(password, stored)
        if person is None or not is_right:
            raise UserError("login-wrong")
        self._tries.was_right(key, address, self._db.clock.now())
        if not person.is_active:
            raise UserError("account-inactive")
        return await self._signed_in(person)

    async def lend(self, person_id: PersonId) -> SignedIn:
        """A sign-in for a process of ours that acts in her name; `sign_out` when it is done. Raises
        UserError `account-inactive`."""
        async with self._db.writing.begin() as session:
            person = await session.get(PersonRow, person_id)
            if person is None or not person.is_active:
                raise UserError("account-inactive")
            now_ms = self._db.clock.wall_ms()
            return await new_sign_in(session, SignInKind.STAFF, now_ms, person_id=person.id)

    async def principal_of(self, token: str, kind: SignInKind) -> Principal | None:
        """Whose token this is now; None for unknown, expired, or of another kind. A staff member's
        or room's sign-in is extended by being used."""
        now_ms, key = self._db.clock.wall_ms(), fingerprint(token)
        async with self._db.reading() as session:
            found = await _find(session, key, kind)
        if found is None or found[0] <= now_ms:
            return None
        expires_ms, principal = found
        if is_renewal_due(kind, expires_ms, now_ms):
            await self._renew(key, expires_at_ms(kind, now_ms))
        return principal

    async def sign_out(self, token: str, kind: SignInKind) -> None:
        """Forget the token. Harmless if it is unknown. For a room this is POST /api/room/leave: its
        phone is signed out too."""
        mine = (SignInRow.fingerprint == fingerprint(token), SignInRow.kind == kind)
        async with self._db.writing.begin() as session:
            room_id = await session.scalar(select(SignInRow.room_id).where(*mine))
            await session.execute(delete(SignInRow).where(*mine))
            if kind is SignInKind.ROOM and room_id is not None:
                await forget_room(session, room_id)

    async def helper_name(self, room_id: RoomId) -> str | None:
        """Name given by the phone paired with this room ("" if none); None without a phone."""
        query = select(SignInRow.name).where(
            SignInRow.room_id == room_id,
            SignInRow.kind == SignInKind.PHONE,
            SignInRow.expires_at_ms > self._db.clock.wall_ms(),
        )
        async with self._db.reading() as session:
            return await session.scalar(query)

    async def prune(self) -> None:
        """Remove the expired ones."""
        old = SignInRow.expires_at_ms <= self._db.clock.wall_ms()
        async with self._db.writing.begin() as session:
            await session.execute(delete(SignInRow).where(old))

    async def _person(self, login: str) -> PersonRow | None:
        async with self._db.reading() as session:
            return await session.scalar(select(PersonRow).where(PersonRow.login == login))

    async def _signed_in(self, person: PersonRow) -> SignedIn:
        async with self._db.writing.begin() as session:
            # what was checked may have changed while the hash was computed
            current = await session.get(PersonRow, person.id, populate_existing=True)
            if current is None or current.password_hash != person.password_hash:
                raise UserError("login-wrong")
            if not current.is_active:
                raise UserError("account-inactive")
            now_ms = self._db.clock.wall_ms()
            return await new_sign_in(session, SignInKind.STAFF, now_ms, person_id=current.id)

    async def _renew(self, key: str, expires_ms: int) -> None:
        same = SignInRow.fingerprint == key
        async with self._db.writing.begin() as session:
            await session.execute(update(SignInRow).where(same).values(expires_at_ms=expires_ms))


async def new_sign_in(
    session: AsyncSession,
    kind: SignInKind,
    now_ms: int,
    *,
    person_id: str | None = None,
    room_id: str | None = None,
    name: str = "",
) -> SignedIn:
    """Store a fresh token for a person or a room; the token itself is only in the answer."""
    token = new_token()
    row = SignInRow(
        fingerprint=fingerprint(token),
        kind=kind.value,
        person_id=person_id,
        room_id=room_id,
        name=name,
        created_at_ms=now_ms,
        expires_at_ms=expires_at_ms(kind, now_ms),
    )
    session.add(row)
    await session.flush()
    found = await _find(session, row.fingerprint, kind)
    if found is None:
        raise InvariantBroken("a sign-in of nobody")
    return SignedIn(token, kind, row.expires_at_ms, found[1])


# Asked with every request, so columns and not objects: that halves the time.
_STAFF = (
    select(
        SignInRow.expires_at_ms,
        PersonRow.role,
        OrganisationRow.path,
        PersonRow.name,
        PersonRow.id,
        OrganisationRow.name.label("school_name"),
    )
    .join(PersonRow, PersonRow.id == SignInRow.person_id)
    .join(OrganisationRow, OrganisationRow.id == PersonRow.organisation_id)
    .where(PersonRow.is_active)
)
_DEVICES = (
    select(
        SignInRow.expires_at_ms,
        SignInRow.name.label("helper_name"),
        OrganisationRow.path,
        RoomRow.name,
        RoomRow.id,
        OrganisationRow.name.label("school_name"),
    )
    .join(RoomRow, RoomRow.id == SignInRow.room_id)
    .join(OrganisationRow, OrganisationRow.id == RoomRow.organisation_id)
)


async def _find(session: AsyncSession, key: str, kind: SignInKind) -> tuple[int, Principal] | None:
    """When the sign-in ends, and whose it is."""
    is_staff = kind is SignInKind.STAFF
    query = (_STAFF if is_staff else _DEVICES).where(
        SignInRow.fingerprint == key, SignInRow.kind == kind
    )
    row = (await session.execute(query)).mappings().one_or_none()
    if row is None:
        return None
    return row["expires_at_ms"], _person(row) if is_staff else _device(row, kind)


def _person(row: RowMapping) -> Principal:
    return Principal(
        role=Role(row["role"]),
        organisation_path=row["path"],
        name=row["name"],
        person_id=PersonId(row["id"]),
        school_name=row["school_name"],
    )


_DEVICE_ROLES = {
    SignInKind.ROOM: Role.ROOM,
    SignInKind.PHONE: Role.PHONE,
    SignInKind.VIEWER: Role.VIEWER,
}


def _device(row: RowMapping, kind: SignInKind) -> Principal:
    """A viewer's device goes by its class's name: nobody is asked for hers."""
    return Principal(
        role=_DEVICE_ROLES[kind],
        organisation_path=row["path"],
        name=row["helper_name"] if kind is SignInKind.PHONE else row["name"],
        room_id=RoomId(row["id"]),
        school_name=row["school_name"],
    )
