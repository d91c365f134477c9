"""Real Chromium for the tests, with devices that are not there: camera, microphone, screen."""

import os
import shutil
import stat
import wave
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import pytest
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

CHROMIUM = os.environ.get("STREAMSVC_CHROMIUM", "/usr/bin/chromium")
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-renderer-backgrounding",
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
)
FAKE_DEVICES = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
AUTOPLAY = "--autoplay-policy=no-user-gesture-required"
BOARD = {"width": 1366, "height": 768}
DESK = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}

needs_chromium = pytest.mark.skipif(
    shutil.which(CHROMIUM) is None, reason="Debian's chromium is not installed"
)


@asynccontextmanager
async def chromium(
    *more: str, autoplay: bool = True, executable: str = CHROMIUM, env: dict[str, str] | None = None
) -> AsyncIterator[Browser]:
    """One browser process with fake devices."""
    flags = [*QUIET, *FAKE_DEVICES, *more, *([AUTOPLAY] if autoplay else [])]
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=executable,
            headless=True,
            args=flags,
            env={**os.environ, **(env or {})} if env else None,
        )
        try:
            yield browser
        finally:
            await browser.close()


async def open_context(
    browser: Browser, viewport: dict[str, int], locale: str = "zh-CN", **options: object
) -> BrowserContext:
    """A fresh device: own cookies, camera and microphone allowed."""
    return await browser.new_context(
        viewport={"width": viewport["width"], "height": viewport["height"]},
        locale=locale,
        permissions=["camera", "microphone"],
        **options,  # type: ignore[arg-type]
    )


