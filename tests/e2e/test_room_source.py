"""A lead room's recorder host: set and tested by an administrator, taught from by one click."""

import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.support.browser import needs_chromium, open_context
from tests.support.demo import ADMINISTRATOR, DemoLesson, demo_lesson
from tests.support.pushers import write_scene
from tests.support.rtsp_servers import (
    PASSWORD,
    TONE,
    USER,
    gst_server,
    launch,
    middle,
    needs_gstreamer,
)
from tests.support.screens import GREEN, StaffDesk, screen
from tests.support.service import Service
from tests.support.taught_rooms import taught_room
from tests.support.waiting import SECOND

pytestmark = [pytest.mark.e2e, pytest.mark.long, needs_chromium, pytest.mark.timeout(240)]

LOOK_MS = 40_000 * SECOND


@pytest.fixture
def demo() -> Iterator[DemoLesson]:
    """A lesson due now that nobody teaches; its cameras are on this machine."""
    environment = {"STREAMSVC_MEDIA__SOURCE_NETWORKS": '["127.0.0.1/32"]'}
    with demo_lesson(is_taught=False, environment=environment) as demo:
        yield demo


def pullers(service: Service) -> list[int]:
    """Processes that pull: they name this service's data, and nothing that is secret."""
    sign = str(service.data / "room_sources")
    found = []
    for entry in Path("/proc").iterdir():
        try:
            words = (entry / "cmdline").read_text()
        except (OSError, ValueError):
            continue
        if sign in words and "teach" in words:
            assert PASSWORD not in words
            found.append(int(entry.name))
    return found


async def try_address(desk: StaffDesk, address: str, password: str, found: str) -> None:
    """Type it, test it, and wait for what is said."""
    page = desk.page
    await page.locator("[name=address]").fill(address)
    await page.locator("[name=source-user]").fill(USER)
    await page.locator("[name=source-password]").fill(password)
    await page.locator("[data-action=test]").click()
    await expect(page.locator("[data-look]")).to_have_attribute("data-look", found, timeout=LOOK_MS)
    await desk.shot(found)


async def set_source(desk: StaffDesk, address: str) -> None:
    """By the administrator; what was wrong was told before."""
    page = desk.page
    await page.goto(f"{desk.url}/admin/rooms")
    await page.locator("[data-action=room-source]").click()
    await try_address(desk, "rtsp://169.254.169.254/x", "", "source-address-refused")
    await try_address(desk, address, "wrong", "source-password-wrong")
    await try_address(desk, address, PASSWORD, "fine")
    await desk.says(re.compile("画面 H.264 320×240，声音 G.711"))
    await desk.button("保存").click()
    await desk.says("已保存")
    await desk.shot("saved")
    text = await page.content()
    assert PASSWORD not in text and "/lesson" not in text


async def in_english(desk: StaffDesk) -> None:
    """What the administrator sees there."""
    browser = desk.page.context.browser
    assert browser is not None
    context = await open_context(browser, desk.viewport, "en")
    await context.add_cookies(await desk.page.context.cookies())  # type: ignore[arg-type]
    english = StaffDesk("admin-en", await context.new_page(), desk.url)
    await english.page.goto(f"{desk.url}/admin/rooms")
    await english.page.locator("[data-action=room-source]").click()
    await english.page.locator("[data-action=test]").click()
    look = english.page.locator("[data-look]")
    await expect(look).to_have_attribute("data-look", "fine", timeout=LOOK_MS)
    await english.shot("kept")


@needs_gstreamer
async def test_a_lesson_is_taught_from_a_rooms_recorder_host(
    demo: DemoLesson, tmp_path: Path
) -> None:
    film = write_scene(tmp_path / "film.mp4", GREEN.color, GREEN.tone_hz)
    tone = TONE.replace("440", str(GREEN.tone_hz)).format(rate=8000)
    pipeline = launch(film, "rtph264pay", f"{tone}mulawenc ! rtppcmupay pt=0")
    async with gst_server(pipeline, "digest") as camera, middle(camera.port) as between:
        async with screen(StaffDesk, "admin", demo.service.url) as admin:
            await admin.sign_in(ADMINISTRATOR, demo.password)
            await admin.page.wait_for_url("**/today")
            await set_source(admin, between.url)
            await in_english(admin)
        async with taught_room(demo) as lesson:
            page = lesson.desk.page
            await page.locator("[data-action=stream-keys]").click()
            await lesson.desk.shot("choices")
            await page.locator("[data-action=teach-from-room]").click()
            await expect(page.locator("[data-action=stop-room]")).to_be_visible()
            await lesson.desk.shot("chosen")
            await page.keyboard.press("Escape")
            await lesson.is_taught(GREEN)
            assert demo.lesson()["state"] == "live"  # by itself: it was due
            await lesson.desk.shot("taught")
            between.is_stalled = True
            await lesson.page_says("waiting", "五秒没有画面")
            between.is_stalled = False
            await lesson.is_taught(GREEN)
            (puller,) = pullers(demo.service)
            os.kill(puller, signal.SIGKILL)
            await lesson.room.says("老师那边断开了")
            await lesson.is_taught(GREEN)
            assert pullers(demo.service) not in ([], [puller])
    assert PASSWORD not in demo.service.words()
