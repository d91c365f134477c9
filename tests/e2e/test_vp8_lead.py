"""A teacher whose browser has no H.264: parents see her all the same, or are told why not."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Page, expect

from tests.support.browser import PHONE, chromium, needs_chromium, new_page, open_context
from tests.support.demo import TEACHER, DemoLesson, demo_lesson
from tests.support.screens import RED, SHOTS, TeacherDesk, screen
from tests.support.waiting import SECOND

pytestmark = [pytest.mark.e2e, needs_chromium, pytest.mark.timeout(180)]

WITHOUT_H264 = """
for (const one of [RTCRtpSender, RTCRtpReceiver]) {
  const all = one.getCapabilities.bind(one);
  one.getCapabilities = kind => {
    const found = all(kind);
    return { ...found, codecs: found.codecs.filter(c => !/h264/i.test(c.mimeType)) };
  };
}
"""
"""As Chromium is built without licensed codecs, and Firefox before it has fetched OpenH264."""
PLAYING = """async ms => {
  const video = document.querySelector('.pic video');
  const frames = () => video.getVideoPlaybackQuality().totalVideoFrames;
  const canvas = new OffscreenCanvas(8, 8).getContext('2d');
  let first = null, color = [0, 0, 0];
  for (const end = Date.now() + ms; Date.now() < end; await new Promise(r => setTimeout(r, 200))) {
    canvas.drawImage(video, 0, 0, 8, 8);
    color = [...canvas.getImageData(4, 4, 1, 1).data.slice(0, 3)];
    if (first === null && color[0] > 100) first = frames();
    if (first !== null && frames() - first >= 30) break;
  }
  return { frames: first === null ? 0 : frames() - first, color, width: video.videoWidth };
}"""
"""Pictures shown since the first that was not black, and the last one's color."""
LIVE_MS = 40_000 * SECOND


@asynccontextmanager
async def taught(demo: DemoLesson) -> AsyncIterator[TeacherDesk]:
    """The lesson is live; its teacher sends VP8."""
    import pathlib, tempfile  # noqa: E401, PLC0415

    with tempfile.TemporaryDirectory() as folder:
        async with screen(
            TeacherDesk, "teacher", demo.service.url, *RED.flags(pathlib.Path(folder))
        ) as desk:
            await desk.page.add_init_script(WITHOUT_H264)
            await desk.sign_in(TEACHER, demo.password)
            await desk.check_devices()
            await desk.start()
            yield desk


def watch_link(demo: DemoLesson) -> str:
    """Of the class that the lesson is for."""
    (room, *_) = demo.rooms()
    made = demo.administrator.post(f"/api/rooms/{room['room_id']}/watch-link", json={})
    made.raise_for_status()
    return demo.service.url + str(made.json()["path"])


async def shot(page: Page, name: str) -> None:
    if SHOTS:
        await page.screenshot(path=f"{SHOTS}/vp8-{name}.png")


async def test_parents_see_a_teacher_who_sends_vp8() -> None:
    with demo_lesson(is_taught=False) as demo:
        async with taught(demo), chromium() as browser:
            parent = await new_page(await open_context(browser, PHONE))
            await parent.goto(watch_link(demo))
            await expect(parent.locator("[data-live]")).to_be_visible(timeout=LIVE_MS)
            shown = await parent.evaluate(PLAYING, LIVE_MS)
            await shot(parent, "seen-zh")
            assert shown["frames"] >= 30, shown
            red, green, blue = shown["color"]
            assert red > 140 and green < 100 and blue < 100, shown
            assert 0 < shown["width"] <= 640
            await expect(parent.locator("[data-lacks]")).to_have_count(0)
