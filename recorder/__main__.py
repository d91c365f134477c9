"""`python -m recorder --socket PATH --data DIR`: the recorder process."""

import argparse
import asyncio
import logging
import signal
import sys
from pathlib import Path

from pydantic import ValidationError

from recorder.io.service import RecorderService
from recorder.settings import RecorderSettings
from streamsvc.base.clock import SystemClock
from streamsvc.base.log import configure

log = logging.getLogger("recorder")


def arguments() -> argparse.ArgumentParser:
    """One option per setting."""
    parser = argparse.ArgumentParser(prog="recorder", description="Records what the tap sends.")
    parser.add_argument("--socket", required=True, dest="socket_path", type=Path)
    parser.add_argument("--data", required=True, dest="data_dir", type=Path)
    for name, known in RecorderSettings.model_fields.items():
        if name not in ("socket_path", "data_dir"):
            flag = "--" + name.replace("_", "-")
            parser.add_argument(flag, dest=name, default=known.default)  # the model converts
    parser.add_argument("--log-level", default="info")
    parser.add_argument("--log-words", action="store_true", help="for people instead of JSON")
    return parser


async def serve(settings: RecorderSettings) -> None:
    """Until SIGTERM or SIGINT."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    service = RecorderService(settings, SystemClock())
    await service.start()
    try:
        await stopped.wait()
    finally:
        await service.close()


def main() -> int:
    """Exit code: 0 asked to end, 1 the machine is in the way, 2 the settings are wrong."""
    given = vars(arguments().parse_args())
    configure(given.pop("log_level"), as_json=not given.pop("log_words"))
    try:
        settings = RecorderSettings(**given)
    except ValidationError as error:
        log.error("! settings: %s", error)
        return 2
    try:
        asyncio.run(serve(settings))
    except OSError as error:
        log.error("! recorder can't run: %s", error)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
