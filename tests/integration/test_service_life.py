"""The service as an operator meets it: starts, stops, is killed, and comes back."""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, closing, suppress
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import connect

from relay.client.http_session import fixed_grant
from relay.client.whep import WhepViewer
from streamsvc.base.errors import StreamsvcError
from tests.support.demo import CLIPS, DemoLesson, demo_data, demo_lesson
from tests.support.lesson_client import lesson_client
from tests.support.service import Service, running
from tests.support.waiting import SECOND, until, until_sync

pytestmark = [pytest.mark.integration, pytest.mark.timeout(240)]

LOST_AT_MOST_MS = 2000
STOPS_WITHIN_SECONDS = 5
NO_TEACHER = {"STREAMSVC_DEMO_TEACHER": "false"}


def recording(demo: DemoLesson) -> dict[str, Any]:
    """The demo lesson's recording as the administrator sees it."""
    answer = demo.administrator.get(f"/api/recordings/{demo.lesson()['recording_id']}")
    answer.raise_for_status()
    return dict(answer.json())


def recorded_until_ms(detail: dict[str, Any]) -> int:
    """Wall time of the last recorded moment of the lead teacher; 0 while nothing can be played."""
    leads = [track for track in detail["tracks"] if track["slot"] == "lead"]
    if not leads:
        return 0
    (lead,) = leads
    start = detail["recording"]["started_at_ms"]
    return int(start + lead["start_ms"] + lead["duration_ms"])


def recorded_ms(demo: DemoLesson) -> int:
    """How much of the lead teacher can be played."""
    if demo.lesson()["recording_id"] is None:  # the lesson was live a moment before its recording
        return 0
    tracks = [t for t in recording(demo)["tracks"] if t["slot"] == "lead"]
    return int(tracks[0]["duration_ms"]) if tracks else 0


@pytest.mark.long
def test_a_clean_stop_is_quick_and_a_second_start_too(tmp_path: Path) -> None:
    with running(demo_data(tmp_path), "--demo") as service:
        with closing(DemoLesson(service)) as demo:
            demo.wait_live()
        began = time.monotonic()
        assert service.stop() == 0
        print(f"stopped in {time.monotonic() - began:.1f} s")
        service.start()
        with closing(DemoLesson(service)) as demo:
            assert demo.lesson()["state"] == "live"
    assert "Traceback" not in service.words()


async def test_a_stop_in_the_middle_of_a_lesson_is_quick_and_quiet() -> None:
    with demo_lesson() as demo:
        service, rooms = demo.service, demo.rooms()[:2]
        async with AsyncExitStack() as stack:
            viewers = [await stack.enter_async_context(room_watches(demo, room)) for room in rooms]
            for viewer in viewers:
                await until(partial(has_picture, viewer), 30, "a picture")
            began = time.monotonic()
            assert await asyncio.to_thread(service.stop) == 0
            took = time.monotonic() - began
        print(f"stopped in {took:.1f} s, with a teacher and {len(viewers)} viewers")
        assert took < STOPS_WITHIN_SECONDS * SECOND
    for bad in ("Traceback", "Task exception", "never retrieved", "never awaited", "Exception"):
        assert bad not in service.words(), service.words()[-3000:]


def has_picture(viewer: WhepViewer) -> bool:
    return viewer.seen.pictures[0].frames > 5


@asynccontextmanager
async def room_watches(demo: DemoLesson, room: dict[str, Any]) -> AsyncIterator[WhepViewer]:
    """A room's page as the service meets it: waiting screen's channel, lesson's channel, media."""
    service, screen = demo.service, demo.screen(room)
    home = screen.get("/api/room").json()
    lesson_id, grant = home["open"]["lesson_id"], home["grant"]
    address = f"127.0.0.1:{service.port}"
    cookies = "; ".join(f"{name}={value}" for name, value in screen.cookies.items())
    async with (
        httpx.AsyncClient() as http,
        connect(f"ws://{address}/api/room/events", additional_headers={"Cookie": cookies}),
        lesson_client(address, lesson_id) as client,
    ):
        await client.hello(grant)
        viewer = WhepViewer(f"{service.url}/whep/{lesson_id}", fixed_grant(grant), http=http)
        try:
            await viewer.view()
            yield viewer
        finally:
            with suppress(StreamsvcError):  # the service is gone before it
                await viewer.close()


