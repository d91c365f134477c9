"""How a swarm's peers come in: the port. `http_door.py` has WHIP and WHEP behind it.

A door is pickled into each worker process and opened there. Another kind of server (one that offers
itself, or speaks over a WebSocket) needs a door of its own and nothing else.
"""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Protocol

Leave = Callable[[], Awaitable[None]]
"""Ends one peer's session at the server."""


class Descriptions(Protocol):
    """A peer as its door sees it. Raises ProtocolError `sdp-...` for what can't be used."""

    def offer(self) -> str:
        """Our offer; the first step where the client offers."""

    def accept(self, answer: str) -> None:
        """The server's answer: checks begin now."""

    def answer(self, offer: str) -> str:
        """Our answer where the server offers: checks begin now."""


class Entrance(Protocol):
    """An open door in one process."""

    async def enter(self, peer: Descriptions) -> Leave:
        """Agree with the server on one peer. Raises UserError with the server's error id,
        PeerGone `media-server-unreachable`."""


class Door(Protocol):
    """Picklable."""

    @property
    def host(self) -> str:
        """The server's name or address: our own address is chosen by it."""

    def opened(self) -> AbstractAsyncContextManager[Entrance]:
        """What all peers of one process share: connections, a sign-in."""
