"""Several cameras of one lead room: a phone by a link, on air by a click, and back when it dies."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.support.axe import violations
from tests.support.browser import BOARD, needs_chromium
from tests.support.demo import TEACHER, DemoLesson, demo_lesson
from tests.support.screens import (
    BLUE,
    GREEN,
    RED,
    HelperPhone,
    RoomBoard,
    TeacherDesk,
    screen,
)
from tests.support.waiting import SECOND

pytestmark = [pytest.mark.e2e, needs_chromium, pytest.mark.timeout(180)]

FREEZE_SECONDS = 1.0
"""Of the picture at a cut."""
GONE_SECONDS = 6.0
"""From a phone that died to the teacher's own picture in the room: 1.2 s until it is believed, a
key frame, and the buffer."""
WATCH_FRAMES = """() => {
  const video = document.querySelector('video[data-slot=lead]');
  window.shown = [];
  const note = () => {
    window.shown.push(performance.now());
    video.requestVideoFrameCallback(note);
  };
  video.requestVideoFrameCallback(note);
}"""
LONGEST_PAUSE = """() => {
  const gaps = window.shown.slice(1).map((at, i) => at - window.shown[i]);
  window.shown = window.shown.slice(-1);
  return Math.max(...gaps) / 1000;
}"""


class SmallDesk(TeacherDesk):
    """As small as a teacher's computer may be."""

    viewport = BOARD


class CameraPhone(HelperPhone):
    """A phone as one more camera of the lead room."""

    async def opens(self, link: str) -> None:
        await self.page.goto(link)

    async def signs(self, sign: str, seconds: float = 15) -> None:
        """What it says of itself."""
        place = self.page.locator(f"main[data-sign={sign}]")
        await expect(place).to_be_visible(timeout=seconds * 1000 * SECOND)


@pytest.fixture
def demo() -> Iterator[DemoLesson]:
    with demo_lesson(is_taught=False) as county:
        yield county


async def add_camera(teacher: TeacherDesk, name: str) -> str:
    """Makes a link on the console; its address."""
    await teacher.button("设备").last.click()
    await teacher.page.locator("[data-action=add-camera]").click()
    await teacher.shot("name")
    await teacher.page.get_by_label("叫什么").fill(name)
    await teacher.page.locator("[data-action=make-camera]").click()
    address = await teacher.page.locator("[data-link]").input_value()
    await teacher.shot("code")
    await teacher.page.keyboard.press("Escape")
    return address


async def test_a_phone_is_put_on_air_and_gives_way_when_it_dies(
    demo: DemoLesson, tmp_path: Path
) -> None:
    url = demo.service.url
    async with (
        screen(SmallDesk, "teacher", url, *RED.flags(tmp_path)) as teacher,
        screen(RoomBoard, "room", url, *BLUE.flags(tmp_path)) as board,
    ):
        await teacher.sign_in(TEACHER, demo.password)
        await teacher.page.wait_for_url("**/today")
        await teacher.page.goto(f"{url}/teach/{demo.lesson()['lesson_id']}")
        await teacher.start()
        await board.join(demo.join_code(demo.rooms()[0]["room_id"]))
        await board.watches(30)
        await board.page.evaluate(WATCH_FRAMES)
        link = await add_camera(teacher, "看黑板")
        async with screen(CameraPhone, "phone", url, *GREEN.flags(tmp_path)) as phone:
            await phone.opens(link)
            await phone.signs("ready", 20)
            await phone.shot("standby")
            strip = teacher.page.locator("[data-camera=camera2]")
            await expect(strip).to_have_attribute("data-state", "ready")
            await teacher.sees("camera2", GREEN.color, 15)
            await teacher.shot("standby")
            await board.sees("lead", RED.color, 2)
            await board.page.evaluate(LONGEST_PAUSE)  # those of before are of no interest

            await strip.locator("button").first.click()
            await board.sees("lead", GREEN.color, 3)
            await phone.signs("on_air", 3)
            await board.hears("lead-voice", RED.tone_hz, 3)
            await board.moves("lead", frames=15)
            pause = await board.page.evaluate(LONGEST_PAUSE)
            assert pause < FREEZE_SECONDS * SECOND, f"the picture stood for {pause:.2f} s"
            await expect(strip).to_contain_text("正在直播")
            for one in (phone, board, teacher):
                await one.shot("on-air")
                assert await violations(one.page) == [], one.name
            await teacher.page.keyboard.press("Shift+Digit1")
            await board.sees("lead", RED.color, 3)
            await phone.signs("ready", 3)
            await teacher.page.keyboard.press("Shift+Digit2")
            await board.sees("lead", GREEN.color, 3)
        await board.sees("lead", RED.color, GONE_SECONDS)
        await board.moves("lead", frames=20)
        await teacher.says(re.compile("看黑板.*断开了，已自动换回"))
        await board.hears("lead-voice", RED.tone_hz, 3)
        await teacher.shot("fallen-back")


@pytest.mark.long
async def test_one_link_is_one_camera_and_its_page_says_why_it_is_none(
    demo: DemoLesson, tmp_path: Path
) -> None:
    url = demo.service.url
    async with (
        screen(SmallDesk, "teacher", url, *RED.flags(tmp_path)) as teacher,
        screen(CameraPhone, "first", url, *GREEN.flags(tmp_path)) as first,
        screen(CameraPhone, "second", url, *BLUE.flags(tmp_path)) as second,
    ):
        await first.opens(f"{url}/camera")
        await first.signs("nolink")
        await first.shot("nolink")
        await teacher.sign_in(TEACHER, demo.password)
        await teacher.page.wait_for_url("**/today")
        await teacher.page.goto(f"{url}/teach/{demo.lesson()['lesson_id']}")
        await teacher.start()
        link = await add_camera(teacher, "看黑板")
        await first.opens(link)
        await first.signs("ready", 20)
        await second.opens(link)
        await second.signs("ready", 20)
        await first.signs("taken")
        await first.shot("taken")
        await teacher.sees("camera2", BLUE.color, 15)
        await first.page.locator("[data-action=take]").click()
        await first.signs("ready", 20)
        await second.signs("taken")
        await teacher.page.locator("[data-action=camera-link]").click()
        renewed = await teacher.page.locator("[data-link]").input_value()
        await teacher.page.keyboard.press("Escape")
        await first.signs("refused", 20)
        await first.shot("refused")
        assert await first.page.evaluate("document.querySelector('video').srcObject") is None
        await second.opens(renewed)
        await second.signs("ready", 20)
        await teacher.end()
        await second.signs("over", 20)
        await second.shot("over")
        assert await second.page.evaluate("document.querySelector('video').srcObject") is None
