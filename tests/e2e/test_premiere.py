"""A film in a teacher's place: chosen on the plan of the day, seen in a room, taken over by her."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import expect

from relay.client.clip import CAMERA, write_clip
from tests.support.browser import needs_chromium, open_context
from tests.support.demo import TEACHER, DemoLesson, demo_lesson
from tests.support.screens import BLUE, RED, RoomBoard, TeacherDesk, screen
from tests.support.waiting import SECOND

pytestmark = [pytest.mark.e2e, pytest.mark.long, needs_chromium, pytest.mark.timeout(240)]

FILM_SECONDS = 120
CHECKED_MS = 60_000 * SECOND
FILM = "林晓燕老师 · 录像"


@pytest.fixture
def demo() -> Iterator[DemoLesson]:
    """With a lesson that is due in a while, and nobody who teaches it."""
    with demo_lesson(is_taught=False) as county:
        rooms = [room["room_id"] for room in county.rooms()]
        due_ms = round(time.time() * 1000) + round(25_000 * SECOND)
        county.plan_anew(scheduled_start_ms=due_ms, room_ids=rooms, duration_minutes=40)
        yield county


async def test_a_film_teaches_until_the_teacher_takes_over(
    demo: DemoLesson, tmp_path: Path
) -> None:
    film = tmp_path / "分数的初步认识.mp4"
    write_clip(film, CAMERA, duration_seconds=FILM_SECONDS)
    url = demo.service.url
    async with (
        screen(TeacherDesk, "teacher", url, *RED.flags(tmp_path)) as teacher,
        screen(RoomBoard, "room", url, *BLUE.flags(tmp_path)) as board,
    ):
        await teacher.sign_in(TEACHER, demo.password)
        page = teacher.page
        await page.locator("[data-action=premiere]").first.click()
        box = page.locator("[data-premiere]")
        await teacher.shot("none")
        await box.locator("input[type=file]").set_input_files(film)
        await expect(box).to_have_attribute("data-premiere", "waiting", timeout=CHECKED_MS)
        await expect(box.get_by_text("分数的初步认识")).to_be_visible()
        await teacher.shot("waiting")
        await board.join(demo.join_code(demo.rooms()[0]["room_id"]))
        await board.moves("lead", frames=30, seconds=90)
        await expect(board.page.get_by_text(FILM)).to_be_visible(timeout=10_000 * SECOND)
        await board.shot("film")
        await expect(box).to_have_attribute("data-premiere", "on_air")
        await teacher.shot("on-air")

        await page.goto(f"{url}/teach/{demo.lesson()['lesson_id']}")
        await teacher.says("正在播放录像《分数的初步认识》", 20)
        await teacher.shot("take")
        await teacher.button("换到这台上课").click()
        await board.sees("lead", RED.color, 20)
        await expect(board.page.get_by_text(FILM)).to_have_count(0)
        assert demo.lesson()["state"] == "live"
        await board.shot("teacher")
        browser = page.context.browser
        assert browser is not None
        context = await open_context(browser, teacher.viewport, "en")
        await context.add_cookies(await page.context.cookies())  # type: ignore[arg-type]
        english = TeacherDesk("teacher-en", await context.new_page(), url)
        await english.page.goto(f"{url}/today")
        await english.page.locator("[data-action=premiere]").first.click()
        await english.says("A teacher has taken over")
        await english.shot("over")
