"""Who watches the lesson behind a thin link: our room page, and bare players of our WHEP endpoint
and of a Janus VideoRoom."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from playwright.async_api import Browser, BrowserContext, Page, Route

from tests.bench.janus_room import ROOM, Janus
from tests.bench.thin_pages import BARE_JANUS, BARE_WHEP, LEAD, OBSERVE, TOOLS
from tests.bench.thin_rows import Row
from tests.support.browser import BOARD, open_context
from tests.support.demo import DemoLesson
from tests.support.talking_teacher import MARK_HERTZ

OBSERVER = OBSERVE.replace("MARK_HERTZ", str(MARK_HERTZ))
BARE = "/bare-page-of-the-bench"
THIN_BPS = 1_000_000
LOAD_MS = 90_000
LAYERS = (("q", 4, 84_000), ("h", 2, 350_000), ("f", 1, 900_000))
"""RID, how much smaller, most bit/s."""

Watch = Callable[[BrowserContext, Row, int], Awaitable[Page]]
"""Opens the lesson in a fresh browser context, as room number so and so."""


def encodings() -> list[dict[str, object]]:
    """Of the lead's picture, to everybody alike."""
    return [
        {"rid": rid, "scaleResolutionDownBy": scale, "maxBitrate": bps, "scalabilityMode": "L1T2"}
        for rid, scale, bps in LAYERS
    ]


async def far_context(browser: Browser) -> BrowserContext:
    """A board's size, drawn at half of it: what is measured is no machine's drawing."""
    context = await open_context(browser, BOARD, device_scale_factor=0.5)
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


@dataclass(frozen=True, slots=True)
class Players:
    """All of them, for one lesson."""

    demo: DemoLesson
    origin: str
    """Of the service, as rooms reach it."""
    janus: Janus | None

    def by_name(self) -> dict[str, Watch]:
        """Ours first."""
        players: dict[str, Watch] = {"ours": self.room, "whep": self.whep}
        return players | ({"janus": self.video_room} if self.janus else {})

    async def room(self, context: BrowserContext, row: Row, number: int) -> Page:
        """The room page, by its code."""
        code = self.demo.join_code(self.demo.rooms()[number]["room_id"])
        page = await context.new_page()
        await page.goto(f"{self.origin}/join?code={code}", timeout=LOAD_MS, wait_until="commit")
        await page.wait_for_url("**/room", timeout=LOAD_MS, wait_until="commit")
        return page

    async def whep(self, context: BrowserContext, row: Row, number: int) -> Page:
        """Our endpoint, an ordinary player."""
        page = await bare_page(context, self.origin, BARE_WHEP)
        watching = self.demo.watching_grant()
        door = [watching["whep"], watching["grant"]]
        await page.evaluate("door => watchHere(door)", door)
        return page

    async def video_room(self, context: BrowserContext, row: Row, number: int) -> Page:
        """Janus leaves the choice of a layer to its pages: the smallest on a thin link."""
        assert self.janus is not None
        page = await bare_page(context, self.origin, BARE_JANUS)
        layer = 0 if row.link.down_bps < THIN_BPS else None
        await page.evaluate("how => watchJanus(how)", [self.janus.url, ROOM, layer])
        return page


async def teach(browser: Browser, demo: DemoLesson, janus: Janus | None) -> Page:
    """The same clip to our lesson and to Janus; the page goes on with it."""
    context = await open_context(browser, BOARD)
    await context.add_init_script(OBSERVER)
    page = await bare_page(context, demo.service.url, LEAD)
    teaching = demo.grant()
    door = [f"{teaching['whip']['lead']}?take_over=1", teaching["grant"], encodings()]
    await page.evaluate("door => teachHere(door)", door)
    if janus is not None:
        largest_first = encodings()[::-1]  # as its own pages offer them
        await page.evaluate("how => teachJanus(how)", [janus.url, ROOM, largest_first])
    return page
