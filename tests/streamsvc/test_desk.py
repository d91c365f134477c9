"""The desk without a page, against a server that only talks."""

import asyncio
import json
import time
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


@pytest.mark.parametrize(("ahead_ms", "starts_on_time"), [(60_000, False), (1_500, True)])
async def test_it_starts_a_lesson_with_the_lead_or_on_time(
    ahead_ms: int, starts_on_time: bool
) -> None:
    planned_ms = round(time.time() * 1000) + ahead_ms
    started_ms: list[float] = []

    async def lesson(socket: ServerConnection) -> None:
        view = {"state": "scheduled", "scheduled_start_ms": planned_ms}
        await socket.recv()
        await socket.send(json.dumps({"type": "snapshot", "lesson": view, "publications": {}}))
        changed = {"type": "publications_changed", "publications": {"lead": {"since_ms": 1}}}
        await socket.send(json.dumps(changed))
        while json.loads(await socket.recv())["type"] != "start_lesson":
            pass
        started_ms.append(time.time() * 1000)
        await socket.send(json.dumps({"type": "lesson_ended"}))

    grant = {"grant": "g", "events": "/api/lessons/les_1/events"}
    answers = httpx.MockTransport(lambda request: httpx.Response(200, json=grant))
    async with (
        serve(lesson, "127.0.0.1", 0) as server,
        httpx.AsyncClient(transport=answers) as http,
    ):
        port = server.sockets[0].getsockname()[1]
        desk = TeacherDesk(f"http://127.0.0.1:{port}", http, starts_on_time=starts_on_time)
        async with asyncio.timeout(20 * SECOND):
            await desk.keep_started("les_1")
    assert (started_ms[0] >= planned_ms) is starts_on_time
