"""The board in real browsers: the teacher turns and draws, rooms see it, late ones too."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import expect

from tests.support.browser import needs_chromium
from tests.support.demo import TEACHER, DemoLesson, demo_lesson
from tests.support.screens import BLUE, GREEN, RED, RoomBoard, Screen, TeacherDesk, screen
from tests.support.waiting import SECOND

pytestmark = [pytest.mark.e2e, needs_chromium, pytest.mark.timeout(150)]

SAME = 0.02
"""How far apart the ink of two screens may lie, in parts of the slide."""

INK = """() => {
  const box = { strokes: 0, left: 1, top: 1, right: 0, bottom: 0 };
  for (const canvas of document.querySelectorAll('.paper canvas.ink')) {
    const { width, height } = canvas;
    box.strokes += Number(canvas.dataset.strokes);
    const { data } = canvas.getContext('2d').getImageData(0, 0, width, height);
    for (let n = 3; n < data.length; n += 4) {
      if (data[n] < 40) continue;
      const x = ((n - 3) / 4) % width / width, y = Math.floor((n - 3) / 4 / width) / height;
      box.left = Math.min(box.left, x); box.right = Math.max(box.right, x);
      box.top = Math.min(box.top, y); box.bottom = Math.max(box.bottom, y);
    }
  }
  return box;
}"""
"""What ink is on the slide: how many strokes, and between which edges it lies."""

WATCH_INK = """(() => {
  window.inkMs = []; window.inkBytes = 0; window.longMs = [];
  new PerformanceObserver(list => {
    for (const entry of list.getEntries()) window.longMs.push(entry.duration);
  }).observe({ entryTypes: ['longtask'] });
  const Socket = window.WebSocket;
  window.WebSocket = class extends Socket {
    constructor(...given) {
      super(...given);
      this.addEventListener('message', event => {
        if (!event.data.includes('"stroke_drawn"')) return;
        const at = performance.now();
        window.inkBytes += event.data.length;
        const done = () => window.inkMs.push(performance.now() - at);
        requestAnimationFrame(() => requestAnimationFrame(done));
      });
    }
  };
})()"""
"""Notes how long after its arrival a batch of ink is on the glass: two frames later at most."""


@pytest.fixture
def demo() -> Iterator[DemoLesson]:
    """A lesson due now that nobody teaches yet."""
    with demo_lesson(is_taught=False) as demo:
        yield demo


async def ink(one: Screen) -> dict[str, Any]:
    return dict(await one.page.evaluate(INK))


async def shows_as(one: Screen, other: Screen, strokes: int) -> None:
    """Both have these strokes, in the same place."""
    deadline = asyncio.get_running_loop().time() + 10 * SECOND
    while True:
        mine, theirs = await ink(one), await ink(other)
        edges = ("left", "top", "right", "bottom")
        is_near = all(abs(mine[edge] - theirs[edge]) < SAME for edge in edges)
        if mine["strokes"] == theirs["strokes"] == strokes and is_near:
            return
        assert asyncio.get_running_loop().time() < deadline, f"{mine} is not {theirs}"
        await asyncio.sleep(0.1)


async def draw(teacher: TeacherDesk, *corners: tuple[float, float]) -> None:
    """By mouse, from place to place of the slide, as a hand moves."""
    box = await teacher.page.locator("[data-pad]").bounding_box()
    assert box is not None
    mouse = teacher.page.mouse
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in corners]
    await mouse.move(*places[0])
    await mouse.down()
    for place in places[1:]:
        await mouse.move(*place, steps=12)
    await mouse.up()


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
        await room.page.add_init_script(WATCH_INK)
        await room.join(demo.join_code(first["room_id"]))
        await teacher.sign_in(TEACHER, demo.password)
        await teacher.check_devices()
        await teacher.start()
        await room.watches()

        await teacher.page.keyboard.press("b")
        await expect(room.page.locator("[data-slide='blank/1']")).to_be_visible()
        await draw(teacher, (0.1, 0.2), (0.5, 0.3), (0.3, 0.7), (0.1, 0.2))
        await shows_as(room, teacher, 1)
        await teacher.page.locator("[data-tool=rectangle]").click()
        await draw(teacher, (0.6, 0.5), (0.9, 0.9))
        await teacher.page.locator("[data-tool=text]").click()
        await teacher.page.locator("[data-pad]").click(position={"x": 300, "y": 40})
        await teacher.page.keyboard.type("5 x 3 = 15")
        await teacher.page.keyboard.press("Enter")
        await shows_as(room, teacher, 3)
        await teacher.shot("board")
        await room.shot("board")

        await later.join(demo.join_code(late["room_id"]))
        await shows_as(later, teacher, 3)
        await room.page.reload()
        await shows_as(room, teacher, 3)

        await teacher.page.keyboard.press("Control+z")
        await shows_as(room, teacher, 2)
        await teacher.page.keyboard.press("e")
        await draw(teacher, (0.55, 0.6), (0.65, 0.6))
        await shows_as(later, teacher, 1)
        await teacher.page.locator("[data-action=clear]").click()
        await expect(room.page.locator("canvas[data-strokes='0']")).to_be_visible()
        await teacher.page.keyboard.press("Control+z")
        await shows_as(room, teacher, 1)

        await teacher.page.keyboard.press("PageDown")
        await expect(room.page.locator("[data-slide='blank/2']")).to_be_visible()
        assert (await ink(room))["strokes"] == 0
        await teacher.page.keyboard.press("PageUp")
        await shows_as(room, teacher, 1)

        await teacher.page.locator("[data-action=me]").click()
        await expect(room.page.locator(".paper")).to_have_count(0)
        await room.watches()
