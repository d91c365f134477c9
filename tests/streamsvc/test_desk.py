"""The desk without a page, against a server that only talks."""

import asyncio
import json
from typing import Any

import httpx
import pytest
from websockets.asyncio.server import ServerConnection, serve

from streamsvc.desk import TeacherDesk
from tests.support.waiting import SECOND

PING_SECONDS = 0.1


async def test_it_says_that_it_is_there_also_in_a_lively_lesson(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("streamsvc.desk.PING_SECONDS", PING_SECONDS)
    heard: list[dict[str, Any]] = []

    async def lesson(socket: ServerConnection) -> None:
        await socket.send(json.dumps({"type": "snapshot", "lesson": {"state": "live"}}))
        while not any(message["type"] == "ping" for message in heard):
            await socket.send(json.dumps({"type": "stroke_drawn"}))
            try:
                text = await asyncio.wait_for(socket.recv(), PING_SECONDS / 10)
            except TimeoutError:
                continue
            heard.append(json.loads(text))
        await socket.send(json.dumps({"type": "lesson_ended"}))

    grant = {"grant": "g", "events": "/api/lessons/les_1/events"}
    answers = httpx.MockTransport(lambda request: httpx.Response(200, json=grant))
    async with (
        serve(lesson, "127.0.0.1", 0) as server,
        httpx.AsyncClient(transport=answers) as http,
    ):
        port = server.sockets[0].getsockname()[1]
        async with asyncio.timeout(10 * SECOND):
            await TeacherDesk(f"http://127.0.0.1:{port}", http).keep_started("les_1")
    assert [message["type"] for message in heard] == ["hello", "ping"]
