"""A classroom in Firefox ESR, which has VP8 but, as Debian ships it, no H.264."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from tests.support.browser import BOARD, CHROMIUM, QUIET, needs_chromium
from tests.support.demo import DemoLesson, demo_lesson
from tests.support.firefox import FirefoxPage, firefox, needs_firefox
from tests.support.screens import RED

pytestmark = [pytest.mark.e2e, needs_firefox, needs_chromium]

BEEP_HERTZ = 880
HEARD = 0.05
"""A tenth of what the clip's beep and the fake microphone reach; silence is far below."""
WHY = "这个浏览器放不了这节课的画面。换用 Chrome 或 Edge 就能看到。"
PUBLISH_VP8 = """
async ([path, grant]) => {
  const pc = window.teacher = new RTCPeerConnection();
  const stream = await navigator.mediaDevices.getUserMedia({
    video: { width: 640, height: 360 },
    audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false },
  });
  for (const track of stream.getTracks()) {
    const transceiver = pc.addTransceiver(track, { direction: 'sendonly', streams: [stream] });
    const codecs = RTCRtpSender.getCapabilities('video').codecs;
    if (track.kind === 'video')
      transceiver.setCodecPreferences(codecs.filter(codec => codec.mimeType === 'video/VP8'));
  }
  await pc.setLocalDescription(await pc.createOffer());
  const answer = await fetch(path, { method: 'POST', body: pc.localDescription.sdp,
    headers: { 'Content-Type': 'application/sdp', Authorization: 'Bearer ' + grant } });
  await pc.setRemoteDescription({ type: 'answer', sdp: await answer.text() });
  return answer.status;
}
"""


@contextmanager
def vp8_teacher(demo: DemoLesson, folder: Path) -> Iterator[None]:
    """A Chromium that takes the lesson over and teaches it in VP8."""
    flags = [*QUIET, "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=[*flags, *RED.flags(folder)]
        )
        page = browser.new_page(permissions=["camera", "microphone"])
        page.goto(f"{demo.service.url}/login")
        grant = demo.grant()
        path = f"{grant['whip']['lead']}?take_over=1"
        assert page.evaluate(PUBLISH_VP8, [path, grant["grant"]]) == 201
        yield
        browser.close()


def _join(page: FirefoxPage, demo: DemoLesson) -> None:
    code = demo.join_code(demo.rooms()[0]["room_id"])
    page.goto(f"{demo.service.url}/join?code={code}")
    page.until("location.pathname === '/room' && document.readyState === 'complete'")
    page.prepare()


def _hears(page: FirefoxPage, hz: int) -> None:
    page.until(f"await heard('lead-voice', {hz}, 1500) > {HEARD}", 20, f"{hz} Hz")


def test_firefox_sees_h264_lessons_too_and_vp8_ones(tmp_path: Path) -> None:
    """VP8 is made for it of the first."""
    with demo_lesson() as demo, firefox(BOARD) as page:
        _join(page, demo)
        _hears(page, BEEP_HERTZ)
        page.until("probe.frames().lead > 15", 30, "VP8 made of H.264")
        page.until(f"!document.body.innerText.includes('{WHY}')", 5)
        page.screenshot(tmp_path / "h264.png")
        with vp8_teacher(demo, tmp_path):
            _hears(page, RED.tone_hz)
            assert page.evaluate("probe.moves('lead', 15, 10000)") >= 15
            page.screenshot(tmp_path / "vp8.png")


@pytest.mark.long
def test_where_nothing_is_converted_firefox_hears_and_says_why(tmp_path: Path) -> None:
    off = {"STREAMSVC_MEDIA__TRANSCODE": "false"}
    with demo_lesson(environment=off) as demo, firefox(BOARD) as page:
        _join(page, demo)
        _hears(page, BEEP_HERTZ)
        page.until(f"document.body.innerText.includes('{WHY}')", 15)
        assert page.evaluate("probe.frames().lead") == 0
        with vp8_teacher(demo, tmp_path):
            page.until("probe.frames().lead > 15", 20, "VP8 pictures")
            page.until(f"!document.body.innerText.includes('{WHY}')", 5)
