"""A data channel of real Chromium: what the relay sends once, packed, and what the page answers."""

import zlib

import pytest

from streamsvc.base.ids import MediaSessionId
from tests.integration.test_relay_chromium import page_of
from tests.support.browser import chromium, needs_chromium
from tests.support.rtp_peers import party, running_relay
from tests.support.waiting import until

pytestmark = [pytest.mark.integration, pytest.mark.e2e, needs_chromium, pytest.mark.timeout(120)]

OPEN = """async () => {
  const pc = window.pc = new RTCPeerConnection({bundlePolicy: 'max-bundle'});
  const how = {negotiated: true, id: 0, ordered: false, maxRetransmits: 0};
  const channel = window.channel = pc.createDataChannel('events', how);
  channel.binaryType = 'arraybuffer';
  channel.onopen = () => channel.send('{"heard":3}');
  channel.onmessage = async ({data}) => {
    const stream = new Blob([data]).stream().pipeThrough(new DecompressionStream('deflate'));
    channel.send('got ' + await new Response(stream).text());
  };
  await pc.setLocalDescription();
  const sdp = await window.answer(pc.localDescription.sdp);
  await pc.setRemoteDescription({type: 'answer', sdp});
}"""


class Page:
    """What it said, and whether it is gone."""

    def __init__(self) -> None:
        self.said: list[str | bytes] = []
        self.is_gone = False

    def heard(self, message: str | bytes) -> None:
        self.said.append(message)

    def ended(self) -> None:
        self.is_gone = True


async def test_chromium_gets_events_by_the_media_port_and_answers() -> None:
    said, session_ids = Page(), list[MediaSessionId]()
    async with running_relay(media_host="0.0.0.0") as running, chromium() as browser:

        async def answer(offer: str) -> str:
            opened = await running.relay.open_channel(party("room"), offer, said)
            session_ids.append(opened.session_id)
            return opened.sdp

        async with page_of(browser, answer=answer) as page:
            await page.evaluate(OPEN)
            await until(lambda: said.said == ['{"heard":3}'], 20)
            for events in ('[{"seq":4}]', '[{"seq":5}]'):
                running.relay.send_on_channel(session_ids[0], zlib.compress(events.encode(), 9))
            await until(lambda: len(said.said) == 3)
            assert set(said.said[1:]) == {'got [{"seq":4}]', 'got [{"seq":5}]'}
            await page.evaluate("() => pc.close()")
            await until(lambda: said.is_gone, 20)
