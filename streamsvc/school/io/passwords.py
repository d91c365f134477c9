"""Password hashes (argon2id, RFC 9106), made off the event loop, two at a time at most."""

import asyncio
import base64
import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from streamsvc.base.errors import Overload

AT_ONCE = 2
WAITING = 50
"""Beyond this a sign-in is refused: at some 50 ms each the last would wait more than a second."""


class Passwords:
    """Makes and checks hashes. Each costs about 64 MiB and tens of ms, so they wait in line."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._turn = asyncio.Semaphore(AT_ONCE)
        self._waiting = 0
        # compared with when there is no such login, so that this takes as long as a wrong password
        self._nobody = _hash_of_nothing(self._hasher)

    async def hashed(self, password: str) -> str:
        """A salted hash to store. Raises Overload `sign-in-busy` when too many wait."""
        self._enter()
        try:
            async with self._turn:
                return await asyncio.to_thread(self._hasher.hash, password)
        finally:
            self._waiting -= 1

    async def matches(self, password: str, stored: str | None) -> bool:
        """True if it is the password. With None (no such login) it takes just as long and is False.
        Raises Overload `sign-in-busy`."""
        self._enter()
        try:
            async with self._turn:
                is_match = await asyncio.to_thread(self._verify, stored or self._nobody, password)
        finally:
            self._waiting -= 1
        return is_match and stored is not None

    def _enter(self) -> None:
        if self._waiting >= WAITING:
            raise Overload("sign-in-busy", retry_after_seconds=2)
        self._waiting += 1

    def _verify(self, stored: str, password: str) -> bool:
        try:
            return self._hasher.verify(stored, password)
        except (VerifyMismatchError, InvalidHashError):
            return False


def _hash_of_nothing(hasher: PasswordHasher) -> str:
    """A hash as `hasher` writes it, that no password has. Made by chance and not computed: the
    start of the program need not wait for it."""
    sizes = f"m={hasher.memory_cost},t={hasher.time_cost},p={hasher.parallelism}"
    parts = (secrets.token_bytes(hasher.salt_len), secrets.token_bytes(hasher.hash_len))
    salt, digest = (base64.b64encode(part).rstrip(b"=").decode() for part in parts)
    return f"$argon2id$v=19${sizes}${salt}${digest}"
