"""Parents watch a lesson on a phone: link, slides in step, a question and its answer."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from tests.support.broadcast import make_media
from tests.support.browser import DESK, PHONE, chromium, needs_chromium, new_page, open_context
from tests.support.screens import SHOTS
from tests.support.waiting import SECOND
from tests.support.watching import PASSWORD, WatchedSchool, watched_school

pytestmark = [pytest.mark.e2e, needs_chromium]

MEDIA_SECONDS = 60
LIVE_MS = 30_000 * SECOND
TOLD_MS = 20_000 * SECOND


@pytest.fixture(scope="module")
def media(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("broadcast")
    make_media(folder, MEDIA_SECONDS)
    return folder


@pytest.fixture
async def watched(tmp_path: Path, media: Path) -> AsyncIterator[WatchedSchool]:
    async with watched_school(tmp_path, media) as found:
        yield found


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as found:
        yield found


async def phone(browser: Browser, address: str, locale: str = "zh-CN") -> Page:
    context = await open_context(browser, PHONE, locale, device_scale_factor=2)
    page = await new_page(context)
    await page.goto(address)
    return page


async def shot(page: Page, name: str) -> None:
    if SHOTS:
        await page.screenshot(path=Path(SHOTS) / f"watch-{name}.png")


async def sign_in(browser: Browser, url: str, login: str) -> Page:
    page = await new_page(await open_context(browser, DESK))
    await page.goto(f"{url}/login")
    answer = await page.request.post(
        f"{url}/api/sign-in", data={"login": login, "password": PASSWORD}
    )
    assert answer.ok
    return page


async def test_a_parent_watches_and_asks(watched: WatchedSchool, browser: Browser) -> None:
    parent = await phone(browser, await watched.link())
    await expect(parent.get_by_text("等老师开始")).to_be_visible()
    await expect(parent).to_have_url(f"{watched.url}/watch")
    await shot(parent, "wait-zh")

    await watched.begin()
    await watched.turn(1)
    paper = parent.locator(".paper")
    await expect(paper).to_have_attribute("data-slide", re.compile("/1$"), timeout=LIVE_MS)
    await expect(paper).to_have_attribute("data-picture", "sharp")
    await expect(paper.locator("canvas")).to_have_attribute("data-strokes", "1")
    await expect(parent.locator("[data-live=true]")).to_be_visible()
    playing = "document.querySelector('video').videoWidth > 0"
    await parent.wait_for_function(playing)
    await shot(parent, "live-zh")
    await watched.turn(2)
    await expect(paper).to_have_attribute("data-slide", re.compile("/2$"), timeout=LIVE_MS)

    # back within the lesson the board is that of its time; live again it is today's
    await parent.get_by_role("slider").focus()
    for _ in range(12):
        await parent.keyboard.press("ArrowLeft")
    await parent.evaluate(
        "() => { const at = document.querySelector('input[type=range]');"
        " at.value = at.min; at.dispatchEvent(new Event('change', {bubbles: true})); }"
    )
    await expect(paper).not_to_have_attribute("data-slide", re.compile("/2$"), timeout=LIVE_MS)


async def test_a_question_goes_by_the_helper_to_the_teacher(
    watched: WatchedSchool, browser: Browser
) -> None:
    await watched.begin()
    await watched.turn(1)
    parent = await phone(browser, await watched.link())
    helper = await phone(browser, f"{watched.url}/p/{await _pair(watched)}")
    await helper.get_by_role("button", name="连接大屏").click()
    teacher = await sign_in(browser, watched.url, "lin")
    await teacher.goto(f"{watched.url}/teach/{watched.lesson.id}")

    await parent.get_by_role("button", name="问一个问题").click()
    await parent.get_by_label("你的问题").fill("为什么要数一行有几个方格？")
    await parent.get_by_label("怎么称呼").fill("小明妈妈")
    await shot(parent, "asking-zh")
    await parent.get_by_role("button", name="发出").click()
    await expect(parent.get_by_text("等助教看")).to_be_visible()
    await expect(teacher.get_by_text("家长提问")).to_have_count(0)

    await helper.get_by_role("button", name=re.compile("老师")).click()
    asked = helper.locator("[data-question]")
    await expect(asked.get_by_text("为什么要数一行有几个方格？")).to_be_visible()
    await shot(helper, "helper-zh")
    await asked.get_by_role("button", name="转给老师").click()
    await expect(asked.get_by_text("已转给老师")).to_be_visible()

    shown = teacher.locator("[data-question]")
    await expect(shown.get_by_text("为什么要数一行有几个方格？")).to_be_visible()
    await expect(shown.get_by_text("三年级")).to_be_visible()
    await shot(teacher, "teacher-zh")
    await expect(parent.get_by_text("已转给老师")).to_be_visible(timeout=TOLD_MS)
    await shown.get_by_role("button", name="已回答").click()
    await expect(shown).to_have_count(0)
    await expect(parent.get_by_text("老师已回答")).to_be_visible(timeout=TOLD_MS)
    await shot(parent, "answered-zh")


async def _pair(watched: WatchedSchool) -> str:
    return (await watched.school.pairs.issue(watched.room.id)).secret
