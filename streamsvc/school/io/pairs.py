"""Secrets in the QR on a room's screen that make a phone the helper's remote."""

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from streamsvc.base.errors import UserError
from streamsvc.base.ids import RoomId
from streamsvc.school.codes import (
    PAIR_LIFETIME_MS,
    PAIRS_PER_ROOM,
    fingerprint,
    new_pair_secret,
)
from streamsvc.school.io.audit import audited
from streamsvc.school.io.database import Database
from streamsvc.school.io.devices import forget_phone
from streamsvc.school.io.sign_ins import new_sign_in
from streamsvc.school.io.tables import PairRow, RoomRow
from streamsvc.school.records import PairSecret, SignedIn, SignInKind
from streamsvc.school.tries import CodeTries, Rate

# 160 bits can't be guessed; this only keeps a flood away from the database
_PER_ADDRESS = Rate(burst=20, per_minute=20)
_OVERALL = Rate(burst=300, per_minute=300)


class Pairs:
    """Pair secrets. One stays good until it expires, so that a phone whose answer got lost can ask
    again; a room has one phone, and the newest wins."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self._tries = CodeTries(_PER_ADDRESS, _OVERALL)

    async def issue(self, room_id: RoomId) -> PairSecret:
        """A fresh secret for the room that asks (10 minutes); its few latest stay valid too."""
        secret = new_pair_secret()
        expires_ms = self._db.clock.wall_ms() + PAIR_LIFETIME_MS
        row = PairRow(fingerprint=fingerprint(secret), room_id=room_id, expires_at_ms=expires_ms)
        async with self._db.writing.begin() as session:
            await _make_place(session, room_id)
            session.add(row)
        return PairSecret(secret, room_id, expires_ms)

    async def pair(self, secret: str, name: str, address: str) -> SignedIn:
        """Make the caller the helper's phone of the room. The principal holds room_id, the helper's
        name as given, and school_name. Raises UserError `pair-expired` (unknown ones too),
        `too-many-tries` (retry_after_seconds)."""
        self._tries.begin(address, self._db.clock.now())
        now_ms = self._db.clock.wall_ms()
        async with self._db.writing.begin() as session:
            row = await session.get(PairRow, fingerprint(secret))
            if row is None or row.expires_at_ms <= now_ms:
                raise UserError("pair-expired")
            room = await session.get_one(RoomRow, row.room_id)
            await forget_phone(session, room.id)
            signed_in = await new_sign_in(
                session, SignInKind.PHONE, now_ms, room_id=room.id, name=name.strip()
            )
            session.add(audited(signed_in.principal, "room.phone_paired", room.id, now_ms))
        self._tries.was_right(address, self._db.clock.now())
        return signed_in

    async def prune(self) -> None:
        """Remove the expired ones."""
        old = PairRow.expires_at_ms <= self._db.clock.wall_ms()
        async with self._db.writing.begin() as session:
            await session.execute(delete(PairRow).where(old))


async def _make_place(session: AsyncSession, room_id: RoomId) -> None:
    """Drop the oldest secrets of a room beyond what may be good at once."""
    query = select(PairRow).where(PairRow.room_id == room_id).order_by(PairRow.expires_at_ms.desc())
    for row in (await session.scalars(query)).all()[PAIRS_PER_ROOM - 1 :]:
        await session.delete(row)
