"""Secrets in the QR on a room's screen that make a phone the helper's remote."""

from streamsvc.base.ids import RoomId
from streamsvc.school.io.database import Database
from streamsvc.school.records import PairSecret, SignedIn


class Pairs:
    """Pair secrets. One stays good until it expires, so that a phone whose answer got lost can ask
    again; a room has one phone, and the newest wins."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def issue(self, room_id: RoomId) -> PairSecret:
        """A fresh secret for the room that asks (10 minutes); its few latest stay valid too."""
        raise NotImplementedError

    async def pair(self, secret: str, name: str, address: str) -> SignedIn:
        """Make the caller the helper's phone of the room. The principal holds room_id, the helper's
        name as given, and school_name. Raises UserError `pair-expired` (unknown ones too),
        `too-many-tries` (retry_after_seconds)."""
        raise NotImplementedError
