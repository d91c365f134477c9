"""A lesson without a teacher's browser: her page, a room, and whatever teaches in her place."""

import re
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from playwright.async_api import expect

from tests.support.demo import TEACHER, DemoLesson
from tests.support.screens import Devices, RoomBoard, StaffDesk, screen
from tests.support.waiting import SECOND, until


@dataclass
class TaughtRoom:
    """A lesson that waits for a source; one room is in it."""

    demo: DemoLesson
    desk: StaffDesk
    room: RoomBoard

    async def page_says(self, state: str, words: str, seconds: float = 20) -> None:
        """The teacher's page, of the source."""
        notice = self.desk.page.locator(f'[data-notice="source"][data-source="{state}"]')
        await expect(notice).to_contain_text(re.compile(words), timeout=seconds * 1000 * SECOND)

    async def is_taught(self, scene: Devices) -> None:
        """The page says so; the room sees and hears it."""
        await self.page_says("on_air", "录播主机正在上课")
        await self.is_seen_and_heard(scene)

    async def is_seen_and_heard(self, scene: Devices) -> None:
        """By the room."""
        await self.room.sees("lead", scene.color, 20)
        await self.room.hears("lead-voice", scene.tone_hz, 15)

    async def is_recorded(self) -> None:
        """More than a second of it can be played."""
        await until(lambda: recorded_ms(self.demo) > 1_000, 60, "it is recorded")


@asynccontextmanager
async def taught_room(demo: DemoLesson) -> AsyncIterator[TaughtRoom]:
    """The teacher is at her page, and a room in the lesson. Neither page may fail."""
    async with AsyncExitStack() as stack:
        desk = await stack.enter_async_context(screen(StaffDesk, "teacher", demo.service.url))
        board = await stack.enter_async_context(screen(RoomBoard, "room", demo.service.url))
        await desk.sign_in(TEACHER, demo.password)
        await desk.page.wait_for_url("**/today")
        await desk.page.goto(f"{demo.service.url}/teach/{demo.lesson()['lesson_id']}")
        await board.join(demo.join_code(demo.rooms()[0]["room_id"]))
        yield TaughtRoom(demo, desk, board)
        assert not desk.faults + board.faults


async def pushed_to(desk: StaffDesk, port: int) -> str:
    """Where the lesson is pushed, by a key made on its page; the port is open."""
    await desk.page.locator('[data-action="stream-keys"]').click()
    await desk.page.locator('[data-make="lesson"]').click()
    key = await desk.page.locator("[data-stream-key]").inner_text()
    await desk.shot("key")
    await desk.page.keyboard.press("Escape")
    await until(lambda: _listens(port), 60, "the process that takes pushes has started")
    return f"rtmp://127.0.0.1:{port}/live/{key}"


def _listens(port: int) -> bool:
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", port)) == 0


def recorded_ms(demo: DemoLesson) -> int:
    """How much of the lead's picture and sound can be played."""
    recording_id = demo.lesson()["recording_id"]
    if recording_id is None:
        return 0
    answer = demo.administrator.get(f"/api/recordings/{recording_id}")
    tracks = answer.raise_for_status().json()["tracks"]
    return sum(int(track["duration_ms"]) for track in tracks if track["slot"] == "lead")
