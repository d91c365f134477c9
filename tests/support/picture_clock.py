"""A clock drawn into the teacher's picture by a browser, and read where the picture is shown.

The picture (640x360, 30 a second) holds the low 16 bits of the clock in ms as black and white cells
and their complement below; the last third moves. Any browser that can evaluate reads it from the
element that shows it, so what is measured is from glass to glass.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.support.browser import DESK, chromium, open_context
from tests.support.demo import DemoLesson

TEACHES = """async ([path, grant]) => {
  const c = document.createElement('canvas'); c.width = 640; c.height = 360;
  const g = c.getContext('2d');
  const draw = () => {
    const t = Date.now() & 0xffff;
    for (let i = 0; i < 16; i++) {
      const on = t >> i & 1;
      g.fillStyle = on ? '#fff' : '#000'; g.fillRect(i * 40, 0, 40, 120);
      g.fillStyle = on ? '#000' : '#fff'; g.fillRect(i * 40, 120, 40, 120);
    }
    g.fillStyle = `hsl(${t / 50 % 360},60%,50%)`; g.fillRect(0, 240, 640, 120);
    setTimeout(draw, 33);
  };
  draw();
  const sound = new AudioContext(), tone = sound.createOscillator();
  const heard = sound.createMediaStreamDestination();
  tone.connect(heard); tone.start();
  const pc = window.teaching = new RTCPeerConnection();
  const shown = pc.addTransceiver(c.captureStream(30).getVideoTracks()[0], {direction: 'sendonly'});
  const codecs = RTCRtpSender.getCapabilities('video').codecs;
  shown.setCodecPreferences(codecs.filter(one => /H264|rtx/.test(one.mimeType)));
  pc.addTransceiver(heard.stream.getAudioTracks()[0], {direction: 'sendonly'});
  await pc.setLocalDescription(await pc.createOffer());
  while (pc.iceGatheringState !== 'complete')
    await new Promise(done => { pc.onicegatheringstatechange = done; });
  const headers = {'Content-Type': 'application/sdp', Authorization: `Bearer ${grant}`};
  const answer = await fetch(path, {method: 'POST', headers, body: pc.localDescription.sdp});
  await pc.setRemoteDescription({type: 'answer', sdp: await answer.text()});
  return answer.status;
}"""
"""In a page of the service's origin."""

READS = """
window.clockReader = find => {
  const told = window.clockTold = {delays: [], unread: 0, width: 0};
  const c = document.createElement('canvas'); c.width = 640; c.height = 240;
  const g = c.getContext('2d', {willReadFrequently: true});
  let last = -1;
  const look = () => {
    requestAnimationFrame(look);
    const v = find();
    if (!v || !v.videoWidth || v.readyState < 2) return;
    g.drawImage(v, 0, 0, v.videoWidth, v.videoHeight * 2 / 3, 0, 0, 640, 240);
    const now = Date.now(), d = g.getImageData(0, 0, 640, 240).data; let t = 0, good = true;
    for (let i = 0; i < 16; i++) {
      const a = d[(60 * 640 + i * 40 + 20) * 4], b = d[(180 * 640 + i * 40 + 20) * 4];
      if (Math.abs(a - b) < 60) good = false;
      if (a > b) t |= 1 << i;
    }
    if (!good) { told.unread++; return; }
    if (t === last) return;  // the same picture still
    last = t; told.width = v.videoWidth; told.delays.push((now - t) & 0xffff);
  };
  look();
  return true;
};
true
"""
"""`clockReader(() => element)` once; then `clockTold` fills: ms, of each picture that is shown."""


@asynccontextmanager
async def clock_teaches(demo: DemoLesson) -> AsyncIterator[None]:
    """A browser shows its clock as the teacher's picture, in the place of who taught before."""
    async with chromium() as browser:
        page = await (await open_context(browser, DESK)).new_page()
        await page.goto(f"{demo.service.url}/login")
        grant = demo.grant()
        where = [f"{grant['whip']['lead']}?take_over=1", grant["grant"]]
        assert await page.evaluate(TEACHES, where) in (200, 201)
        yield
