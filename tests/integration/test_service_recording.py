"""Recording as the whole service does it: a killed recorder, a full disk, and the library after."""

import os
import re
import signal
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.demo import CLIPS, DemoLesson, demo_lesson
from tests.support.lesson_client import LessonClient, lesson_client
from tests.support.recorder_process import Played, play
from tests.support.service import running
from tests.support.waiting import until_sync

pytestmark = [pytest.mark.integration, pytest.mark.timeout(240)]

LOST_AT_MOST_SECONDS = 2.0
PICTURE_GAP_SECONDS = 0.25
"""Pictures of the clip are 40 ms apart; anything longer than this is a loss."""
START_SECONDS = 2.0
"""Until its first key frame a recording shows a blank picture."""
DISK_BYTES = 48 << 20
MIN_FREE_BYTES = 4 << 20


@asynccontextmanager
async def console(demo: DemoLesson) -> AsyncIterator[LessonClient]:
    """The lead teacher's event channel."""
    grant = demo.grant()["grant"]
    address = f"127.0.0.1:{demo.service.port}"
    async with lesson_client(address, demo.lesson()["lesson_id"]) as client:
        await client.hello(grant)
        yield client


async def recording_becomes(client: LessonClient, state: str, seconds: float) -> dict[str, Any]:
    """What the console is told when recording is `state`."""
    while True:
        told = await client.until("recording_changed", seconds)
        if told["recording"]["state"] == state:
            return dict(told["recording"])


async def end_lesson(demo: DemoLesson) -> None:
    """By the lead teacher; returns when its recording is ready."""
    async with console(demo) as client:
        assert await client.ask("end_lesson") == "done"
        told = [one["recording"] for one in client.got if one["type"] == "recording_changed"]
        if any(recording["state"] == "ready" for recording in told):
            return
        try:
            await recording_becomes(client, "ready", 30)
        except TimeoutError:
            pytest.fail(f"never ready; told {told}, and said {demo.service.words()[-4000:]}")


def recording_id(demo: DemoLesson) -> str:
    """It has one a moment after it went live."""
    until_sync(lambda: demo.lesson()["recording_id"], 10, "the recording is opened")
    return str(demo.lesson()["recording_id"])


def playlist(demo: DemoLesson, recording: str) -> Path:
    return demo.service.data / "recordings" / recording / "hls" / "lead" / "index.m3u8"


def recorded_seconds(file: Path) -> float:
    """Length of what a playlist lists so far."""
    words = file.read_text() if file.exists() else ""
    return sum(map(float, re.findall(r"#EXTINF:([\d.]+)", words)))


def missing_seconds(played: Played) -> float:
    """Time in which no picture was recorded, once the first key frame is there."""
    times = sorted(time for time in played.pictures if time >= START_SECONDS)
    gaps = (after - before for before, after in zip(times, times[1:], strict=False))
    return sum(gap for gap in gaps if gap > PICTURE_GAP_SECONDS)


# ---- the recorder dies ---------------------------------------------------------------------------


