"""A lesson of music: planned as one, taught with an instrument on the left, heard on the left."""

import re
import wave
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.async_api import Page, expect

from tests.support.browser import camera_of_color, needs_chromium
from tests.support.demo import ADMINISTRATOR, TEACHER, DemoLesson, demo_lesson
from tests.support.screens import RED, RoomBoard, StaffDesk, TeacherDesk, screen

pytestmark = [pytest.mark.e2e, pytest.mark.long, needs_chromium, pytest.mark.timeout(180)]

LOUD = 0.2
MICROPHONE = """() => {
  const senders = window.probe.connections.flatMap(one => one.getSenders());
  const { noiseSuppression, autoGainControl, echoCancellation, channelCount } =
    senders.find(one => one.track && one.track.kind === 'audio').track.getSettings();
  return { noiseSuppression, autoGainControl, echoCancellation, channelCount };
}"""
SIDES = """async () => {
  const stream = document.querySelector('[data-slot="lead-voice"]').srcObject;
  const context = new AudioContext(); await context.resume();
  const sides = context.createChannelSplitter(2), found = [];
  context.createMediaStreamSource(stream).connect(sides);
  for (const side of [0, 1]) {
    const meter = context.createAnalyser(); meter.fftSize = 8192; sides.connect(meter, side);
    await new Promise(done => setTimeout(done, 500));
    const samples = new Float32Array(8192); meter.getFloatTimeDomainData(samples);
    found.push(Math.max(...samples.map(Math.abs)));
  }
  return found;
}"""
"""How loud the teacher's voice is in the left and in the right loudspeaker."""


AGREED = """() => {
  const [open] = window.probe.connections.filter(one => one.connectionState === 'connected');
  const voices = open.remoteDescription.sdp.split('m=').filter(part => part.startsWith('audio'));
  return {
    delays: open.getReceivers().map(receiver => receiver.jitterBufferTarget),
    asks: voices.map(voice => /a=rtcp-fb:\\d+ nack\\r/.test(voice)),
  };
}"""
"""How far behind the room plays each slot, and whether it asks again for each voice."""


def instrument_on_the_left(path: Path) -> str:
    """A flag: the fake microphone hums a tone, in one of its two channels."""
    times = np.arange(2 * 48_000) / 48_000
    left = (0.4 * 32767 * np.sin(2 * np.pi * RED.tone_hz * times)).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(48_000)
        file.writeframes(np.stack([left, np.zeros_like(left)], 1).tobytes())
    return f"--use-file-for-fake-audio-capture={path}"


@pytest.fixture
def demo() -> Iterator[DemoLesson]:
    """Nobody teaches yet."""
    with demo_lesson(is_taught=False) as demo:
        yield demo


async def sides_of(page: Page) -> list[float]:
    """Once it can be heard."""
    found: list[float] = []
    for _ in range(20):
        found = await page.evaluate(SIDES)
        if max(found) > LOUD:
            break
    return found


async def test_a_lesson_of_music_is_heard_in_stereo(demo: DemoLesson, tmp_path: Path) -> None:
    url, lesson_id = demo.service.url, demo.lesson()["lesson_id"]
    async with screen(StaffDesk, "office", url) as office:
        await office.sign_in(ADMINISTRATOR, demo.password)
        await office.page.wait_for_url(re.compile("(?<!login)$"))
        await office.page.goto(f"{url}/admin/lessons")
        await office.page.locator(f"[data-lesson={lesson_id}]").get_by_text("修改").click()
        dialog = office.page.get_by_role("dialog")
        await dialog.get_by_label("话筒收音").select_option("music")
        await office.shot("edit")
        await dialog.get_by_role("button", name="保存").click()
        await expect(dialog).to_have_count(0)
    assert demo.lesson()["sound_profile"] == "music"
    devices = [camera_of_color(tmp_path / "red.y4m", RED.color)]
    devices.append(instrument_on_the_left(tmp_path / "left.wav"))
    async with (
        screen(TeacherDesk, "teacher", url, *devices) as teacher,
        screen(RoomBoard, "room", url) as room,
    ):
        await room.join(demo.join_code(demo.rooms()[0]["room_id"]))
        await teacher.sign_in(TEACHER, demo.password)
        await teacher.page.wait_for_url(re.compile("(?<!login)$"))
        await teacher.page.goto(f"{url}/teach/{lesson_id}")
        await teacher.start()
        assert await teacher.page.evaluate(MICROPHONE) == {
            "noiseSuppression": False,
            "autoGainControl": False,
            "echoCancellation": True,
            "channelCount": 2,
        }
        await room.watches()
        agreed = await room.page.evaluate(AGREED)
        assert agreed["asks"] == [True, True]
        assert len(set(agreed["delays"])) == 1 and 400 <= agreed["delays"][0] <= 1_000
        left, right = await sides_of(room.page)
        assert left > LOUD and right < left / 10
