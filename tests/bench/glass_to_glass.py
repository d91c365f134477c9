"""From the teacher's glass to the room's: a clock drawn into the picture, read where it arrives.

The publisher draws the low 16 bits of the clock as black and white cells, and their complement
below; the viewer reads them from each decoded frame. Reference in the same run: two peers
in one page, without a server.
"""

import asyncio
from typing import Any

from playwright.async_api import Browser, Page

from tests.bench.figures import arguments, percentile, tell
from tests.support.browser import BOARD, chromium, open_context
from tests.support.demo import DemoLesson, demo_lesson

SCRIPT = """
window.bench = {
  clock() {
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
    draw(); return c.captureStream(30);
  },
  read(stream, seconds) {
    const v = document.createElement('video'); v.muted = true; v.srcObject = stream; v.play();
    const c = document.createElement('canvas'); c.width = 640; c.height = 120;
    const g = c.getContext('2d', {willReadFrequently: true});
    return new Promise(done => {
      const delays = []; let unread = 0; const end = Date.now() + seconds * 1000;
      const frame = () => {
        g.drawImage(v, 0, 0, v.videoWidth, v.videoHeight / 3, 0, 0, 640, 120);
        const d = g.getImageData(0, 0, 640, 120).data; let t = 0, good = true;
        for (let i = 0; i < 16; i++) {
          const a = d[(30 * 640 + i * 40 + 20) * 4], b = d[(90 * 640 + i * 40 + 20) * 4];
          if (Math.abs(a - b) < 60) good = false;
          if (a > b) t |= 1 << i;
        }
        if (good) delays.push((Date.now() - t) & 0xffff); else unread++;
        if (Date.now() < end) v.requestVideoFrameCallback(frame); else done({delays, unread});
      };
      v.requestVideoFrameCallback(frame);
      setTimeout(() => done({delays, unread}), seconds * 1000 + 5000);  // also when nothing comes
    });
  },
  async post(path, grant, pc) {
    await pc.setLocalDescription(await pc.createOffer());
    const answer = await fetch(path, {method: 'POST', body: pc.localDescription.sdp,
      headers: {'Content-Type': 'application/sdp', Authorization: 'Bearer ' + grant}});
    if (answer.status !== 201) throw new Error(path + ' ' + answer.status + await answer.text());
    await pc.setRemoteDescription({type: 'answer', sdp: await answer.text()});
  },
  async publish(path, grant) {
    const pc = window.publisher = new RTCPeerConnection(), stream = this.clock();
    const t = pc.addTransceiver(stream.getVideoTracks()[0], {direction: 'sendonly'});
    const codecs = RTCRtpSender.getCapabilities('video').codecs;
    t.setCodecPreferences(codecs.filter(c => c.mimeType == 'video/H264'));
    await this.post(path, grant, pc);
  },
  async view(path, grant, seconds) {
    const pc = window.viewer = new RTCPeerConnection();
    const t = pc.addTransceiver('video', {direction: 'recvonly'});
    await this.post(path, grant, pc);
    return this.read(new MediaStream([t.receiver.track]), seconds);
  },
  async direct(seconds) {
    const a = new RTCPeerConnection(), b = new RTCPeerConnection();
    a.onicecandidate = e => b.addIceCandidate(e.candidate);
    b.onicecandidate = e => a.addIceCandidate(e.candidate);
    const arrived = new Promise(done => { b.ontrack = e => done(e.track); });
    a.addTransceiver(this.clock().getVideoTracks()[0], {direction: 'sendonly'});
    await a.setLocalDescription(); await b.setRemoteDescription(a.localDescription);
    await b.setLocalDescription(); await a.setRemoteDescription(b.localDescription);
    const result = await this.read(new MediaStream([await arrived]), seconds);
    a.close(); b.close(); return result;
  },
};
"""


async def measure(demo: DemoLesson, seconds: float) -> dict[str, float | int | str]:
    """Delays through the server and without it."""
    async with chromium() as browser:
        publisher, viewer = await _page(browser, demo), await _page(browser, demo)
        direct = await viewer.evaluate("s => bench.direct(s)", seconds)
        grant = demo.grant()
        await publisher.evaluate("g => bench.publish(g.whip.lead + '?take_over=1', g.grant)", grant)
        relayed = await viewer.evaluate(
            "([g, s]) => bench.view(g.whep, g.grant, s)", [demo.watching_grant(), seconds]
        )
    return {**_figures("direct", direct), **_figures("relayed", relayed), **_ratio(direct, relayed)}


async def _page(browser: Browser, demo: DemoLesson) -> Page:
    context = await open_context(browser, BOARD)
    page = await context.new_page()
    await page.goto(f"{demo.service.url}/login")
    await page.evaluate(SCRIPT)
    return page


def _figures(name: str, result: dict[str, Any]) -> dict[str, float | int | str]:
    delays = result["delays"]
    return {
        f"{name}_ms_p50": percentile(delays, 0.5),
        f"{name}_ms_p95": percentile(delays, 0.95),
        f"{name}_frames": len(delays),
        f"{name}_unreadable": result["unread"],
    }


def _ratio(direct: dict[str, Any], relayed: dict[str, Any]) -> dict[str, float | int | str]:
    ratio = percentile(relayed["delays"], 0.5) / percentile(direct["delays"], 0.5)
    return {"ratio_to_direct": ratio}


def main() -> None:
    """Run and print."""
    options = arguments(__doc__ or "")
    with demo_lesson() as demo:
        figures = asyncio.run(measure(demo, 6 if options.quick else 30))
    tell(figures, options.json)


if __name__ == "__main__":
    main()
