"""The links by which parents watch their class's lessons."""

from dataclasses import replace

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from streamsvc.base.errors import UserError
from streamsvc.base.ids import RoomId
from streamsvc.school.codes import (
    VIEWERS_PER_ROOM,
    WATCH_LINK_LIFETIME_MS,
    fingerprint,
    new_watch_key,
)
from streamsvc.school.io.audit import audited
from streamsvc.school.io.database import Database
from streamsvc.school.io.devices import forget_viewers
from streamsvc.school.io.rooms import room_of, room_row
from streamsvc.school.io.sign_ins import new_sign_in
from streamsvc.school.io.tables import SignInRow, WatchLinkRow
from streamsvc.school.records import (
    Principal,
    Room,
    RoomKind,
    SignedIn,
    SignInKind,
    WatchKey,
    WatchLink,
)
from streamsvc.school.scope import manages_watch_link
from streamsvc.school.tries import CodeTries, Rate

# 160 bits can't be guessed; this only keeps a flood away from the database. A village shares one
# address, and a class opens its link in the same minute.
_PER_ADDRESS = Rate(burst=200, per_minute=120)
_OVERALL = Rate(burst=3_000, per_minute=3_000)


class WatchLinks:
    """One link per receiving room. It is shown once, when it is made; a new one is the end of the
    old one and of every device that came by it."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self._tries = CodeTries(_PER_ADDRESS, _OVERALL)

    async def issue(self, principal: Principal, room_id: RoomId, *, has_replay: bool) -> WatchKey:
        """A fresh link. Raises UserError `room-unknown`, `room-of-other-school`,
        `room-not-receiving`."""
        key, now_ms = new_watch_key(), self._db.clock.wall_ms()
        async with self._db.writing.begin() as session:
            room = await _managed(session, principal, room_id)
            if room.kind is not RoomKind.RECV_ROOM:
                raise UserError("room-not-receiving")
            await _forget(session, room_id)
            row = WatchLinkRow(
                room_id=room_id,
                fingerprint=fingerprint(key),
                has_replay=has_replay,
                created_at_ms=now_ms,
                expires_at_ms=now_ms + WATCH_LINK_LIFETIME_MS,
            )
            session.add(row)
            session.add(audited(principal, "room.watch_link_made", room_id, now_ms))
            return WatchKey(key, _link(row, viewers=0))

    async def find(self, principal: Principal, room_id: RoomId) -> WatchLink | None:
        """The room's link without its key; None without one. Raises UserError `room-unknown`,
        `room-of-other-school`."""
        async with self._db.reading() as session:
            await _managed(session, principal, room_id)
            link = await self._live(session, room_id)
            viewers = await _viewers(session, room_id)
        return None if link is None else replace(link, viewers=viewers)

    async def of_room(self, room_id: RoomId) -> WatchLink | None:
        """The same, for a viewer who came by it: not scoped, and nobody is counted."""
        async with self._db.reading() as session:
            return await self._live(session, room_id)

    async def set_replay(
        self, principal: Principal, room_id: RoomId, *, has_replay: bool
    ) -> WatchLink:
        """Whether the class may see its lessons again. Raises UserError `room-unknown`,
        `room-of-other-school`, `watch-link-over` (there is none)."""
        now_ms = self._db.clock.wall_ms()
        async with self._db.writing.begin() as session:
            await _managed(session, principal, room_id)
            row = await session.get(WatchLinkRow, room_id)
            if row is None or row.expires_at_ms <= now_ms:
                raise UserError("watch-link-over")
            row.has_replay = has_replay
            session.add(audited(principal, "room.watch_link_changed", room_id, now_ms))
            await session.flush()
            return _link(row, await _viewers(session, room_id))

    async def revoke(self, principal: Principal, room_id: RoomId) -> None:
        """Nobody watches by it any more. Harmless without one. Raises UserError `room-unknown`,
        `room-of-other-school`."""
        async with self._db.writing.begin() as session:
            await _managed(session, principal, room_id)
            await _forget(session, room_id)
            now_ms = self._db.clock.wall_ms()
            session.add(audited(principal, "room.watch_link_revoked", room_id, now_ms))

    async def enter(self, key: str, address: str) -> SignedIn:
        """A device of its own for whoever holds the key; beyond 5,000 of a class the oldest is
        signed out. Raises UserError `watch-link-over` (unknown ones too), `too-many-tries`
        (retry_after_seconds)."""
        self._tries.begin(address, self._db.clock.now())
        now_ms = self._db.clock.wall_ms()
        async with self._db.writing.begin() as session:
            is_this = WatchLinkRow.fingerprint == fingerprint(key)
            row = await session.scalar(select(WatchLinkRow).where(is_this))
            if row is None or row.expires_at_ms <= now_ms:
                raise UserError("watch-link-over")
            await _make_place(session, row.room_id)
            signed_in = await new_sign_in(session, SignInKind.VIEWER, now_ms, room_id=row.room_id)
        self._tries.was_right(address, self._db.clock.now())
        return signed_in

    async def is_of(self, key: str, room_id: RoomId) -> bool:
        """Whether this is the key of that room's link now, so that a device that is in already
        needs no other token."""
        now_ms = self._db.clock.wall_ms()
        async with self._db.reading() as session:
            row = await session.get(WatchLinkRow, room_id)
        return (
            row is not None and row.expires_at_ms > now_ms and row.fingerprint == fingerprint(key)
        )

    async def _live(self, session: AsyncSession, room_id: str) -> WatchLink | None:
        row = await session.get(WatchLinkRow, room_id)
        if row is None or row.expires_at_ms <= self._db.clock.wall_ms():
            return None
        return _link(row, viewers=0)


async def _managed(session: AsyncSession, principal: Principal, room_id: str) -> Room:
    room = room_of(await room_row(session, principal, room_id))
    if not manages_watch_link(principal, room):
        raise UserError("room-of-other-school")
    return room


async def _forget(session: AsyncSession, room_id: str) -> None:
    await session.execute(delete(WatchLinkRow).where(WatchLinkRow.room_id == room_id))
    await forget_viewers(session, room_id)


async def _viewers(session: AsyncSession, room_id: str) -> int:
    mine = (SignInRow.room_id == room_id, SignInRow.kind == SignInKind.VIEWER)
    query = select(func.count()).select_from(SignInRow).where(*mine)
    return await session.scalar(query) or 0


async def _make_place(session: AsyncSession, room_id: str) -> None:
    if await _viewers(session, room_id) < VIEWERS_PER_ROOM:
        return
    mine = (SignInRow.room_id == room_id, SignInRow.kind == SignInKind.VIEWER)
    oldest = select(SignInRow).where(*mine).order_by(SignInRow.expires_at_ms).limit(1)
    row = await session.scalar(oldest)
    if row is not None:
        await session.delete(row)


def _link(row: WatchLinkRow, viewers: int) -> WatchLink:
    return WatchLink(
        room_id=RoomId(row.room_id),
        has_replay=row.has_replay,
        created_at_ms=row.created_at_ms,
        expires_at_ms=row.expires_at_ms,
        viewers=viewers,
    )
