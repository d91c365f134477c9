"""ffmpeg teaches by WHIP: a teacher's page and a room in real Chromiums, whatever it does."""

import signal
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from streamsvc.base.tasks import TaskScope
from streamsvc.desk import TeacherDesk
from tests.support.browser import needs_chromium
from tests.support.demo import TEACHER, DemoLesson, demo_lesson
from tests.support.pushers import FFMPEG, H264, Pusher, pushing, scene
from tests.support.screens import GREEN, RED, Devices
from tests.support.taught_rooms import TaughtRoom, taught_room

pytestmark = [pytest.mark.e2e, pytest.mark.long, needs_chromium, pytest.mark.timeout(240)]

TAUGHT = "另一台设备正在上这节课"
WAITED_FOR = "这节课还在上"
SILENT = "现在收不到它的声音和画面"
GONE = "老师那边断开了"
MISSED_SECONDS = 40
"""Nobody said goodbye: the relay misses who taught."""
NOISE = ["-bsf:v", "noise=amount=if(lt(n\\,30)\\,0\\,20)"]
"""After two seconds one byte in twenty of the picture is wrong."""


@pytest.fixture
def demo() -> Iterator[DemoLesson]:
    """A lesson due now that nobody teaches."""
    with demo_lesson(is_taught=False) as demo:
        yield demo


@asynccontextmanager
async def started(demo: DemoLesson) -> AsyncIterator[None]:
    """The lesson begins as soon as somebody is on air."""
    scope = TaskScope("desk")
    async with httpx.AsyncClient() as http:
        desk = TeacherDesk(demo.service.url, http)
        await desk.sign_in(TEACHER, demo.password)
        scope.start("started", desk.keep_started(demo.lesson()["lesson_id"]))
        try:
            yield
        finally:
            await scope.close()


@asynccontextmanager
async def ffmpeg(
    demo: DemoLesson, shown: Devices, folder: Path, *changed: str
) -> AsyncIterator[Pusher]:
    """It teaches until the end of the block."""
    grant = demo.grant()
    made: Sequence[str] = [*H264, "-bf", "0", "-c:a", "libopus", "-ar", "48000", "-ac", "2"]
    url = demo.service.url + grant["whip"]["lead"] + "?take_over=1"
    target = ["-authorization", grant["grant"], "-f", "whip", url]
    command = [*FFMPEG, *scene(shown.color, shown.tone_hz), *made, *changed, *target]
    async with pushing(command, folder / "whip.log") as pusher:
        yield pusher


async def is_taught(lesson: TaughtRoom, shown: Devices) -> None:
    """The page says by what; the room sees and hears it."""
    await lesson.is_seen_and_heard(shown)
    await lesson.desk.says(TAUGHT)


async def is_missed(lesson: TaughtRoom) -> None:
    """The page offers to go on; the room was told before."""
    await lesson.room.says(GONE, 10)
    await lesson.desk.says(SILENT)
    await lesson.desk.says(WAITED_FOR, MISSED_SECONDS)


async def test_ffmpeg_teaches_by_whip_and_what_breaks_is_told(
    demo: DemoLesson, tmp_path: Path
) -> None:
    async with taught_room(demo) as lesson, started(demo):
        async with ffmpeg(demo, RED, tmp_path) as pusher:
            await is_taught(lesson, RED)
            await lesson.is_recorded()
            await lesson.desk.shot("taught")
            await pusher.kill()
            await is_missed(lesson)
            await lesson.desk.shot("cut")
        async with ffmpeg(demo, GREEN, tmp_path) as pusher:
            await is_taught(lesson, GREEN)
            pusher.process.send_signal(signal.SIGSTOP)
            await is_missed(lesson)
        async with ffmpeg(demo, RED, tmp_path, *NOISE) as pusher:
            await lesson.room.hears("lead-voice", RED.tone_hz, 20)
            await lesson.desk.says(TAUGHT)
            await lesson.desk.page.wait_for_timeout(8_000)
            await lesson.room.hears("lead-voice", RED.tone_hz, 10)  # its sound is well
            assert pusher.process.returncode is None
            assert demo.lesson()["state"] == "live"
        async with ffmpeg(demo, GREEN, tmp_path):
            await is_taught(lesson, GREEN)
