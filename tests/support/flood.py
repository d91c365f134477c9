"""A flood of noise at a media port, from a process of its own (`native/flood.c`)."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.support.native_engine import NATIVE, compiled

A_SECOND = 100_000


class Flood:
    """Some seconds of it; `sent` once it is over."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @property
    def is_over(self) -> bool:
        return self._process.returncode is not None

    async def sent(self) -> int:
        """Wait for the end; datagrams the kernel took."""
        said, _ = await self._process.communicate()
        assert self._process.returncode == 0
        return int(said)


@asynccontextmanager
async def flooded(port: int, seconds: float) -> AsyncIterator[Flood]:
    """100,000 datagrams a second."""
    program = compiled("flood", [NATIVE / "flood.c"], ("-O2",))
    process = await asyncio.create_subprocess_exec(
        str(program), str(port), str(A_SECOND), str(seconds), stdout=asyncio.subprocess.PIPE
    )
    try:
        yield Flood(process)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
