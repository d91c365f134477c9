"""Real Chromium hears the voice in all its forms, and does not hear when they change."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from playwright.async_api import Page

from relay.forwarding.voice import VoiceChoice, VoiceForm, VoiceLink
from relay.io.engine import NativeEngine
from relay.io.media_session import SubscriberSession
from streamsvc.base.media import Slot
from tests.integration.test_relay_chromium import STATS, WATCH, eventually, page_of, whip
from tests.support.browser import chromium, microphone_of_tone, needs_chromium
from tests.support.rtp_peers import LESSON, RunningRelay, party, running_relay

pytestmark = [pytest.mark.integration, pytest.mark.e2e, pytest.mark.long, needs_chromium]

SPEAK = """async () => {
  const stream = await navigator.mediaDevices.getUserMedia({audio: true});
  const pc = window.pc = new RTCPeerConnection();
  pc.addTransceiver(stream.getAudioTracks()[0], {direction: 'sendonly', streams: [stream]});
  await pc.setLocalDescription();
  await pc.setRemoteDescription({type: 'answer', sdp: await window.whip(pc.localDescription.sdp)});
}"""
ASKING = WATCH.replace(
    "window.whep(pc.localDescription.sdp)",
    r"window.whep(pc.localDescription.sdp.replace(/a=rtpmap:(\d+) opus.*\r\n/g,"
    r" '$&a=rtcp-fb:$1 nack\r\n'))",
)
"""With what our pages add to Chromium's offers (web/src/rtc/feedback.ts)."""
BUFFER = "ms => { for (const r of window.pc.getReceivers()) r.jitterBufferTarget = ms; }"


class Pinned(VoiceChoice):
    """The form that the test wants."""

    def choose(self, link: VoiceLink, now: float) -> VoiceForm:
        return self.form


def pin(running: RunningRelay, form: VoiceForm) -> None:
    """Everybody who watches gets this form from now on."""
    lesson = running.relay._sessions.lesson(LESSON)  # noqa: SLF001
    for session in lesson.subscribers.values():
        assert isinstance(session, SubscriberSession)
        pinned = Pinned()
        before, pinned.form = session.voice, form
        session.voice = pinned
        running.relay._engine.set_copies(session.peer.number, form.copies, 90)  # noqa: SLF001
        assert before is not pinned
        lesson.steer(session)


def joined(running: RunningRelay, port: int) -> Callable[[str], Awaitable[str]]:
    async def subscribe(offer: str) -> str:
        answer = (await running.relay.subscribe(party("room"), offer)).sdp
        return answer.replace(f" {running.relay.media_port} typ", f" {port} typ")

    return subscribe


async def heard(page: Page) -> dict[str, float]:
    """Of the lead's voice so far."""
    streams = [s for s in await page.evaluate(STATS) if s["type"] == "inbound-rtp"]
    return next(s for s in streams if s["kind"] == "audio" and s["packetsReceived"])


async def packets_a_second(page: Page, seconds: float = 2.0) -> float:
    before = await heard(page)
    await asyncio.sleep(seconds)
    after = await heard(page)
    return (after["packetsReceived"] - before["packetsReceived"]) / seconds


async def test_voice_goes_on_while_its_form_changes(tmp_path: Path) -> None:
    async with (
        running_relay(media_host="0.0.0.0") as running,
        chromium(microphone_of_tone(tmp_path / "tone.wav", 440)) as browser,
        page_of(browser, whip=whip(running, Slot.LEAD)) as teacher,
        page_of(browser, whep=joined(running, running.relay.media_port)) as room,
    ):
        await teacher.evaluate(SPEAK)
        await room.evaluate(ASKING)
        await room.evaluate(BUFFER, 500)
        await eventually(room, "inbound-rtp", "audio", "packetsReceived", 150)
        before = await heard(room)
        pin(running, VoiceForm())
        assert await packets_a_second(room) > 40
        pin(running, VoiceForm(is_merged=True))
        await asyncio.sleep(0.5)
        assert 13 < await packets_a_second(room) < 22
        for form in (VoiceForm(), VoiceForm(True), VoiceForm(False, 1), VoiceForm(True, 2)) * 2:
            pin(running, form)
            await asyncio.sleep(0.7)
        pin(running, VoiceForm())
        await asyncio.sleep(0.5)
        assert await packets_a_second(room) > 40
        after = await heard(room)
        made_up = after["concealedSamples"] - before["concealedSamples"]
        print(f"made up: {made_up / 48:.0f} ms of {after['totalSamplesReceived'] / 48_000:.0f} s")
        assert after["packetsLost"] == before["packetsLost"], "no number was left out"
        assert made_up < 48 * 40, "less than two packets"
        assert after["totalAudioEnergy"] > before["totalAudioEnergy"]


@pytest.mark.parametrize("asks", [True, False])
async def test_what_a_bad_link_loses_is_heard_all_the_same(asks: bool, tmp_path: Path) -> None:
    async with (
        running_relay(media_host="0.0.0.0") as running,
        chromium(microphone_of_tone(tmp_path / "tone.wav", 440)) as browser,
        page_of(browser, whip=whip(running, Slot.LEAD)) as teacher,
    ):
        engine = running.relay._engine  # noqa: SLF001
        assert isinstance(engine, NativeEngine)
        netem = running.netem(host="0.0.0.0")
        netem.delay, netem.down_bps = 0.15, 300_000
        async with page_of(browser, whep=joined(running, netem.port)) as room:
            await teacher.evaluate(SPEAK)
            await room.evaluate(ASKING if asks else WATCH)
            await room.evaluate(BUFFER, 1_000)
            await eventually(room, "inbound-rtp", "audio", "packetsReceived", 50)
            await asyncio.sleep(2)
            netem.loss_down = netem.loss_up = 0.08
            before, counted = await heard(room), engine.counters()
            await asyncio.sleep(12)
            after, counters = await heard(room), engine.counters()
            samples = after["totalSamplesReceived"] - before["totalSamplesReceived"]
            made_up = (after["concealedSamples"] - before["concealedSamples"]) / samples
            repaired, copied = (counters[n] - counted[n] for n in ("repaired", "copied"))
            print(f"asks {asks}: {100 * made_up:.2f} % made up, {repaired=} {copied=}")
            assert made_up < 0.025
            assert (repaired if asks else copied) > 10
            assert counters["malformed"] == 0
