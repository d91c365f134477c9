"""Six-digit codes that turn a browser into a room's device."""

from streamsvc.base.ids import RoomId
from streamsvc.school.codes import JOIN_CODE_LIFETIME_MS
from streamsvc.school.io.database import Database
from streamsvc.school.records import JoinCode, Principal, SignedIn


class JoinCodes:
    """One live code per room, used once."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def issue(
        self, principal: Principal, room_id: RoomId, *, lifetime_ms: int = JOIN_CODE_LIFETIME_MS
    ) -> JoinCode:
        """A fresh code; the room's older one dies. For administrators of the subtree and teachers
        of the room's school. Raises UserError `room-unknown`, `room-of-other-school`."""
        raise NotImplementedError

    async def join(self, code: str, address: str) -> SignedIn:
        """Turn the caller into the room's device (an older device of the room is signed out, as is
        its phone). The principal holds room_id, name (the room's) and school_name. Raises UserError
        `code-unknown`, `code-expired`, `too-many-tries` (retry_after_seconds)."""
        raise NotImplementedError
