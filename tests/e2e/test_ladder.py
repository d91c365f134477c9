"""A room goes down the ladder and back while its link changes: what it is told is what it sees."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import expect

from tests.support import talking_teacher
from tests.support.browser import in_namespace, needs_chromium
from tests.support.demo import ADMINISTRATOR, CLIPS, TEACHER, DemoLesson, demo_lesson
from tests.support.link.places import FarRoom, places, why_not
from tests.support.screens import RoomBoard, StaffDesk, TeacherDesk, screen
from tests.support.waiting import SECOND

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.long,
    needs_chromium,
    pytest.mark.skipif(bool(why_not()), reason=why_not()),
    pytest.mark.timeout(400),
]

GOOD_BPS = 2_000_000
SLOW_BPS = 300_000
THIN_BPS = 150_000
"""A picture or none: that depends on how much this one moves."""
THINNEST_BPS = 64_000
ROUND_TRIP_SECONDS = 0.1
BACK_SECONDS = 60
"""From a link that is well again to the top."""
TOLD_SECONDS = 60
LOOK_MS = 3_000
SETTLED_SECONDS = 20

HEIGHT = "document.querySelector('video[data-slot=lead]').videoHeight"


@dataclass
class Far:
    """A classroom behind a link, and who looks at it."""

    demo: DemoLesson
    link: FarRoom
    room: dict[str, Any]
    board: RoomBoard
    teacher: TeacherDesk
    desk: StaffDesk

    def becomes(self, down_bps: int) -> None:
        self.link.set(down_bps=down_bps, round_trip=ROUND_TRIP_SECONDS)

    @property
    def tile(self) -> Any:
        return self.teacher.tile(self.room["name"])

    async def height(self) -> int:
        return int(await self.board.page.evaluate(HEIGHT))

    async def frames(self) -> int:
        """Shown within a few seconds."""
        look = "([slot, more, ms]) => probe.moves(slot, more, ms)"
        return int(await self.board.page.evaluate(look, ["lead", 1000, LOOK_MS]))

    def ladder(self) -> dict[str, str] | None:
        """As the server tells it."""
        found = [r for r in self.demo.rooms() if r["room_id"] == self.room["room_id"]]
        told: dict[str, str] | None = found[0]["ladder"]
        return told

    async def is_at(self, level: str, seconds: float) -> float:
        """Seconds until the server says so."""
        began = time.monotonic()
        while time.monotonic() - began < seconds * SECOND:
            ladder = await asyncio.to_thread(self.ladder)
            if ladder is not None and ladder["level"] == level:
                return time.monotonic() - began
            await asyncio.sleep(0.5)
        raise AssertionError(f"not {level} within {seconds} s: {ladder}")

    async def is_told_what_it_sees(self, seconds: float) -> None:
        """Words follow pictures by some seconds, and then agree with them."""
        give_up_at = time.monotonic() + seconds * SECOND
        while True:
            ladder, frames = await asyncio.to_thread(self.ladder), await self.frames()
            assert ladder is not None
            if (frames > 0) == (ladder["level"] == "low_video"):
                return
            assert time.monotonic() < give_up_at, (ladder, frames)

    async def shots(self, step: str) -> None:
        await self.board.shot(step)
        await self.teacher.shot(step)


@asynccontextmanager
async def far_room(folder: Path) -> AsyncIterator[Far]:
    """A lesson that runs, with one classroom behind a good link."""
    async with AsyncExitStack() as stack:
        center, (link,) = stack.enter_context(places(1))
        stack.enter_context(center.entered())
        demo = stack.enter_context(demo_lesson(is_taught=False))
        away = f"http://{center.address}:{demo.service.port}"
        trusted = f"--unsafely-treat-insecure-origin-as-secure={away}"
        clip = await asyncio.to_thread(talking_teacher.flags, CLIPS)
        home = demo.service.url
        enter = stack.enter_async_context
        far = Far(
            demo,
            link,
            demo.rooms()[0],
            await enter(
                screen(RoomBoard, "far", away, trusted, executable=in_namespace(link.name, folder))
            ),
            await enter(screen(TeacherDesk, "teacher", home, *clip)),
            await enter(screen(StaffDesk, "desk", home)),
        )
        far.becomes(GOOD_BPS)
        await far.board.join(demo.join_code(far.room["room_id"]))
        await far.teacher.sign_in(TEACHER, demo.password)
        await far.teacher.check_devices()
        await far.teacher.says("间教室到了")
        await far.teacher.start()
        yield far


async def test_what_a_room_is_told_is_what_it_sees(tmp_path: Path) -> None:
    async with far_room(tmp_path) as far:
        await far.board.moves("lead", seconds=20)
        await far.is_at("high_video", 20)
        full = await far.height()
        await far.shots("good")

        far.becomes(SLOW_BPS)
        lowered = await far.is_at("low_video", TOLD_SECONDS)
        await far.board.says("画面先放低")
        await far.shots("lifeline")
        assert await far.height() < full and await far.frames() > 0
        await expect(far.tile).to_have_accessible_name(f"{far.room['name']}，画面降低")

        far.becomes(THIN_BPS)
        await asyncio.sleep(SETTLED_SECONDS * SECOND)
        await far.is_told_what_it_sees(TOLD_SECONDS)

        far.becomes(THINNEST_BPS)
        stopped = await far.is_at("slides", TOLD_SECONDS)
        await far.board.says("画面先停一停")
        await far.shots("audio")
        await far.is_told_what_it_sees(TOLD_SECONDS)
        await expect(far.tile).to_have_accessible_name(f"{far.room['name']}，声音正常，画面停了")

        far.becomes(GOOD_BPS)
        began = time.monotonic()
        await far.is_at("high_video", BACK_SECONDS)
        while await far.height() < full:
            assert time.monotonic() - began < BACK_SECONDS * SECOND
            await asyncio.sleep(0.5)
        back = time.monotonic() - began
        await far.shots("back")
        print(f"told: low after {lowered:.0f} s, stopped {stopped:.0f} s, back {back:.0f} s")
        await the_administrator_sets_voice_and_slides(far)
        await the_lesson_ends(far)


async def the_administrator_sets_voice_and_slides(far: Far) -> None:
    """It holds at once, and the room says why."""
    desk, page = far.desk, far.desk.page
    await desk.sign_in(ADMINISTRATOR, far.demo.password)
    await page.wait_for_url("**/today")
    await page.goto(f"{desk.url}/admin/rooms")
    row = page.locator(f"tr[data-room='{far.room['room_id']}']")
    await expect(row).to_contain_text("老师发的都收到")
    await row.locator("[data-action=policy]").click()
    await page.get_by_label("只要声音和课件").check()
    await desk.shot("policy")
    await desk.button("保存").click()
    await far.board.says("按这间教室的设置")
    await far.is_at("slides", 10)
    await far.shots("set")
    assert await far.frames() == 0
    await expect(row).to_contain_text("设为只要声音和课件")
    await desk.shot("rooms")
    await row.locator("[data-action=policy]").click()
    await page.get_by_label("只要声音和课件").uncheck()
    await desk.button("保存").click()
    await far.board.moves("lead", seconds=30)


async def the_lesson_ends(far: Far) -> None:
    """Its summary knows how long the room got what."""
    await far.teacher.end()
    await expect(far.teacher.page.locator("[data-level=slides]")).to_be_visible()
    await far.teacher.shot("summary")
    lesson = far.demo.teacher.get("/api/lessons").json()[0]
    summary = far.demo.teacher.get(f"/api/lessons/{lesson['lesson_id']}/summary").json()
    rows = [r for r in summary["attendance"] if r["room_id"] == far.room["room_id"]]
    levels = rows[0]["levels"]
    print(levels)
    assert min(levels["high_video_ms"], levels["low_video_ms"], levels["slides_ms"]) > 0
    assert sum(levels.values()) <= rows[0]["voice_ms"]
