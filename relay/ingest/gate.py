"""The one connection to a source: resolved once, checked, screened, and handed to FFmpeg.

    FFmpeg ── 127.0.0.1, one connection ──► Gate ── TCP or TLS ──► the source
           ◄──────────────── AnswerScreen ◄─────

FFmpeg is never told where the source is: it can neither resolve again nor be sent elsewhere.
"""

import asyncio
import socket
import ssl
from collections.abc import Sequence
from contextlib import suppress
from typing import Self

from relay.ingest.address import IpNetwork, SourceAddress, is_allowed, is_listed
from relay.ingest.answers import AnswerScreen
from streamsvc.base.errors import PeerGone, ProtocolError, StreamsvcError, UserError
from streamsvc.base.tasks import TaskScope

CONNECT_SECONDS = 8.0
_READ_BYTES = 65_536


class Gate:
    """Used for one connection. Closing twice is harmless."""

    def __init__(self, address: SourceAddress) -> None:
        self.url = ""
        """What FFmpeg opens; holds the password: never log it."""
        self.fault: StreamsvcError | None = None
        """Why the gate itself ended the connection."""
        self.is_cut = False
        """The source ended the connection, not FFmpeg."""
        self.screen = AnswerScreen()
        self._address = address
        self._scope = TaskScope("gate")
        self._door: asyncio.Server | None = None
        self._far: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._near: asyncio.StreamWriter | None = None
        self._has_hung_up = False
        """FFmpeg wants no more."""

    @classmethod
    async def opened(cls, address: SourceAddress, allowed: Sequence[IpNetwork]) -> Self:
        """Connected to the source, and waiting for FFmpeg.

        Raises UserError `source-address-refused`, PeerGone `source-unreachable`.
        """
        gate = cls(address)
        try:
            gate._far = await _connected(address, allowed)
            gate._door = await asyncio.start_server(gate._enter, "127.0.0.1", 0, backlog=1)
        except BaseException:
            await gate.close()
            raise
        gate.url = address.through(gate._door.sockets[0].getsockname()[1])
        return gate

    async def close(self) -> None:
        """Cut the connection on both sides; FFmpeg finds the end of the stream."""
        if self._door is not None:
            self._door.close()
        await self._scope.close()
        for writer in (self._near, self._far[1] if self._far is not None else None):
            if writer is not None:
                writer.transport.abort()

    async def _enter(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """FFmpeg is here; nobody else comes in after it."""
        if self._near is not None or self._far is None or self._door is None:
            writer.transport.abort()
            return
        self._near = writer
        self._door.close()
        far_reader, far_writer = self._far
        self._scope.start("outbound", self._asked(reader, far_writer))
        self._scope.start("inbound", self._answered(far_reader, writer))

    async def _asked(self, near: asyncio.StreamReader, far: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await near.read(_READ_BYTES):
                far.write(data)
                await far.drain()
        self._has_hung_up = True
        far.transport.abort()

    async def _answered(self, far: asyncio.StreamReader, near: asyncio.StreamWriter) -> None:
        try:
            while data := await far.read(_READ_BYTES):
                near.write(self.screen.receive(data))
                await near.drain()
        except ProtocolError as error:
            self.fault = error
        except OSError:
            pass  # cut off: the same as an end
        self.is_cut = self.fault is None and not self._has_hung_up
        near.close()


async def _connected(
    address: SourceAddress, allowed: Sequence[IpNetwork]
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            places = await _places(address, allowed)
            for place in places[:-1]:
                with suppress(OSError):
                    return await _dial(place, address, allowed)
            return await _dial(places[-1], address, allowed)
    except (OSError, TimeoutError) as error:
        raise PeerGone("source-unreachable", source=str(address)) from error


async def _places(address: SourceAddress, allowed: Sequence[IpNetwork]) -> list[str]:
    """Its numeric addresses that may be connected to, in the resolver's order."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
    places = [str(entry[4][0]) for entry in found if is_allowed(str(entry[4][0]), allowed)]
    if not places:
        raise UserError("source-address-refused", source=str(address))
    return places


async def _dial(
    place: str, address: SourceAddress, allowed: Sequence[IpNetwork]
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection(
        place, address.port, ssl=_tls() if address.is_tls else None
    )
    # An outer address of this very machine: nothing was said to it yet.
    here, there = writer.get_extra_info("sockname")[0], writer.get_extra_info("peername")[0]
    if here == there and not is_listed(there, allowed):
        writer.transport.abort()
        raise UserError("source-address-refused", source=str(address))
    return reader, writer


def _tls() -> ssl.SSLContext:
    """Cameras sign their own certificates: this keeps out who listens, not who pretends."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
