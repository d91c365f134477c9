"""Encoders that are not ours teach by RTMP: a teacher's page and a room in real Chromiums."""

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.support.browser import needs_chromium
from tests.support.demo import TEACHER, DemoLesson, demo_lesson
from tests.support.pushers import (
    H265,
    by_ffmpeg,
    by_gstreamer,
    needs_rtmp2sink,
    pushing,
    way,
    write_scene,
)
from tests.support.screens import BLUE, GREEN, RED, Devices, RoomBoard, StaffDesk, screen
from tests.support.service import free_tcp_port
from tests.support.waiting import SECOND, until

pytestmark = [pytest.mark.e2e, needs_chromium, pytest.mark.timeout(240)]


@dataclass
class Pushed:
    """A lesson that waits for somebody to push it."""

    demo: DemoLesson
    desk: StaffDesk
    room: RoomBoard
    port: int
    key: str

    @property
    def url(self) -> str:
        return self.url_by(self.port)

    def url_by(self, port: int) -> str:
        """Where it is pushed."""
        return f"rtmp://127.0.0.1:{port}/live/{self.key}"

    async def page_says(self, state: str, words: str, seconds: float = 20) -> None:
        """The teacher's page, of the source."""
        notice = self.desk.page.locator(f'[data-notice="source"][data-source="{state}"]')
        await expect(notice).to_contain_text(re.compile(words), timeout=seconds * 1000 * SECOND)

    async def is_taught(self, scene: Devices) -> None:
        """The room sees and hears it."""
        await self.page_says("on_air", "录播主机正在上课")
        await self.room.sees("lead", scene.color, 20)
        await self.room.hears("lead-voice", scene.tone_hz, 15)


@pytest.fixture
def port() -> int:
    return free_tcp_port()


@pytest.fixture
def demo(port: int) -> Iterator[DemoLesson]:
    """A lesson due now that nobody teaches."""
    environment = {"STREAMSVC_MEDIA__RTMP_PORT": str(port)}
    with demo_lesson(is_taught=False, environment=environment) as demo:
        yield demo


@asynccontextmanager
async def waiting_lesson(demo: DemoLesson, port: int) -> AsyncIterator[Pushed]:
    """The teacher made a key on her page; a room is in the lesson."""
    async with AsyncExitStack() as stack:
        desk = await stack.enter_async_context(screen(StaffDesk, "teacher", demo.service.url))
        board = await stack.enter_async_context(screen(RoomBoard, "room", demo.service.url))
        await desk.sign_in(TEACHER, demo.password)
        await desk.page.wait_for_url("**/today")
        await desk.page.goto(f"{demo.service.url}/teach/{demo.lesson()['lesson_id']}")
        await desk.page.locator('[data-action="stream-keys"]').click()
        await desk.page.locator('[data-make="lesson"]').click()
        key = await desk.page.locator("[data-stream-key]").inner_text()
        await desk.shot("key")
        await desk.page.keyboard.press("Escape")
        await board.join(demo.join_code(demo.rooms()[0]["room_id"]))
        yield Pushed(demo, desk, board, port, key)
        assert not desk.faults + board.faults


def recorded_ms(demo: DemoLesson) -> int:
    """How much of the lead's picture and sound can be played."""
    recording_id = demo.lesson()["recording_id"]
    if recording_id is None:
        return 0
    answer = demo.administrator.get(f"/api/recordings/{recording_id}")
    tracks = answer.raise_for_status().json()["tracks"]
    return sum(int(track["duration_ms"]) for track in tracks if track["slot"] == "lead")


async def test_ffmpeg_pushes_and_what_breaks_is_told(
    demo: DemoLesson, port: int, tmp_path: Path
) -> None:
    log = tmp_path / "ffmpeg.log"
    async with waiting_lesson(demo, port) as lesson, way(port) as between:
        async with pushing(by_ffmpeg(lesson.url, RED.color, RED.tone_hz), log) as pusher:
            await lesson.is_taught(RED)
            assert demo.lesson()["state"] == "live"  # by itself: it was due
            # Who has the key as well does not throw out who teaches.
            second = by_ffmpeg(lesson.url, GREEN.color, GREEN.tone_hz)
            async with pushing(second, tmp_path / "second.log") as other:
                await until(lambda: other.process.returncode is not None, 15, "it is refused")
                assert "stream-key-in-use" in other.log.read_text()
            await until(lambda: recorded_ms(demo) > 1_000, 60, "it is recorded")
            await pusher.kill()
            await lesson.page_says("waiting", "停止了推流")
        by_way = by_ffmpeg(lesson.url_by(between.port), GREEN.color, GREEN.tone_hz)
        async with pushing(by_way, log):
            await lesson.is_taught(GREEN)
            between.is_stalled = True
            await lesson.page_says("waiting", "五秒没有画面")
        between.is_stalled = False
        async with pushing(by_way, log):
            await lesson.is_taught(GREEN)
            between.is_bad = True
            await lesson.page_says("waiting", "读不懂|停止了推流|没有画面")
        between.is_bad = False
        async with pushing(by_ffmpeg(lesson.url, RED.color, RED.tone_hz), log):
            await lesson.is_taught(RED)


@needs_rtmp2sink
async def test_gstreamer_pushes(demo: DemoLesson, port: int, tmp_path: Path) -> None:
    film = write_scene(tmp_path / "film.mp4", GREEN.color, GREEN.tone_hz)
    async with (
        waiting_lesson(demo, port) as lesson,
        pushing(by_gstreamer(lesson.url, film), tmp_path / "gst.log") as pusher,
    ):
        await lesson.is_taught(GREEN)
        await until(lambda: recorded_ms(demo) > 1_000, 60, "it is recorded")
        await pusher.kill()
        await lesson.page_says("waiting", "停止了推流")


@pytest.mark.long
async def test_h265_by_enhanced_rtmp_is_encoded_again(
    demo: DemoLesson, port: int, tmp_path: Path
) -> None:
    async with waiting_lesson(demo, port) as lesson:
        pushed = by_ffmpeg(lesson.url, BLUE.color, BLUE.tone_hz, H265)
        lesson_taught = pushing(pushed, tmp_path / "ffmpeg.log")
        async with lesson_taught:
            await lesson.is_taught(BLUE)
            await lesson.page_says("on_air", "已转码")
