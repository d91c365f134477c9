"""Password hashes (argon2id, RFC 9106), made off the event loop, two at a time at most."""


class Passwords:
    """Makes and checks hashes. Each costs about 64 MiB and tens of ms, so they wait in line."""

    async def hashed(self, password: str) -> str:
        """A salted hash to store. Raises Overload `sign-in-busy` when too many wait."""
        raise NotImplementedError

    async def matches(self, password: str, stored: str | None) -> bool:
        """True if it is the password. With None (no such login) it takes just as long and is False.
        Raises Overload `sign-in-busy`."""
        raise NotImplementedError
