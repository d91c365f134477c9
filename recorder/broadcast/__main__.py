"""`python -m recorder.broadcast --socket PATH --folder DIR`: packs one live lesson."""

import argparse
import asyncio
import logging
import signal
import sys
from pathlib import Path

from pydantic import ValidationError

from recorder.broadcast.io.service import BroadcastService
from recorder.broadcast.settings import BroadcastSettings
from streamsvc.base.clock import SystemClock
from streamsvc.base.log import configure

log = logging.getLogger("recorder.broadcast")
SHORT_SECONDS = 0.3
"""For the last words on the line."""


def arguments() -> argparse.ArgumentParser:
    """One option per setting."""
    parser = argparse.ArgumentParser(prog="recorder.broadcast", description="Packs a live lesson.")
    parser.add_argument("--socket", required=True, dest="socket_path", type=Path)
    parser.add_argument("--folder", required=True, type=Path)
    for name, known in BroadcastSettings.model_fields.items():
        if name not in ("socket_path", "folder"):
            flag = "--" + name.replace("_", "-")
            parser.add_argument(flag, dest=name, default=known.default)  # the model converts
    parser.add_argument("--log-level", default="info")
    parser.add_argument("--log-words", action="store_true", help="for people instead of JSON")
    return parser


async def serve(settings: BroadcastSettings) -> int:
    """Until the lesson is over (0), something failed (1), or SIGTERM or SIGINT (0)."""
    service = BroadcastService(settings, SystemClock())
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, service.ended.set)
    await service.start()
    try:
        await service.ended.wait()
        await asyncio.sleep(SHORT_SECONDS)
    finally:
        await service.close()
    return int(service.is_failed)


def main() -> int:
    """Exit code: 0 done, 1 something failed, 2 the settings are wrong."""
    given = vars(arguments().parse_args())
    configure(given.pop("log_level"), as_json=not given.pop("log_words"))
    try:
        settings = BroadcastSettings(**given)
    except ValidationError as error:
        log.error("! settings: %s", error)
        return 2
    try:
        return asyncio.run(serve(settings))
    except OSError as error:
        log.error("! packager can't run: %s", error)
        return 1


if __name__ == "__main__":
    sys.exit(main())
