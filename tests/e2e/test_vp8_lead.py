"""A teacher whose browser has no H.264: parents see her all the same, or are told why not."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from playwright.async_api import Page, expect

from tests.support.browser import DESK, PHONE, chromium, needs_chromium, new_page, open_context
from tests.support.demo import ADMINISTRATOR, TEACHER, DemoLesson, demo_lesson
from tests.support.screens import RED, SHOTS, RoomBoard, StaffDesk, TeacherDesk, screen
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
    with TemporaryDirectory() as folder:
        flags = RED.flags(Path(folder))
        async with screen(TeacherDesk, "teacher", demo.service.url, *flags) as desk:
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


@pytest.mark.long
@pytest.mark.parametrize(
    ("locale", "seen", "told"),
    [
        ("zh-CN", "老师发来的画面这里放不了", "看不到您"),
        ("en", "can't be played on this page", "can't see you"),
    ],
)
async def test_who_sees_nothing_is_told_so_and_so_is_she(locale: str, seen: str, told: str) -> None:
    """Where nothing is transcoded."""
    off = {"STREAMSVC_MEDIA__TRANSCODE": "false"}
    with demo_lesson(is_taught=False, environment=off) as demo:
        async with taught(demo) as desk, chromium() as browser:
            parent = await new_page(await open_context(browser, PHONE, locale))
            await parent.goto(f"{watch_link(demo)}?lang={locale[:2]}")
            await expect(parent.get_by_text(seen)).to_be_visible(timeout=LIVE_MS)
            await shot(parent, f"off-{locale[:2]}")
            chip = desk.page.locator("[data-lacks=no-h264-lead]")
            await expect(chip).to_be_visible(timeout=LIVE_MS)
            if locale == "en":
                await desk.page.goto(f"{desk.page.url}?lang=en")
            await expect(desk.page.get_by_text(told)).to_be_visible(timeout=LIVE_MS)
            await shot(desk.page, f"off-desk-{locale[:2]}")


@pytest.mark.long
async def test_a_full_machine_is_named_as_the_reason() -> None:
    """Her camera has the one transcoder there may be; her screen has none."""
    one = {"STREAMSVC_MEDIA__MOST_TRANSCODERS": "1"}
    with demo_lesson(is_taught=False, environment=one) as demo:
        async with taught(demo) as desk, chromium() as browser:
            parent = await new_page(await open_context(browser, PHONE))
            await parent.goto(watch_link(demo))
            assert (await parent.evaluate(PLAYING, LIVE_MS))["frames"] >= 30
            await desk.share_screen()
            await expect(parent.get_by_text("服务器现在很忙")).to_be_visible(
                timeout=90_000 * SECOND
            )
            await expect(desk.page.locator("[data-lacks=no-h264-screen-full]")).to_be_visible(
                timeout=LIVE_MS
            )
            await shot(parent, "full-zh")
            office = StaffDesk(
                "office", await new_page(await open_context(browser, DESK)), desk.url
            )
            await office.sign_in(ADMINISTRATOR, demo.password)
            await office.page.wait_for_url("**/today")
            for locale, words in (
                ("zh", "同时转换的画面已经满了"),
                ("en", "as many pictures as it can"),
            ):
                await office.page.goto(f"{desk.url}/admin/rooms?lang={locale}")
                await expect(office.page.get_by_text(words)).to_be_visible(timeout=LIVE_MS)
                await shot(office.page, f"full-office-{locale}")
            await shot(desk.page, "full-desk-zh")


@pytest.mark.long
async def test_a_room_whose_browser_has_no_h264_sees_an_h264_lesson() -> None:
    """Beside one that has it, and goes on with what the teacher sends."""
    with demo_lesson() as demo:
        first, second, *_ = demo.rooms()
        url = demo.service.url
        async with screen(RoomBoard, "with", url) as near, screen(RoomBoard, "without", url) as old:
            await near.join(demo.join_code(first["room_id"]))
            await near.moves("lead", seconds=40)
            await old.page.add_init_script(WITHOUT_H264)
            await old.join(demo.join_code(second["room_id"]))
            await old.moves("lead", frames=30, seconds=40)
            await old.shot("vp8-room")
            assert await codecs(old.page) == {"video/VP8"}
            assert await codecs(near.page) == {"video/H264"}
            await old.moves("lead", frames=30, seconds=20)


async def codecs(page: Page) -> set[str]:
    """Of the pictures that arrive."""
    return set(
        await page.evaluate(
            """async () => {
              const found = [];
              for (const connection of probe.connections) {
                const stats = await connection.getStats();
                for (const s of stats.values())
                  if (s.type === 'inbound-rtp' && s.kind === 'video' && s.framesDecoded > 0)
                    found.push(stats.get(s.codecId).mimeType);
              }
              return found;
            }"""
        )
    )
