"""A film in a teacher's place: chosen on the plan of the day, seen in a room, taken over by her."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import expect

from relay.client.clip import CAMERA, write_clip
from tests.support.browser import needs_chromium, open_context
from tests.support.demo import TEACHER, DemoLesson, demo_lesson
from tests.support.pushers import H264, write_scene
from tests.support.screens import BLUE, GREEN, RED, RoomBoard, TeacherDesk, screen
from tests.support.service import Service
from tests.support.taught_rooms import recorded_ms, taught_room
from tests.support.waiting import SECOND, until

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


FILM_WORDS = "正在播放录像《film》"
SILENT = "现在收不到它的声音和画面"
GONE = "老师那边断开了"
BAD_FROM, BAD_TO = 25, 32
"""Seconds of the film."""


def players(service: Service) -> list[int]:
    """Processes that play: they name this service's data."""
    sign = str(service.data / "premieres")
    found = []
    for entry in Path("/proc").iterdir():
        try:
            words = (entry / "cmdline").read_text().split("\0")
        except (OSError, ValueError):
            continue
        if any(word.startswith(sign) for word in words) and "teach" in words:
            found.append(int(entry.name))
    return found


def bad_in_the_middle(folder: Path) -> Path:
    """A minute whose pictures can't be read for a while; its container says nothing of that."""
    first, last = BAD_FROM * 15, BAD_TO * 15
    noise = f"noise=amount=if(between(n\\,{first}\\,{last})\\,20\\,0)"
    video = [*H264, "-bf", "0", "-bsf:v", noise]
    return write_scene(folder / "film.mp4", GREEN.color, GREEN.tone_hz, video)


def send_film(demo: DemoLesson, film: Path) -> int:
    """The status of its upload."""
    path = f"/api/lessons/{demo.lesson()['lesson_id']}/premiere/film"
    named = {"name": film.name}
    return demo.teacher.post(path, params=named, content=film.read_bytes()).status_code


async def test_a_film_is_bad_cut_and_stalled_and_goes_on(demo: DemoLesson, tmp_path: Path) -> None:
    demo.plan_anew(room_ids=[room["room_id"] for room in demo.rooms()])
    async with taught_room(demo) as lesson:
        garbage = tmp_path / "garbage.mp4"
        garbage.write_bytes(os.urandom(100_000))
        assert send_film(demo, garbage) == 422
        assert send_film(demo, bad_in_the_middle(tmp_path)) == 201
        await lesson.is_seen_and_heard(GREEN)
        await lesson.desk.says(FILM_WORDS)
        await until(lambda: recorded_ms(demo) > 1_000, 60, "it is recorded")
        (player,) = players(demo.service)
        os.kill(player, signal.SIGKILL)
        await lesson.room.says(GONE)
        await lesson.room.gone(GONE, 60)
        await lesson.desk.says(FILM_WORDS, 60)
        await lesson.is_seen_and_heard(GREEN)
        (player,) = players(demo.service)
        os.kill(player, signal.SIGSTOP)
        await lesson.room.says(GONE)
        await lesson.desk.says(SILENT)
        await lesson.room.gone(GONE, 60)  # it was started anew
        await lesson.desk.says(FILM_WORDS)
        await lesson.is_seen_and_heard(GREEN)
        assert players(demo.service) != [player]
        await until(lambda: film_at(demo) > BAD_TO + 4, 60, "the bad part is over")
        await lesson.is_seen_and_heard(GREEN)
        assert demo.lesson()["state"] == "live"


def film_at(demo: DemoLesson) -> float:
    """Seconds of it that were played."""
    path = f"/api/lessons/{demo.lesson()['lesson_id']}/premiere"
    return float(demo.teacher.get(path).raise_for_status().json()["at_seconds"])
