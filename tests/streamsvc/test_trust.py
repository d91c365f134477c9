"""The plain-HTTP listener while HTTPS is on, over a real uvicorn: what it sends elsewhere."""

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from streamsvc.serving import Serving
from streamsvc.trust import ToHttps


@pytest.fixture
async def port() -> AsyncIterator[int]:
    """Port of a listener that sends strangers on to HTTPS at 8443."""
    app = Starlette(routes=[Route("/healthz", lambda request: PlainTextResponse("here"))])
    sock = socket.socket()
    sock.bind(("127.0.0.1", 0))
    serving = Serving(ToHttps(app, 8443), sock, runs_lifespan=False, trusted_proxies=[])
    await serving.start()
    yield sock.getsockname()[1]
    await serving.close()


async def asked(port: int, path: str, host: str = "class.test") -> str:
    """The head of the answer, as it is on the wire."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return answer.decode().partition("\r\n\r\n")[0]


@pytest.mark.parametrize("path", ["/join?code=1%202", "/%E8%AF%BE/a%25b?x=%0d%0a", "/"])
async def test_a_stranger_is_sent_on_to_the_same_page(port: int, path: str) -> None:
    head = await asked(port, path)
    assert head.startswith("HTTP/1.1 307")
    assert f"location: https://class.test:8443{path}" in head.splitlines()


async def test_a_path_can_not_write_headers(port: int) -> None:
    head = await asked(port, "/a%0d%0aSet-Cookie:%20streamsvc_staff=mine")
    assert head.startswith("HTTP/1.1 307")
    assert not any(line.lower().startswith("set-cookie") for line in head.splitlines())


async def test_this_machine_and_open_paths_stay(port: int) -> None:
    assert "200" in (await asked(port, "/healthz")).splitlines()[0]
    assert "404" in (await asked(port, "/join", host="localhost")).splitlines()[0]
