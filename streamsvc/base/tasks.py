"""The only place that starts asyncio tasks: every task has an owner that outlives it.

This module and `clock.py` are the two exceptions to "base does not wait".
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

log = logging.getLogger("streamsvc.tasks")


class TaskScope:
    """Children with names. A child that fails is logged once and reported to `on_failure`;
    `close()` cancels what still runs and waits for it. Closing twice is harmless."""

    def __init__(
        self, name: str, on_failure: Callable[[str, BaseException], None] | None = None
    ) -> None:
        self.name = name
        self.on_failure = on_failure
        self._tasks: set[asyncio.Task[Any]] = set()
        self._closed = False

    def start(self, name: str, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Run `work` as a child. After `close()` it is refused and never started."""
        if self._closed:
            work.close()
            raise RuntimeError(f"task scope '{self.name}' is closed")
        task = asyncio.get_running_loop().create_task(work, name=f"{self.name}/{name}")
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if task.cancelled():
            return
        error = task.exception()
        if error is None:
            return
        log.error("! %s failed", task.get_name(), exc_info=error)
        if self.on_failure is not None:
            self.on_failure(task.get_name(), error)

    async def close(self) -> None:
        """Cancel every child and wait until all have ended."""
        self._closed = True
        mine = asyncio.current_task()
        waiting = [task for task in self._tasks if task is not mine]
        for task in waiting:
            task.cancel()
        if waiting:
            await asyncio.wait(waiting)
