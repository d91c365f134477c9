"""Who is signed in: staff by password, rooms and phones by what they paired with.

A token is 256 random bits; only its SHA-256 is stored.
"""

from streamsvc.base.ids import RoomId
from streamsvc.school.io.database import Database
from streamsvc.school.io.passwords import Passwords
from streamsvc.school.records import Principal, SignedIn, SignInKind


class SignIns:
    """Tokens of staff, rooms and phones."""

    def __init__(self, database: Database, passwords: Passwords) -> None:
        self._db = database
        self._passwords = passwords

    async def sign_in(self, login: str, password: str, address: str) -> SignedIn:
        """Sign a person in; `address` is the client's IP, for the throttle. Raises UserError
        `login-wrong` (unknown login and wrong password alike), `account-inactive` (right password),
        `too-many-tries` (retry_after_seconds); Overload `sign-in-busy`."""
        raise NotImplementedError

    async def principal_of(self, token: str, kind: SignInKind) -> Principal | None:
        """Whose token this is now; None for unknown, expired, or of another kind. A staff sign-in
        is extended by being used."""
        raise NotImplementedError

    async def sign_out(self, token: str, kind: SignInKind) -> None:
        """Forget the token. Harmless if it is unknown. For a room this is POST /api/room/leave: its
        phone is signed out too."""
        raise NotImplementedError

    async def helper_name(self, room_id: RoomId) -> str | None:
        """Name given by the phone paired with this room ("" if none); None without a phone."""
        raise NotImplementedError
