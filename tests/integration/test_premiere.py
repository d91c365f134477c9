"""A film is chosen for a lesson; the service plays it at its time, and stops it when told."""

import asyncio
import os
import signal
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from relay.client.clip import CAMERA, write_clip
from tests.support.demo import NO_CLIP, DemoLesson, demo_data
from tests.support.service import Service, running
from tests.support.waiting import until

pytestmark = [pytest.mark.integration, pytest.mark.long]

FILM_SECONDS = 16


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("film") / "film.mp4"
    write_clip(path, CAMERA, duration_seconds=FILM_SECONDS)
    return path.read_bytes()


@contextmanager
def county(folder: Path, **environment: str) -> Iterator[tuple[Service, DemoLesson]]:
    """A service whose lesson nobody teaches."""
    with (
        running(demo_data(folder), "--demo", environment=NO_CLIP | environment) as service,
        closing(DemoLesson(service)) as demo,
    ):
        yield service, demo


def premiere(demo: DemoLesson, lesson_id: str) -> dict[str, Any]:
    answer = demo.teacher.get(f"/api/lessons/{lesson_id}/premiere")
    return dict(answer.raise_for_status().json())


def add_film(demo: DemoLesson, lesson_id: str, film: bytes) -> dict[str, Any]:
    path = f"/api/lessons/{lesson_id}/premiere/film"
    answer = demo.teacher.post(path, params={"name": "分数.mp4"}, content=film)
    return dict(answer.raise_for_status().json())


def state_of(demo: DemoLesson, lesson_id: str) -> str:
    answer = demo.teacher.get(f"/api/lessons/{lesson_id}").raise_for_status()
    return str(answer.json()["state"])


async def test_an_uploaded_film_is_the_lesson_and_a_recording_of_it_another(
    tmp_path: Path, film: bytes
) -> None:
    with county(tmp_path) as (_, demo):
        planned = time.time() + 12
        demo.plan_anew(scheduled_start_ms=round(planned * 1000))
        first = demo.lesson()["lesson_id"]
        added = add_film(demo, first, film)
        assert added["state"] == "waiting" and added["title"] == "分数"
        assert added["seconds"] == pytest.approx(FILM_SECONDS, abs=0.2)
        await until(lambda: state_of(demo, first) == "live", 60, "the film began")
        assert time.time() >= planned
        await until(lambda: premiere(demo, first)["state"] == "on_air", 5, "it is said")
        await until(lambda: premiere(demo, first)["at_seconds"] > 2, 20, "it goes on")
        await until(lambda: state_of(demo, first) == "ended", 60, "it is over")
        await until(lambda: premiere(demo, first)["state"] == "over", 10, "that is said")
        lesson = demo.teacher.get(f"/api/lessons/{first}").json()
        path = f"/api/recordings/{lesson['recording_id']}"

        def is_ready() -> bool:
            tracks = demo.teacher.get(path).json()["tracks"]
            return any(track["slot"] == "lead" and track["ready"] for track in tracks)

        await until(is_ready, 60, "its recording can be played")
        body = {"title": "再看一次", "scheduled_start_ms": round(time.time() * 1000)}
        second = demo.teacher.post("/api/lessons", json=body).raise_for_status().json()["lesson_id"]
        chosen = demo.teacher.put(
            f"/api/lessons/{second}/premiere", json={"recording_id": lesson["recording_id"]}
        )
        assert chosen.raise_for_status().json()["seconds"] > FILM_SECONDS / 2
        await until(lambda: state_of(demo, second) == "live", 60, "the recording began")
        demo.teacher.delete(f"/api/lessons/{second}/premiere").raise_for_status()
        await asyncio.sleep(2)
        assert state_of(demo, second) == "live"
        assert demo.teacher.get(f"/api/lessons/{second}/premiere").status_code == 404


