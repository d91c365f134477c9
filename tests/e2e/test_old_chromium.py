"""The classroom's pages in Chromium 80, the oldest browser they are built for."""

from pathlib import Path

import pytest
from playwright.async_api import ViewportSize

from tests.support.browser import (
    BOARD,
    PHONE,
    chromium,
    needs_chromium,
    new_page,
    open_context,
)
from tests.support.demo import NO_CLIP, DemoLesson, clip_teaches, demo_lesson
from tests.support.old_chromium import OldPage, needs_old_chromium, old_chromium
from tests.support.waiting import SECOND

pytestmark = [pytest.mark.e2e, needs_old_chromium]

BEEP_HERTZ = 880
HEARD = 100
"""Of 255: far above noise, below what a clear beep reaches."""
PARTS = {
    "join": ["h1", ".cells", ".cells i:last-child", ".pad", ".pad .ok", ".rt h2", ".ln"],
    "live": [".slide", ".lead", ".us", ".lead .lab", ".raise", ".cap"],
}
SCREENS = {"board": BOARD, "phone": PHONE}
BOXES = """
(names => names.map(name => {
  const { x, y, width, height } = document.querySelector(name).getBoundingClientRect();
  return [x, y, x + width, y + height].map(Math.round);
}))
"""


async def _joined(page: OldPage, demo: DemoLesson, room: int = 0) -> None:
    await page.goto(f"{demo.service.url}/join")
    await page.until("document.querySelector('.pad .ok') !== null")
    await page.type(demo.join_code(demo.rooms()[room]["room_id"]))
    await page.until("location.pathname === '/room' && document.querySelector('.scr') !== null")


async def _plays(page: OldPage, seconds: float) -> None:
    """Moving pictures and the beep, within so many seconds."""
    for slot in ("lead", "screen"):
        moved = await page.evaluate(f"probe.moves('{slot}', 15, {seconds * SECOND * 1000})")
        said = await page.evaluate("document.body.innerText")
        assert moved >= 15, f"{slot} moves: {moved} frames, and the page says {said}"
    heard = f"probe.tone('lead-voice', {BEEP_HERTZ}, 1200).then(t => t > {HEARD})"
    await page.until(heard, 10, "the beep")


async def test_room_waits_watches_and_returns_after_the_service_died(tmp_path: Path) -> None:
    with demo_lesson(is_taught=False) as demo:
        async with old_chromium(BOARD) as page:
            await _joined(page, demo)
            await page.until("document.fonts.ready.then(() => true)")
            await page.screenshot(tmp_path / "waiting.png")
            assert await page.evaluate("Object.keys(probe.frames()).includes('lead')") is False
            with clip_teaches(demo):
                await _plays(page, 20)
                await page.screenshot(tmp_path / "live.png")
                demo.service.kill()
                await page.until("document.querySelector('.say.bad') !== null", 15, "says it")
                await page.screenshot(tmp_path / "lost.png")
                demo.service.start(NO_CLIP)
                back = "document.querySelector('.say.bad') === null"
                await page.until(back, 30, "is back by itself")
                await _plays(page, 20)
            assert page.faults == []
    assert "Chrome/80." in page.about["Browser"]


Boxes = dict[str, list[list[int]]]
"""What its name says, by page and screen."""


@needs_chromium
@pytest.mark.timeless
async def test_pages_look_as_in_todays_chromium(tmp_path: Path) -> None:
    with demo_lesson() as demo:
        old = await _old_boxes(demo, tmp_path)
        new = await _new_boxes(demo, tmp_path)
    for name, boxes in new.items():
        for part, a, b in zip(PARTS[name.split()[0]], old[name], boxes, strict=True):
            assert a == pytest.approx(b, abs=4), f"{name}: {part}"


async def _old_boxes(demo: DemoLesson, folder: Path) -> Boxes:
    boxes: Boxes = {}

    async def look(name: str) -> None:
        for screen, viewport in SCREENS.items():
            await page.resize(viewport)
            await page.screenshot(folder / f"{name}-{screen}-80.png")
            boxes[f"{name} {screen}"] = await page.evaluate(f"{BOXES}({PARTS[name]})")

    async with old_chromium(BOARD) as page:
        await page.goto(f"{demo.service.url}/join")
        await page.until("document.querySelector('.pad .ok') !== null")
        await look("join")
        await _joined(page, demo)
        await page.until("probe.frames().lead > 0 && probe.frames().screen > 0", 15)
        await look("live")
    return boxes


async def _new_boxes(demo: DemoLesson, folder: Path) -> Boxes:
    boxes: Boxes = {}

    async def look(name: str) -> None:
        for screen, viewport in SCREENS.items():
            await page.set_viewport_size(
                ViewportSize(width=viewport["width"], height=viewport["height"])
            )
            await page.screenshot(path=folder / f"{name}-{screen}.png")
            boxes[f"{name} {screen}"] = await page.evaluate(BOXES, PARTS[name])

    async with chromium() as browser:
        page = await new_page(await open_context(browser, BOARD))
        await page.goto(f"{demo.service.url}/join")
        await page.wait_for_selector(".pad .ok")
        await look("join")
        await page.keyboard.type(demo.join_code(demo.rooms()[1]["room_id"]))
        for name in PARTS["live"]:
            await page.wait_for_selector(name, state="attached")
        await look("live")
    return boxes
