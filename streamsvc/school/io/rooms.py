"""Classrooms in the database."""

from streamsvc.base.ids import LessonId, OrganisationId, RoomId
from streamsvc.school.io.database import Database
from streamsvc.school.records import Principal, Room, RoomKind


class Rooms:
    """Rooms. Administrators and observers see their subtree, a lead teacher her county (whom she
    may invite), a helper teacher her school, a room or phone the one room."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def visible(self, principal: Principal) -> list[Room]:
        """Rooms the caller may see, by school and name."""
        raise NotImplementedError

    async def find(self, principal: Principal, room_id: RoomId) -> Room:
        """One room. Raises UserError `room-unknown`."""
        raise NotImplementedError

    async def invited(self, lesson_id: LessonId) -> list[Room]:
        """Rooms invited to a lesson, by school and name; for the lesson's own code, not scoped."""
        raise NotImplementedError

    async def add(
        self, principal: Principal, *, organisation_id: OrganisationId, name: str, kind: RoomKind
    ) -> Room:
        """Add a room to a school. Raises UserError `organisation-unknown`,
        `organisation-not-a-school`, `room-taken` (same name in the school)."""
        raise NotImplementedError

    async def remove_device(self, principal: Principal, room_id: RoomId) -> None:
        """Sign the room's terminal and phone out; its codes die. Raises UserError `room-unknown`,
        `room-of-other-school` (seen but not managed by the caller)."""
        raise NotImplementedError
