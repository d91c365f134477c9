"""A room that was cut off plays what it missed, faster, with slides in step, and is live again."""

import asyncio
import re
import statistics
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import expect

from tests.support import papers
from tests.support.browser import in_namespace, needs_chromium
from tests.support.demo import DemoLesson, clip_teaches, demo_lesson
from tests.support.lesson_client import LessonClient, lesson_client
from tests.support.link.carrier import CENTER_ADDRESS
from tests.support.link.places import FarRoom, places, why_not
from tests.support.screens import BLUE, RoomBoard, screen
from tests.support.waiting import SECOND, until

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.long,
    needs_chromium,
    pytest.mark.timeout(300),
    pytest.mark.skipif(bool(why_not()), reason=why_not()),
]

CUT_SECONDS = 12.0
LIVE_WITHIN_SECONDS = 120
LOOK = """() => {
  const video = document.querySelector('video[data-slot=behind]');
  const { behind } = document.querySelector('.lesson').dataset;
  return {
    now: performance.now() / 1000, behind: behind === undefined ? null : Number(behind),
    at: video ? video.currentTime : null, rate: video ? video.playbackRate : 1,
    keepsPitch: video ? video.preservesPitch : null, isReady: video ? video.readyState > 2 : false,
    live: document.querySelector('audio[data-slot=lead-voice]').volume,
    slide: (document.querySelector('.slide [role=img]') || document.body).ariaLabel,
  };
}"""


@pytest.fixture
def place() -> Iterator[tuple[DemoLesson, FarRoom]]:
    """A lesson that is taught with slides instead of a shared screen, and a room's link to it."""
    with (
        places(rooms=1) as (center, (room,)),
        center.entered(),
        demo_lesson(is_taught=False) as demo,
        clip_teaches(demo, "--no-screen"),
    ):
        demo.wait_live()
        yield demo, room


@asynccontextmanager
async def far_board(
    place: tuple[DemoLesson, FarRoom], folder: Path, name: str
) -> AsyncIterator[tuple[RoomBoard, LessonClient]]:
    """A room behind a good link that has seen some of the lesson, and its lead."""
    demo, link = place
    url = f"http://{CENTER_ADDRESS}:{demo.service.port}"
    trusted = f"--unsafely-treat-insecure-origin-as-secure={url}"
    executable = in_namespace(link.name, folder)
    flags = (trusted, *BLUE.flags(folder))
    address, lesson = f"127.0.0.1:{demo.service.port}", demo.lesson()["lesson_id"]
    async with screen(RoomBoard, name, url, *flags, executable=executable) as board:
        link.set(round_trip=0.06, down_bps=4_000_000, up_bps=256_000)
        await board.join(demo.join_code(demo.rooms()[0]["room_id"]))
        await board.moves("lead", frames=60, seconds=60)
        await asyncio.sleep(9 * SECOND)  # the code for it has come
        async with lesson_client(address, lesson) as lead:
            await lead.hello(demo.grant()["grant"])
            yield board, lead


async def take_offer(board: RoomBoard) -> None:
    """Few rooms talk with the teacher: the helper decides."""
    await board.says(re.compile("可以补听"), seconds=20)
    await board.shot("offer")
    await board.page.keyboard.press("Enter")
    played = board.page.locator("video[data-slot=behind]")
    await expect(played).to_be_attached(timeout=20_000 * SECOND)


async def test_a_room_that_was_cut_off_catches_up(
    place: tuple[DemoLesson, FarRoom], tmp_path: Path
) -> None:
    _, link = place
    async with far_board(place, tmp_path, "behind") as (board, lead):
        link.cut()
        for number in range(1, 7):
            slide = {"courseware_id": None, "number": number}
            assert await lead.ask("turn_slide", slide=slide) == "done"
            await asyncio.sleep(CUT_SECONDS / 6)
        link.mend()
        await take_offer(board)
        looks: list[dict[str, Any]] = []
        began = time.monotonic()
        while not looks or looks[-1]["at"] is not None:
            assert time.monotonic() - began < LIVE_WITHIN_SECONDS * SECOND, looks[-1]
            looks.append(await board.page.evaluate(LOOK))
            if len(looks) in (80, 300):
                await board.shot(f"behind-{len(looks)}")
            await asyncio.sleep(0.1)
        await board.shot("live")
        await board.moves("lead", frames=5, seconds=20)
    check(looks)


