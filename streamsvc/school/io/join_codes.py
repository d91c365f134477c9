"""Six-digit codes that turn a browser into a room's device."""

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from streamsvc.base.errors import InvariantBroken, UserError
from streamsvc.base.ids import RoomId
from streamsvc.school.codes import DAY_MS, JOIN_CODE_LIFETIME_MS, new_join_code
from streamsvc.school.io.audit import audited
from streamsvc.school.io.database import Database
from streamsvc.school.io.devices import forget_terminal
from streamsvc.school.io.rooms import managed_room
from streamsvc.school.io.sign_ins import new_sign_in
from streamsvc.school.io.tables import JoinCodeRow, RoomRow
from streamsvc.school.records import JoinCode, Principal, SignedIn, SignInKind
from streamsvc.school.tries import CodeTries

_DRAWS = 20
"""Codes drawn before we give up: with a thousand rooms one draw in a thousand is taken."""


class JoinCodes:
    """One live code per room, used once."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self._tries = CodeTries()

    async def issue(
        self, principal: Principal, room_id: RoomId, *, lifetime_ms: int = JOIN_CODE_LIFETIME_MS
    ) -> JoinCode:
        """A fresh code; the room's older one dies. For administrators of the subtree and teachers
        of the room's school. Raises UserError `room-unknown`, `room-of-other-school`."""
        now_ms = self._db.clock.wall_ms()
        async with self._db.writing.begin() as session:
            await managed_room(session, principal, room_id)
            await session.execute(delete(JoinCodeRow).where(JoinCodeRow.room_id == room_id))
            row = JoinCodeRow(
                room_id=room_id,
                code=await _free_code(session),
                expires_at_ms=now_ms + lifetime_ms,
            )
            session.add(row)
            session.add(audited(principal, "room.code_issued", room_id, now_ms))
            return JoinCode(row.code, room_id, row.expires_at_ms)

    async def join(self, code: str, address: str) -> SignedIn:
        """Turn the caller into the room's device. An older device of the room is signed out; its
        phone stays. The principal holds room_id, name (the room's) and school_name. Raises
        UserError `code-unknown`, `code-expired`, `too-many-tries` (retry_after_seconds)."""
        self._tries.begin(address, self._db.clock.now())
        now_ms = self._db.clock.wall_ms()
        async with self._db.writing.begin() as session:
            row = await session.scalar(select(JoinCodeRow).where(JoinCodeRow.code == code))
            if row is None:
                raise UserError("code-unknown")
            if row.expires_at_ms <= now_ms:
                raise UserError("code-expired")
            room = await session.get_one(RoomRow, row.room_id)
            await session.delete(row)
            await forget_terminal(session, room.id)
            signed_in = await new_sign_in(session, SignInKind.ROOM, now_ms, room_id=room.id)
            session.add(audited(signed_in.principal, "room.device_joined", room.id, now_ms))
        self._tries.was_right(address, self._db.clock.now())
        return signed_in

    async def prune(self) -> None:
        """Remove codes that expired a day ago; until then they are told from unknown ones."""
        old = JoinCodeRow.expires_at_ms <= self._db.clock.wall_ms() - DAY_MS
        async with self._db.writing.begin() as session:
            await session.execute(delete(JoinCodeRow).where(old))


async def _free_code(session: AsyncSession) -> str:
    for _ in range(_DRAWS):
        code = new_join_code()
        if await session.scalar(select(JoinCodeRow).where(JoinCodeRow.code == code)) is None:
            return code
    raise InvariantBroken("no free join code")
