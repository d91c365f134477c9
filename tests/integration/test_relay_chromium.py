"""Real Chromium at both ends: simulcast in, the fixed slots out."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from playwright.async_api import Browser, Page, Route

from relay.metrics import PROBES
from streamsvc.base.ids import MediaSessionId
from streamsvc.base.media import Slot
from tests.support.browser import chromium, needs_chromium
from tests.support.rtp_peers import LESSON, RunningRelay, party, running_relay
from tests.support.waiting import SECOND, until

pytestmark = [pytest.mark.integration, pytest.mark.e2e, needs_chromium]

PUBLISH = """async ([codec, rids]) => {
  const stream = await navigator.mediaDevices.getUserMedia(
    {audio: true, video: {width: 1280, height: 720, frameRate: 20}});
  const pc = window.pc = new RTCPeerConnection();
  pc.addTransceiver(stream.getAudioTracks()[0], {direction: 'sendonly', streams: [stream]});
  const scale = {q: 4, h: 2, f: 1};
  const video = pc.addTransceiver(stream.getVideoTracks()[0], {direction: 'sendonly',
    streams: [stream], sendEncodings: rids.map(rid => ({rid, scaleResolutionDownBy: scale[rid]}))});
  const all = RTCRtpSender.getCapabilities('video').codecs;
  const wanted = all.filter(c => c.mimeType.toLowerCase() === 'video/' + codec);
  video.setCodecPreferences([...wanted, ...all.filter(c => c.mimeType === 'video/rtx')]);
  await pc.setLocalDescription();
  await pc.setRemoteDescription({type: 'answer', sdp: await window.whip(pc.localDescription.sdp)});
}"""

WATCH = """async () => {
  const pc = window.pc = new RTCPeerConnection();
  for (const kind of ['audio', 'audio', 'video', 'video', 'video'])
    pc.addTransceiver(kind, {direction: 'recvonly'});
  pc.ontrack = e => {
    const element = document.createElement(e.track.kind);
    element.srcObject = new MediaStream([e.track]);
    element.muted = e.track.kind === 'video';
    element.dataset.slot = e.streams[0].id;
    document.body.append(element); element.play();
  };
  await pc.setLocalDescription();
  await pc.setRemoteDescription({type: 'answer', sdp: await window.whep(pc.localDescription.sdp)});
}"""

STATS = """async () => {
  const out = [];
  for (const s of (await window.pc.getStats()).values())
    if (['inbound-rtp', 'outbound-rtp', 'candidate-pair', 'transport'].includes(s.type))
      out.push({...s});
  return out;
}"""


@asynccontextmanager
async def page_of(
    browser: Browser, **functions: Callable[..., Awaitable[str]]
) -> AsyncIterator[Page]:
    """An empty page on a secure origin, with doors into the test."""
    context = await browser.new_context(permissions=["camera", "microphone"])
    page = await context.new_page()

    async def empty(route: Route) -> None:
        await route.fulfill(body="<!doctype html><body></body>", content_type="text/html")

    await page.route("**/*", empty)
    for name, function in functions.items():
        await page.expose_function(name, function)
    await page.goto("http://localhost/")
    try:
        yield page
    finally:
        await context.close()


def whip(
    running: RunningRelay, slot: Slot, take_over: bool = False
) -> Callable[..., Awaitable[str]]:
    async def answer(offer: str) -> str:
        who = party("teacher")
        opened = await running.relay.publish(who, slot, offer, take_over=take_over)
        return opened.sdp

    return answer


def whep(running: RunningRelay, name: str) -> Callable[..., Awaitable[str]]:
    async def answer(offer: str) -> str:
        return (await running.relay.subscribe(party(name), offer)).sdp

    return answer


async def stat(page: Page, type: str, kind: str, name: str) -> list[Any]:
    """One figure of all streams of a kind, in the order of the m-lines."""
    found = [s for s in await page.evaluate(STATS) if s["type"] == type and s.get("kind") == kind]
    return [s.get(name, 0) for s in sorted(found, key=lambda s: int(s.get("mid", 0)))]


async def eventually(page: Page, type: str, kind: str, name: str, least: float) -> None:
    """Wait until the largest of the figures reaches `least`."""
    seen: list[Any] = []
    for _ in range(150):
        seen = await stat(page, type, kind, name)
        if seen and max(seen) >= least:
            return
        await page.wait_for_timeout(100 * SECOND)
    raise AssertionError(f"{type} {kind} {name}: {seen}, wanted {least}")


@pytest.mark.alone
@pytest.mark.parametrize("codec", ["h264", "vp8"])
async def test_chromium_teaches_chromium(codec: str) -> None:
    async with (
        running_relay(media_host="0.0.0.0") as running,
        chromium() as browser,
        page_of(browser, whip=whip(running, Slot.LEAD)) as teacher,
        page_of(browser, whep=whep(running, "room")) as room,
    ):
        await teacher.evaluate(PUBLISH, [codec, ["q", "h", "f"]])
        await until(lambda: running.reported.opened != [], 10, "the publication opened")
        await room.evaluate(WATCH)
        await eventually(room, "inbound-rtp", "video", "framesDecoded", 30)
        await eventually(room, "inbound-rtp", "video", "frameHeight", 720)
        await eventually(room, "inbound-rtp", "audio", "totalAudioEnergy", 1e-6)
        (publisher,), _ = running.relay.flows(LESSON)
        assert publisher.fraction_lost < 0.05
        await until(
            lambda: running.relay.flows(LESSON)[1][0].round_trip_ms is not None, 5, "a round trip"
        )
        # without feedback the sum falls to 122 kbit/s, and this layer is not sent at all
        await eventually(teacher, "outbound-rtp", "video", "targetBitrate", 500_000)
        sent = await stat(teacher, "outbound-rtp", "video", "targetBitrate")
        print(codec, "target bitrates", sent, "flow", publisher.bitrate_bps)
        frozen = await stat(room, "inbound-rtp", "video", "totalFreezesDuration")
        print(codec, "frozen seconds", frozen)


async def test_a_reloaded_teacher_goes_on_in_the_same_picture() -> None:
    async with (
        running_relay(media_host="0.0.0.0") as running,
        chromium() as browser,
        page_of(browser, whep=whep(running, "room")) as room,
    ):
        await room.evaluate(WATCH)
        async with page_of(browser, whip=whip(running, Slot.LEAD)) as teacher:
            await teacher.evaluate(PUBLISH, ["vp8", ["q", "h"]])
            await eventually(room, "inbound-rtp", "video", "framesDecoded", 20)
        async with page_of(browser, whip=whip(running, Slot.LEAD, True)) as teacher:
            await teacher.evaluate(PUBLISH, ["h264", ["q", "h"]])
            before = max(await stat(room, "inbound-rtp", "video", "framesDecoded"))
            await eventually(room, "inbound-rtp", "video", "framesDecoded", before + 40)
            await eventually(room, "inbound-rtp", "audio", "totalAudioEnergy", 1e-6)


RESTART = """async () => {
  window.pc.restartIce();
  await window.pc.setLocalDescription(await window.pc.createOffer());
  const local = window.pc.localDescription.sdp, found = name => local.match(`a=${name}:(.+)`)[1];
  const fragment = await window.patch(
    `a=ice-ufrag:${found('ice-ufrag').trim()}\\r\\na=ice-pwd:${found('ice-pwd').trim()}\\r\\n`);
  let answer = window.pc.currentRemoteDescription.sdp;
  for (const name of ['ice-ufrag', 'ice-pwd'])
    answer = answer.replaceAll(new RegExp(`a=${name}:.+`, 'g'), fragment.match(`a=${name}:.+`)[0]);
  await window.pc.setRemoteDescription({type: 'answer', sdp: answer});
}"""


async def test_chromium_restarts_ice_without_a_new_session() -> None:
    async with running_relay(media_host="0.0.0.0") as running, chromium() as browser:
        opened: list[MediaSessionId] = []

        async def subscribe(offer: str) -> str:
            answer = await running.relay.subscribe(party("room"), offer)
            opened.append(answer.session_id)
            return answer.sdp

        async def patch(fragment: str) -> str:
            return (await running.relay.trickle(opened[0], fragment, "*")).fragment or ""

        async with (
            page_of(browser, whip=whip(running, Slot.LEAD)) as teacher,
            page_of(browser, whep=subscribe, patch=patch) as room,
        ):
            await teacher.evaluate(PUBLISH, ["h264", ["q", "h"]])
            await room.evaluate(WATCH)
            await eventually(room, "inbound-rtp", "video", "framesDecoded", 20)
            await room.evaluate(RESTART)
            before = max(await stat(room, "inbound-rtp", "video", "framesDecoded"))
            await eventually(room, "inbound-rtp", "video", "framesDecoded", before + 60)
            assert await room.evaluate("window.pc.connectionState") == "connected"
            assert running.reported.gone == []


@pytest.mark.alone
@pytest.mark.parametrize("codec", [pytest.param("vp8", marks=pytest.mark.long), "h264"])
async def test_a_bad_link_gets_a_smaller_picture_and_a_good_one_the_best_again(codec: str) -> None:
    async with running_relay(media_host="0.0.0.0") as running, chromium() as browser:
        netem = running.netem(host="0.0.0.0")  # Chromium stays on its interface

        async def subscribe(offer: str) -> str:
            answer = (await running.relay.subscribe(party("room"), offer)).sdp
            return answer.replace(f" {running.relay.media_port} typ", f" {netem.port} typ")

        async with (
            page_of(browser, whip=whip(running, Slot.LEAD)) as teacher,
            page_of(browser, whep=subscribe) as room,
        ):
            await teacher.evaluate(PUBLISH, [codec, ["q", "h", "f"]])
            await room.evaluate(WATCH)
            await eventually(room, "inbound-rtp", "video", "frameHeight", 720)
            netem.loss_down = 0.22  # bad, but not so bad that the ladder takes pictures away
            await until_height(room, lambda height: height <= 180)
            netem.loss_down = 0.0
            await until_height(room, lambda height: height >= 360)
            frozen = await stat(room, "inbound-rtp", "video", "totalFreezesDuration")
            keys = await stat(room, "inbound-rtp", "video", "keyFramesDecoded")
            print(codec, "frozen seconds", frozen, "key frames", keys)
            before = max(await stat(room, "inbound-rtp", "video", "framesDecoded"))
            await eventually(room, "inbound-rtp", "video", "framesDecoded", before + 20)


@pytest.mark.alone
async def test_a_far_link_that_has_more_is_found_out_by_probes_nobody_sees() -> None:
    async with running_relay(media_host="0.0.0.0") as running, chromium() as browser:
        netem = running.netem(host="0.0.0.0")
        netem.delay, netem.down_bps = 0.25, 5_000_000

        async def subscribe(offer: str) -> str:
            answer = (await running.relay.subscribe(party("room"), offer)).sdp
            return answer.replace(f" {running.relay.media_port} typ", f" {netem.port} typ")

        before = probes_passed()
        async with (
            page_of(browser, whip=whip(running, Slot.LEAD)) as teacher,
            page_of(browser, whep=subscribe) as room,
        ):
            await teacher.evaluate(PUBLISH, ["vp8", ["q", "h", "f"]])
            await room.evaluate(WATCH)
            await eventually(room, "inbound-rtp", "video", "framesDecoded", 1)
            assert max(await stat(room, "inbound-rtp", "video", "frameHeight")) < 720
            await until_height(room, lambda height: height == 720)
            assert probes_passed() > before
            copies = await stat(room, "inbound-rtp", "video", "retransmittedPacketsReceived")
            # one that passed had its rate: copies are what was missing to it, which is little
            # where a key frame waits just then
            assert max(copies) > 0, "what was probed with"
            for name in ("packetsLost", "nackCount"):
                assert max(await stat(room, "inbound-rtp", "video", name)) <= 2, name
            assert max(await stat(room, "inbound-rtp", "video", "totalFreezesDuration")) < 0.5
            assert max(await stat(room, "inbound-rtp", "video", "jitter")) < 0.15
            assert max(await stat(room, "inbound-rtp", "audio", "packetsLost")) == 0


def probes_passed() -> float:
    """On this node, since the tests began."""
    samples = [sample for metric in PROBES.collect() for sample in metric.samples]
    return sum(s.value for s in samples if s.labels == {"result": "passed"} and "total" in s.name)


async def until_height(page: Page, fits: Callable[[int], bool]) -> None:
    """Wait until the lead's picture has such a height."""
    seen = 0
    for _ in range(300):
        seen = max(await stat(page, "inbound-rtp", "video", "frameHeight"))
        if fits(seen):
            return
        await page.wait_for_timeout(100 * SECOND)
    raise AssertionError(f"height stays {seen}")
