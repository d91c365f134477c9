"""Parents watch a lesson on a phone: link, slides in step, a question and its answer."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from streamsvc.base.clock import SystemClock
from streamsvc.school.records import OPERATOR
from tests.support.axe import violations
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
    await parent.wait_for_function("() => document.querySelector('.pic video').videoWidth > 0")
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


@pytest.mark.long
async def test_what_a_parent_reads_in_each_state(watched: WatchedSchool, browser: Browser) -> None:
    link = await watched.link(has_replay=True)
    parent = await phone(browser, f"{link}?lang=en", "en")
    await expect(parent.get_by_text("Waiting for the teacher")).to_be_visible()
    await watched.begin()
    await watched.turn(1)
    paper = parent.locator(".paper")
    await expect(paper).to_have_attribute("data-picture", "sharp", timeout=LIVE_MS)
    await expect(parent.get_by_text("under 50 MB a lesson")).to_be_visible()
    await shot(parent, "live-en")
    assert await violations(parent) == []
    await parent.get_by_role("switch", name="Low data").click()
    await expect(parent.get_by_text("Clear picture")).to_be_visible()

    await parent.context.set_offline(True)
    await expect(parent.get_by_text("This tries again by itself")).to_be_visible(timeout=LIVE_MS)
    await shot(parent, "offline-en")
    await parent.context.set_offline(False)
    await expect(parent.locator("[data-live=true]")).to_be_visible(timeout=LIVE_MS)

    await parent.get_by_role("button", name="Pause").click()
    await expect(parent.get_by_role("button", name="Go on")).to_be_visible()
    await expect(parent.get_by_role("button", name="Back to live")).to_be_visible(timeout=LIVE_MS)
    await shot(parent, "paused-en")
    await parent.get_by_role("button", name="Back to live").click()
    await expect(parent.get_by_role("button", name="Pause")).to_be_visible()

    await parent.get_by_role("button", name="This week").click()
    await expect(parent.get_by_role("button", name="Live now")).to_be_visible()
    await shot(parent, "week-en")
    assert await violations(parent) == []
    await parent.get_by_role("button", name="Me", exact=True).click()
    await expect(parent.get_by_text("三年级, 大坪教学点")).to_be_visible()
    await shot(parent, "mine-en")
    assert await violations(parent) == []
    await watched.end()
    await parent.get_by_role("button", name="Live", exact=True).click()
    await expect(parent.get_by_text("The lesson is over")).to_be_visible(timeout=4 * LIVE_MS)
    await shot(parent, "over-en")

    await watched.school.watch_links.revoke(OPERATOR, watched.room.id)
    await parent.reload()
    await expect(parent.get_by_text("Open the link from your class's chat")).to_be_visible()
    await parent.goto(link)
    await expect(parent.get_by_text("This link is no longer good")).to_be_visible()
    await shot(parent, "revoked-en")


async def test_no_lesson_now(watched: WatchedSchool, browser: Browser) -> None:
    await watched.begin()
    await watched.end()
    parent = await phone(browser, await watched.link())
    await expect(parent.get_by_text("现在没有课")).to_be_visible()
    await expect(parent.get_by_text("这两周没有排课")).to_be_visible()
    await watched.school.lessons.add(
        OPERATOR,
        title="周长",
        lead_teacher_id=watched.lesson.lead_teacher_id,
        room_ids=[watched.room.id],
        scheduled_start_ms=SystemClock().wall_ms() + 3 * 86_400_000,
    )
    await parent.reload()
    await expect(parent.get_by_text(re.compile("下一节：周长"))).to_be_visible()
    await shot(parent, "none-zh")


async def test_a_helper_teacher_makes_the_link(watched: WatchedSchool, browser: Browser) -> None:
    helper = await sign_in(browser, watched.url, "wang")
    await helper.goto(f"{watched.url}/today")
    await helper.locator("[data-action=watch-link]").click()
    await helper.get_by_text("还没有链接").wait_for()
    await helper.locator("[data-action=make]").click()
    made = helper.locator("[data-link]")
    await expect(made).to_be_visible()
    await shot(helper, "link-zh")
    path = str(await made.get_attribute("data-link"))
    parent = await phone(browser, watched.url + path)
    await expect(parent.get_by_text("等老师开始")).to_be_visible()
    await helper.locator("[data-action=renew]").click()
    await helper.get_by_text("旧链接和用它进来的手机都会停用").wait_for()
    await helper.locator("[data-action=renew]").click()
    await expect(helper.locator("[data-link]")).not_to_have_attribute("data-link", path)
    await parent.reload()
    await expect(parent.get_by_text("从班级群里打开看课链接")).to_be_visible()


async def test_a_narrow_phone_and_a_desk(watched: WatchedSchool, browser: Browser) -> None:
    await watched.begin()
    await watched.turn(1)
    for width, height in ((360, 640), (430, 932), (1366, 768)):
        viewport = {"width": width, "height": height}
        for locale, direction in (("zh-CN", "ltr"), ("en", "rtl")):
            context = await open_context(browser, viewport, locale)
            page = await new_page(context)
            link = await watched.link()
            await page.goto(f"{link}?dir={direction}")
            await expect(page.locator(".paper")).to_have_attribute(
                "data-picture", "sharp", timeout=LIVE_MS
            )
            wide = await page.evaluate("document.documentElement.scrollWidth")
            assert wide <= width
            await shot(page, f"{width}-{direction}")
            await context.close()


async def test_a_lesson_is_seen_again(
    watched: WatchedSchool, browser: Browser, media: Path
) -> None:
    await watched.begin()
    await watched.turn(1)
    await watched.turn(2)
    await watched.say("c1", "一行有五个小方格，那三行呢？")
    await watched.end()
    await watched.recorded(media, MEDIA_SECONDS, screen_from=20)
    parent = await phone(browser, await watched.link(has_replay=True))
    asked: list[str] = []
    parent.on("request", lambda request: asked.append(request.url))
    await parent.get_by_role("button", name="这周的课").click()
    await shot(parent, "week-replay-zh")
    await parent.get_by_role("button", name=re.compile("回看 · 省流约 2 MB")).click()
    paper = parent.locator(".rp .paper")
    await expect(paper).to_have_attribute("data-slide", re.compile("/2$"), timeout=LIVE_MS)
    await expect(paper).to_have_attribute("data-picture", "sharp", timeout=LIVE_MS)
    lead = "document.querySelector('.rp .lead')"
    await parent.wait_for_function(f"() => {lead}.videoWidth > 0")
    await expect(parent.get_by_text("这节课约 2 MB")).to_be_visible()
    await expect(parent.get_by_text("一行有五个小方格，那三行呢？")).to_be_visible()
    await shot(parent, "replay-zh")
    assert await violations(parent) == []
    await parent.evaluate(f"() => {{ {lead}.currentTime = 30 }}")
    await expect(parent.locator(".rp .scr")).to_be_visible(timeout=LIVE_MS)
    await expect(paper).to_have_count(0)
    apart = "() => Math.abs(%s.currentTime - 20 - document.querySelector('.rp .scr').currentTime)"
    await parent.wait_for_function(f"{apart % lead} < 1")
    await shot(parent, "replay-screen-zh")
    media_asked = [url for url in asked if "/media/" in url]
    assert media_asked and all("-low/" in url for url in media_asked)
    await parent.get_by_role("switch", name="省流").click()
    await expect(parent.get_by_text("清晰画面，这节课最多 9 MB")).to_be_visible()
    await parent.wait_for_function(f"() => {lead}.currentTime > 29 && {lead}.videoWidth > 0")
    assert any("/media/lead/index.m3u8" in url for url in asked)
    await parent.get_by_role("button", name="关闭回看").click()
    await watched.school.watch_links.set_replay(OPERATOR, watched.room.id, has_replay=False)
    await parent.reload()
    await parent.get_by_role("button", name="这周的课").click()
    await expect(parent.get_by_text("学校没有对这个班开放回看")).to_be_visible()
