"""Checks of rooms in the database."""

from collections.abc import Mapping, Sequence

from sqlalchemy import CursorResult, and_, delete, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from streamsvc.base.ids import CheckId, RoomId, new_id
from streamsvc.school.checks import (
    OLD_AFTER_MS,
    CheckFigures,
    CheckWay,
    Part,
    RoomCheck,
    verdict_of,
    with_devices,
)
from streamsvc.school.codes import DAY_MS
from streamsvc.school.io.database import Database
from streamsvc.school.io.rooms import room_of, room_row
from streamsvc.school.io.scope import visible
from streamsvc.school.io.tables import RoomCheckRow
from streamsvc.school.io.unique import unique_or
from streamsvc.school.records import Principal, Room

KEPT_MS = 190 * DAY_MS
KEPT_OF_ROOM = 60
"""The newest; some weeks of lessons."""
SHOWN = 8
"""In a list of rooms."""


class RoomChecks:
    """Figures only: no picture and no sound of a room is kept. Scoped like rooms."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def add(
        self, principal: Principal, room_id: RoomId, figures: CheckFigures, slot: str | None
    ) -> RoomCheck:
        """Keep what was found, and forget the oldest of this room. Raises UserError
        `room-unknown`, `check-slot-done` (the room made this unattended check already)."""
        async with self._db.writing.begin() as session:
            room = room_of(await room_row(session, principal, room_id))
            row = RoomCheckRow(
                id=new_id("chk"),
                room_id=room_id,
                at_ms=self._db.clock.wall_ms(),
                slot=slot,
                camera=figures.camera.value,
                microphone=figures.microphone.value,
                echo=figures.echo.value,
                way=figures.way.value,
                round_trip_ms=figures.round_trip_ms,
                lost_down_permille=_permille(figures.loss_down),
                lost_up_permille=_permille(figures.loss_up),
                down_bps=figures.down_bps,
                up_bps=figures.up_bps,
                duration_ms=figures.duration_ms,
            )
            session.add(row)
            with unique_or("check-slot-done"):
                await session.flush()
            await _forget_beyond(session, room_id, KEPT_OF_ROOM)
            return check_of(row, room)

    async def of_room(self, principal: Principal, room_id: RoomId) -> list[RoomCheck]:
        """All that are kept of one room, newest first. Raises UserError `room-unknown`."""
        async with self._db.reading() as session:
            room = room_of(await room_row(session, principal, room_id))
            query = select(RoomCheckRow).where(RoomCheckRow.room_id == room_id)
            rows = await session.scalars(query.order_by(*_NEWEST_FIRST))
            return _judged([check_of(row, room) for row in rows], room)

    async def latest(
        self, principal: Principal, rooms: Sequence[Room]
    ) -> Mapping[RoomId, list[RoomCheck]]:
        """The newest checks of each of these rooms, `SHOWN` at most, newest first. Those before
        them that looked at devices are read, too: a verdict goes by them."""
        since_ms = self._db.clock.wall_ms() - 2 * OLD_AFTER_MS
        place = func.row_number().over(
            partition_by=RoomCheckRow.room_id, order_by=RoomCheckRow.at_ms.desc()
        )
        ranked = (
            select(RoomCheckRow.id, place.label("place"))
            .where(visible(principal, RoomCheckRow))
            .subquery()
        )
        query = (
            select(RoomCheckRow)
            .join(ranked, ranked.c.id == RoomCheckRow.id)
            .where(or_(ranked.c.place <= SHOWN, and_(_LOOKED, RoomCheckRow.at_ms >= since_ms)))
            .order_by(*_NEWEST_FIRST)
        )
        known = {room.id: room for room in rooms}
        found: dict[RoomId, list[RoomCheck]] = {room.id: [] for room in rooms}
        async with self._db.reading() as session:
            for row in await session.scalars(query):
                room = known.get(RoomId(row.room_id))
                if room is not None:
                    found[room.id].append(check_of(row, room))
        return {room.id: _judged(found[room.id], room)[:SHOWN] for room in rooms}

    async def slots_done(self, room_id: RoomId) -> list[str]:
        """Unattended checks that a room has made; not scoped."""
        query = select(RoomCheckRow.slot).where(
            RoomCheckRow.room_id == room_id, RoomCheckRow.slot.is_not(None)
        )
        async with self._db.reading() as session:
            return [slot for slot in await session.scalars(query) if slot is not None]

    async def prune(self) -> int:
        """Remove what is older than half a year; how many."""
        old = RoomCheckRow.at_ms < self._db.clock.wall_ms() - KEPT_MS
        async with self._db.writing.begin() as session:
            result = await session.execute(delete(RoomCheckRow).where(old))
            return result.rowcount if isinstance(result, CursorResult) else 0


_NEWEST_FIRST = (RoomCheckRow.at_ms.desc(), RoomCheckRow.id)
_LOOKED = or_(
    *(
        part != Part.SKIPPED.value
        for part in (RoomCheckRow.camera, RoomCheckRow.microphone, RoomCheckRow.echo)
    )
)


def _judged(checks: list[RoomCheck], room: Room) -> list[RoomCheck]:
    """Newest first, each with what those before it found of devices."""
    return [with_devices(one, checks[n + 1 :], room.policy) for n, one in enumerate(checks)]


async def _forget_beyond(session: AsyncSession, room_id: RoomId, kept: int) -> None:
    query = select(RoomCheckRow.id).where(RoomCheckRow.room_id == room_id)
    oldest = (await session.scalars(query.order_by(*_NEWEST_FIRST).offset(kept))).all()
    if oldest:
        await session.execute(delete(RoomCheckRow).where(RoomCheckRow.id.in_(oldest)))


def check_of(row: RoomCheckRow, room: Room) -> RoomCheck:
    """The record of a row."""
    figures = CheckFigures(
        camera=Part(row.camera),
        microphone=Part(row.microphone),
        echo=Part(row.echo),
        way=CheckWay(row.way),
        round_trip_ms=row.round_trip_ms,
        loss_down=_fraction(row.lost_down_permille),
        loss_up=_fraction(row.lost_up_permille),
        down_bps=row.down_bps,
        up_bps=row.up_bps,
        duration_ms=row.duration_ms,
    )
    return RoomCheck(
        id=CheckId(row.id),
        room_id=RoomId(row.room_id),
        at_ms=row.at_ms,
        is_auto=row.slot is not None,
        figures=figures,
        verdict=verdict_of(figures, room.policy),
    )


def _permille(fraction: float | None) -> int | None:
    return None if fraction is None else round(1000 * fraction)


def _fraction(permille: int | None) -> float | None:
    return None if permille is None else permille / 1000