def test_after_kill_9_the_lesson_and_its_recording_go_on(tmp_path: Path) -> None:
    service = Service(demo_data(tmp_path), "--demo")
    try:
        service.start()
        with closing(DemoLesson(service)) as demo:
            demo.wait_live()
            until_sync(lambda: recorded_ms(demo) >= 6000, 40, "six seconds recorded")
            before = demo.lesson()
        service.kill()
        killed_at_ms = time.time() * 1000

        service.start(NO_TEACHER)
        with closing(DemoLesson(service)) as demo:
            after = demo.lesson()
            assert (after["state"], after["lesson_id"], after["recording_id"]) == (
                "live",
                before["lesson_id"],
                before["recording_id"],
            )
            until_sync(
                lambda: killed_at_ms - recorded_until_ms(recording(demo)) <= LOST_AT_MOST_MS,
                30,
                "the recording holds all but the last two seconds",
            )
            lost_ms = killed_at_ms - recorded_until_ms(recording(demo))
            print(f"lost by kill -9 of the service: {max(0, lost_ms):.0f} ms")

            held_ms = recorded_ms(demo)
            teacher = _teach(service, demo.password)
            try:
                until_sync(lambda: recorded_ms(demo) > held_ms + 3000, 40, "recording goes on")
            finally:
                teacher.terminate()
                teacher.wait(10)
    finally:
        service.close()


def _teach(service: Service, password: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "streamsvc", "teach", "--server", service.url, "--no-screen"],
        env={
            **os.environ,
            "STREAMSVC_LOGIN": "linxiaoyan",
            "STREAMSVC_PASSWORD": password,
            "STREAMSVC_CACHE": str(CLIPS),
        },
        stdin=subprocess.DEVNULL,
    )


@pytest.mark.timeless
@pytest.mark.parametrize(
    ("flags", "words", "code"),
    [
        (["--port", "99999"], "http.port", 2),
        (["--config", "none.toml"], "none.toml", 2),
        (["--tls", "files", "--certificate", "none.pem"], "none.pem", 3),
    ],
)
def test_a_start_that_cannot_be_says_why(
    tmp_path: Path, flags: list[str], words: str, code: int
) -> None:
    ended = serve(tmp_path, *flags)
    assert ended.returncode == code
    assert words in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.timeless
def test_a_taken_port_and_a_database_that_is_none(tmp_path: Path) -> None:
    with running(tmp_path / "data") as service:
        ended = serve(tmp_path, "--port", str(service.port))
        assert (ended.returncode, "port-taken" in ended.stderr) == (3, True)
        busy = serve(tmp_path, "--port", str(service.port + 1))
        assert busy.returncode == 3
    (tmp_path / "other").mkdir()
    broken = tmp_path / "other" / "streamsvc.db"
    broken.write_bytes(b"this is not a database" * 100)
    ended = serve(tmp_path, "--data", str(tmp_path / "other"), "--port", str(service.port))
    assert (ended.returncode, "database-unusable" in ended.stderr) == (3, True)
    assert broken.read_bytes() == b"this is not a database" * 100


def serve(tmp_path: Path, *flags: str) -> subprocess.CompletedProcess[str]:
    """A start that should fail."""
    return subprocess.run(
        [sys.executable, "-m", "streamsvc", "serve", "--data", str(tmp_path / "data"), *flags],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


@pytest.mark.timeless
def test_health_metrics_and_no_secret_in_the_log(tmp_path: Path) -> None:
    with running(demo_data(tmp_path), "--demo") as service, closing(DemoLesson(service)) as demo:
        demo.wait_live()
        grant = demo.grant()["grant"]
        assert httpx.get(f"{service.url}/healthz").status_code == 200
        ready = httpx.get(f"{service.url}/readyz").json()
        assert ready["status"] == "ok", json.dumps(ready)
        metrics = httpx.get(f"{service.url}/metrics").text
        assert "# HELP" in metrics
        words = service.words()
        assert grant not in words
        assert demo.grant()["grant"] not in words
