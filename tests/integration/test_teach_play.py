"""`streamsvc teach --play`: a film is the lesson, from its planned time to its last second."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from relay.client.clip import CAMERA, write_clip
from tests.support.demo import NO_CLIP, TEACHER, DemoLesson, demo_data
from tests.support.service import Service, running
from tests.support.waiting import until

pytestmark = pytest.mark.integration

FILM_SECONDS = 12


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("film") / "film.mp4"
    write_clip(path, CAMERA, duration_seconds=FILM_SECONDS)
    return path


@contextmanager
def playing(
    service: Service, film: Path, log: Path, *flags: str
) -> Iterator["subprocess.Popen[bytes]"]:
    """The command beside the service."""
    secrets = {
        "STREAMSVC_LOGIN": TEACHER,
        "STREAMSVC_PASSWORD": json.loads((service.data / "demo.json").read_text())["password"],
    }
    command = [sys.executable, "-m", "streamsvc", "teach", "--server", service.url]
    command += ["--play", str(film), *flags]
    with log.open("wb") as out:
        process = subprocess.Popen(
            command, stdout=out, stderr=out, env={**os.environ, "PYTHONUNBUFFERED": "1", **secrets}
        )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(20)


def lesson_of(demo: DemoLesson, lesson_id: str) -> dict[str, object]:
    return dict(demo.teacher.get(f"/api/lessons/{lesson_id}").raise_for_status().json())


@pytest.mark.long
async def test_a_film_begins_at_the_planned_time_and_ends_the_lesson(
    tmp_path: Path, film: Path
) -> None:
    log = tmp_path / "teach.log"
    with (
        running(demo_data(tmp_path), "--demo", environment=NO_CLIP) as service,
        closing(DemoLesson(service)) as demo,
    ):
        planned = time.time() + 15
        demo.plan_anew(scheduled_start_ms=round(planned * 1000))
        lesson_id = demo.lesson()["lesson_id"]
        with playing(service, film, log) as process:
            await until(lambda: lesson_of(demo, lesson_id)["state"] == "live", 60, log.read_text())
            assert time.time() >= planned
            await until(lambda: lesson_of(demo, lesson_id)["state"] == "ended", 60, log.read_text())
            lasted_ms = lesson_of(demo, lesson_id)
            await until(lambda: process.poll() is not None, 20, log.read_text())
            assert process.returncode == 0, log.read_text()
    assert "file_over" in log.read_text()
    began, ended = (int(str(lasted_ms[key])) for key in ("started_at_ms", "ended_at_ms"))
    assert FILM_SECONDS - 3 <= (ended - began) / 1000 <= FILM_SECONDS + 5


@pytest.mark.long
async def test_the_teacher_takes_over_and_the_lesson_goes_on(tmp_path: Path, film: Path) -> None:
    log = tmp_path / "teach.log"
    with (
        running(demo_data(tmp_path), "--demo", environment=NO_CLIP) as service,
        closing(DemoLesson(service)) as demo,
        playing(service, film, log) as process,
    ):
        await until(lambda: demo.lesson()["state"] == "live", 60, log.read_text())
        secrets = {
            "STREAMSVC_LOGIN": TEACHER,
            "STREAMSVC_PASSWORD": demo.password,
            "STREAMSVC_CACHE": str(service.data / "clips"),
        }
        command = [sys.executable, "-m", "streamsvc", "teach", "--server", service.url]
        live = subprocess.Popen(
            [*command, "--take-over", "--no-screen"], env={**os.environ, **secrets}
        )
        try:
            await until(lambda: process.poll() is not None, 60, log.read_text())
            assert process.returncode == 0 and "taken_over" in log.read_text()
            assert demo.lesson()["state"] == "live"
        finally:
            live.terminate()
            live.wait(20)


async def test_a_file_that_is_no_film_is_said_before_the_lesson(tmp_path: Path) -> None:
    log = tmp_path / "teach.log"
    fake = tmp_path / "lesson.mp4"
    fake.write_bytes(b"\x00\x00\x00\x20ftypisom" + b"\xff" * 4_000)
    with (
        running(demo_data(tmp_path), "--demo", environment=NO_CLIP) as service,
        closing(DemoLesson(service)) as demo,
        playing(service, fake, log) as process,
    ):
        await until(lambda: process.poll() is not None, 60, log.read_text())
        assert process.returncode != 0
        assert demo.lesson()["state"] == "scheduled"
    assert re.search(r"file-unreadable", log.read_text())
