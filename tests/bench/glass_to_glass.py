"""From the teacher's glass to the room's: a clock drawn into the picture, read where it arrives.

The publisher draws the low 16 bits of the clock as black and white cells, and their complement
below; the viewer reads them from each decoded frame. Two pages of one browser, joined in three ways
that take turns in the same run: through our relay, without any server, and through aiortc's
MediaRelay, which decodes and encodes anew. All H.264, 640x360 at 30 frames/s.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from playwright.async_api import Browser, Page

from tests.bench.figures import arguments, percentile, tell
from tests.bench.media_relay import MediaRelayProcess, media_relay
from tests.support.browser import BOARD, chromium, open_context
from tests.support.demo import DemoLesson, demo_lesson

SCRIPT = """
window.bench = {
  clock() {
    if (this.drawn) return this.drawn;
    const c = document.createElement('canvas'); c.width = 640; c.height = 360;
    const g = c.getContext('2d');
    const draw = () => {
      const t = Date.now() & 0xffff;
      for (let i = 0; i < 16; i++) {
        const on = t >> i & 1;
        g.fillStyle = on ? '#fff' : '#000'; g.fillRect(i * 40, 0, 40, 60);
        g.fillStyle = on ? '#000' : '#fff'; g.fillRect(i * 40, 60, 40, 60);
      }
      g.fillStyle = `hsl(${t / 50 % 360},60%,50%)`; g.fillRect(0, 120, 640, 240);
      setTimeout(draw, 33);
    };
    draw(); return this.drawn = c.captureStream(30).getVideoTracks()[0];
  },
  open() {
    if (this.connection) this.connection.close();
    const pc = this.connection = new RTCPeerConnection();
    pc.ontrack = e => { this.track = e.track; };
    return pc;
  },
  async described(description) {
    const pc = this.connection; await pc.setLocalDescription(description);
    while (pc.iceGatheringState !== 'complete')
      await new Promise(done => { pc.onicegatheringstatechange = done; });
    return pc.localDescription.sdp;
  },
  async offer(direction) {
    const pc = this.open(), what = direction === 'sendonly' ? this.clock() : 'video';
    const codecs = RTCRtpSender.getCapabilities('video').codecs;
    pc.addTransceiver(what, {direction})
      .setCodecPreferences(codecs.filter(c => /H264|rtx/.test(c.mimeType)));
    return this.described(await pc.createOffer());
  },
  async answer(sdp) {
    const pc = this.open(); await pc.setRemoteDescription({type: 'offer', sdp});
    return this.described(await pc.createAnswer());
  },
  accept(sdp) { return this.connection.setRemoteDescription({type: 'answer', sdp}); },
  read(seconds) {
    const v = document.createElement('video'); v.muted = true;
    v.srcObject = new MediaStream([this.track]); v.play();
    const c = document.createElement('canvas'); c.width = 640; c.height = 120;
    const g = c.getContext('2d', {willReadFrequently: true});
    return new Promise(done => {
      const delays = []; let unread = 0, begin = 0;
      const frame = () => {
        const now = Date.now(); begin = begin || now + 1500;  // encoder and buffer settle
        if (now > begin + seconds * 1000) return done({delays, unread});
        v.requestVideoFrameCallback(frame);
        if (now < begin) return;
        g.drawImage(v, 0, 0, v.videoWidth, v.videoHeight / 3, 0, 0, 640, 120);
        const d = g.getImageData(0, 0, 640, 120).data; let t = 0, good = true;
        for (let i = 0; i < 16; i++) {
          const a = d[(30 * 640 + i * 40 + 20) * 4], b = d[(90 * 640 + i * 40 + 20) * 4];
          if (Math.abs(a - b) < 60) good = false;
          if (a > b) t |= 1 << i;
        }
        if (good) delays.push((now - t) & 0xffff); else unread++;
      };
      v.requestVideoFrameCallback(frame);
      setTimeout(() => done({delays, unread}), seconds * 1000 + 6000);  // also when nothing comes
    });
  },
};
"""
QUICK, FULL = (2, 3.0), (4, 8.0)
"""Turns of each way, and seconds read in each."""
Join = Callable[[Page, Page], Awaitable[None]]
"""Joins a publishing page and a viewing one."""


class Ways:
    """How the two pages are joined."""

    def __init__(self, demo: DemoLesson, reference: MediaRelayProcess) -> None:
        self._demo = demo
        self._reference = reference

    async def relayed(self, publisher: Page, viewer: Page) -> None:
        """Through us."""
        teaching, watching = self._demo.grant(), self._demo.watching_grant()
        await self._at_door(
            publisher, "sendonly", f"{teaching['whip']['lead']}?take_over=1", teaching["grant"]
        )
        await self._at_door(viewer, "recvonly", watching["whep"], watching["grant"])

    async def _at_door(self, page: Page, direction: str, path: str, grant: str) -> None:
        answer = self._demo.teacher.post(
            path,
            content=await _offer(page, direction),
            headers={"Content-Type": "application/sdp", "Authorization": f"Bearer {grant}"},
        )
        await _accept(page, answer.raise_for_status().text)

    async def direct(self, publisher: Page, viewer: Page) -> None:
        """Without a server."""
        offer = await _offer(publisher, "sendonly")
        await _accept(publisher, await viewer.evaluate("sdp => bench.answer(sdp)", offer))

    async def media_relay(self, publisher: Page, viewer: Page) -> None:
        """Through aiortc's."""
        for kind, page in (("publish", publisher), ("watch", viewer)):
            offer = await _offer(page, "sendonly" if kind == "publish" else "recvonly")
            await _accept(page, await self._reference.answer({"kind": kind, "sdp": offer}))


