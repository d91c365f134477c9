"""Who watches the lesson behind a thin link: our room page, in browsers of today and of 2020, and
bare players of our WHEP endpoint and of a Janus VideoRoom."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any, Protocol

from playwright.async_api import Browser, BrowserContext, Page, Route
from playwright.async_api import Error as PageError

from tests.bench.janus_room import ROOM, Janus
from tests.bench.thin_pages import BARE_JANUS, BARE_WHEP, LEAD, OBSERVE, TOOLS
from tests.bench.thin_rows import Row
from tests.support.browser import BOARD, open_context
from tests.support.demo import DemoLesson
from tests.support.firefox import far_firefox
from tests.support.link.places import FarRoom
from tests.support.old_chromium import old_chromium
from tests.support.talking_teacher import MARK_HERTZ

OBSERVER = OBSERVE.replace("MARK_HERTZ", str(MARK_HERTZ))
BARE = "/bare-page-of-the-bench"
THIN_BPS = 1_000_000
LOAD_SECONDS = 90
IN_LESSON = "location.pathname === '/room' && 'bench' in window"
LAYERS = (("q", 4, 84_000), ("h", 2, 350_000), ("f", 1, 900_000))
"""RID, how much smaller, most bit/s."""
ONE_LAYER_BPS = 2_000_000


class Viewer(Protocol):
    """A page with the observer in it."""

    async def evaluate(self, expression: str) -> Any:
        """The value of an expression, awaited."""


@dataclass(frozen=True, slots=True)
class Place:
    """A far room and the browser in it."""

    room: FarRoom
    browser: Browser


Watch = Callable[[AsyncExitStack, Place, Row, int], Awaitable[Viewer]]
"""Opens the lesson in a fresh browser context at a place, as room number so and so."""


def encodings(*, is_one_layer: bool = False) -> list[dict[str, object]]:
    """Of the lead's picture, to everybody alike."""
    if is_one_layer:
        return [{"maxBitrate": ONE_LAYER_BPS}]
    return [
        {"rid": rid, "scaleResolutionDownBy": scale, "maxBitrate": bps, "scalabilityMode": "L1T2"}
        for rid, scale, bps in LAYERS
    ]


async def observed_context(stack: AsyncExitStack, browser: Browser) -> BrowserContext:
    """A board's size, drawn at half of it: what is measured is no machine's drawing."""
    context = await open_context(browser, BOARD, device_scale_factor=0.5)
    stack.push_async_callback(context.close)
    await context.add_init_script(OBSERVER)
    return context


async def bare_page(context: BrowserContext, origin: str, *scripts: str) -> Page:
    """An empty page at the service's address; it loads nothing over the link."""
    page = await context.new_page()

    async def empty(route: Route) -> None:
        await route.fulfill(body="<!doctype html><body></body>", content_type="text/html")

    await page.route(f"**{BARE}", empty)
    await page.goto(origin + BARE)
    for script in (TOOLS, *scripts):
        await page.evaluate("() => {" + script + "}")
    return page


