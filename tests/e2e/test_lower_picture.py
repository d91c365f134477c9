"""A room on 150 kbit/s watches a lesson whose only picture is one of 2 Mbit/s: played by us, and
pushed by RTMP from a recorder host."""

import socket
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.async_api import Page

from relay.client.clip import Scene, write_clip
from relay.client.http_session import fixed_grant
from relay.client.whep import WhepViewer
from tests.support.browser import in_namespace, needs_chromium
from tests.support.demo import DemoLesson, clip_teaches, demo_lesson
from tests.support.link.places import FarRoom, places, why_not
from tests.support.payloads import follow, in_order, kept_payloads, sent_payloads
from tests.support.pushers import AAC, FFMPEG
from tests.support.screens import RoomBoard, screen
from tests.support.service import free_tcp_port
from tests.support.waiting import SECOND, until, until_sync

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.long,
    needs_chromium,
    pytest.mark.timeout(240),
    pytest.mark.skipif(bool(why_not()), reason=why_not()),
]

SOURCE_BPS = 2_000_000
LINK_BPS = 150_000
ROUND_TRIP = 0.3
FIRST_SECONDS = 60
LOOK_SECONDS = 20
LEAST_FRAMES = 60
"""In that time: three a second, of ten that are made."""
COMPARED = 300
"""Packets: a second or two."""
FU_A = 28
MOST_CONCEALED = 0.02
"""Of the voice."""
VOICE = """async () => {
  const found = {total: 0, concealed: 0};
  for (const connection of probe.connections)
    for (const s of (await connection.getStats()).values())
      if (s.type === 'inbound-rtp' && s.kind === 'audio') {
        found.total += s.totalSamplesReceived || 0;
        found.concealed += (s.concealedSamples || 0) - (s.silentConcealedSamples || 0);
      }
  return found;
}"""
HEIGHT = "document.querySelector('video[data-slot=lead]').videoHeight"
_GRAIN = np.random.default_rng(1).integers(40, 200, (720, 1280, 3), np.uint8)


