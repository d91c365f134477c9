"""One TCP port for pages and media, as a proxy on 443 has it: told apart by the first bytes.

A connection for media begins with the length of a STUN check (RFC 4571), which is never a letter.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from streamsvc.base.tasks import TaskScope

CHUNK_BYTES = 16_384


@asynccontextmanager
async def shared_port(
    place: tuple[str, int], pages: tuple[str, int], media: tuple[str, int]
) -> AsyncIterator[None]:
    """Listens at `place`; each connection goes on to one of the others."""
    scope = TaskScope("shared-port")

    async def passed(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            first = await reader.readexactly(1)
            there = pages if first.isalpha() else media
            far_reader, far_writer = await asyncio.open_connection(*there)
            far_writer.write(first)
            scope.start("up", _carry(reader, far_writer))
            scope.start("down", _carry(far_reader, writer))

    server = await asyncio.start_server(passed, *place)
    try:
        yield
    finally:
        server.close()
        await scope.close()


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while some := await reader.read(CHUNK_BYTES):
            writer.write(some)
            await writer.drain()
    writer.close()