def check(looks: list[dict[str, Any]]) -> None:
    """Faster, with its pitch, nobody heard twice, each page in its turn, and then live."""
    played = [look for look in looks if look["behind"] is not None and look["at"]]
    steady = [look for look in played if look["isReady"] and look["rate"] == 1.2][10:]
    last = steady[-1]
    speed = statistics.median(
        (later["at"] - look["at"]) / (later["now"] - look["now"])
        for look, later in zip(steady, steady[10:], strict=False)
    )
    most = max(look["behind"] for look in played)
    print(f"caught up {most} s in {last['now'] - steady[0]['now']:.0f} s at {speed:.2f}x")
    assert most >= CUT_SECONDS
    assert speed == pytest.approx(1.2, abs=0.1)
    assert all(look["keepsPitch"] and look["live"] == 0 for look in steady[:-20])
    assert last["behind"] < most / 2
    seen = list(dict.fromkeys(look["slide"] for look in played if look["slide"]))
    assert [page for page in seen if "白板" in page] == [f"白板第 {n} 页" for n in range(1, 7)]
    assert looks[-1]["live"] == 1 or looks[-2]["live"] > 0


async def test_a_lesson_that_ends_meanwhile_is_heard_to_its_end(
    place: tuple[DemoLesson, FarRoom], tmp_path: Path
) -> None:
    _, link = place
    async with far_board(place, tmp_path, "ending") as (board, lead):
        link.cut()
        await asyncio.sleep(CUT_SECONDS)
        link.mend()
        await take_offer(board)
        await expect(board.page.locator(".lesson[data-behind]")).to_be_visible()
        assert await lead.ask("end_lesson") == "done"
        await board.says(re.compile("老师已下课，正在放完剩下的"), seconds=20)
        await board.shot("rest")
        behind = await board.page.locator(".lesson").get_attribute("data-behind")
        assert behind is not None and float(behind) > CUT_SECONDS / 2
        began = time.monotonic()
        await board.says(re.compile("下课了"), seconds=60)
        assert time.monotonic() - began > float(behind) / 2, "it was played, not left out"
        await board.shot("over")


async def show_slide(demo: DemoLesson) -> None:
    """The second page of a file, on everybody's board."""
    lesson_id = demo.lesson()["lesson_id"]
    path = f"/api/lessons/{lesson_id}/courseware"
    added = demo.teacher.post(path, params={"name": "面积.pdf"}, content=papers.pdf(2))
    slide = {"courseware_id": added.raise_for_status().json()["courseware_id"], "number": 2}
    is_made = lambda: demo.teacher.get(path).json()[0]["status"] == "ready"  # noqa: E731
    await until(is_made, 60, "the slides are made")
    async with lesson_client(f"127.0.0.1:{demo.service.port}", lesson_id) as lead:
        await lead.hello(demo.grant()["grant"])
        assert await lead.ask("turn_slide", slide=slide) == "done"


async def test_where_no_live_path_comes_about_the_recording_is_followed(tmp_path: Path) -> None:
    with demo_lesson(is_taught=False) as demo, clip_teaches(demo, "--no-screen"):
        demo.wait_live()
        await show_slide(demo)
        flags = BLUE.flags(tmp_path)
        async with screen(RoomBoard, "follows", demo.service.url, *flags) as board:
            await board.page.route("**/whep/**", lambda route: route.abort())
            await board.join(demo.join_code(demo.rooms()[0]["room_id"]))
            await board.says(re.compile("直播连不上，正在[取看]录播"), seconds=60)
            await board.moves("behind", frames=30, seconds=30)
            shown = board.page.locator(".slide [data-picture=sharp]")
            await expect(shown).to_be_visible(timeout=30_000 * SECOND)
            await board.shot("follows")
            await expect(board.page.locator(".lesson[data-behind]")).to_be_visible()
            await board.says(re.compile("正在用网页方式看直播"), seconds=90)
            await board.moves("behind", frames=30, seconds=30)
            near = ", ".join(f".lesson[data-behind='{seconds}']" for seconds in (1, 2, 3))
            await expect(board.page.locator(near)).to_be_visible(timeout=150_000 * SECOND)
            await expect(shown).to_be_visible()
            await board.shot("follows-live")
            await board.page.unroute("**/whep/**")
            await board.moves("lead", frames=5, seconds=60)
            await board.says(re.compile("1.2 倍速"), seconds=20)
            await board.shot("live-soon")
            await board.page.keyboard.press("l")
            await expect(board.page.locator("video[data-slot=behind]")).to_have_count(0)
            await board.shot("live")
