"""A WebSocket's part, played over plain requests: one brings messages, another waits for some."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from itertools import dropwhile
from typing import Any

from starlette.websockets import WebSocketState

from streamsvc.base.errors import Overload, UserError
from streamsvc.base.ids import LessonId, new_id
from streamsvc.base.tasks import TaskScope

HOLD_SECONDS = 20.0
"""Longest a request waits; below what proxies allow."""
GONE_SECONDS = 30.0
"""Nobody said anything for so long: the page is gone."""
MOST_KEPT = 64
"""Messages that were not fetched; more wait in the outbox, which has its own rule."""
MOST_SAID = 64
"""Messages of the page that wait; it is told when there are more."""
_ID_CHARACTERS = 26


@dataclass(frozen=True, slots=True)
class Fetched:
    """What came since a number."""

    last: int
    """Number of the last message; the next request begins after it."""
    texts: tuple[str, ...]
    close: tuple[int, str] | None
    """Code and reason; nothing follows."""


class PolledSocket:
    """`say`, `fetch` and `leave` for the requests, the rest for `EventSocket`. Messages are kept
    until a later request shows that they came."""

    def __init__(self) -> None:
        self.client_state = WebSocketState.CONNECTED
        self._said: asyncio.Queue[dict[str, Any]] = asyncio.Queue(MOST_SAID)
        self._kept: deque[tuple[int, str]] = deque()
        self._last = self._turn = 0
        self._closed: tuple[int, str] | None = None
        self._is_told = asyncio.Event()
        self._changed = asyncio.Condition()

    # ---- for requests

    def say(self, text: str) -> None:
        """A message of the page. Raises Overload `messages-too-fast`."""
        try:
            self._said.put_nowait({"type": "websocket.receive", "text": text})
        except asyncio.QueueFull as error:
            raise Overload("messages-too-fast") from error

    def leave(self, code: int) -> None:
        """The page is gone, for this reason."""
        with suppress(asyncio.QueueFull):  # then its silence will tell
            self._said.put_nowait(_disconnected(code))

    async def fetch(self, after: int) -> Fetched:
        """What came after this number, at once or as soon as it comes; nothing after a while, or
        when another request took the turn."""
        self._turn += 1
        turn = self._turn
        self._kept = deque(dropwhile(lambda kept: kept[0] <= after, self._kept))
        async with self._changed:
            self._changed.notify_all()
            with suppress(TimeoutError):
                async with asyncio.timeout(HOLD_SECONDS):
                    await self._changed.wait_for(lambda: self._has_news or turn != self._turn)
        if turn != self._turn:
            return Fetched(after, (), None)
        if self._closed is not None:
            self._is_told.set()
        last = self._kept[-1][0] if self._kept else after
        return Fetched(last, tuple(text for _, text in self._kept), self._closed)

    @property
    def _has_news(self) -> bool:
        return bool(self._kept) or self._closed is not None

    # ---- for EventSocket

    async def receive(self) -> dict[str, Any]:
        """The next message, or that the page is gone."""
        try:
            async with asyncio.timeout(GONE_SECONDS):
                message = await self._said.get()
        except TimeoutError:
            message = _disconnected(1006)
        if message["type"] == "websocket.disconnect":
            await self._gone(message["code"])
        return message

    async def _gone(self, code: int) -> None:
        """No goodbye is said, and who still fetches need not wait."""
        self.client_state = WebSocketState.DISCONNECTED
        async with self._changed:
            self._closed = self._closed or (code, "gone")
            self._changed.notify_all()

    async def send_text(self, data: str) -> None:
        """Keep it for the page, as soon as there is room."""
        async with self._changed:
            await self._changed.wait_for(lambda: len(self._kept) < MOST_KEPT)
            self._last += 1
            self._kept.append((self._last, data))
            self._changed.notify_all()

    async def close(self, code: int = 1000, reason: str | None = None) -> None:
        """Nothing follows; returns when the page was told, for which the caller sets a limit."""
        async with self._changed:
            self._closed = (code, reason or "")
            self._changed.notify_all()
        await self._is_told.wait()


class Polls:
    """Open ones, by lesson and a number that is as good as a connection: who has it is the page, so
    it is in no address and no log."""

    def __init__(self) -> None:
        self._open: dict[tuple[LessonId, str], PolledSocket] = {}
        self._scope = TaskScope("polls")

    def __len__(self) -> int:
        return len(self._open)

    def open(self, lesson_id: LessonId, serve: Callable[[PolledSocket], Awaitable[None]]) -> str:
        """Its number; it is served until `serve` returns."""
        number = new_id("poll", _ID_CHARACTERS)
        self._open[lesson_id, number] = PolledSocket()
        self._scope.start("page", self._run((lesson_id, number), serve))
        return number

    async def _run(
        self, key: tuple[LessonId, str], serve: Callable[[PolledSocket], Awaitable[None]]
    ) -> None:
        try:
            await serve(self._open[key])
        finally:
            del self._open[key]

    def find(self, lesson_id: LessonId, number: str) -> PolledSocket:
        """The lesson's with that number. Raises UserError `poll-unknown`."""
        socket = self._open.get((lesson_id, number))
        if socket is None:
            raise UserError("poll-unknown")
        return socket

    async def close(self) -> None:
        """End them all."""
        await self._scope.close()


def _disconnected(code: int) -> dict[str, Any]:
    return {"type": "websocket.disconnect", "code": code}
