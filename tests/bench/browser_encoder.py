"""What the encoder of a browser makes of pictures: the one that makes its own low layer, asked for
by WebCodecs, with the settings of a call (realtime, one rate, key frames only where asked for).
"""

import base64
from collections.abc import Sequence

import av
from av.video.frame import VideoFrame
from playwright.async_api import Route

from tests.support.browser import chromium

CODECS = {"h264": "avc1.42e01f", "vp8": "vp8"}
AT_ONCE = 50
"""Pictures handed over in one call."""
BEGIN = """async ([codec, width, height, bps, rate]) => {
  const made = window.made = [];
  window.failed = null;
  window.encoder = new VideoEncoder({
    output: chunk => {
      const bytes = new Uint8Array(chunk.byteLength);
      chunk.copyTo(bytes);
      let text = '';
      for (const byte of bytes) text += String.fromCharCode(byte);
      made.push([chunk.timestamp, btoa(text)]);
    },
    error: error => { window.failed = String(error); },
  });
  const settings = {codec, width, height, bitrate: bps, framerate: rate,
    latencyMode: 'realtime', bitrateMode: 'constant'};
  if (codec.startsWith('avc1')) settings.avc = {format: 'annexb'};
  encoder.configure(settings);
  window.form = {format: 'I420', codedWidth: width, codedHeight: height};
  window.rate = rate;
}"""
ENCODE = """async ([first, pictures]) => {
  for (const [n, picture] of pictures.entries()) {
    const timestamp = Math.round((first + n) * 1e6 / rate);
    const bytes = Uint8Array.from(atob(picture), c => c.charCodeAt(0));
    const frame = new VideoFrame(bytes, {...form, timestamp});
    encoder.encode(frame, {keyFrame: first + n === 0});
    frame.close();
    await new Promise(done => setTimeout(done, 0));
  }
}"""
END = """async () => { await encoder.flush(); if (failed) throw new Error(failed); return made; }"""


async def encoded(
    pictures: Sequence[VideoFrame], codec: str, bps: int, rate: float
) -> list[bytes | None]:
    """One encoded picture for each; None where the encoder left it out. `codec` of `CODECS`."""
    width, height = pictures[0].width, pictures[0].height
    async with chromium() as browser:
        page = await browser.new_page()

        async def empty(route: Route) -> None:
            await route.fulfill(body="<!doctype html><body></body>", content_type="text/html")

        await page.route("**/*", empty)
        await page.goto("http://localhost/")
        await page.evaluate(BEGIN, [CODECS[codec], width, height, bps, rate])
        for first in range(0, len(pictures), AT_ONCE):
            some = [_i420(picture) for picture in pictures[first : first + AT_ONCE]]
            await page.evaluate(ENCODE, [first, some])
        made = {
            round(timestamp * rate / 1e6): base64.b64decode(data)
            for timestamp, data in await page.evaluate(END)
        }
    return [made.get(place) for place in range(len(pictures))]


def shown(made: Sequence[bytes | None], codec: str) -> list[VideoFrame]:
    """What a viewer sees in place of each: the one before stays where one was left out."""
    decoder = av.CodecContext.create("h264" if codec == "h264" else "vp8", "r")
    decoder.thread_count = 1
    seen: list[VideoFrame] = []
    for data in made:
        pictures = decoder.decode(av.Packet(data)) if data is not None else []
        seen.append(pictures[-1] if pictures else seen[-1])
    return seen


def _i420(picture: VideoFrame) -> str:
    return base64.b64encode(picture.to_ndarray(format="yuv420p").tobytes()).decode()