async def holds(viewer: Viewer, expression: str, seconds: float) -> bool:
    """Whether it was true within this time. A page on its way elsewhere is asked again."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            if await viewer.evaluate(expression):
                return True
        except AssertionError:
            pass
        except PageError as error:
            if "navigation" not in str(error):
                raise
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(0.1)


async def _in_lesson(viewer: Viewer) -> None:
    """AssertionError with what the page says where it never comes there: such a row has no figures,
    and must not look like one in which nothing was heard."""
    if not await holds(viewer, IN_LESSON, LOAD_SECONDS):
        said = await viewer.evaluate("location.href + ' ' + document.body.innerText")
        raise AssertionError(f"not in the lesson within {LOAD_SECONDS} s: {said}")


@dataclass(frozen=True, slots=True)
class Players:
    """All of them, for one lesson."""

    demo: DemoLesson
    origin: str
    """Of the service, as rooms reach it."""
    janus: Janus | None
    near: Browser
    """The lead's own, for pages beside the server."""

    def by_name(self) -> dict[str, Watch]:
        """Ours first."""
        players: dict[str, Watch] = {"ours": self.room, "whep": self.whep}
        return players | ({"janus": self.video_room} if self.janus else {})

    async def room(self, stack: AsyncExitStack, place: Place, row: Row, number: int) -> Viewer:
        """The room page, by its code."""
        openers = {"chromium-80": self._old_room, "firefox": self._firefox_room}
        if row.browser in openers:
            return await openers[row.browser](stack, place, number)
        origin = at_port(self.origin, row.link.port)
        context = await observed_context(stack, place.browser)
        if row.strips_websockets:
            await context.route_web_socket("**/events", lambda socket: socket.close())
        page = await self.room_page(context, origin, number)
        if row.slowdown > 1:
            tools = await context.new_cdp_session(page)
            await tools.send("Emulation.setCPUThrottlingRate", {"rate": row.slowdown})
        return page

    async def room_page(self, context: BrowserContext, origin: str, number: int) -> Page:
        """In a context of this browser; `origin` is where it finds the service."""
        page = await context.new_page()
        door = self._door(origin, number)
        await page.goto(door, timeout=1000 * LOAD_SECONDS, wait_until="commit")
        await _in_lesson(page)
        return page

    async def _old_room(self, stack: AsyncExitStack, place: Place, number: int) -> Viewer:
        browser = old_chromium(
            BOARD, trust(self.origin), inside=place.room.entered, script=OBSERVER
        )
        page = await stack.enter_async_context(browser)
        await page.goto(self._door(self.origin, number))
        await _in_lesson(page)
        return page

    async def _firefox_room(self, stack: AsyncExitStack, place: Place, number: int) -> Viewer:
        browser = far_firefox(BOARD, place.room.entered, OBSERVER)
        page = await stack.enter_async_context(browser)
        await page.goto(self._door(self.origin, number))
        await _in_lesson(page)
        return page

    def _door(self, origin: str, number: int) -> str:
        code = self.demo.join_code(self.demo.rooms()[number]["room_id"])
        return f"{origin}/join?code={code}"

    async def whep(self, stack: AsyncExitStack, place: Place, row: Row, number: int) -> Viewer:
        """Our endpoint, an ordinary player."""
        context = await observed_context(stack, place.browser)
        page = await bare_page(context, self.origin, BARE_WHEP)
        watching = self.demo.watching_grant()
        door = [watching["whep"], watching["grant"]]
        await page.evaluate("door => watchHere(door)", door)
        return page

    async def video_room(
        self, stack: AsyncExitStack, place: Place, row: Row, number: int
    ) -> Viewer:
        """Janus leaves the choice of a layer to its pages: the smallest on a thin link."""
        assert self.janus is not None
        context = await observed_context(stack, place.browser)
        page = await bare_page(context, self.origin, BARE_JANUS)
        layer = 0 if row.link.down_bps < THIN_BPS else None
        await page.evaluate("how => watchJanus(how)", [self.janus.url, ROOM, layer])
        return page


def at_port(origin: str, port: int) -> str:
    """The same host's; 0: as it is."""
    return f"{origin.rpartition(':')[0]}:{port}" if port else origin


def trust(*origins: str) -> str:
    """A flag: camera, microphone and caches there as with HTTPS."""
    return f"--unsafely-treat-insecure-origin-as-secure={','.join(origins)}"


async def teach(
    browser: Browser, demo: DemoLesson, janus: Janus | None, *, is_one_layer: bool
) -> Page:
    """The same clip to our lesson and to Janus; the page goes on with it."""
    context = await open_context(browser, BOARD)
    await context.add_init_script(OBSERVER)
    page = await bare_page(context, demo.service.url, LEAD)
    teaching = demo.grant()
    picture = encodings(is_one_layer=is_one_layer)
    door = [f"{teaching['whip']['lead']}?take_over=1", teaching["grant"], picture]
    await page.evaluate("door => teachHere(door)", door)
    if janus is not None:
        largest_first = encodings()[::-1]  # as its own pages offer them
        await page.evaluate("how => teachJanus(how)", [janus.url, ROOM, largest_first])
    return page