def camera_of_color(path: Path, color: tuple[int, int, int], seconds: int = 2) -> str:
    """A flag that makes the fake camera show one colour (a small moving bar keeps it alive).

    Writes an uncompressed y4m; Chromium loops it.
    """
    width, height, rate = 640, 360, 15
    red, green, blue = color
    luma = round(0.299 * red + 0.587 * green + 0.114 * blue)
    chroma_blue = round(128 + 0.564 * (blue - luma))
    chroma_red = round(128 + 0.713 * (red - luma))
    planes = np.concatenate(
        [
            np.full(width * height, luma, np.uint8),
            np.full(width * height // 4, chroma_blue, np.uint8),
            np.full(width * height // 4, chroma_red, np.uint8),
        ]
    )
    with path.open("wb") as file:
        file.write(f"YUV4MPEG2 W{width} H{height} F{rate}:1 Ip A1:1 C420jpeg\n".encode())
        for frame in range(seconds * rate):
            picture = planes.copy()
            bar = frame * width // (seconds * rate)
            picture[: width * height].reshape(height, width)[:20, bar : bar + 16] = 235
            file.write(b"FRAME\n" + picture.tobytes())
    return f"--use-file-for-fake-video-capture={path}"


def microphone_of_tone(path: Path, frequency_hz: int, seconds: int = 2) -> str:
    """A flag that makes the fake microphone hum one tone. Chromium loops the file."""
    rate = 48_000
    time = np.arange(seconds * rate) / rate
    samples = (0.4 * 32767 * np.sin(2 * np.pi * frequency_hz * time)).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.tobytes())
    return f"--use-file-for-fake-audio-capture={path}"


PROBES = """
window.probe = {
  // frames decoded so far by each playing <video>, by its data-slot
  frames() {
    const out = {};
    for (const v of document.querySelectorAll('video[data-slot]'))
      out[v.dataset.slot] = v.mozPaintedFrames  // Firefox counts live frames only so
        || (v.getVideoPlaybackQuality ? v.getVideoPlaybackQuality().totalVideoFrames
          : v.webkitDecodedFrameCount);  // Chrome 80
    return out;
  },
  // mean colour of a <video data-slot=...> as [r, g, b], lower half (the moving bar is at the top)
  color(slot) {
    const v = document.querySelector(`video[data-slot="${slot}"]`);
    if (!v || !v.videoWidth) return null;
    const c = document.createElement('canvas'); c.width = 16; c.height = 16;
    const g = c.getContext('2d');
    g.drawImage(v, 0, v.videoHeight / 2, v.videoWidth, v.videoHeight / 2, 0, 0, 16, 16);
    const d = g.getImageData(0, 0, 16, 16).data; let r = 0, gr = 0, b = 0;
    for (let i = 0; i < d.length; i += 4) { r += d[i]; gr += d[i + 1]; b += d[i + 2]; }
    return [r / 256, gr / 256, b / 256].map(Math.round);
  },
  // strength of one tone in an <audio|video data-slot=...>'s stream, 0 to 255
  async tone(slot, hz, ms = 600) {
    const e = document.querySelector(`[data-slot="${slot}"]`);
    if (!e || !e.srcObject || !e.srcObject.getAudioTracks().length) return null;
    const x = (this.context = this.context || new AudioContext()); await x.resume();
    const s = x.createMediaStreamSource(new MediaStream(e.srcObject.getAudioTracks()));
    const a = x.createAnalyser(); a.fftSize = 8192; a.smoothingTimeConstant = 0; s.connect(a);
    const bins = new Uint8Array(a.frequencyBinCount); let top = 0;
    const end = performance.now() + ms;
    const at = Math.round(hz / (x.sampleRate / a.fftSize));
    while (performance.now() < end) {
      await new Promise(r => setTimeout(r, 50)); a.getByteFrequencyData(bins);
      for (let i = at - 2; i <= at + 2; i++) top = Math.max(top, bins[i]);
    }
    s.disconnect(); return top;
  },
  // when a person last pressed something here (ms since 1970)
  pressedAtMs: 0,
  // waits until a colour is there; the moment (ms since 1970), or null after `ms`
  async colorAt(slot, wanted, ms) {
    const near = c => c && c.every((part, i) => Math.abs(part - wanted[i]) <= 60);
    for (const end = Date.now() + ms; Date.now() < end; await new Promise(r => setTimeout(r, 20)))
      if (near(this.color(slot))) return Date.now();
    return null;
  },
  // the same for a tone; it looks at 170 ms of sound at a time
  async toneAt(slot, hz, least, ms) {
    for (const end = Date.now() + ms; Date.now() < end;) {
      const strength = await this.tone(slot, hz, 100);
      if (strength === null) await new Promise(r => setTimeout(r, 20));
      else if (strength >= least) return Date.now();
    }
    return null;
  },
  // waits until a slot shows `more` further frames; how many it showed
  async moves(slot, more, ms) {
    const count = () => this.frames()[slot] || 0;
    let first = count(), shown = 0;
    for (const end = Date.now() + ms; Date.now() < end; await new Promise(r => setTimeout(r, 50))) {
      shown = count() - first;
      if (shown < 0) first = count();  // another element took its place
      if (shown >= more) break;
    }
    return shown;
  },
  connections: [],
  // payload bytes received so far at each place of the newest subscription, in the offer's order
  async received() {
    const open = this.connections.filter(c => c.signalingState !== 'closed');
    const subscription = open.filter(c => c.getReceivers().length >= 5).pop();
    const bytes = [];
    for (const receiver of subscription ? subscription.getReceivers() : []) {
      let sum = 0;
      for (const s of (await receiver.getStats()).values())
        if (s.type === 'inbound-rtp') sum += s.bytesReceived;
      bytes.push(sum);
    }
    return bytes;
  },
};
for (const type of ['pointerdown', 'keydown'])
  addEventListener(type, () => { window.probe.pressedAtMs = Date.now(); }, true);
window.RTCPeerConnection = class extends RTCPeerConnection {
  constructor(...given) { super(...given); window.probe.connections.push(this); }
};
"""
"""Measured in the page: what its user would see and hear. Elements carry `data-slot`:
`lead`, `screen`, `stage` (video) and `lead-voice`, `stage-voice` (audio)."""


async def new_page(context: BrowserContext) -> Page:
    """A page with the probes."""
    await context.add_init_script(PROBES)
    return await context.new_page()


def in_namespace(name: str, folder: Path) -> str:
    """An executable that starts Chromium inside a network namespace (Playwright talks by pipe)."""
    script = folder / f"chromium-{name}"
    script.write_text(f'#!/bin/sh\nexec ip netns exec {name} {CHROMIUM} "$@"\n')
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    return str(script)


def near(color: Sequence[int] | None, wanted: Sequence[int], tolerance: int = 60) -> bool:
    """The colour is there and each channel is close."""
    return color is not None and all(
        abs(a - b) <= tolerance for a, b in zip(color, wanted, strict=True)
    )