def _draw(scene: Scene, seconds: float) -> NDArray[np.uint8]:
    """It moves everywhere: an encoder spends all it may on it."""
    return np.roll(_GRAIN // 4, int(seconds * 50), axis=1)


@dataclass(frozen=True)
class Lesson:
    """One that is taught by a file, and the link of the room that is far."""

    demo: DemoLesson
    link: FarRoom
    away: str

    def transcoders(self) -> float:
        """At work now."""
        text = httpx.get(f"{self.demo.service.url}/metrics").text
        found = [x for x in text.splitlines() if x.startswith("streamsvc_relay_transcoders ")]
        return float(found[0].split()[1])


@pytest.fixture(params=["played", "pushed"])
def lesson(request: pytest.FixtureRequest, source: Path) -> Iterator[Lesson]:
    port = free_tcp_port()
    with ExitStack() as stack:
        center, (link,) = stack.enter_context(places(rooms=1))
        stack.enter_context(center.entered())
        environment = {"STREAMSVC_MEDIA__RTMP_PORT": str(port)}
        demo = stack.enter_context(demo_lesson(is_taught=False, environment=environment))
        if request.param == "played":
            stack.enter_context(clip_teaches(demo, "--file", str(source), "--no-screen"))
        else:
            stack.enter_context(pushed(demo, source, port))
        demo.wait_live()
        yield Lesson(demo, link, f"http://{center.address}:{demo.service.port}")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Six seconds of it, as a sender has them."""
    path = tmp_path / "source.mp4"
    scene = Scene("source", 1280, 720, 20, SOURCE_BPS, _draw, has_sound=True)
    write_clip(path, scene, duration_seconds=6)
    return path


@contextmanager
def pushed(demo: DemoLesson, source: Path, port: int) -> Iterator[None]:
    """As a recorder host does: its picture as it is, over and over."""
    path = f"/api/lessons/{demo.lesson()['lesson_id']}/stream-keys"
    key = demo.teacher.post(path, json={}).raise_for_status().json()["key"]
    until_sync(lambda: _listens(port), 60, "the process that takes pushes has started")
    url = f"rtmp://127.0.0.1:{port}/live/{key}"
    play = ["-re", "-stream_loop", "-1", "-i", str(source), "-c:v", "copy", *AAC]
    command = [*FFMPEG, *play, "-f", "flv", url]
    with source.with_suffix(".log").open("wb") as log:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        yield
    finally:
        process.kill()
        process.wait(15)


def _listens(port: int) -> bool:
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", port)) == 0


def fragments(payloads: Iterable[bytes]) -> list[bytes]:
    """Those of large pictures: parameter sets stand before key frames, where a sender likes."""
    return [payload for payload in payloads if payload[0] & 0x1F == FU_A]


async def gets_what_is_sent(lesson: Lesson, source: Path) -> None:
    """A viewer beside the service has the source's packets, byte by byte, none left out."""
    grant = lesson.demo.watching_grant()
    async with httpx.AsyncClient() as http:
        url = lesson.demo.service.url + grant["whep"]
        viewer = WhepViewer(url, fixed_grant(grant["grant"]), http=http)
        kept = kept_payloads(viewer.peer)
        try:
            await viewer.view()
            await until(lambda: len(kept) > 2 * COMPARED, 30, "packets")
        finally:
            await viewer.close()
    # the first ones may be those that were kept for who comes late
    came = fragments(in_order(kept))[-COMPARED:]
    assert len(came) == COMPARED
    assert follow(came, fragments(sent_payloads(source)))


async def frames(page: Page) -> int:
    """Shown within `LOOK_SECONDS`."""
    look = "([slot, more, ms]) => probe.moves(slot, more, ms)"
    return int(await page.evaluate(look, ["lead", 10_000, 1000 * LOOK_SECONDS]))


@dataclass(frozen=True)
class Voice:
    """Samples so far."""

    total: int
    concealed: int

    def since(self, before: "Voice") -> float:
        """Share that was concealed from then on."""
        return (self.concealed - before.concealed) / (self.total - before.total)


async def voice(page: Page) -> Voice:
    """Of what the room hears."""
    return Voice(**await page.evaluate(VOICE))


async def is_high(page: Page, lines: int) -> None:
    """The picture has so many lines, soon."""
    for _ in range(int(FIRST_SECONDS * SECOND)):
        if await page.evaluate(HEIGHT) == lines:
            return
        await page.wait_for_timeout(1000)
    raise AssertionError(f"{await page.evaluate(HEIGHT)} lines, not {lines}")


async def test_a_room_on_150_kbit_watches_a_picture_of_2_mbit(
    lesson: Lesson, source: Path, tmp_path: Path
) -> None:
    lesson.link.set(down_bps=2_000_000, up_bps=128_000, round_trip=ROUND_TRIP)
    rooms = lesson.demo.rooms()
    trusted = f"--unsafely-treat-insecure-origin-as-secure={lesson.away}"
    far_browser = in_namespace(lesson.link.name, tmp_path)
    async with (
        screen(RoomBoard, "near", lesson.demo.service.url) as near,
        screen(RoomBoard, "far", lesson.away, trusted, executable=far_browser) as far,
    ):
        await near.join(lesson.demo.join_code(rooms[0]["room_id"]))
        await near.moves("lead", seconds=FIRST_SECONDS * SECOND)
        await is_high(near.page, 720)
        # the page itself, 200 kB, came over a better link
        await far.join(lesson.demo.join_code(rooms[1]["room_id"]))
        lesson.link.set(down_bps=LINK_BPS, up_bps=128_000, round_trip=ROUND_TRIP)
        await far.page.wait_for_timeout(1000 * LOOK_SECONDS * SECOND)
        await far.moves("lead", frames=30, seconds=FIRST_SECONDS * SECOND)
        assert lesson.transcoders() == 1
        before, near_before = await voice(far.page), await voice(near.page)
        shown = await frames(far.page)
        after, near_after = await voice(far.page), await voice(near.page)
        await far.shot("150k")
        concealed, here = after.since(before), near_after.since(near_before)
        height = await far.page.evaluate(HEIGHT)
        print(f"{shown} pictures of {height} lines, {concealed:.2%} of the voice concealed")
        print(f"beside the service {here:.2%}")
        assert shown >= LEAST_FRAMES
        assert height < 360
        assert concealed <= MOST_CONCEALED
        assert await near.page.evaluate(HEIGHT) == 720
        await gets_what_is_sent(lesson, source)
