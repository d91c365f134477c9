"""Process life: start in order, run until told, stop in order.

Exit codes: 0 stopped as asked, 2 a wrong setting, 3 this machine (port, disk, database).
"""

import asyncio
import signal
import sys
from collections.abc import Callable, Coroutine
from typing import Any

import uvloop

from streamsvc.base.errors import EnvironmentFault

EXIT_SETTINGS = 2
EXIT_ENVIRONMENT = 3


async def until_signal(started: Callable[[], None]) -> None:
    """Call `started`, then wait for SIGINT or SIGTERM."""
    loop = asyncio.get_running_loop()
    told = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, told.set)
    started()
    await told.wait()


def run(
    main: Callable[[], Coroutine[Any, Any, None]], sentence: Callable[[EnvironmentFault], str]
) -> int:
    """Run `main` on uvloop; an EnvironmentFault becomes one sentence and an exit code."""
    try:
        uvloop.run(main())
    except EnvironmentFault as fault:
        print(f"streamsvc: {sentence(fault)}", file=sys.stderr)
        return EXIT_SETTINGS if fault.error_id == "settings-wrong" else EXIT_ENVIRONMENT
    except KeyboardInterrupt:
        return 0
    return 0
