"""A second machine of the same LAN: HTTPS with the service's own authority, trusted by hand.

No flag of the browser makes anything insecure count as secure here.
"""

import re
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Browser, Error

from tests.support.browser import (
    BOARD,
    DESK,
    PHONE,
    chromium,
    in_namespace,
    needs_chromium,
    new_page,
    open_context,
)
from tests.support.demo import NO_CLIP, TEACHER
from tests.support.screens import RED, RoomBoard, TeacherDesk
from tests.support.service import Service
from tests.support.two_hosts import Host, needs_namespaces, two_hosts

pytestmark = [pytest.mark.e2e, needs_chromium, needs_namespaces]

PLAIN, SECURE = 8080, 8443


class FarService(Service):
    """The service on another machine: it is ready when it has printed what to open."""

    def is_ready(self) -> bool:
        """Its box is there. AssertionError if the process ended."""
        assert self.process is not None
        assert self.process.poll() is None, f"the service ended:\n{self.words()[-3000:]}"
        return "/join?code=" in self.words()

    def join_codes(self) -> list[str]:
        """As printed for people."""
        return re.findall(r"/join\?code=(\d{6})", self.words())

    def password(self) -> str:
        """Of the demo logins, as printed for people."""
        printed = re.search(rf"{TEACHER} / (\S+)", self.words())
        assert printed is not None
        return printed[1]


@pytest.fixture(scope="module")
def hosts() -> Iterator[tuple[Host, Host]]:
    with two_hosts() as made:
        yield made


@pytest.fixture(scope="module")
def service(
    hosts: tuple[Host, Host], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[FarService]:
    data = tmp_path_factory.mktemp("service") / "data"
    flags = ("--demo", "--tls", "local")
    far = FarService(data, *flags, prefix=hosts[0].prefix)
    far.port = PLAIN
    try:
        far.start(NO_CLIP)
        yield far
    finally:
        far.close()


@asynccontextmanager
async def _browser(host: Host, home: Path, *flags: str) -> AsyncIterator[Browser]:
    """Chromium on this machine, of a person whose home folder this is."""
    executable = in_namespace(host.name, home)
    async with chromium(*flags, executable=executable, env={"HOME": str(home)}) as browser:
        yield browser


def _trust(home: Path, certificate: Path) -> None:
    """What the page tells a person on Linux to do: import it as an authority."""
    store = home / ".pki" / "nssdb"
    store.mkdir(parents=True)
    where = ["-d", f"sql:{store}"]
    import_ = ["-A", "-n", "classroom", "-t", "C,,", "-i", str(certificate)]
    for words in (["-N", "--empty-password"], import_):
        subprocess.run(["certutil", *where, *words], check=True, capture_output=True)


async def test_new_machine_learns_to_trust_then_teaches_and_watches(
    hosts: tuple[Host, Host], service: FarService, tmp_path: Path
) -> None:
    here, there = hosts[1], hosts[0].address
    async with _browser(here, tmp_path) as browser:
        await _refused(browser, there)
        certificate = await _downloaded(browser, there, tmp_path)
    _trust(tmp_path, certificate)
    async with _browser(here, tmp_path, *RED.flags(tmp_path)) as browser:
        await _lesson(browser, there, service)
    assert "Traceback" not in service.words()


async def _refused(browser: Browser, there: str) -> None:
    """Plain HTTP leads to HTTPS, and the browser does not trust that yet."""
    context = await open_context(browser, BOARD)
    page = await context.new_page()
    with pytest.raises(Error, match="ERR_CERT_AUTHORITY_INVALID"):
        await page.goto(f"http://{there}:{PLAIN}/join?code=123456")
    await context.close()


async def _downloaded(browser: Browser, there: str, folder: Path) -> Path:
    """The certificate, by the button of a page that explains itself in both languages."""
    explained = {"zh-CN": ("信任", "下载证书"), "en": ("trust", "Download the certificate")}
    saved = folder / "streamsvc-ca.crt"
    for locale, (word, button) in explained.items():
        for viewport in (BOARD, PHONE):
            context = await open_context(browser, viewport, locale)
            page = await context.new_page()
            await page.goto(f"http://{there}:{PLAIN}/trust")
            assert word in await page.inner_text("h1")
            assert await page.locator("figure svg").is_visible()
            wide = "document.documentElement.scrollWidth <= innerWidth"
            assert await page.evaluate(wide), f"{locale} at {viewport} scrolls sideways"
            shot = folder / f"trust-{locale}-{viewport['width']}.png"
            await page.screenshot(path=shot, full_page=True)
            async with page.expect_download() as download:
                await page.click(f"text={button}")
            await (await download.value).save_as(saved)
            await context.close()
    return saved


async def _lesson(browser: Browser, there: str, service: FarService) -> None:
    """A teacher and a classroom of the new machine meet in a lesson."""
    start = f"http://{there}:{PLAIN}"
    room = RoomBoard("room", await new_page(await open_context(browser, BOARD)), start)
    await room.join(service.join_codes()[0])
    assert await room.page.evaluate("isSecureContext")
    await room.says("摄像头好")
    teacher = TeacherDesk("teacher", await new_page(await open_context(browser, DESK)), start)
    await teacher.sign_in(TEACHER, service.password())
    await teacher.check_devices()
    await teacher.start()
    await room.watches(20)
    await room.sees("lead", RED.color)
    for screen in (room, teacher):
        assert screen.page.url.startswith(f"https://{there}:{SECURE}/")
        assert screen.faults == []
        cookies = await screen.page.context.cookies()
        assert cookies and all(c["secure"] and c["httpOnly"] for c in cookies)
