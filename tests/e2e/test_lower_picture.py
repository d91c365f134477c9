"""A room on 150 kbit/s watches a lesson whose only picture is one of 2 Mbit/s."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx
import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.async_api import Page

from relay.client.clip import Scene, write_clip
from tests.support.browser import in_namespace, needs_chromium
from tests.support.demo import DemoLesson, clip_teaches, demo_lesson
from tests.support.link.places import FarRoom, places, why_not
from tests.support.screens import RoomBoard, screen
from tests.support.waiting import SECOND

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


@pytest.fixture
def lesson(tmp_path: Path) -> Iterator[Lesson]:
    source = tmp_path / "source.mp4"
    scene = Scene("source", 1280, 720, 20, SOURCE_BPS, _draw, has_sound=True)
    write_clip(source, scene, duration_seconds=6)
    with ExitStack() as stack:
        center, (link,) = stack.enter_context(places(rooms=1))
        stack.enter_context(center.entered())
        demo = stack.enter_context(demo_lesson(is_taught=False))
        stack.enter_context(clip_teaches(demo, "--file", str(source), "--no-screen"))
        demo.wait_live()
        yield Lesson(demo, link, f"http://{center.address}:{demo.service.port}")


async def frames(page: Page) -> int:
    """Shown within `LOOK_SECONDS`."""
    look = "([slot, more, ms]) => probe.moves(slot, more, ms)"
    return int(await page.evaluate(look, ["lead", 10_000, 1000 * LOOK_SECONDS]))


async def is_high(page: Page, lines: int) -> None:
    """The picture has so many lines, soon."""
    for _ in range(int(FIRST_SECONDS * SECOND)):
        if await page.evaluate(HEIGHT) == lines:
            return
        await page.wait_for_timeout(1000)
    raise AssertionError(f"{await page.evaluate(HEIGHT)} lines, not {lines}")


async def test_a_room_on_150_kbit_watches_a_picture_of_2_mbit(
    lesson: Lesson, tmp_path: Path
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
        before = await far.page.evaluate(VOICE)
        shown = await frames(far.page)
        after = await far.page.evaluate(VOICE)
        await far.shot("150k")
        concealed = (after["concealed"] - before["concealed"]) / (after["total"] - before["total"])
        height = await far.page.evaluate(HEIGHT)
        print(f"{shown} pictures of {height} lines, {concealed:.2%} of the voice concealed")
        assert shown >= LEAST_FRAMES
        assert height < 360
        assert concealed <= MOST_CONCEALED
        assert await near.page.evaluate(HEIGHT) == 720
