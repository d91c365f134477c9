"""Pages that are opened early or loaded anew find their way into the lesson without a touch."""

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.support.browser import needs_chromium
from tests.support.demo import TEACHER, DemoLesson, demo_lesson
from tests.support.screens import BLUE, RED, RoomBoard, TeacherDesk, screen

pytestmark = [pytest.mark.e2e, needs_chromium]

STARTS_IN_MS = 4 * 60_000
"""Rooms open five minutes before."""


@pytest.fixture
def demo() -> Iterator[DemoLesson]:
    """Nothing but one lesson, planned to start in some minutes."""
    with demo_lesson(is_taught=False) as demo:
        demo.plan_anew(
            title="认识钟表",
            subject="数学",
            scheduled_start_ms=int(time.time() * 1000) + STARTS_IN_MS,
            room_ids=[demo.rooms()[0]["room_id"]],
        )
        yield demo


async def test_a_room_that_waits_goes_live_and_reloads_lose_nobody(
    demo: DemoLesson, tmp_path: Path
) -> None:
    url = demo.service.url
    async with (
        screen(RoomBoard, "early", url, *BLUE.flags(tmp_path)) as room,
        screen(TeacherDesk, "reloaded", url, *RED.flags(tmp_path)) as teacher,
    ):
        await room.join(demo.join_code(demo.rooms()[0]["room_id"]))
        await room.says("离上课还有")
        await expect(room.page.get_by_role("timer")).to_have_text(re.compile(r"^0?3:\d\d$"))
        await room.shot("countdown")

        await teacher.sign_in(TEACHER, demo.password)
        await teacher.check_devices()
        await teacher.start()
        await room.watches()
        await room.sees("lead", RED.color)
        await room.shot("live")

        await room.page.reload()
        await room.watches()
        await room.shot("reloaded")

        await teacher.page.reload()
        await expect(teacher.button("下课")).to_be_visible()
        await teacher.says("上行稳定", seconds=20)
        await expect(teacher.button("接着上课")).to_have_count(0)
        await room.watches()
        await room.sees("lead", RED.color)
        await teacher.shot("reloaded")
