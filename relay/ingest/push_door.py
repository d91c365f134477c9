"""The port that encoders push to: who may try, how many at once, and no more than that.

Limits: 64 sources; 48 strangers (who have not named a good key yet), 24 of one address: a county's
lead rooms may come back all at once, by one address. One that guessed is shut out for as long as
the service says.
"""

import asyncio
import logging
import time
from collections import Counter

from relay.ingest.push import EncoderPush
from relay.ingest.push_desk import PushDesk
from relay.ingest.push_gate import PushGate
from streamsvc.base.errors import StreamsvcError
from streamsvc.base.tasks import TaskScope

log = logging.getLogger("streamsvc.source")

MOST_SOURCES = 64
MOST_STRANGERS = 48
MOST_STRANGERS_OF_ADDRESS = 24
REMEMBERED = 1_000
"""Addresses that are shut out; the one that waits longest is let go first."""
_BACKLOG = 64


class PushDoor:
    """Accepts encoders. Closing twice is harmless."""

    def __init__(self, desk: PushDesk, near: str) -> None:
        self._desk = desk
        self._near = near
        self._pushes: dict[EncoderPush, str] = {}
        self._shut_until: dict[str, float] = {}
        self._scope = TaskScope("push door")
        self._server: asyncio.Server | None = None

    async def open(self, host: str, port: int, *, shares: bool = False) -> int:
        """Listen; the port. `shares` it with other processes of ours. Raises OSError."""
        self._server = await asyncio.start_server(
            self._enter, host or None, port, backlog=_BACKLOG, reuse_port=shares or None
        )
        return int(self._server.sockets[0].getsockname()[1])

    async def close(self) -> None:
        """End every push."""
        if self._server is not None:
            self._server.close()
        await self._scope.close()

    async def _enter(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        address = str((writer.get_extra_info("peername") or ("?",))[0])
        if not self._has_room(address):
            writer.transport.abort()
            return
        push = EncoderPush(PushGate(reader, writer), address, self._desk, self._near)
        self._pushes[push] = address
        self._scope.start(address, self._serve(push, address))

    async def _serve(self, push: EncoderPush, address: str) -> None:
        try:
            error = await push.serve()
            log.info("= push from %s ended: %s", address, error.error_id)
            self._note(address, error)
        finally:
            del self._pushes[push]

    def _has_room(self, address: str) -> bool:
        strangers = Counter(where for push, where in self._pushes.items() if not push.has_key)
        if time.monotonic() < self._shut_until.get(address, 0.0):
            return False
        if len(self._pushes) - strangers.total() >= MOST_SOURCES:
            log.warning("! push from %s refused: %d sources are here", address, MOST_SOURCES)
            return False
        return strangers[address] < MOST_STRANGERS_OF_ADDRESS and strangers.total() < MOST_STRANGERS

    def _note(self, address: str, error: StreamsvcError) -> None:
        """One that has guessed too often is not heard for a while."""
        if error.error_id != "too-many-tries":
            return
        log.warning("! push from %s: too many wrong keys", address)
        wait = float(error.details.get("retry_after_seconds", 60))
        self._shut_until[address] = time.monotonic() + wait
        if len(self._shut_until) > REMEMBERED:
            soonest = min(self._shut_until, key=self._shut_until.__getitem__)
            del self._shut_until[soonest]
