"""`python -m relay.ingest --port 1935 --server URL`: the child process that takes RTMP pushes.

The secret that it shows to the service is in STREAMSVC_PUSH_SECRET.
"""

import argparse
import asyncio
import logging
import os
import resource
import signal
import sys
from concurrent.futures import ThreadPoolExecutor

import av.logging
import httpx
import uvloop

from relay.ingest.push_desk import PushDesk
from relay.ingest.push_door import MOST_SOURCES, MOST_STRANGERS, PushDoor
from streamsvc.base.log import configure

log = logging.getLogger("streamsvc.source")

ANSWER_SECONDS = 10.0


def arguments() -> argparse.ArgumentParser:
    """Given by `streamsvc serve`."""
    parser = argparse.ArgumentParser(prog="relay.ingest", description="Takes RTMP pushes.")
    parser.add_argument("--host", default="0.0.0.0")
    parser.add_argument("--port", required=True, type=int)
    parser.add_argument("--server", required=True, help="the service, on this machine")
    parser.add_argument("--near", default="", help="where its media is reached from here")
    parser.add_argument("--shares-port", action="store_true")
    parser.add_argument("--log-level", default="info")
    parser.add_argument("--log-words", action="store_true", help="for people instead of JSON")
    return parser


async def serve(given: argparse.Namespace) -> None:
    """Until SIGTERM or SIGINT. Raises OSError where the port is taken."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    # FFmpeg blocks a thread for as long as its source lasts.
    loop.set_default_executor(ThreadPoolExecutor(MOST_SOURCES + MOST_STRANGERS + 8))
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    limits = httpx.Limits(max_connections=None)
    # By this name the service answers plain HTTP also where it sends everybody else to HTTPS.
    here = {"Host": "localhost"}
    async with httpx.AsyncClient(timeout=ANSWER_SECONDS, limits=limits, headers=here) as http:
        desk = PushDesk(given.server, os.environ.get("STREAMSVC_PUSH_SECRET", ""), http)
        door = PushDoor(desk, given.near)
        try:
            port = await door.open(given.host, given.port, shares=given.shares_port)
            log.info("= taking RTMP pushes on port %d", port)
            await stopped.wait()
        finally:
            await door.close()


def main() -> int:
    """Exit code: 0 asked to end, 1 the machine is in the way."""
    given = arguments().parse_args()
    configure(given.log_level, as_json=not given.log_words)
    av.logging.set_level(av.logging.PANIC)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        uvloop.run(serve(given))
    except OSError as error:
        log.error("! RTMP pushes can't be taken: %s", error)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
