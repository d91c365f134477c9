"""`python -m relay.ingest.look`: looks at an RTSP source for a moment and says what it sends.

The address comes as JSON by standard input, where `ps` does not show it; what was found, or an
error id, goes out as one line of JSON. Its media is parsed in this process alone.
"""

import asyncio
import json
import os
import resource
import sys
from contextlib import suppress
from dataclasses import asdict
from typing import Any

import av
import av.logging

from relay.ingest.address import parse_address, parse_networks
from relay.ingest.gate import Gate
from relay.ingest.pull import Pull
from relay.ingest.teach import until_opened
from streamsvc.base.errors import StreamsvcError
from streamsvc.base.room_sources import SourceLook

MEMORY_BYTES = 1_500_000_000
CPU_SECONDS = 20
NICENESS = 5


async def look(told: dict[str, Any]) -> SourceLook:
    """What it sends. Raises UserError `source-*`, PeerGone `source-*`."""
    address = parse_address(told["address"], told["user"], told["password"])
    gate = await Gate.opened(address, parse_networks(told["networks"]))
    pull = Pull(gate.url, asyncio.get_running_loop())
    reading = asyncio.get_running_loop().run_in_executor(None, pull.run)
    try:
        await until_opened(gate, pull, reading)
        return pull.look()
    finally:
        await gate.close()  # FFmpeg finds the end of the stream: its thread returns
        with suppress(Exception):
            await reading


def main() -> None:
    """Exit code 0 in any case: what was found is said."""
    os.nice(NICENESS)
    for what, most in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))
    av.logging.set_level(None)
    try:
        print(json.dumps(asdict(asyncio.run(look(json.load(sys.stdin))))))
    except StreamsvcError as error:
        print(json.dumps({"error": error.error_id}))


if __name__ == "__main__":
    main()
