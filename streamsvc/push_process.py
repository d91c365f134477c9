"""The child processes that take RTMP pushes: started with the first stream key, not before.

A port nobody pushes to is not opened, and what parses strangers' media is never in our own process.
"""

import secrets
import sys
from collections.abc import Callable

from streamsvc.base.clock import Clock
from streamsvc.near import Near
from streamsvc.settings import Settings
from streamsvc.supervise import Supervisor


class PushProcess:
    """Implements signaling's `PushTaker`. Closing twice is harmless."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self.port = settings.media.rtmp_port
        self.secret = secrets.token_urlsafe(32)
        self._on_end: Callable[[], None] = lambda: None
        self._is_started = False
        self._children = [
            Supervisor(
                f"rtmp {number}" if settings.media.rtmp_processes > 1 else "rtmp",
                _command(settings),
                clock,
                environment={"STREAMSVC_PUSH_SECRET": self.secret},
                on_end=self._ended,
            )
            for number in range(1, settings.media.rtmp_processes + 1)
        ]

    def listen(self, on_end: Callable[[], None]) -> None:
        """Call `on_end` when a process ended, and with it its pushes."""
        self._on_end = on_end

    def start(self) -> None:
        """Take pushes from now on. Harmless when repeated, or where the port is 0."""
        if self._is_started or not self.port:
            return
        self._is_started = True
        for child in self._children:
            child.start()

    async def close(self) -> None:
        """End them."""
        for child in self._children:
            await child.close()

    def _ended(self) -> None:
        """With several, the others' pushes go on; those of this one are missed after a while."""
        if len(self._children) == 1:
            self._on_end()


def _command(settings: Settings) -> list[str]:
    near = Near.of(settings)
    command = [
        sys.executable, "-m", "relay.ingest",
        "--host", settings.media.host,
        "--port", str(settings.media.rtmp_port),
        "--server", near.server,
        "--near", near.media,
        "--log-level", settings.log.level,
    ]  # fmt: skip
    if settings.media.rtmp_processes > 1:
        command.append("--shares-port")
    if not settings.log.json_lines:
        command.append("--log-words")
    return command
