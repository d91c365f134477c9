"""Every page by the measure of WCAG 2.2 AA (axe-core), in both languages; and a lesson by keyboard
alone, with a look at each of its screens."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from playwright.async_api import Locator, Page, expect

from tests.support.axe import violations
from tests.support.browser import BOARD, chromium, needs_chromium, new_page, open_context
from tests.support.demo import ADMINISTRATOR, TEACHER, DemoLesson, demo_lesson
from tests.support.screens import HelperPhone, RoomBoard, Screen, TeacherDesk

pytestmark = [pytest.mark.e2e, needs_chromium, pytest.mark.timeout(120)]

LANGUAGES = ("zh-CN", "en")
STILL: dict[str, Any] = {"reduced_motion": "reduce"}
"""Colors on their way from one to another have no contrast to measure."""
MOST_TABS = 60

RING = """element => {
  const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(element);
  return (outlineStyle !== 'none' && parseFloat(outlineWidth) > 0) || boxShadow !== 'none';
}"""


@pytest.fixture
def demo() -> Iterator[DemoLesson]:
    """A lesson due now that nobody teaches yet."""
    with demo_lesson(is_taught=False) as demo:
        yield demo


@pytest.fixture(scope="module")
def quiet_demo() -> Iterator[DemoLesson]:
    """The same, for tests that change nothing."""
    with demo_lesson(is_taught=False) as demo:
        yield demo


@asynccontextmanager
async def everybody(demo: DemoLesson) -> AsyncIterator[tuple[TeacherDesk, RoomBoard, HelperPhone]]:
    """Three devices in one browser process."""
    async with chromium() as browser:
        people: list[Screen] = []
        for kind in (TeacherDesk, RoomBoard, HelperPhone):
            context = await open_context(browser, kind.viewport, **STILL)
            people.append(kind(kind.__name__, await new_page(context), demo.service.url))
        teacher, room, phone = people
        assert isinstance(teacher, TeacherDesk)
        assert isinstance(room, RoomBoard)
        assert isinstance(phone, HelperPhone)
        yield teacher, room, phone
        assert [one.faults for one in people] == [[], [], []]


async def is_well(*screens: Screen) -> None:
    """Nothing that axe-core would have changed."""
    for one in screens:
        assert await violations(one.page) == [], f"{one.name} at {one.page.url}"


async def tab_to(page: Page, target: Locator) -> None:
    """By the Tab key, as far as it takes; the ring says where the focus is."""
    await expect(target).to_be_visible()
    wanted = await target.element_handle()
    for _ in range(MOST_TABS):
        if await page.evaluate("element => document.activeElement === element", wanted):
            assert await target.evaluate(RING), "no focus ring"
            return
        await page.keyboard.press("Tab")
    raise AssertionError(f"the keyboard does not reach {target}")


@pytest.mark.timeless
@pytest.mark.parametrize("language", LANGUAGES)
async def test_pages_that_wait_for_somebody(quiet_demo: DemoLesson, language: str) -> None:
    async with chromium() as browser:
        for login, paths in (
            (None, ["/join", "/login", "/p", "/p/not-a-code", "/camera", "/camera#a.b"]),
            (TEACHER, ["/today", "/library"]),
            (
                ADMINISTRATOR,
                [
                    "/today",
                    "/admin",
                    "/admin/rooms",
                    "/admin/readiness",
                    "/admin/people",
                    "/admin/organisations",
                ],
            ),
        ):
            context = await open_context(browser, BOARD, language, **STILL)
            page = await new_page(context)
            if login is not None:
                body = {"login": login, "password": quiet_demo.password}
                await context.request.post(f"{quiet_demo.service.url}/api/sign-in", data=body)
            for path in paths:
                await page.goto(quiet_demo.service.url + path)
                await expect(page.locator("h1").first).to_be_attached()
                await expect(page.locator(".skeleton, [aria-busy=true]")).to_have_count(0)
                assert await violations(page) == [], path


async def test_a_lesson_by_keyboard_alone(demo: DemoLesson) -> None:
    async with everybody(demo) as (teacher, room, phone):
        await room.join(demo.join_code(demo.rooms()[0]["room_id"]), by_keys=True)
        await room.says("等老师")
        await phone.pair(await room.pair_path(), "王芳")
        await phone.says("等老师开始")
        await is_well(room, phone)

        await into_the_console(teacher, demo)
        await tab_to(teacher.page, teacher.button("开始上课"))
        await teacher.page.keyboard.press("Enter")
        await expect(teacher.button("下课")).to_be_visible()
        await room.moves("lead")
        await expect(phone.button("举手")).to_be_visible()
        await is_well(teacher, room, phone)

        await on_stage_and_back(teacher, room, phone)
        await everybody_in_english(teacher, room, phone)
        await to_the_end(teacher, room, phone)


async def into_the_console(teacher: TeacherDesk, demo: DemoLesson) -> None:
    """Sign-in, today, device check."""
    await teacher.sign_in(TEACHER, demo.password)
    keys = teacher.page.keyboard
    await tab_to(teacher.page, teacher.page.get_by_role("link", name="进入教室").first)
    await keys.press("Enter")
    await teacher.says("听到你了")
    await tab_to(teacher.page, teacher.button("试听"))
    await keys.press("Enter")
    await tab_to(teacher.page, teacher.button("听到了"))
    await keys.press("Enter")
    await is_well(teacher)
    await tab_to(teacher.page, teacher.page.get_by_role("link", name="进入教室"))
    await keys.press("Enter")
    await teacher.says("间教室到了")
    await is_well(teacher)


async def on_stage_and_back(teacher: TeacherDesk, room: RoomBoard, phone: HelperPhone) -> None:
    """The room raises its hand and answers; the teacher calls it and sends it back."""
    await room.page.keyboard.press("h")
    await teacher.says("等了")
    await is_well(teacher, room, phone)
    await teacher.page.keyboard.press("1")
    await room.says("老师请我们上台")
    await is_well(teacher, room, phone)
    await room.page.keyboard.press("Enter")
    await room.says("轮到我们了")
    await teacher.moves("stage")
    await is_well(teacher, room, phone)
    await teacher.page.keyboard.press("Escape")
    await expect(room.button("举手")).to_be_visible()


async def everybody_in_english(teacher: TeacherDesk, room: RoomBoard, phone: HelperPhone) -> None:
    """Each page loads anew in the other language, and goes on."""
    for one in (teacher, room, phone):
        await one.page.goto(one.page.url.split("?")[0] + "?lang=en")
    await expect(teacher.button("End lesson")).to_be_visible()
    await room.moves("lead")
    await expect(phone.button("Raise hand")).to_be_visible()
    await is_well(teacher, room, phone)


async def to_the_end(teacher: TeacherDesk, room: RoomBoard, phone: HelperPhone) -> None:
    """Ended with the keyboard too."""
    await tab_to(teacher.page, teacher.button("End lesson"))
    await teacher.page.keyboard.press("Enter")
    await tab_to(teacher.page, teacher.button("End now"))
    await is_well(teacher)
    await teacher.page.keyboard.press("Enter")
    await teacher.page.wait_for_url("**/summary")
    await room.says("Lesson over")
    await phone.says("Lesson over")
    await is_well(teacher, room, phone)
    recording = teacher.page.get_by_role("link", name="Watch the recording")
    await tab_to(teacher.page, recording)
    await teacher.page.keyboard.press("Enter")
    await expect(teacher.page.locator("[data-player]")).to_be_visible()
    await is_well(teacher)