async def test_a_film_comes_in_pieces_over_a_restart(tmp_path: Path, film: bytes) -> None:
    with county(tmp_path) as (service, demo):
        demo.plan_anew(scheduled_start_ms=round((time.time() + 600) * 1000))
        lesson_id = demo.lesson()["lesson_id"]
        path = f"/api/lessons/{lesson_id}/premiere/uploads"
        tus = {"Tus-Resumable": "1.0.0", "Content-Type": "application/offset+octet-stream"}
        begin = tus | {"Upload-Length": str(len(film)), "Upload-Metadata": "filename ZmlsbS5tcDQ="}
        place = demo.teacher.post(path, headers=begin).raise_for_status().headers["location"]
        half = len(film) // 2
        first = demo.teacher.patch(place, content=film[:half], headers=tus | {"Upload-Offset": "0"})
        assert first.raise_for_status().headers["upload-offset"] == str(half)
        service.stop()
        service.start(NO_CLIP)
        assert demo.teacher.head(place).headers["upload-offset"] == str(half)
        on = tus | {"Upload-Offset": str(half)}
        demo.teacher.patch(place, content=film[half:], headers=on).raise_for_status()
        told = premiere(demo, lesson_id)
        assert (told["state"], told["title"]) == ("waiting", "film")
        assert told["seconds"] == pytest.approx(FILM_SECONDS, abs=0.2)
        again = demo.teacher.patch(place, content=b"", headers=tus | {"Upload-Offset": "0"})
        assert again.json()["error"]["id"] == "upload-unknown"


async def test_a_film_gets_on_air_behind_a_router(tmp_path: Path, film: bytes) -> None:
    """Which sends nothing back in that this machine sends to its own outer address."""
    with county(tmp_path, STREAMSVC_MEDIA__ADVERTISE='["203.0.113.9"]') as (_, demo):
        demo.plan_anew()
        lesson_id = demo.lesson()["lesson_id"]
        add_film(demo, lesson_id, film)
        await until(lambda: premiere(demo, lesson_id)["at_seconds"] > 2, 60, "it plays")


async def test_a_film_goes_on_where_its_process_died(tmp_path: Path, film: bytes) -> None:
    with county(tmp_path) as (service, demo):
        demo.plan_anew()
        lesson_id = demo.lesson()["lesson_id"]
        add_film(demo, lesson_id, film)
        await until(lambda: premiere(demo, lesson_id)["at_seconds"] > 4, 60, "it plays")
        at = premiere(demo, lesson_id)["at_seconds"]
        kill_player(service)
        await asyncio.sleep(1)
        await until(lambda: premiere(demo, lesson_id)["at_seconds"] > at + 2, 30, "it goes on")
        assert premiere(demo, lesson_id)["at_seconds"] < at + 8
        await until(lambda: state_of(demo, lesson_id) == "ended", 60, "it is over")


def kill_player(service: Service) -> None:
    """The process that plays, and nothing else: it names this service's data."""
    sign = str(service.data / "premieres")
    for entry in Path("/proc").iterdir():
        try:
            words = (entry / "cmdline").read_text().split("\0")
        except (OSError, ValueError):
            continue
        if any(word.startswith(sign) for word in words) and "teach" in words:
            os.kill(int(entry.name), signal.SIGKILL)


async def test_what_is_no_film_is_refused_and_the_former_stays(tmp_path: Path, film: bytes) -> None:
    with county(tmp_path) as (service, demo):
        demo.plan_anew(scheduled_start_ms=round(time.time() * 1000) + 3_600_000)
        lesson_id = demo.lesson()["lesson_id"]
        add_film(demo, lesson_id, film)
        path = f"/api/lessons/{lesson_id}/premiere/film"
        for content in (b"", b"no film", film[: len(film) // 3].replace(b"moov", b"xxxx")):
            refused = demo.teacher.post(path, content=content)
            assert refused.status_code == 422, refused.text
            assert refused.json()["error"]["id"] == "file-unreadable"
        assert premiere(demo, lesson_id)["title"] == "分数"
        kept = sorted(file.name for file in (service.data / "premieres" / lesson_id).iterdir())
        assert kept == ["film", "plan.json"]
        stranger = demo.browser().get(f"/api/lessons/{lesson_id}/premiere")
        assert stranger.status_code == 401
