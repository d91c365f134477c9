"""`streamsvc teach --rtsp`: a recorder host teaches a real lesson; what is wrong is said."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.support.demo import NO_CLIP, TEACHER, DemoLesson, demo_data
from tests.support.rtsp_servers import (
    PASSWORD,
    USER,
    gst_server,
    launch,
    needs_gstreamer,
    write_film,
)
from tests.support.service import Service, running
from tests.support.waiting import until

pytestmark = pytest.mark.integration


@contextmanager
def teaching(service: Service, url: str, log: Path, *flags: str) -> Iterator[None]:
    """The command beside the service."""
    secrets = {
        "STREAMSVC_LOGIN": TEACHER,
        "STREAMSVC_PASSWORD": json.loads((service.data / "demo.json").read_text())["password"],
        "STREAMSVC_SOURCE_PASSWORD": PASSWORD,
    }
    command = [sys.executable, "-m", "streamsvc", "teach", "--server", service.url]
    command += ["--rtsp", url, "--rtsp-user", USER, *flags]
    with log.open("wb") as out:
        process = subprocess.Popen(
            command, stdout=out, stderr=out, env={**os.environ, "PYTHONUNBUFFERED": "1", **secrets}
        )
    try:
        yield
    finally:
        process.terminate()
        process.wait(20)


def recorded_ms(demo: DemoLesson) -> int:
    """How much of the lead's picture and sound can be played."""
    recording_id = demo.lesson()["recording_id"]
    if recording_id is None:
        return 0
    answer = demo.administrator.get(f"/api/recordings/{recording_id}")
    tracks = answer.raise_for_status().json()["tracks"]
    leads = [track for track in tracks if track["slot"] == "lead"]
    return sum(int(lead["duration_ms"]) for lead in leads)


@needs_gstreamer
async def test_a_recorder_host_teaches_is_recorded_and_its_cut_is_told(tmp_path: Path) -> None:
    film = write_film(tmp_path / "film.mp4", options={"profile": "baseline"})
    log = tmp_path / "teach.log"
    with (
        running(demo_data(tmp_path), "--demo", environment=NO_CLIP) as service,
        closing(DemoLesson(service)) as demo,
    ):
        async with gst_server(launch(film), "digest") as camera:
            with teaching(service, camera.url, log, "--allow-network", "127.0.0.0/8"):
                await until(lambda: demo.lesson()["state"] == "live", 60, log.read_text())
                await until(lambda: "on air" in log.read_text(), 5)
                await until(lambda: recorded_ms(demo) > 2_000, 60, "the camera is recorded")
                await camera.kill()
                cut = "The connection to the recorder host was cut"
                await until(lambda: cut in log.read_text(), 15, "the cut is told")
        assert PASSWORD not in log.read_text() + service.words()


@pytest.mark.long
async def test_this_machine_is_refused(tmp_path: Path) -> None:
    log = tmp_path / "teach.log"
    with running(demo_data(tmp_path), "--demo", environment=NO_CLIP) as service:
        with teaching(service, "rtsp://127.0.0.1:554/x", log):
            await until(lambda: "source-address-refused" in log.read_text(), 30, "refused")
        assert "rtsp://127.0.0.1:554" in log.read_text()
