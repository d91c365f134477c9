"""Child processes that are started again when they die: recorder, demo teacher.

The child gets SIGTERM, then SIGKILL after a grace. It is told when we die (PR_SET_PDEATHSIG), so
that `kill -9` of the service leaves nothing behind and a recorder still closes its files. Its
output goes where ours goes.
"""

import asyncio
import ctypes
import logging
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence

from streamsvc.base.clock import Clock
from streamsvc.base.tasks import TaskScope

log = logging.getLogger("streamsvc.supervise")

GRACE_SECONDS = 5.0
FIRST_PAUSE_SECONDS = 0.2
LONGEST_PAUSE_SECONDS = 10.0
STEADY_SECONDS = 30.0
"""A child that lived this long starts its pauses anew."""
_PR_SET_PDEATHSIG = 1


def restart_pause_seconds(previous: float, lived: float) -> float:
    """How long to wait before the next start: doubles up to a bound, anew after a steady life."""
    if lived >= STEADY_SECONDS or previous == 0:
        return FIRST_PAUSE_SECONDS
    return min(previous * 2, LONGEST_PAUSE_SECONDS)


def _die_with_parent() -> None:
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


class Supervisor:
    """Keeps one child process alive until `close()`."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        clock: Clock,
        *,
        environment: Mapping[str, str] | None = None,
        on_end: Callable[[], None] | None = None,
        may_finish: bool = False,
    ) -> None:
        """`may_finish`: exit code 0 means its work is done, and it stays ended."""
        self.name = name
        self.starts = 0
        self.pid: int | None = None
        self._command = list(command)
        self._clock = clock
        self._environment = {**os.environ, **(environment or {})}
        self._on_end = on_end
        self._may_finish = may_finish
        self._tasks = TaskScope(f"supervise/{name}")
        self._process: asyncio.subprocess.Process | None = None

    @property
    def is_running(self) -> bool:
        """The child process exists."""
        return self.pid is not None

    def start(self) -> None:
        """Begin; returns at once."""
        self._tasks.start("run", self._run())

    async def _run(self) -> None:
        pause = 0.0
        while True:
            began = self._clock.now()
            try:
                code: int | OSError = await self._live_once()
            except OSError as error:  # no memory or no process to spare now: later there may be
                code = error
            if code == 0 and self._may_finish:
                log.info("= %s is done", self.name)
                return
            pause = restart_pause_seconds(pause, self._clock.now() - began)
            log.warning("! %s ended with %s, again in %.1f s", self.name, code, pause)
            await asyncio.sleep(pause)

    async def _live_once(self) -> int:
        self._process = await asyncio.create_subprocess_exec(
            *self._command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=sys.stderr.fileno(),
            stderr=sys.stderr.fileno(),
            env=self._environment,
            start_new_session=True,  # Ctrl-C is for us; we end our children in order
            preexec_fn=_die_with_parent,
        )
        self.starts += 1
        self.pid = self._process.pid
        log.info("= %s started, pid %d", self.name, self.pid)
        try:
            return await self._process.wait()
        finally:
            self.pid = None
            if self._on_end is not None:
                self._on_end()

    async def close(self) -> None:
        """End the child: asked, then forced. Harmless when it is already gone."""
        await self._tasks.close()
        process = self._process  # not before: it may just have been started again
        if process is None or process.returncode is not None:
            return
        try:
            process.terminate()
            await asyncio.wait_for(process.wait(), GRACE_SECONDS)
        except TimeoutError:
            log.warning("! %s did not end in %.0f s, killed", self.name, GRACE_SECONDS)
            process.kill()
            await process.wait()
        except ProcessLookupError:
            return
