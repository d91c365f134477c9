"""A client of the lesson's WebSocket, over a real socket."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

from tests.support.waiting import SECOND

Message = dict[str, Any]
PING_EVERY_SECONDS = 5.0


class LessonClient:
    """Says hello, asks, and keeps every message it got."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.got: list[Message] = []
        self._numbers = count(1)

    async def hello(self, grant: str, **more: Any) -> Message:
        """The first answer."""
        await self.say({"type": "hello", "version": 1, "grant": grant, **more})
        return await self.next()

    async def say(self, message: Message) -> None:
        """Send anything."""
        await self.socket.send(json.dumps(message))

    async def next(self, seconds: float = 5) -> Message:
        """The next message."""
        async with asyncio.timeout(seconds * SECOND):
            message: Message = json.loads(await self.socket.recv())
        self.got.append(message)
        return message

    async def until(self, type: str, seconds: float = 5, **fields: Any) -> Message:
        """The next message of a type (and with these fields); those before it are kept in `got`."""
        alive = asyncio.create_task(self._stay())
        try:
            async with asyncio.timeout(seconds * SECOND):
                while True:
                    message = await self.next(seconds)
                    same = all(message.get(key) == value for key, value in fields.items())
                    if message["type"] == type and same:
                        return message
        finally:
            alive.cancel()

    async def _stay(self) -> None:
        """Who says nothing for long is closed; pages ping as often."""
        while True:
            await asyncio.sleep(PING_EVERY_SECONDS)
            await self.say({"type": "ping"})

    async def ask(self, type: str, **fields: Any) -> str:
        """Ask for something; "done" or the error id."""
        request_id = f"r{next(self._numbers)}"
        await self.say({"type": type, "request_id": request_id, **fields})
        while True:
            message = await self.next()
            if message.get("request_id") == request_id:
                return "done" if message["type"] == "done" else str(message["error"]["id"])

    async def closed(self, seconds: float = 5) -> int:
        """The code with which the server closed."""
        async with asyncio.timeout(seconds * SECOND):
            await self.socket.wait_closed()
        return self.socket.close_code or 0


@asynccontextmanager
async def lesson_client(
    address: str, lesson_id: str, **headers: str
) -> AsyncIterator[LessonClient]:
    """Connected, nothing said yet."""
    url = f"ws://{address}/api/lessons/{lesson_id}/events"
    async with connect(url, additional_headers=headers, close_timeout=1) as socket:
        yield LessonClient(socket)
