"""Captions from who writes them to a room's screen and a parent's phone."""

import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from tests.support.axe import violations
from tests.support.browser import BOARD, PHONE, chromium, needs_chromium, new_page, open_context
from tests.support.demo import DemoLesson, demo_lesson
from tests.support.screens import SHOTS
from tests.support.waiting import SECOND

pytestmark = [pytest.mark.e2e, needs_chromium, pytest.mark.timeout(180)]

HEARD_MS = 30_000 * SECOND
LIVE_MS = 40_000 * SECOND
FIRST = "我们先看第一行，一共有几棵白菜？"
LATER, BETTER = "一行有五个小方格 <b>5 × 3</b> 👍", "一行有六个小方格，那三行呢？"


@pytest.fixture
def demo() -> Iterator[DemoLesson]:
    with demo_lesson() as found:
        yield found


@dataclass
class Pages:
    """Who writes, a room's screen, a parent's phone."""

    writer: Page
    room: Page
    parent: Page

    async def shot(self, who: str) -> None:
        page: Page = getattr(self, who)
        if SHOTS:
            await page.screenshot(path=Path(SHOTS) / f"captions-{who}.png")


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as found:
        yield found


async def writing(browser: Browser, demo: DemoLesson, locale: str) -> Page:
    """Who came by the lesson's caption link, and hears the teacher."""
    lesson = f"/api/lessons/{demo.lesson()['lesson_id']}/caption-link"
    link = demo.teacher.post(lesson).raise_for_status().json()["path"]
    writer = await new_page(await open_context(browser, BOARD, locale))
    await writer.goto(demo.service.url + link)
    await writer.locator(".hear button").click()
    await expect(writer.locator("[data-heard=true]")).to_be_visible(timeout=HEARD_MS)
    assert "#" not in writer.url
    return writer


async def opened(browser: Browser, demo: DemoLesson, writer: Page, locale: str) -> Pages:
    url, room = demo.service.url, demo.rooms()[0]
    place = f"/api/rooms/{room['room_id']}/watch-link"
    watch = demo.administrator.post(place, json={}).raise_for_status().json()["path"]
    board = await new_page(await open_context(browser, BOARD, locale))
    code = demo.join_code(room["room_id"])
    await board.context.request.post(f"{url}/api/rooms/join", data={"code": code})
    await board.goto(f"{url}/room")
    parent = await new_page(await open_context(browser, PHONE, locale, device_scale_factor=2))
    await parent.goto(url + watch)
    return Pages(writer, board, parent)


async def write(field: Locator, text: str) -> None:
    await field.press_sequentially(text)
    await field.press("Enter")
    await expect(field).to_have_value("")


async def test_a_line_is_read_in_the_room_and_on_a_phone(
    browser: Browser, demo: DemoLesson
) -> None:
    writer = await writing(browser, demo, "zh-CN")
    field = writer.get_by_label("写一行")
    await write(field, FIRST)
    await expect(writer.locator("[data-line]")).to_have_text(re.compile(re.escape(FIRST)))
    pages = await opened(browser, demo, writer, "zh-CN")
    room, parent = pages.room, pages.parent
    await expect(room.get_by_role("button", name="打开字幕")).to_be_visible(timeout=LIVE_MS)
    await expect(parent.locator("[data-live=true]")).to_be_visible(timeout=LIVE_MS)
    assert await room.locator(".said").count() == 0
    await room.keyboard.press("c")
    await write(field, LATER)
    await expect(room.get_by_text(LATER)).to_be_visible(timeout=LIVE_MS)
    await pages.shot("room")
    await expect(parent.get_by_text(LATER)).to_be_visible(timeout=LIVE_MS)
    await pages.shot("parent")
    await pages.shot("writer")

    await field.press("ArrowUp")
    await expect(field).to_have_value(LATER)
    await field.fill(BETTER)
    await field.press("Enter")
    await expect(room.get_by_text(BETTER)).to_be_visible(timeout=LIVE_MS)
    await expect(parent.get_by_text(BETTER)).to_be_visible(timeout=LIVE_MS)
    for page in (writer, parent):
        assert await violations(page) == []
    await parent.get_by_role("switch", name="字幕").click()
    await expect(parent.locator("[data-caption]")).to_have_count(0)
