"""`python -m relay.transcode --socket PATH`: the child process of one track. Light to import, as
rooms wait for it."""

import argparse
import gc
import logging
import os
import resource
import socket
import sys
from pathlib import Path

from relay.transcode.io.child import Child, warm_up
from relay.transcode.io.line import Line
from relay.transcode.io.voice_child import VoiceChild
from streamsvc.base.errors import ProtocolError
from streamsvc.base.log import configure

log = logging.getLogger("relay.transcode")

COLLECTED_ALLOCATIONS = 20_000
"""Of objects, more than were let go, before Python looks for cycles."""


def arguments() -> argparse.ArgumentParser:
    """Given by `Transcoder`."""
    parser = argparse.ArgumentParser(prog="relay.transcode", description="Makes lower renditions.")
    parser.add_argument("--socket", required=True, type=Path, help="where the parent listens")
    parser.add_argument("--memory-bytes", required=True, type=int, help="address space, at most")
    parser.add_argument("--niceness", required=True, type=int)
    parser.add_argument("--voice", action="store_true", help="what comes is a voice")
    return parser


def settle_memory() -> None:
    """What is there now stays: to look through it again and again costs work, and what comes and
    goes with each picture has no cycles."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECTED_ALLOCATIONS)


def main() -> int:
    """Exit code: 0 the parent is gone, 1 it can't be reached or said what it should not."""
    given = arguments().parse_args()
    configure("info", as_json=True)
    os.nice(given.niceness)
    resource.setrlimit(resource.RLIMIT_AS, (given.memory_bytes, given.memory_bytes))
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
        try:
            if given.voice:
                line.connect(str(given.socket))
                VoiceChild(Line(line)).run()
            else:
                warm_up()
                settle_memory()
                line.connect(str(given.socket))
                Child(Line(line)).run()
        except (OSError, ProtocolError) as error:
            log.error("! transcoder can't go on: %s", error)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
