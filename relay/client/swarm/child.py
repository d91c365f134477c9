"""A process of the swarm, from the swarm's side."""

import asyncio
import os
import sys

from relay.client.swarm.messages import (
    LENGTH,
    Counted,
    Failed,
    Go,
    Job,
    Message,
    Ready,
    packed,
    unpacked,
)
from streamsvc.base import errors
from streamsvc.base.errors import PeerGone, StreamsvcError

END_SECONDS = 12.0
"""Longer than a worker takes to say goodbye."""


class Child:
    """Started once; closing twice is harmless."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """In a session of its own: Ctrl-C is for the swarm, which ends its processes in order."""
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "relay.client.swarm.process",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            start_new_session=True,
        )
        self.send(self._job)

    def send(self, message: Job | Go) -> None:
        """Tell it."""
        stdin = self._process.stdin if self._process else None
        if stdin is not None and not stdin.is_closing():
            stdin.write(packed(message))

    def finish(self) -> None:
        """No more words: it leaves, tells its last counts and ends."""
        stdin = self._process.stdin if self._process else None
        if stdin is not None:
            stdin.close()

    async def ready(self) -> None:
        """It has what it needs. Raises what it failed with."""
        if not isinstance(await self._next(), Ready):
            raise PeerGone("swarm-process-lost")

    async def next_counts(self) -> Counted | None:
        """Its next counts; None when it has ended in order. Raises what it failed with."""
        message = await self._next()
        if isinstance(message, Counted):
            return message
        if message is None and self._process is not None and await self._process.wait() == 0:
            return None
        raise PeerGone("swarm-process-lost")

    async def _next(self) -> Message | None:
        if self._process is None or self._process.stdout is None:
            return None
        try:
            (length,) = LENGTH.unpack(await self._process.stdout.readexactly(LENGTH.size))
            message = unpacked(await self._process.stdout.readexactly(length))
        except asyncio.IncompleteReadError:
            return None
        if isinstance(message, Failed):
            raise _error(message)
        return message

    async def close(self) -> None:
        """Wait for its end, then make it."""
        if self._process is None:
            return
        self.finish()
        try:
            await asyncio.wait_for(self._process.wait(), END_SECONDS)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()


def _error(failed: Failed) -> StreamsvcError:
    kind = getattr(errors, failed.error_class, PeerGone)
    error: StreamsvcError = kind(failed.error_id, **failed.details)
    return error
