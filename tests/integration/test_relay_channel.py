"""A data channel of real Chromium, by no request: what its media's answer says is enough."""

import zlib

import pytest

from tests.integration.test_relay_chromium import page_of
from tests.support.browser import chromium, needs_chromium
from tests.support.channel_peers import Heard, answer_of, look_at, room
from tests.support.rtp_peers import running_relay
from tests.support.waiting import until

pytestmark = [pytest.mark.integration, pytest.mark.e2e, needs_chromium, pytest.mark.timeout(120)]

WATCH = """async () => {
  const ecdsa = {name: 'ECDSA', namedCurve: 'P-256'};
  window.certificates = [await RTCPeerConnection.generateCertificate(ecdsa)];
  const pc = window.media = new RTCPeerConnection({bundlePolicy: 'max-bundle', certificates});
  pc.addTransceiver('audio', {direction: 'recvonly'});
  await pc.setLocalDescription();
  await pc.setRemoteDescription({type: 'answer', sdp: await window.whep(pc.localDescription.sdp)});
}"""

OPEN = """async () => {
  const pc = window.pc = new RTCPeerConnection({bundlePolicy: 'max-bundle', certificates});
  const how = {negotiated: true, id: 0, ordered: false, maxRetransmits: 0};
  const channel = window.channel = pc.createDataChannel('events', how);
  channel.binaryType = 'arraybuffer';
  channel.onopen = () => channel.send('{"heard":3}');
  channel.onmessage = async ({data}) => {
    const stream = new Blob([data]).stream().pipeThrough(new DecompressionStream('deflate'));
    channel.send('got ' + await new Response(stream).text());
  };
  await pc.setLocalDescription();
  const sdp = await window.answer(media.remoteDescription.sdp, pc.localDescription.sdp);
  await pc.setRemoteDescription({type: 'answer', sdp});
}"""


async def test_chromium_gets_events_by_the_media_port_and_answers() -> None:
    page_said = Heard()
    async with running_relay(media_host="0.0.0.0") as running, chromium() as browser:
        running.reported.listener = lambda: page_said

        async def whep(offer: str) -> str:
            return (await running.relay.subscribe(room(), offer)).sdp

        async def answer(media: str, offer: str) -> str:
            return answer_of(media, offer, 0)

        async with page_of(browser, whep=whep, answer=answer) as page:
            await page.evaluate(WATCH)
            await until(lambda: running.reported.connected, 20)
            look_at(running, running.reported.connected[0], fraction_lost=0.4)
            await page.evaluate(OPEN)
            await until(lambda: page_said.messages == ['{"heard":3}'], 20)
            (number,) = running.reported.channels
            for events in ('[{"seq":4}]', '[{"seq":5}]'):
                running.relay.send_on_channel(number, zlib.compress(events.encode(), 9))
            await until(lambda: len(page_said.messages) == 3)
            assert set(page_said.messages[1:]) == {'got [{"seq":4}]', 'got [{"seq":5}]'}
            await page.evaluate("() => pc.close()")
            await until(lambda: page_said.has_ended == 1, 20)