def recorder_pid(parent: int) -> int | None:
    """The service's recorder child, by /proc."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            status = (folder / "status").read_text()
            command = (folder / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if f"\nPPid:\t{parent}\n" in status and command[1:3] == [b"-m", b"recorder"]:
            return int(folder.name)
    return None


async def test_kill_9_of_the_recorder_costs_nothing_that_shows() -> None:
    with demo_lesson() as demo:
        process = demo.service.process
        assert process is not None
        recording = recording_id(demo)
        listed = playlist(demo, recording)
        until_sync(lambda: recorded_seconds(listed) >= 4, 40, "four seconds recorded")
        victim = recorder_pid(process.pid)
        assert victim is not None
        async with console(demo) as client:
            os.kill(victim, signal.SIGKILL)
            stopped = await recording_becomes(client, "stopped", 10)
            assert stopped["reason"]["id"] == "recorder-restarting"
            await recording_becomes(client, "recording", 20)
        assert recorder_pid(process.pid) not in (None, victim)
        assert (demo.lesson()["state"], recording_id(demo)) == ("live", recording)
        before = recorded_seconds(listed)
        until_sync(lambda: recorded_seconds(listed) > before + 4, 40, "it goes on")
        await end_lesson(demo)
        played = play(listed)
    lost = missing_seconds(played)
    print(f"lost by kill -9 of the recorder: {lost:.2f} of {played.pictures[-1]:.1f} s")
    assert lost <= LOST_AT_MOST_SECONDS
    assert played.complaints == []
    assert played.voice_seconds == pytest.approx(played.pictures[-1], abs=1.0)


# ---- the disk is full ----------------------------------------------------------------------------


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own."""
    folder = tmp_path / "disk"
    folder.mkdir()
    size = f"size={DISK_BYTES}"
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", size, "tmpfs", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip("mounting needs root")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


@contextmanager
def demo_on(disk: Path) -> Iterator[DemoLesson]:
    """The demo lesson, live, with its data on that disk."""
    data = disk / "data"
    data.mkdir()
    (data / "clips").symlink_to(CLIPS)
    CLIPS.mkdir(parents=True, exist_ok=True)
    limits = {"STREAMSVC_RECORDING__MIN_FREE_BYTES": str(MIN_FREE_BYTES)}
    with (
        running(data, "--demo", environment=limits) as service,
        closing(DemoLesson(service)) as demo,
    ):
        demo.wait_live()
        yield demo


