"""Classrooms in the database."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from streamsvc.base.errors import UserError
from streamsvc.base.ids import LessonId, OrganisationId, RoomId, new_id
from streamsvc.base.sessions import LinkPolicy
from streamsvc.school.io.audit import audited
from streamsvc.school.io.database import Database
from streamsvc.school.io.devices import forget_room
from streamsvc.school.io.organisations import organisation_row
from streamsvc.school.io.scope import visible
from streamsvc.school.io.tables import LessonRoomRow, OrganisationRow, RoomRow
from streamsvc.school.io.unique import unique_or
from streamsvc.school.records import OrganisationKind, Principal, Room, RoomKind
from streamsvc.school.scope import manages_room

_IN_ORDER = (OrganisationRow.name, OrganisationRow.id, RoomRow.name)


class Rooms:
    """Rooms. Administrators and observers see their subtree, a lead teacher her county (whom she
    may invite), a helper teacher her school, a room or phone the one room."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def visible(self, principal: Principal) -> list[Room]:
        """Rooms the caller may see, by school and name."""
        query = select(RoomRow).join(OrganisationRow).where(visible(principal, RoomRow))
        async with self._db.reading() as session:
            return [room_of(row) for row in await session.scalars(query.order_by(*_IN_ORDER))]

    async def find(self, principal: Principal, room_id: RoomId) -> Room:
        """One room. Raises UserError `room-unknown`."""
        async with self._db.reading() as session:
            return room_of(await room_row(session, principal, room_id))

    async def invited(self, lesson_id: LessonId) -> list[Room]:
        """Rooms invited to a lesson, by school and name; for the lesson's own code, not scoped."""
        query = (
            select(RoomRow)
            .join(OrganisationRow)
            .join(LessonRoomRow, LessonRoomRow.room_id == RoomRow.id)
            .where(LessonRoomRow.lesson_id == lesson_id)
        )
        async with self._db.reading() as session:
            return [room_of(row) for row in await session.scalars(query.order_by(*_IN_ORDER))]

    async def add(
        self, principal: Principal, *, organisation_id: OrganisationId, name: str, kind: RoomKind
    ) -> Room:
        """Add a room to a school. Raises UserError `organisation-unknown`,
        `organisation-not-a-school`, `room-taken` (same name in the school)."""
        async with self._db.writing.begin() as session:
            school = await organisation_row(session, principal, organisation_id)
            if school.kind != OrganisationKind.SCHOOL:
                raise UserError("organisation-not-a-school")
            row = RoomRow(id=new_id("room"), organisation=school, name=name, kind=kind.value)
            session.add(row)
            with unique_or("room-taken"):
                await session.flush()
            session.add(audited(principal, "room.added", row.id, self._db.clock.wall_ms()))
            return room_of(await room_row(session, principal, row.id))

    async def set_policy(self, principal: Principal, room_id: RoomId, policy: LinkPolicy) -> Room:
        """What is known or wanted of its link. Raises UserError `room-unknown`,
        `room-of-other-school` (seen but not managed by the caller)."""
        async with self._db.writing.begin() as session:
            await managed_room(session, principal, room_id)
            row = await room_row(session, principal, room_id)
            row.most_kbps = policy.most_kbps
            row.is_voice_and_slides = policy.is_voice_and_slides
            row.is_satellite = policy.is_satellite
            now_ms = self._db.clock.wall_ms()
            session.add(audited(principal, "room.policy_changed", room_id, now_ms))
            await session.flush()
            return room_of(await room_row(session, principal, room_id))

    async def remove_device(self, principal: Principal, room_id: RoomId) -> None:
        """Sign the room's terminal and phone out; its codes die. Raises UserError `room-unknown`,
        `room-of-other-school` (seen but not managed by the caller)."""
        async with self._db.writing.begin() as session:
            await managed_room(session, principal, room_id)
            await forget_room(session, room_id)
            now_ms = self._db.clock.wall_ms()
            session.add(audited(principal, "room.device_removed", room_id, now_ms))


async def room_row(session: AsyncSession, principal: Principal, room_id: str) -> RoomRow:
    """One room the caller sees. Raises UserError `room-unknown`."""
    query = select(RoomRow).where(RoomRow.id == room_id, visible(principal, RoomRow))
    row = await session.scalar(query.execution_options(populate_existing=True))
    if row is None:
        raise UserError("room-unknown")
    return row


async def managed_room(session: AsyncSession, principal: Principal, room_id: str) -> Room:
    """One room the caller manages. Raises UserError `room-unknown`, `room-of-other-school`."""
    room = room_of(await room_row(session, principal, room_id))
    if not manages_room(principal, room):
        raise UserError("room-of-other-school")
    return room


def room_of(row: RoomRow) -> Room:
    """The record of a row."""
    return Room(
        id=RoomId(row.id),
        organisation_id=OrganisationId(row.organisation.id),
        organisation_path=row.organisation.path,
        school_name=row.organisation.name,
        name=row.name,
        kind=RoomKind(row.kind),
        has_device=row.has_device,
        policy=LinkPolicy(row.most_kbps, row.is_voice_and_slides, row.is_satellite),
    )
