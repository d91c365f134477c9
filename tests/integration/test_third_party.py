"""WHIP and WHEP with clients that are not ours: ffmpeg's muxer, and whip-whep in a browser."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import imageio_ffmpeg
import pytest
from playwright.async_api import Page

from relay.client.clip import CAMERA, write_clip
from relay.client.http_session import fixed_grant
from relay.client.teach import TeachEnd, teach
from relay.ingest.address import parse_address, parse_networks
from relay.ingest.teach import Door, SourceReport, SourceTeacher
from streamsvc.base.media import Slot
from streamsvc.base.tasks import TaskScope
from tests.support.browser import DESK, chromium, needs_chromium, new_page, open_context
from tests.support.media_doors import PLAYERS, MediaDoors, media_doors, viewer
from tests.support.rtsp_servers import (
    PASSWORD,
    USER,
    gst_server,
    launch,
    needs_gstreamer,
    write_film,
)
from tests.support.waiting import until

pytestmark = pytest.mark.integration
needs_player = pytest.mark.skipif(not PLAYERS.exists(), reason="npm ci in web/ was not run")


@pytest.fixture
async def doors() -> AsyncIterator[MediaDoors]:
    async with media_doors() as opened:
        yield opened


@pytest.fixture
async def scope() -> AsyncIterator[TaskScope]:
    opened = TaskScope("test")
    yield opened
    await opened.close()


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    write_clip(path, CAMERA, duration_seconds=8)
    return path


@asynccontextmanager
async def ffmpeg(url: str, log: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """ffmpeg's own test picture and tone, published until the end of the block."""
    picture = ["-re", "-f", "lavfi", "-i", "testsrc2=size=640x360:rate=25"]
    sound = ["-re", "-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000"]
    h264 = ["-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-g", "50"]
    h264 += ["-profile:v", "baseline", "-pix_fmt", "yuv420p", "-bf", "0", "-b:v", "500k"]
    opus = ["-c:a", "libopus", "-ar", "48000", "-ac", "2", "-b:a", "32k"]
    whip = ["-authorization", "ffmpeg", "-f", "whip", url]
    exe = imageio_ffmpeg.get_ffmpeg_exe()
    command = [exe, "-hide_banner", *picture, *sound, *h264, *opus, *whip]
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            *command, stdin=asyncio.subprocess.DEVNULL, stdout=output, stderr=output
        )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
        async with asyncio.timeout(10):
            await process.wait()


async def test_ffmpeg_teaches(doors: MediaDoors, tmp_path: Path) -> None:
    log = tmp_path / "ffmpeg.log"
    async with ffmpeg(doors.whip(Slot.LEAD), log) as process:
        await until(lambda: "publication_opened lead" in doors.events.lines, 20, log.read_text())
        async with viewer(doors) as watching:
            seen = watching.seen
            await until(lambda: seen.pictures[0].frames > 30, 20, "pictures of ffmpeg")
            await until(lambda: seen.sounds[0].loudest > 0.05, 10, "ffmpeg's tone")
            assert (seen.pictures[0].width, seen.pictures[0].height) == (640, 360)
        process.terminate()
        ended = "publication_closed lead asked"
        await until(lambda: ended in doors.events.lines, 10, "ffmpeg's DELETE")


async def test_second_publisher_finds_the_slot_taken(
    doors: MediaDoors, scope: TaskScope, clip: Path, tmp_path: Path
) -> None:
    url = doors.whip(Slot.LEAD)
    scope.start("teach", teach(url, "first", clip, cache=clip.parent))
    await until(lambda: "publication_opened lead" in doors.events.lines, 20)
    log = tmp_path / "ffmpeg.log"
    async with ffmpeg(url, log) as process:
        await until(lambda: process.returncode is not None, 20, "ffmpeg gives up")
    assert "409" in log.read_text()


async def test_taking_over_ends_the_first_for_good(
    doors: MediaDoors, scope: TaskScope, clip: Path, tmp_path: Path
) -> None:
    url = doors.whip(Slot.LEAD)
    first = scope.start("teach", teach(url, "first", clip, cache=clip.parent))
    await until(lambda: "publication_opened lead" in doors.events.lines, 20)
    async with ffmpeg(f"{url}?take_over=1", tmp_path / "ffmpeg.log"):
        async with asyncio.timeout(30):
            assert await first is TeachEnd.TAKEN_OVER
    assert "publication_closed lead replaced" in doors.events.lines