async def _offer(page: Page, direction: str) -> str:
    return str(await page.evaluate("direction => bench.offer(direction)", direction))


async def _accept(page: Page, answer: str) -> None:
    await page.evaluate("sdp => bench.accept(sdp)", answer)


async def measure(demo: DemoLesson, turns: int, seconds: float) -> dict[str, float | int | str]:
    """Delays of each way."""
    results: dict[str, list[dict[str, Any]]] = {}
    async with chromium() as browser, media_relay() as reference:
        pages = await _page(browser, demo), await _page(browser, demo)
        ways = Ways(demo, reference)
        joins: list[Join] = [ways.direct, ways.relayed, ways.media_relay]
        for join in turns * joins:
            await join(*pages)
            result = await pages[1].evaluate("s => bench.read(s)", seconds)
            results.setdefault(join.__name__, []).append(result)
    figures = {key: value for name in results for key, value in _figures(name, results[name])}
    for other in ("direct", "media_relay"):
        ratio = float(figures["relayed_ms_p50"]) / float(figures[f"{other}_ms_p50"])
        figures[f"ratio_to_{other}"] = ratio
    return figures


async def _page(browser: Browser, demo: DemoLesson) -> Page:
    context = await open_context(browser, BOARD)
    page = await context.new_page()
    await page.goto(f"{demo.service.url}/login")
    await page.evaluate(SCRIPT)
    return page


def _figures(name: str, results: list[dict[str, Any]]) -> list[tuple[str, float | int | str]]:
    delays = [delay for result in results for delay in result["delays"]]
    return [
        (f"{name}_ms_p50", percentile(delays, 0.5)),
        (f"{name}_ms_p95", percentile(delays, 0.95)),
        (f"{name}_frames", len(delays)),
        (f"{name}_unreadable", sum(result["unread"] for result in results)),
    ]


def main() -> None:
    """Run and print."""
    options = arguments(__doc__ or "")
    with demo_lesson(is_taught=False) as demo:
        figures = asyncio.run(measure(demo, *(QUICK if options.quick else FULL)))
    tell(figures, options.json)


if __name__ == "__main__":
    main()
