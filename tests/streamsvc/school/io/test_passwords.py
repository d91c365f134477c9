import asyncio
from typing import Literal

import pytest
from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

from streamsvc.school.io.passwords import AT_ONCE, WAITING, Passwords
from tests.streamsvc.school.io.refusal import refusal


async def test_a_hash_matches_its_password_only() -> None:
    passwords = Passwords()
    stored = await passwords.hashed("秘密 secret")
    assert stored.startswith("$argon2id$")
    assert await passwords.matches("秘密 secret", stored)
    assert not await passwords.matches("秘密 secret ", stored)
    assert not await passwords.matches("nobody's password", None)
    assert not await passwords.matches("x", "no hash at all")


async def test_an_unknown_login_is_compared_as_long_as_a_known_one() -> None:
    compared: list[str] = []

    class Watched(PasswordHasher):
        def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:
            compared.append(str(hash))
            return super().verify(hash, password)

    hasher = Watched()
    assert not await Passwords(hasher).matches("x", None)
    with pytest.raises(VerifyMismatchError):  # computed to the end, and not refused as no hash
        hasher.verify(compared[0], "x")
    assert not hasher.check_needs_rehash(compared[0]), "at the same cost"


class SlowHasher(PasswordHasher):
    """Counts how many hash at once."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=8, parallelism=1)
        self.inside = 0
        self.most = 0

    def hash(self, password: str | bytes, *, salt: bytes | None = None) -> str:
        self.inside += 1
        self.most = max(self.most, self.inside)
        made = super().hash(password, salt=salt)
        self.inside -= 1
        return made


async def test_a_crowd_waits_in_line_and_beyond_it_is_refused() -> None:
    hasher = SlowHasher()
    passwords = Passwords(hasher)
    crowd = (refusal(passwords.hashed("x")) for _ in range(WAITING + 7))
    refused = await asyncio.gather(*crowd)
    assert refused.count("sign-in-busy") == 7
    assert refused.count(None) == WAITING
    assert hasher.most <= AT_ONCE
    assert await refusal(passwords.hashed("x")) is None
