"""A real Chromium 80 (February 2020) for the tests: what many classroom boards still run.

Playwright is too new for it, so this speaks the DevTools protocol itself.
`.ci/browser.sh` puts the binary into `.cache/`.
"""

import asyncio
import base64
import json
import os
import signal
import socket
import subprocess
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect

from tests.support.browser import AUTOPLAY, FAKE_DEVICES, PROBES, QUIET
from tests.support.waiting import SECOND, until

BINARY = Path(__file__).parents[2] / ".cache" / "chromium-80" / "chromium"
needs_old_chromium = pytest.mark.skipif(
    not BINARY.exists(), reason="Chromium 80 is not unpacked: run sh .ci/browser.sh"
)
_START_SECONDS = 20

Inside = Callable[[], AbstractContextManager[None]]
"""In a network namespace, for example: what is started and opened meanwhile is there."""


class OldPage:
    """The browser's one page."""

    def __init__(self, socket: ClientConnection, about: Mapping[str, str]) -> None:
        self.about = about
        """Its `Browser` and `User-Agent`."""
        self.faults: list[str] = []
        """Exceptions nobody caught in the page."""
        self._socket = socket
        self._numbers = count(1)

    async def command(self, method: str, **parameters: Any) -> dict[str, Any]:
        """One DevTools command. AssertionError with what the browser said against it."""
        number = next(self._numbers)
        await self._socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        async with asyncio.timeout(30 * SECOND):
            while True:
                message = json.loads(await self._socket.recv())
                if message.get("method") == "Runtime.exceptionThrown":
                    self.faults.append(_fault(message["params"]["exceptionDetails"]))
                if message.get("id") == number:
                    assert "error" not in message, f"{method}: {message['error']}"
                    return dict(message["result"])

    async def prepare(self, viewport: Mapping[str, int], locale: str, script: str) -> None:
        """The script in every document, this size, these people's language."""
        await self.command("Page.enable")
        await self.command("Runtime.enable")
        await self.command("Page.addScriptToEvaluateOnNewDocument", source=script)
        await self.command(
            "Emulation.setUserAgentOverride",
            userAgent=self.about["User-Agent"],
            acceptLanguage=locale,
        )
        await self.resize(viewport)

    async def resize(self, viewport: Mapping[str, int]) -> None:
        """A screen of this size."""
        await self.command(
            "Emulation.setDeviceMetricsOverride", deviceScaleFactor=1, mobile=False, **viewport
        )

    async def goto(self, url: str) -> None:
        """Open an address. AssertionError if nothing answers there."""
        result = await self.command("Page.navigate", url=url)
        assert "errorText" not in result, f"{url}: {result['errorText']}"

    async def evaluate(self, expression: str) -> Any:
        """The value of an expression, awaited. AssertionError with its exception."""
        result = await self.command(
            "Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True
        )
        assert "exceptionDetails" not in result, _fault(result["exceptionDetails"])
        return result["result"].get("value")

    async def until(self, expression: str, seconds: float = 10, what: str = "") -> Any:
        """Poll an expression until it is true; its value. A page on its way elsewhere is not."""
        value: Any = None
        try:
            async with asyncio.timeout(seconds * SECOND):
                while not value:
                    try:
                        value = await self.evaluate(expression)
                    except AssertionError:
                        value = None
                    await asyncio.sleep(0 if value else 0.05)
        except TimeoutError:
            text = await self.evaluate("document.body.innerText")
            why = f"not within {seconds} s: {what or expression}\n{text}\n{self.faults}"
            raise AssertionError(why) from None
        return value

    async def type(self, text: str) -> None:
        """Press the key of each character."""
        for character in text:
            for kind in ("keyDown", "keyUp"):
                await self.command("Input.dispatchKeyEvent", type=kind, key=character)

    async def screenshot(self, path: Path) -> None:
        """A PNG of what is on the screen."""
        picture = await self.command("Page.captureScreenshot")
        path.write_bytes(base64.b64decode(picture["data"]))


@asynccontextmanager
async def old_chromium(
    viewport: Mapping[str, int],
    *flags: str,
    locale: str = "zh-CN",
    inside: Inside = nullcontext,
    script: str = PROBES,
) -> AsyncIterator[OldPage]:
    """Chromium 80 with fake devices, one page open; gone at the end with its children."""
    with TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        command = [
            str(BINARY), "--headless", "--no-zygote", "--disable-dev-shm-usage",
            "--remote-debugging-port=0", f"--user-data-dir={profile}", *QUIET,
            *FAKE_DEVICES, AUTOPLAY, *flags, "about:blank",
        ]  # fmt: skip
        with (Path(profile) / "log").open("wb") as log, inside():
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        try:
            async with _page(Path(profile), inside) as page:
                await page.prepare(viewport, locale, script)
                yield page
        finally:
            os.killpg(process.pid, signal.SIGKILL)  # its children outlive a polite end
            process.wait(10)


@asynccontextmanager
async def _page(profile: Path, inside: Inside) -> AsyncIterator[OldPage]:
    port = await _debugging_port(profile)
    with inside():
        about, address, there = _met(port)
    # this old server does not answer pings
    async with connect(address, sock=there, max_size=None, ping_interval=None) as channel:
        yield OldPage(channel, about)


def _met(port: int) -> tuple[Mapping[str, str], str, socket.socket]:
    """What it is, its page's address, and a connection for it."""
    about = httpx.get(f"http://127.0.0.1:{port}/json/version").json()
    targets = httpx.get(f"http://127.0.0.1:{port}/json/list").json()
    (address,) = [t["webSocketDebuggerUrl"] for t in targets if t["type"] == "page"]
    return about, address, socket.create_connection(("127.0.0.1", port))


async def _debugging_port(profile: Path) -> int:
    """The port it chose; this version says it only in its log."""
    log = profile / "log"
    mark = "DevTools listening on ws://127.0.0.1:"
    await until(lambda: mark in log.read_text("utf-8", "replace"), _START_SECONDS, "Chromium 80")
    return int(log.read_text("utf-8", "replace").split(mark)[1].split("/")[0])


def _fault(details: Mapping[str, Any]) -> str:
    return str(details.get("exception", {}).get("description", details["text"]))
