"""One process of a swarm: a worker with its receivers, or the publisher.

standard input:  Job, Go; its end means: leave and end
standard output: Ready, then Counted after each interval and at the end
"""

import asyncio
import os
import resource
import sys
import time
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Protocol

import uvloop

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
from relay.client.swarm.publishing import publishing
from relay.client.swarm.worker import working
from streamsvc.base.errors import StreamsvcError
from streamsvc.base.tasks import TaskScope


class Role(Protocol):
    """What a process does between Go and the end."""

    def begin(self, started_at: float) -> None:
        """The run begins then."""

    def take(self, interval: int) -> Counted:
        """Counts since the last time."""

    async def leave(self) -> None:
        """End all sessions at the server."""


def _role(job: Job) -> AbstractAsyncContextManager[Role]:
    if job.worker is None:
        return publishing(job.plan)
    return working(job.plan, job.worker)


async def serve(reader: asyncio.StreamReader) -> None:
    """One job from its first word to its last."""
    job = await read_message(reader)
    if not isinstance(job, Job):
        return
    try:
        async with _role(job) as role:
            say(Ready())
            go = await read_message(reader)
            if isinstance(go, Go):
                await _run(job, role, go.started_at, reader)
            await role.leave()
    except StreamsvcError as error:
        say(Failed(type(error).__name__, error.error_id, error.details))


async def _run(job: Job, role: Role, started_at: float, reader: asyncio.StreamReader) -> None:
    role.begin(started_at)
    async with _counting(job.plan.interval_seconds, role, started_at) as interval:
        await reader.read()
    say(role.take(interval[0]))


@asynccontextmanager
async def _counting(
    interval_seconds: float, role: Role, started_at: float
) -> AsyncIterator[list[int]]:
    """Tell the counts after each interval; yields the number of the present one."""
    present = [0]

    async def count() -> None:
        while True:
            ends_at = started_at + (present[0] + 1) * interval_seconds
            await asyncio.sleep(max(0.0, ends_at - time.monotonic()))
            say(role.take(present[0]))
            present[0] += 1

    scope = TaskScope("counts")
    scope.start("interval", count())
    try:
        yield present
    finally:
        await scope.close()


async def read_message(reader: asyncio.StreamReader) -> Message | None:
    """The next message; None at the end."""
    try:
        (length,) = LENGTH.unpack(await reader.readexactly(LENGTH.size))
        return unpacked(await reader.readexactly(length))
    except asyncio.IncompleteReadError:
        return None


def say(message: Message) -> None:
    """To the swarm; a few kilobytes at most, into a pipe that is always read."""
    sys.stdout.buffer.write(packed(message))
    sys.stdout.buffer.flush()


async def _main() -> None:
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    await serve(reader)


def main() -> None:
    """Entry point of `python -m relay.client.swarm.process`."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # each receiver has a socket
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_main())
    except BrokenPipeError:
        os._exit(1)  # the swarm is gone, and with it whoever would read an error


if __name__ == "__main__":
    main()
