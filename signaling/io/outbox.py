"""What waits to be sent to one WebSocket client: bounded, and closed rather than blocked.

Drop rule: what is fleeting (the teacher's pointer) goes only to a client for whom nothing waits,
and the next one takes the place of one that waits. A client for whom 256 messages wait is closed
with `too-slow`; it comes back and gets a snapshot. Nobody else waits for it.

TCP notices what was lost by what comes after it (RFC 8985); where nothing does, it waits for over
two round trips, and 600 ms away a page turn came after two seconds. So a short word follows the
last of some messages.

What a second strand brings may be a moment late (`lag_seconds`): losses come in bursts, and should
not take both.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from typing import Protocol

from pydantic import BaseModel

from signaling import metrics
from signaling.protocol.connection import Close, Send, farewell
from streamsvc.base.errors import Overload, StreamsvcError
from streamsvc.base.queues import BoundedQueue, Drop

OUTBOX_MESSAGES = 256
FOLLOWS_SECONDS = (0.1, 0.2)
"""From the last message to the word behind it, and on to the next word."""


def text_of(message: BaseModel) -> str:
    """A message as it goes over the wire."""
    return message.model_dump_json(by_alias=True)


class Mailbox(Protocol):
    """What an audience tells a client through."""

    def put(self, text: str) -> None:
        """A message."""

    def put_event(self, text: str, seq: int) -> None:
        """The next numbered event of this client."""

    def put_fleeting(self, text: str) -> None:
        """Worth something only now."""

    def close_with(self, error: StreamsvcError) -> None:
        """Say why, then close."""

    def close(self, code: int, reason: str) -> None:
        """Close after what waits was sent. Closing twice is harmless: the first reason holds."""


class Outbox:
    """`put` from anywhere on the loop; `run` sends until it is closed."""

    def __init__(self) -> None:
        self.closing: Close | None = None
        self.lag_seconds = 0.0
        """From what comes to its sending."""
        self._queue: BoundedQueue[str] = BoundedQueue(OUTBOX_MESSAGES, Drop.NEWEST)
        self._fleeting: str | None = None
        self._wake = asyncio.Event()
        self._is_closing = asyncio.Event()

    def put(self, text: str) -> None:
        """Send this after what waits already."""
        if self.closing is not None:
            return
        if not self._queue.put(text):
            metrics.TOO_SLOW.inc()
            self._queue = BoundedQueue(OUTBOX_MESSAGES, Drop.NEWEST)
            self.close_with(Overload("too-slow"))
        self._wake.set()

    def put_event(self, text: str, seq: int) -> None:
        """In order anyway."""
        self.put(text)

    def put_fleeting(self, text: str) -> None:
        """Send this unless something else waits, and unless a newer one comes before."""
        if self.closing is None and len(self._queue) == 0:
            self._fleeting = text
            self._wake.set()

    def close_with(self, error: StreamsvcError) -> None:
        """Say why, then close."""
        for output in farewell(error):
            match output:
                case Send(message):
                    self.put(text_of(message))
                case Close(code, reason):
                    self.close(code, reason)

    def close(self, code: int, reason: str) -> None:
        """Close after what waits was sent. Closing twice is harmless: the first reason holds."""
        if self.closing is None:
            self.closing = Close(code, reason)
        self._is_closing.set()
        self._wake.set()

    async def until_closing(self) -> None:
        """Until somebody closes it."""
        await self._is_closing.wait()

    async def run(
        self,
        send: Callable[[str], Awaitable[None]],
        word: Callable[[], str] | None = None,
    ) -> Close:
        """Send what comes, and `word`s behind it; returns how to close."""
        while True:
            await self._wake.wait()
            if self.lag_seconds > 0:
                await asyncio.sleep(self.lag_seconds)
            self._wake.clear()
            for text in self._waiting():
                await send(text)
            if self.closing is not None and len(self._queue) == 0:
                return self.closing
            if word is not None:
                await self._follow(send, word)

    async def _follow(
        self, send: Callable[[str], Awaitable[None]], word: Callable[[], str]
    ) -> None:
        for seconds in FOLLOWS_SECONDS:
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._wake.wait()
            if self._wake.is_set():
                return
            await send(word())

    def _waiting(self) -> Iterator[str]:
        while len(self._queue) > 0 or self._fleeting is not None:
            yield from self._queue.drain()
            fleeting, self._fleeting = self._fleeting, None
            if fleeting is not None:
                yield fleeting
