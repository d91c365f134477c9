"""Encoders that are not ours teach by RTMP: a teacher's page and a room in real Chromiums."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.browser import needs_chromium
from tests.support.demo import DemoLesson, demo_lesson
from tests.support.pushers import (
    H265,
    by_ffmpeg,
    by_gstreamer,
    needs_rtmp2sink,
    pushing,
    way,
    write_scene,
)
from tests.support.screens import BLUE, GREEN, RED
from tests.support.service import free_tcp_port
from tests.support.taught_rooms import pushed_to, taught_room
from tests.support.waiting import until

pytestmark = [pytest.mark.e2e, needs_chromium, pytest.mark.timeout(240)]


@pytest.fixture
def port() -> int:
    return free_tcp_port()


@pytest.fixture
def demo(port: int) -> Iterator[DemoLesson]:
    """A lesson due now that nobody teaches."""
    environment = {"STREAMSVC_MEDIA__RTMP_PORT": str(port)}
    with demo_lesson(is_taught=False, environment=environment) as demo:
        yield demo


async def test_ffmpeg_pushes_and_what_breaks_is_told(
    demo: DemoLesson, port: int, tmp_path: Path
) -> None:
    log = tmp_path / "ffmpeg.log"
    async with taught_room(demo) as lesson, way(port) as between:
        url = await pushed_to(lesson.desk, port)
        url_by_way = url.replace(str(port), str(between.port))
        async with pushing(by_ffmpeg(url, RED.color, RED.tone_hz), log) as pusher:
            await lesson.is_taught(RED)
            assert demo.lesson()["state"] == "live"  # by itself: it was due
            # Who has the key as well does not throw out who teaches.
            second = by_ffmpeg(url, GREEN.color, GREEN.tone_hz)
            async with pushing(second, tmp_path / "second.log") as other:
                await until(lambda: other.process.returncode is not None, 15, "it is refused")
                assert "stream-key-in-use" in other.log.read_text()
            await lesson.is_recorded()
            await pusher.kill()
            await lesson.page_says("waiting", "停止了推流")
        by_way = by_ffmpeg(url_by_way, GREEN.color, GREEN.tone_hz)
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
        async with pushing(by_ffmpeg(url, RED.color, RED.tone_hz), log):
            await lesson.is_taught(RED)


@pytest.mark.long
@needs_rtmp2sink
async def test_gstreamer_pushes(demo: DemoLesson, port: int, tmp_path: Path) -> None:
    film = write_scene(tmp_path / "film.mp4", GREEN.color, GREEN.tone_hz)
    async with taught_room(demo) as lesson:
        url = await pushed_to(lesson.desk, port)
        async with pushing(by_gstreamer(url, film), tmp_path / "gst.log") as pusher:
            await lesson.is_taught(GREEN)
            await lesson.is_recorded()
            await pusher.kill()
            await lesson.page_says("waiting", "停止了推流")


@pytest.mark.long
async def test_h265_by_enhanced_rtmp_is_encoded_again(
    demo: DemoLesson, port: int, tmp_path: Path
) -> None:
    async with taught_room(demo) as lesson:
        url = await pushed_to(lesson.desk, port)
        pushed = by_ffmpeg(url, BLUE.color, BLUE.tone_hz, H265)
        async with pushing(pushed, tmp_path / "ffmpeg.log"):
            await lesson.is_taught(BLUE)
            await lesson.page_says("on_air", "已转码")
            await lesson.is_recorded()
