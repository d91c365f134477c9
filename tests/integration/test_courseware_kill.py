"""Courseware in the real service: killed in the middle of a file, and hostile files in a lesson."""

import asyncio
import hashlib
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from relay.client.http_session import fixed_grant
from relay.client.whep import WhepViewer
from streamsvc.base.ids import CoursewareId
from streamsvc.courseware.io.store import CoursewareFolder
from streamsvc.courseware.plan.report import Made, Refused, report_of
from tests.support import papers
from tests.support.demo import NO_CLIP, DemoLesson, demo_data, demo_lesson
from tests.support.service import running
from tests.support.waiting import until, until_sync

pytestmark = [pytest.mark.integration, pytest.mark.long, pytest.mark.timeout(300)]

PAGES = 40
PATIENCE = 120
SMALL_DISK_BYTES = 600_000
WATCHED_SECONDS = 8


def add(demo: DemoLesson, data: bytes, name: str) -> None:
    path = f"/api/lessons/{demo.lesson()['lesson_id']}/courseware"
    demo.teacher.post(path, params={"name": name}, content=data, timeout=60).raise_for_status()


def listed(demo: DemoLesson) -> list[dict[str, Any]]:
    answer = demo.teacher.get(f"/api/lessons/{demo.lesson()['lesson_id']}/courseware")
    answer.raise_for_status()
    return [dict(courseware) for courseware in answer.json()]


def wait(demo: DemoLesson, wanted: Callable[[list[dict[str, Any]]], object], what: str) -> None:
    until_sync(lambda: wanted(listed(demo)), PATIENCE, what)


def converters(data: Path) -> list[int]:
    """Processes that convert files of this service."""
    found = []
    for line in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = line.read_bytes().split(b"\0")
        except OSError:
            continue
        if (
            b"streamsvc.courseware.io.convert" in words
            and str(data / "courseware").encode() in words
        ):
            found.append(int(line.parent.name))
    return found


def test_a_killed_service_goes_on_with_the_next_slide(tmp_path: Path) -> None:
    with running(demo_data(tmp_path), "--demo", environment=NO_CLIP) as service:
        with closing(DemoLesson(service)) as demo:
            add(demo, papers.pdf(PAGES), "area.pdf")
            wait(demo, lambda found: found[0]["done_slides"] >= 2, "two slides")
            before = listed(demo)[0]["slides"]
            assert len(converters(service.data)) == 1
        (service.data / "courseware" / "uploads" / "cw_half.part").write_bytes(b"%PDF-")
        service.kill()
        until_sync(lambda: not converters(service.data), 10, "the process ends with the service")
        service.start(NO_CLIP)
        with closing(DemoLesson(service)) as demo:
            assert listed(demo)[0]["slides"][: len(before)] == before
            wait(demo, lambda found: found[0]["status"] == "ready", "all slides")
            slides = listed(demo)[0]["slides"]
            assert [slide["number"] for slide in slides] == list(range(1, PAGES + 1))
            sizes = {demo.teacher.get(s["large"]["url"]).status_code for s in slides}
            assert sizes == {httpx.codes.OK}
            kept = [p for p in (service.data / "courseware").rglob("*") if p.is_file()]
            assert {p.parent.parent.name for p in kept} == {"slides"}
        assert "Traceback" not in service.words()


async def test_hostile_files_take_nothing_from_a_lesson() -> None:
    hostile = (papers.endless_pdf(), papers.swollen_pdf(), papers.pdf(4_000))
    with demo_lesson() as demo:
        grant = demo.watching_grant()
        url = f"{demo.service.url}{grant['whep']}"
        async with httpx.AsyncClient() as http:
            viewer = WhepViewer(url, fixed_grant(grant["grant"]), http=http)
            try:
                await viewer.view()
                await until(lambda: viewer.seen.sounds[0].frames > 50, 30, "a second of voice")
                calm = await _voice(viewer)
                for data in hostile:
                    await asyncio.to_thread(add, demo, data, "bad.pdf")
                busy = await _voice(viewer)
                assert converters(demo.service.data), "it still draws the endless page"
            finally:
                await viewer.close()
    print(f"{calm} frames of voice in {WATCHED_SECONDS} s before, {busy} while converting")
    assert busy >= 0.9 * calm


async def _voice(viewer: WhepViewer) -> int:
    """Frames that came in a while."""
    before = viewer.seen.sounds[0].frames
    await asyncio.sleep(WATCHED_SECONDS)
    return viewer.seen.sounds[0].frames - before


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system with room for an upload and a few slides."""
    folder = tmp_path / "disk"
    folder.mkdir()
    size = f"size={SMALL_DISK_BYTES}"
    command = ["mount", "-t", "tmpfs", "-o", size, "tmpfs", str(folder)]
    if subprocess.run(command, capture_output=True, check=False).returncode != 0:
        pytest.skip("mounting needs root")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_disk_that_fills_up_is_said_and_nothing_half_is_kept(small_disk: Path) -> None:
    folder = CoursewareFolder(small_disk)
    folder.make()
    folder.original(CoursewareId("cw_full")).write_bytes(papers.pdf(20))
    ended = subprocess.run(
        [sys.executable, "-m", "streamsvc.courseware.io.convert"]
        + ["--folder", str(small_disk), "--courseware-id", "cw_full", "--max-slides", "500"]
        + ["--max-seconds", "100", "--max-memory-bytes", "1000000000"],
        stdout=subprocess.PIPE,
        check=True,
    )
    *made, last = [report_of(line) for line in ended.stdout.splitlines()][1:]
    assert isinstance(last, Refused) and last.error.error_id == "disk-full"
    assert made and all(isinstance(report, Made) for report in made)
    kept = [p for p in (small_disk / "slides").rglob("*") if p.is_file()]
    assert all(hashlib.sha256(p.read_bytes()).hexdigest() == p.stem for p in kept)
