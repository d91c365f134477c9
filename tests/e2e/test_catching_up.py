"""A room that was cut off plays what it missed, faster, with slides in step, and is live again."""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.browser import in_namespace, needs_chromium
from tests.support.demo import DemoLesson, demo_lesson
from tests.support.lesson_client import lesson_client
from tests.support.link.carrier import CENTER_ADDRESS
from tests.support.link.places import FarRoom, places, why_not
from tests.support.screens import BLUE, RoomBoard, screen
from tests.support.waiting import SECOND

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.long,
    needs_chromium,
    pytest.mark.timeout(300),
    pytest.mark.skipif(bool(why_not()), reason=why_not()),
]

CUT_SECONDS = 12.0
LOOK = """() => {
  const video = document.querySelector('video[data-slot=behind]');
  const scene = document.querySelector('.lesson');
  return {
    behind: scene && scene.dataset.behind ? Number(scene.dataset.behind) : null,
    at: video ? video.currentTime : null, rate: video ? video.playbackRate : null,
    ahead: video && video.buffered.length
      ? video.buffered.end(video.buffered.length - 1) - video.currentTime : null,
    pitch: video ? video.preservesPitch : null, ready: video ? video.readyState : null,
    played: video ? video.volume : 0,
    live: document.querySelector('audio[data-slot=lead-voice]').volume,
    says: (document.querySelector('.say') || {}).innerText || '',
    slide: (document.querySelector('.slide [role=img]') || {ariaLabel: ''}).ariaLabel,
  };
}"""


@pytest.fixture
def place() -> Iterator[tuple[DemoLesson, FarRoom]]:
    """A lesson that is taught, and a room's link to it."""
    with places(rooms=1) as (center, (room,)), center.entered(), demo_lesson() as demo:
        yield demo, room


async def test_a_room_that_was_cut_off_catches_up(
    place: tuple[DemoLesson, FarRoom], tmp_path: Path
) -> None:
    demo, link = place
    url = f"http://{CENTER_ADDRESS}:{demo.service.port}"
    trusted = f"--unsafely-treat-insecure-origin-as-secure={url}"
    executable = in_namespace(link.name, tmp_path)
    flags = (trusted, *BLUE.flags(tmp_path))
    address, lesson = f"127.0.0.1:{demo.service.port}", demo.lesson()["lesson_id"]
    async with (
        screen(RoomBoard, "behind", url, *flags, executable=executable) as board,
        lesson_client(address, lesson) as lead,
    ):
        link.set(round_trip=0.06, down_bps=4_000_000, up_bps=256_000)
        await lead.hello(demo.grant()["grant"])
        await board.join(demo.join_code(demo.rooms()[0]["room_id"]))
        await board.moves("lead", frames=60, seconds=60)
        await asyncio.sleep(9 * SECOND)
        link.cut()
        await asyncio.sleep(CUT_SECONDS)
        link.mend()
        began, looks = time.monotonic(), []
        while time.monotonic() - began < 150:
            looks.append({"s": round(time.monotonic() - began, 1)} | await board.page.evaluate(LOOK))
            if len(looks) in (12, 60):
                await board.shot(f"behind-{len(looks)}")
            if len(looks) > 20 and looks[-1]["at"] is None:
                break
            await asyncio.sleep(0.25)
        await board.shot("live")
        for look in looks[::4]:
            print(look)
