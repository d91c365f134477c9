"""The board in real browsers: the teacher turns and draws, rooms see it, late ones too."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import expect

from tests.support import papers
from tests.support.browser import needs_chromium
from tests.support.demo import TEACHER, DemoLesson, demo_lesson
from tests.support.ink import WATCH, ink, shows_as
from tests.support.screens import BLUE, GREEN, RED, RoomBoard, Screen, TeacherDesk, screen
from tests.support.waiting import SECOND, until

pytestmark = [pytest.mark.e2e, needs_chromium, pytest.mark.timeout(180)]

GLASS_MS = 100
PAGES = 4


@pytest.fixture
def demo() -> Iterator[DemoLesson]:
    """A lesson due now that nobody teaches yet."""
    with demo_lesson(is_taught=False) as demo:
        yield demo


async def draw(hand: Screen, *corners: tuple[float, float]) -> None:
    """By mouse, from place to place of the slide, as a hand moves."""
    box = await hand.page.locator("[data-pad]").bounding_box()
    assert box is not None
    mouse = hand.page.mouse
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in corners]
    await mouse.move(*places[0])
    await mouse.down()
    for place in places[1:]:
        await mouse.move(*place, steps=12)
    await mouse.up()


async def pupils_write(teacher: TeacherDesk, room: RoomBoard, name: str) -> None:
    """On stage, with a pen and an eraser of their own, until the teacher takes the pen."""
    await teacher.tile(name).click()
    await teacher.button("请上台").click()
    await room.says("老师请我们上台")
    await room.page.keyboard.press("Enter")
    await expect(room.page.locator("[data-pad]")).to_be_visible()
    await draw(room, (0.2, 0.6), (0.5, 0.8), (0.7, 0.55))
    await shows_as(teacher.page, room.page, 2)
    await expect(teacher.page.locator("[data-writer]")).to_have_text(name)
    await draw(room, (0.1, 0.9), (0.9, 0.9))
    await shows_as(teacher.page, room.page, 3)
    await teacher.shot("pupils-write")
    await room.shot("pupils-write")
    await room.page.keyboard.press("z")
    await shows_as(teacher.page, room.page, 2)
    await room.page.keyboard.press("e")
    await draw(room, (0.5, 0.25), (0.5, 0.35))  # across the teacher's own stroke
    await draw(room, (0.35, 0.65), (0.35, 0.75))
    await shows_as(teacher.page, room.page, 1)
    await room.page.keyboard.press("p")
    await draw(room, (0.2, 0.6), (0.5, 0.8))
    await shows_as(teacher.page, room.page, 2)
    await teacher.page.locator("[data-action=let-write]").click()
    await expect(room.page.locator("[data-pad]")).to_have_count(0)
    await teacher.shot("pen-taken")
    await room.shot("pen-taken")


async def test_ink_reaches_the_rooms_and_whoever_comes_later(
    demo: DemoLesson, tmp_path: Path
) -> None:
    first, late = demo.rooms()[:2]
    url = demo.service.url
    async with (
        screen(TeacherDesk, "teacher", url, *RED.flags(tmp_path)) as teacher,
        screen(RoomBoard, "room", url, *BLUE.flags(tmp_path)) as room,
        screen(RoomBoard, "late", url, *GREEN.flags(tmp_path)) as later,
    ):
        await room.page.add_init_script(WATCH)
        await room.join(demo.join_code(first["room_id"]))
        await teacher.sign_in(TEACHER, demo.password)
        await teacher.check_devices()
        await teacher.start()
        await room.watches()

        await teacher.page.keyboard.press("b")
        await expect(room.page.locator("[data-slide='blank/1']")).to_be_visible()
        await draw(teacher, (0.1, 0.2), (0.5, 0.3), (0.3, 0.7), (0.1, 0.2))
        await shows_as(room.page, teacher.page, 1)
        await teacher.page.locator("[data-tool=rectangle]").click()
        await draw(teacher, (0.6, 0.5), (0.9, 0.9))
        await teacher.page.locator("[data-tool=text]").click()
        await teacher.page.locator("[data-pad]").click(position={"x": 300, "y": 40})
        await teacher.page.keyboard.type("5 x 3 = 15")
        await teacher.page.keyboard.press("Enter")
        await shows_as(room.page, teacher.page, 3)
        await teacher.shot("board")
        await room.shot("board")
        seen = await room.page.evaluate("seen")
        print("arrival to glass (ms):", sorted(round(ms) for ms in seen["glassMs"]))
        assert sorted(seen["glassMs"])[len(seen["glassMs"]) // 2] <= GLASS_MS * SECOND

        await later.join(demo.join_code(late["room_id"]))
        await shows_as(later.page, teacher.page, 3)
        await room.page.reload()
        await shows_as(room.page, teacher.page, 3)

        await teacher.page.keyboard.press("Control+z")
        await shows_as(room.page, teacher.page, 2)
        await teacher.page.keyboard.press("e")
        await draw(teacher, (0.55, 0.6), (0.65, 0.6))
        await shows_as(later.page, teacher.page, 1)
        await teacher.page.locator("[data-action=clear]").click()
        await expect(room.page.locator("canvas[data-strokes='0']")).to_be_visible()
        await teacher.page.keyboard.press("Control+z")
        await shows_as(room.page, teacher.page, 1)

        await teacher.page.keyboard.press("PageDown")
        await expect(room.page.locator("[data-slide='blank/2']")).to_be_visible()
        assert (await ink(room.page))["strokes"] == 0
        await teacher.page.keyboard.press("PageUp")
        await shows_as(room.page, teacher.page, 1)

        await pupils_write(teacher, room, first["name"])
        await shows_as(later.page, teacher.page, 2)

        await teacher.page.locator("[data-action=me]").click()
        await expect(room.page.locator(".paper")).to_have_count(0)


async def test_slides_are_there_before_they_are_turned_to(demo: DemoLesson, tmp_path: Path) -> None:
    url, path = demo.service.url, f"/api/lessons/{demo.lesson()['lesson_id']}/courseware"
    added = demo.teacher.post(path, params={"name": "面积.pdf"}, content=papers.pdf(PAGES))
    added.raise_for_status()
    courseware_id = added.json()["courseware_id"]
    ready = lambda: demo.teacher.get(path).json()[0]["status"] == "ready"  # noqa: E731
    await until(ready, 60, "the slides are made")
    async with (
        screen(TeacherDesk, "teaches", url, *RED.flags(tmp_path)) as teacher,
        screen(RoomBoard, "slides", url, *BLUE.flags(tmp_path)) as room,
    ):
        await room.join(demo.join_code(demo.rooms()[0]["room_id"]))
        await room.page.wait_for_function(
            "async n => (await (await caches.open('streamsvc-slides')).keys()).length >= n",
            arg=PAGES,
        )
        await teacher.sign_in(TEACHER, demo.password)
        await teacher.check_devices()
        await teacher.start()
        await room.watches()

        def shown(number: int) -> str:
            return f"[data-slide='{courseware_id}/{number}'][data-picture=sharp]"

        await teacher.page.locator("[data-action=slides]").click()
        await expect(room.page.locator(shown(1))).to_be_visible()
        await draw(teacher, (0.2, 0.2), (0.8, 0.4))
        await shows_as(room.page, teacher.page, 1)
        await teacher.shot("slide")
        await room.shot("slide")
        await asyncio.sleep(2)  # the recording is opened at a whole second in which it is shown
        for number in (2, 3):
            await teacher.page.keyboard.press("ArrowRight")
            await expect(room.page.locator(shown(number))).to_be_visible()
            await expect(teacher.page.locator(shown(number))).to_be_visible()
        await teacher.page.keyboard.press("PageUp")
        await teacher.page.keyboard.press("PageUp")
        await shows_as(room.page, teacher.page, 1)

        await room.page.reload()
        await shows_as(room.page, teacher.page, 1)
        await expect(room.page.locator(shown(1))).to_be_visible()
        await teacher.share_screen()
        await room.moves("screen")
        await teacher.page.get_by_role("button", name="停止共享").click()
        await expect(room.page.locator(shown(1))).to_be_visible()

        await teacher.end()

        def recorded() -> list[dict[str, Any]]:
            rows: list[dict[str, Any]] = demo.teacher.get("/api/recordings").json()
            return rows

        await until(recorded, 20, "there is a recording")
        recording_id = recorded()[0]["recording_id"]
        events = demo.teacher.get(f"/api/recordings/{recording_id}/board").json()
        drawn = next(one for one in events if one["type"] == "stroke_drawn")
        await teacher.page.goto(f"{url}/library/{recording_id}?t={drawn['at_ms'] // 1000 + 1}")
        await expect(teacher.page.locator(shown(1))).to_be_visible()
        await expect(teacher.page.locator("canvas[data-strokes='1']")).to_be_visible()
        await teacher.shot("replay")
