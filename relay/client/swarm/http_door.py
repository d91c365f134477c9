"""WHIP and WHEP as a door, and where its bearer tokens come from."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlsplit

import httpx

from relay.client.http_session import GrantSource, HttpSession
from relay.client.swarm.door import Descriptions, Entrance, Leave

HTTP_SECONDS = 20.0
GRANT_SECONDS = 240.0
"""A grant is asked for again after this; streamsvc's live ten minutes."""


class Grants(Protocol):
    """Where a door's bearer token comes from. Picklable."""

    def opened(self) -> AbstractAsyncContextManager[GrantSource]:
        """A source for one process."""


@dataclass(frozen=True, slots=True)
class FixedGrant:
    """One token for all; empty: none is sent."""

    token: str = ""

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[GrantSource]:
        """A source that always has it."""

        async def source() -> str:
            return self.token

        yield source


@dataclass(frozen=True, slots=True)
class HttpDoor:
    """WHIP (RFC 9725) and WHEP (draft-ietf-wish-whep) alike: POST an offer, get an answer."""

    url: str
    grants: Grants

    @property
    def host(self) -> str:
        """See `Door`."""
        return urlsplit(self.url).hostname or "localhost"

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[Entrance]:
        """One HTTP client for all peers of the process."""
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=32)
        async with (
            self.grants.opened() as source,
            httpx.AsyncClient(timeout=HTTP_SECONDS, limits=limits) as http,
        ):
            yield _HttpEntrance(self.url, kept(source), http)


class _HttpEntrance:
    def __init__(self, url: str, grant: GrantSource, http: httpx.AsyncClient) -> None:
        self._url = url
        self._grant = grant
        self._http = http

    async def enter(self, peer: Descriptions) -> Leave:
        session = HttpSession(self._http, self._grant)
        peer.accept(await session.open(self._url, peer.offer()))
        return session.end


def kept(source: GrantSource, *, now: Callable[[], float] = time.monotonic) -> GrantSource:
    """The same source, asked again only when what it gave is old: peers share one grant, also those
    who come together."""
    token, until = "", 0.0
    asking = asyncio.Lock()

    async def shared() -> str:
        nonlocal token, until
        async with asking:
            if now() >= until:
                token, until = await source(), now() + GRANT_SECONDS
        return token

    return shared
