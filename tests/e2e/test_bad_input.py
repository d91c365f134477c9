"""Mistakes as the person who makes them sees them: a sentence, and a way on."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.support.browser import needs_chromium
from tests.support.demo import TEACHER, DemoLesson, demo_lesson
from tests.support.screens import (
    BLUE,
    RED,
    HelperPhone,
    RoomBoard,
    StaffDesk,
    TeacherDesk,
    screen,
)

pytestmark = [pytest.mark.e2e, needs_chromium]

ASKS_FIRST = """
{
  const devices = navigator.mediaDevices, open = devices.getUserMedia.bind(devices);
  const allowed = new Promise(resolve => { window.allow = resolve; });
  devices.getUserMedia = async wish => { await allowed; return open(wish); };
}
"""
"""The browser's own question for camera and microphone, answered by `allow()`."""


@pytest.fixture(scope="module")
def demo() -> Iterator[DemoLesson]:
    """Taught by the clip."""
    with demo_lesson() as demo:
        yield demo


async def test_a_wrong_code_says_so_and_the_right_one_enters(demo: DemoLesson) -> None:
    code = demo.join_code(demo.rooms()[0]["room_id"])
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    async with screen(RoomBoard, "wrong-code", demo.service.url) as board:
        await board.page.goto(f"{board.url}/join")
        await board.page.keyboard.type(wrong)
        await board.says("没有这个教室码")
        await board.shot("wrong")
        await board.page.keyboard.type(code)
        await board.page.wait_for_url("**/room")
        await board.moves("lead")


async def test_an_old_pairing_link_sends_the_phone_back_to_the_screen(demo: DemoLesson) -> None:
    async with screen(HelperPhone, "old-pair", demo.service.url) as phone:
        await phone.pair("/p/an-old-secret-of-last-week", "王芳")
        await phone.says("请扫屏幕上的新码")
        await phone.shot("expired")


async def test_a_wrong_password_keeps_what_was_typed(demo: DemoLesson) -> None:
    async with screen(StaffDesk, "wrong-password", demo.service.url) as desk:
        await desk.sign_in(TEACHER, "not-the-password")
        await desk.says("账号或密码不对")
        await desk.shot("wrong")
        assert await desk.page.get_by_label("账号").input_value() == TEACHER
        await desk.page.get_by_label("密码", exact=True).fill(demo.password)
        await desk.page.keyboard.press("Enter")
        await desk.page.wait_for_url("**/today")


@pytest.mark.long
async def test_a_lesson_taught_elsewhere_is_offered_to_be_taken_over(
    demo: DemoLesson, tmp_path: Path
) -> None:
    url = demo.service.url
    async with (
        screen(RoomBoard, "taken-room", url) as room,
        screen(TeacherDesk, "taken-first", url, *RED.flags(tmp_path)) as first,
        screen(TeacherDesk, "taken-second", url, *BLUE.flags(tmp_path)) as second,
    ):
        await room.join(demo.join_code(demo.rooms()[1]["room_id"]))
        await room.moves("screen")
        await take_over(first, demo)
        await room.sees("lead", RED.color)
        await nobody_shares_a_screen(room)
        await first.share_screen()
        await room.moves("screen")

        await take_over(second, demo)
        await room.sees("lead", BLUE.color)
        await room.hears("lead-voice", BLUE.tone_hz)
        await nobody_shares_a_screen(room)
        await first.says("另一台设备正在上这节课")
        await first.shot("lost-it")
        await second.shot("took-it")


async def test_nothing_is_taken_over_before_the_microphone_is_open(demo: DemoLesson) -> None:
    async with screen(TeacherDesk, "take-over-asks", demo.service.url) as desk:
        await enter_taken_lesson(desk, demo)
        await desk.page.add_init_script(ASKS_FIRST)
        await desk.page.reload()
        await desk.says("另一台设备正在上这节课")
        await expect(desk.button("换到这台上课")).to_be_disabled()
        await desk.says("正在打开麦克风")
        await desk.shot("asks")
        await desk.page.evaluate("allow()")
        await expect(desk.button("换到这台上课")).to_be_enabled()
        await expect(desk.page.get_by_text("正在打开麦克风")).to_have_count(0)


async def take_over(desk: TeacherDesk, demo: DemoLesson) -> None:
    """From sign-in to teaching the lesson that another device teaches."""
    await enter_taken_lesson(desk, demo)
    await desk.button("换到这台上课").click()
    await expect(desk.button("换到这台上课")).to_have_count(0)


async def enter_taken_lesson(desk: TeacherDesk, demo: DemoLesson) -> None:
    """From sign-in to the offer to take over."""
    await desk.sign_in(TEACHER, demo.password)
    await desk.page.get_by_role("link", name="回到教室").first.click()
    await desk.page.get_by_role("link", name="进入教室").click()
    await desk.says("另一台设备正在上这节课")
    await desk.shot("offer")


async def nobody_shares_a_screen(room: RoomBoard) -> None:
    """The device that taught before has stopped sending its screen too."""
    await expect(room.page.locator("video[data-slot=screen]")).to_have_count(0)
