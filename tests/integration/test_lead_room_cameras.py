"""An IP camera beside the teacher's own: on air by her choice, in the recording as rooms saw it."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from tests.support.demo import DemoLesson, demo_lesson
from tests.support.lesson_client import LessonClient, lesson_client
from tests.support.rtsp_servers import (
    PASSWORD,
    USER,
    gst_server,
    launch,
    needs_gstreamer,
    write_film,
)
from tests.support.waiting import SECOND, until

pytestmark = [pytest.mark.integration, pytest.mark.timeout(180)]

SHOWN_SECONDS = 5.0
STILL_SECONDS = 1.0
"""Of the recording's picture at a cut to a camera that sends."""
GONE_SECONDS = 4.0
"""The same from one that died: it is believed after 1.2 s."""


def write_green(path: Path, seconds: int = 4, rate: int = 15) -> None:
    """A film of one green; a bright bar moves at its top."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=rate)
        stream.width, stream.height, stream.pix_fmt = 640, 360, "yuv420p"
        stream.options = {"profile": "baseline", "tune": "zerolatency", "g": str(rate)}
        for number in range(seconds * rate):
            picture = np.full((360, 640, 3), (40, 180, 60), np.uint8)
            bar = number * 640 // (seconds * rate)
            picture[:20, bar : bar + 16] = 235
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())


@contextmanager
def shown(link: str, log: Path, *flags: str) -> Iterator["subprocess.Popen[bytes]"]:
    """`streamsvc camera` beside the service."""
    command = [sys.executable, "-m", "streamsvc", "camera", link, *flags]
    with log.open("wb") as out:
        secrets = {"STREAMSVC_SOURCE_PASSWORD": PASSWORD, "PYTHONUNBUFFERED": "1"}
        environment = {**os.environ, **secrets}
        process = subprocess.Popen(command, stdout=out, stderr=out, env=environment)
    try:
        yield process
    finally:
        process.kill()
        process.wait(20)


def new_link(demo: DemoLesson, name: str) -> str:
    path = f"/api/lessons/{demo.lesson()['lesson_id']}/cameras"
    made = demo.teacher.post(path, json={"name": name}).raise_for_status().json()
    return demo.service.url + str(made["path"])


async def cameras(teacher: LessonClient, **wanted: Any) -> dict[str, Any]:
    """The first word of cameras of which all this is true."""
    while True:
        view = (await teacher.until("cameras_changed", 60))["cameras"]
        states = {one["camera_id"]: one["state"] for one in view["cameras"]}
        if all({**view, **states}.get(name) == value for name, value in wanted.items()):
            return dict(view)


@pytest.fixture
def demo() -> Iterator[DemoLesson]:
    """Taught by the clip."""
    with demo_lesson() as county:
        yield county


@pytest.fixture
async def teacher(demo: DemoLesson) -> AsyncIterator[LessonClient]:
    """Her page's channel."""
    address = demo.service.url.removeprefix("http://")
    async with lesson_client(address, demo.lesson()["lesson_id"]) as client:
        await client.hello(demo.grant()["grant"])
        yield client


def pictures(playlist: Path) -> list[tuple[float, bool]]:
    """When each picture of a recording is shown, and whether it is green."""
    with av.open(str(playlist)) as container:
        found = []
        for frame in container.decode(video=0):
            picture = frame.to_ndarray(format="rgb24")[frame.height // 4 :].reshape(-1, 3)
            is_plain = bool(picture.std(axis=0).max() < 20)
            found.append((float(frame.time or 0.0), is_plain and bool(picture[:, 1].mean() > 120)))
    return found


@pytest.mark.long
async def test_the_recording_shows_what_rooms_saw_and_hears_the_teacher_all_along(
    demo: DemoLesson, teacher: LessonClient, tmp_path: Path
) -> None:
    film = tmp_path / "green.mp4"
    write_green(film)
    link = new_link(demo, "黑板")
    await cameras(teacher, camera2="waiting")
    with shown(link, tmp_path / "camera.log", "--file", str(film)):
        await cameras(teacher, camera2="ready")
        assert await teacher.ask("choose_camera", camera="camera2") == "done"
        await asyncio.sleep(SHOWN_SECONDS)
        assert await teacher.ask("choose_camera", camera="camera1") == "done"
        await asyncio.sleep(SHOWN_SECONDS)
        assert await teacher.ask("choose_camera", camera="camera2") == "done"
        await asyncio.sleep(SHOWN_SECONDS)
    view = await cameras(teacher, camera2="lost", program="camera1")
    assert view["fallback"]["name"] == "黑板"
    await asyncio.sleep(SHOWN_SECONDS)
    recording_id = demo.lesson()["recording_id"]
    assert await teacher.ask("end_lesson") == "done"
    told = [one["cameras"]["program"] for one in teacher.got if one["type"] == "cameras_changed"]
    programs = [b for a, b in zip(["camera1", *told], told, strict=False) if a != b]
    folder = next((demo.service.data / "recordings").glob(f"*{recording_id}*"))
    playlist = folder / "hls" / "lead" / "index.m3u8"
    await until(lambda: "#EXT-X-ENDLIST" in playlist.read_text(), 30)
    seen = pictures(playlist)
    cuts = [b for a, b in zip(seen, seen[1:], strict=False) if a[1] != b[1]]
    # four, and more where this machine let the camera stutter: told, and too short to be seen
    assert 4 <= len(cuts) <= len(programs)
    assert [is_green for _, is_green in cuts] == [True, False] * (len(cuts) // 2)
    for at, is_green in cuts:
        still = at - max(time for time, _ in seen if time < at)
        assert still < (STILL_SECONDS if is_green else GONE_SECONDS) * SECOND
    with av.open(str(playlist)) as container:
        times = [float(frame.time or 0.0) for frame in container.decode(audio=0)]
    assert max(b - a for a, b in zip(times, times[1:], strict=False)) < 0.1


@pytest.mark.long
@needs_gstreamer
async def test_an_ip_camera_comes_by_the_same_link_and_its_link_can_be_taken_away(
    demo: DemoLesson, teacher: LessonClient, tmp_path: Path
) -> None:
    film, log = write_film(tmp_path / "film.mp4", options={"profile": "baseline"}), tmp_path / "log"
    flags = ["--rtsp-user", USER, "--allow-network", "127.0.0.0/8"]
    link = new_link(demo, "学生")
    async with gst_server(launch(film), "digest") as camera:
        with shown(link, log, "--rtsp", camera.url, *flags) as process:
            await cameras(teacher, camera2="ready")
            assert await teacher.ask("choose_camera", camera="camera2") == "done"
            assert await teacher.ask("remove_camera", camera="camera2") == "done"
            await until(lambda: process.poll() is not None, 30, "it ends by itself")
    assert "ended: refused" in log.read_text()
    last = [one["cameras"] for one in teacher.got if one["type"] == "cameras_changed"][-1]
    assert last == {"program": "camera1", "cameras": [], "fallback": None}


def test_what_is_no_link_is_said(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with shown("https://school.example/watch/abc", log, "--file", "film.mp4") as process:
        assert process.wait(60) != 0
    assert "camera-unknown" in log.read_text()
