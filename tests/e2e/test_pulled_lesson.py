"""Recorder hosts by RTSP: a teacher's page and a room in real Chromiums.

Of RTSP servers GStreamer's stands for all: ffmpeg serves none.
"""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.browser import needs_chromium
from tests.support.demo import TEACHER, DemoLesson, demo_lesson
from tests.support.pushers import H265, write_scene
from tests.support.rtsp_servers import (
    TONE,
    Middle,
    gst_server,
    launch,
    launch_with_sound,
    middle,
    needs_gstreamer,
)
from tests.support.screens import BLUE, GREEN, Devices
from tests.support.taught_rooms import TaughtRoom, taught_room

pytestmark = [pytest.mark.e2e, pytest.mark.long, needs_chromium, pytest.mark.timeout(240)]


@pytest.fixture
def demo() -> Iterator[DemoLesson]:
    """A lesson due now that nobody teaches."""
    with demo_lesson(is_taught=False) as demo:
        yield demo


@contextmanager
def pulled(demo: DemoLesson, url: str) -> Iterator[None]:
    """`streamsvc teach --rtsp`."""
    secrets = {"STREAMSVC_LOGIN": TEACHER, "STREAMSVC_PASSWORD": demo.password}
    command = [sys.executable, "-m", "streamsvc", "teach", "--server", demo.service.url]
    command += ["--rtsp", url, "--allow-network", "127.0.0.0/8"]
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, **secrets},
    )
    try:
        yield
    finally:
        process.terminate()
        process.wait(20)


def h264_and_g711(folder: Path) -> tuple[str, Devices]:
    film = write_scene(folder / "film.mp4", GREEN.color, GREEN.tone_hz)
    tone = TONE.replace("440", str(GREEN.tone_hz)).format(rate=8000)
    return launch(film, "rtph264pay", f"{tone}mulawenc ! rtppcmupay pt=0"), GREEN


def h265_and_aac(folder: Path) -> tuple[str, Devices]:
    film = write_scene(folder / "film.mp4", BLUE.color, BLUE.tone_hz, H265)
    return launch_with_sound(film, "rtph265pay", "rtpmp4gpay"), BLUE


@needs_gstreamer
@pytest.mark.parametrize("made", [h264_and_g711, h265_and_aac])
async def test_a_recorder_host_teaches_and_what_breaks_is_told(
    demo: DemoLesson, tmp_path: Path, made: Callable[[Path], tuple[str, Devices]]
) -> None:
    pipeline, shown = made(tmp_path)
    async with (
        taught_room(demo) as lesson,
        gst_server(pipeline) as camera,
        middle(camera.port) as between,
    ):
        with pulled(demo, between.url):
            await lesson.is_taught(shown)
            await lesson.is_recorded()
            between.is_stalled = True
            await lesson.page_says("waiting", "五秒没有画面")
            between.is_stalled = False
            await lesson.is_taught(shown)
            await _garbage_is_told(lesson, between)
            await lesson.is_taught(shown)
            await camera.kill()
            await lesson.page_says("waiting", "断了|连不上")
            await camera.start()
            await lesson.is_taught(shown)


async def _garbage_is_told(lesson: TaughtRoom, between: Middle) -> None:
    between.is_bad = True
    await lesson.page_says("waiting", "读不懂|断了|没有画面|没有发来|改了时钟", 40)
    between.is_bad = False