def fill(disk: Path) -> Path:
    """Take every byte that is left."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(1 << 16))
        except OSError:
            return filler


def readiness(demo: DemoLesson) -> tuple[int, str]:
    answer = httpx.get(demo.service.url + "/readyz")
    return answer.status_code, answer.json()["parts"]["disk"]


async def test_a_full_disk_stops_only_the_recording_and_only_until_there_is_space(
    small_disk: Path,
) -> None:
    with demo_on(small_disk) as demo:
        listed = playlist(demo, recording_id(demo))
        until_sync(lambda: recorded_seconds(listed) >= 4, 40, "four seconds recorded")
        kept = {file.name: file.read_bytes() for file in listed.parent.glob("*.m4s")}
        async with console(demo) as client:
            filler = fill(small_disk)
            stopped = await recording_becomes(client, "stopped", 20)
            assert stopped["reason"]["id"] == "disk-full"
            assert demo.lesson()["state"] == "live"
            assert readiness(demo) == (200, "disk-full")
            assert await client.ask("post_message", text="录不下来也要上课") == "done"
            filler.unlink()
            await recording_becomes(client, "recording", 20)
        assert readiness(demo) == (200, "ok")
        before = recorded_seconds(listed)
        until_sync(lambda: recorded_seconds(listed) > before + 4, 40, "it goes on")
        await end_lesson(demo)
        played = play(listed)
        assert played.complaints == []
        assert all((listed.parent / name).read_bytes() == data for name, data in kept.items())
        print(f"lost by a full disk: {missing_seconds(played):.2f} s")
        assert missing_seconds(played) <= LOST_AT_MOST_SECONDS
        timeline = next((small_disk / "data" / "lessons").glob("*/timeline.jsonl")).read_text()
        assert "录不下来也要上课" in timeline, "what was said while the disk was full is kept"


# ---- the library ---------------------------------------------------------------------------------


async def test_the_recording_of_a_lesson_is_right_whole_and_private() -> None:
    with demo_lesson() as demo:
        lesson_id, recording = demo.lesson()["lesson_id"], recording_id(demo)
        listed = playlist(demo, recording)
        until_sync(lambda: recorded_seconds(listed) >= 6, 40, "six seconds recorded")
        screen = demo.screen(demo.rooms()[0])
        await end_lesson(demo)
        detail = demo.teacher.get(f"/api/recordings/{recording}").json()
        lesson = demo.teacher.get(f"/api/lessons/{lesson_id}").json()
        taught_ms = lesson["ended_at_ms"] - lesson["started_at_ms"]
        print(f"taught {taught_ms} ms, recorded {detail['recording']['duration_ms']} ms")
        assert detail["recording"]["duration_ms"] == pytest.approx(taught_ms, abs=2000)
        assert {track["slot"] for track in detail["tracks"]} == {"lead", "screen"}
        files = [file for track in detail["tracks"] for file in served_whole(demo, track)]
        check_ranges(demo, files[-1])
        check_privacy(demo, recording, files, screen)


def served_whole(demo: DemoLesson, track: dict[str, Any]) -> list[str]:
    """Every file of a track is served as what it is; their paths."""
    answer = demo.teacher.get(track["playlist"])
    assert answer.headers["content-type"] == "application/vnd.apple.mpegurl"
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.text.rstrip().endswith("#EXT-X-ENDLIST")
    base = track["playlist"].rpartition("/")[0]
    lines = answer.text.splitlines()
    inits = re.findall(r'URI="([^"]+)"', answer.text)
    segments = [line for line in lines if line and not line.startswith("#")]
    assert inits and segments
    for name, type in [(n, "video/mp4") for n in inits] + [
        (n, "video/iso.segment") for n in segments
    ]:
        file = demo.teacher.get(f"{base}/{name}")
        assert (file.status_code, file.headers["content-type"]) == (200, type)
        assert file.headers["cache-control"] == "private, max-age=31536000, immutable"
        assert len(file.content) == int(file.headers["content-length"]) > 0
    return [track["playlist"], *(f"{base}/{name}" for name in inits + segments)]


def check_ranges(demo: DemoLesson, path: str) -> None:
    """Parts of a file (RFC 9110 §14), the same bytes."""
    whole = demo.teacher.get(path).content
    size = len(whole)
    for asked, first, last in (
        ("0-99", 0, 99),
        ("100-", 100, size - 1),
        ("-50", size - 50, size - 1),
    ):
        part = demo.teacher.get(path, headers={"Range": f"bytes={asked}"})
        assert part.status_code == 206
        assert part.headers["content-range"] == f"bytes {first}-{last}/{size}"
        assert part.content == whole[first : last + 1]
    beyond = demo.teacher.get(path, headers={"Range": f"bytes={size}-"})
    assert beyond.status_code == 416


def check_privacy(demo: DemoLesson, recording: str, files: list[str], screen: httpx.Client) -> None:
    """Its school's alone until somebody entitled shares it; a classroom's screen never plays it."""
    colleague, observer = other_teacher(demo), demo.signed_in("chenjing")
    page = f"/api/recordings/{recording}"

    def codes(browser: httpx.Client) -> set[int]:
        return {browser.get(path).status_code for path in (page, *files)}

    assert codes(demo.administrator) == {200}
    assert codes(colleague) == codes(observer) == {404}
    assert codes(screen) == {403}
    assert codes(demo.browser()) == {401}
    for browser in (colleague, observer):
        assert browser.patch(page, json={"is_shared": True}).status_code in (403, 404)
    assert demo.teacher.patch(page, json={"is_shared": True}).json()["is_shared"] is True
    assert codes(observer) == codes(colleague) == {200}
    assert codes(screen) == {403}
    demo.teacher.patch(page, json={"is_shared": False})
    assert codes(observer) == {404}


def other_teacher(demo: DemoLesson) -> httpx.Client:
    """A lead teacher of another school."""
    organisations = demo.administrator.get("/api/organisations").json()
    schools = {one["name"]: one["organisation_id"] for one in organisations}
    new = {
        "organisation_id": schools["河口小学"],
        "login": "colleague",
        "name": "赵老师",
        "role": "lead_teacher",
        "password": demo.password,
    }
    demo.administrator.post("/api/people", json=new).raise_for_status()
    return demo.signed_in("colleague")