LOUD = 60
"""Of 255, at the tone; without one there are a few."""
VIEW = """async ([url, token]) => {
  const { WHEPClient } = await import('/player/whep.js');
  const pc = window.pc = new RTCPeerConnection();
  const stream = new MediaStream();
  pc.addTransceiver('audio', { direction: 'recvonly' });
  pc.addTransceiver('video', { direction: 'recvonly' });
  pc.ontrack = ({ track }) => stream.addTrack(track);
  const video = document.createElement('video');
  Object.assign(video, { autoplay: true, srcObject: stream });
  video.dataset.slot = 'lead';
  document.body.append(video);
  window.player = new WHEPClient();
  await window.player.view(pc, url, token);
}"""
PUBLISH = """async ([url, token]) => {
  const { WHIPClient } = await import('/player/whip.js');
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: true });
  const pc = window.pc = new RTCPeerConnection();
  for (const track of stream.getTracks())
    pc.addTransceiver(track, { direction: 'sendonly', streams: [stream] });
  window.publisher = new WHIPClient();
  await window.publisher.publish(pc, url, token);
}"""


@asynccontextmanager
async def browser_page(doors: MediaDoors) -> AsyncIterator[Page]:
    async with chromium() as browser:
        page = await new_page(await open_context(browser, DESK))
        await page.goto(doors.url)
        yield page


async def frames(page: Page) -> int:
    """Pictures that the player has shown so far."""
    counts = await page.evaluate("probe.frames()")
    return int(counts.get("lead", 0))


async def until_frames(page: Page, more_than: int) -> None:
    async with asyncio.timeout(20):
        while await frames(page) <= more_than:  # noqa: ASYNC110
            await asyncio.sleep(0.1)


async def hears(page: Page, hz: int) -> None:
    """The tone comes; one of its beeps may be missed where the machine is busy."""
    async with asyncio.timeout(10):
        while await page.evaluate(f"probe.tone('lead', {hz}, 1500)") <= LOUD:
            pass


@needs_chromium
@needs_player
async def test_whep_player_in_a_browser(doors: MediaDoors, scope: TaskScope, clip: Path) -> None:
    scope.start("teach", teach(doors.whip(Slot.LEAD), "teacher", clip, cache=clip.parent))
    await until(lambda: "publication_opened lead" in doors.events.lines, 20)
    async with browser_page(doors) as page:
        await page.evaluate(VIEW, [doors.whep, "player"])
        await until_frames(page, 30)
        await hears(page, 880)
        await page.evaluate("player.restart()")
        await until_frames(page, await frames(page) + 30)
        await page.evaluate("player.stop()")
        await until(lambda: "subscriber_closed asked" in doors.events.lines, 10)


@needs_chromium
@needs_player
@needs_gstreamer
async def test_a_recorder_host_in_a_browser(
    doors: MediaDoors, scope: TaskScope, tmp_path: Path
) -> None:
    """H.264 High as cameras make it, passed on though the offer says another profile."""
    film = write_film(
        tmp_path / "film.mp4", options={"profile": "high", "preset": "fast", "bf": "0"}
    )
    reports: list[SourceReport] = []
    async with gst_server(launch(film), "digest") as camera, httpx.AsyncClient() as http:
        teacher = SourceTeacher(
            parse_address(camera.url, USER, PASSWORD),
            Door(doors.whip(Slot.LEAD), fixed_grant("recorder"), http),
            allowed=parse_networks(["127.0.0.0/8"]),
            on_report=reports.append,
        )
        scope.start("teach", teacher.keep())
        await until(lambda: "publication_opened lead" in doors.events.lines, 30, f"{reports}")
        async with browser_page(doors) as page:
            await page.evaluate(VIEW, [doors.whep, "player"])
            await until_frames(page, 45)
            await hears(page, 440)
        assert not reports[-1].is_recoding
        await scope.close()


@needs_chromium
@needs_player
async def test_whip_publisher_in_a_browser(doors: MediaDoors) -> None:
    async with browser_page(doors) as page:
        await page.evaluate(PUBLISH, [doors.whip(Slot.LEAD), "teacher"])
        async with viewer(doors) as watching:
            seen = watching.seen
            await until(lambda: seen.pictures[0].frames > 30, 20, "the fake camera")
            await until(lambda: seen.sounds[0].loudest > 0.01, 10, "the fake microphone")
        await page.evaluate("publisher.stop()")
        ended = "publication_closed lead asked"
        await until(lambda: ended in doors.events.lines, 10, "the DELETE")
