"""What a room hears behind a bad link, real Chromium at both ends: the same minute in several forms
of the voice, each room behind its own link.

Columns: voice concealed in percent of the time, pictures a second, seconds the picture stood still,
kbit/s that the link carried, milliseconds of sound in the buffer.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from playwright.async_api import Page

from relay.forwarding.voice import VoiceChoice, VoiceForm, VoiceLink
from relay.io.media_session import SubscriberSession
from streamsvc.base.media import Slot
from tests.bench.figures import arguments
from tests.integration.test_relay_chromium import STATS, WATCH, page_of, whip
from tests.support.browser import chromium, microphone_of_tone
from tests.support.netem import Netem
from tests.support.rtp_peers import LESSON, RunningRelay, party, running_relay

ROUND_TRIP_SECONDS = 0.6
LINKS = {"5%": (300_000, 0.05), "20%": (500_000, 0.2), "40%": (500_000, 0.4)}
"""Rate and loss, both ways."""
SETTLE_SECONDS = 12
SECONDS = 45
QUICK_SECONDS = 20

SPEAK = """async () => {
  const stream = await navigator.mediaDevices.getUserMedia(
    {audio: true, video: {width: 320, height: 180, frameRate: 15}});
  const pc = window.pc = new RTCPeerConnection();
  pc.addTransceiver(stream.getAudioTracks()[0], {direction: 'sendonly', streams: [stream]});
  pc.addTransceiver(stream.getVideoTracks()[0], {direction: 'sendonly', streams: [stream],
    sendEncodings: [{maxBitrate: 84000}]});
  await pc.setLocalDescription();
  await pc.setRemoteDescription({type: 'answer', sdp: await window.whip(pc.localDescription.sdp)});
}"""
ASKING = WATCH.replace(
    "window.whep(pc.localDescription.sdp)",
    r"window.whep(pc.localDescription.sdp.replace(/a=rtpmap:(\d+) opus.*\r\n/g,"
    r" '$&a=rtcp-fb:$1 nack\r\n'))",
)
"""With what our pages add to Chromium's offers."""
BUFFER = """ms => { for (const r of window.pc.getReceivers()) r.jitterBufferTarget = ms; }"""


@dataclass(frozen=True)
class Recipe:
    """What one room gets."""

    name: str
    buffer_ms: int
    form: VoiceForm | None = None
    """None: as control chooses."""
    asks: bool = True


RECIPES = {
    "before": Recipe("before", 1_500, VoiceForm(), asks=False),
    "deaf": Recipe("deaf", 1_500, asks=False),
    "single": Recipe("single", 1_500, VoiceForm()),
    "now": Recipe("now", 1_500),
    "2s": Recipe("2s", 2_000),
    "merged": Recipe("merged", 1_500, VoiceForm(True)),
    "copy": Recipe("copy", 1_500, VoiceForm(True, 1, 90)),
    "copy300": Recipe("copy300", 1_500, VoiceForm(True, 1, 300)),
    "two": Recipe("two", 2_000, VoiceForm(True, 2, 90)),
    "one2s": Recipe("one2s", 2_000, VoiceForm(True, 1, 300)),
    "two300": Recipe("two300", 2_000, VoiceForm(True, 2, 300)),
}


class Pinned(VoiceChoice):
    """Always the same form."""

    def __init__(self, form: VoiceForm, before: VoiceForm) -> None:
        super().__init__()
        self.form, self._pinned = before, form

    def choose(self, link: VoiceLink, now: float) -> VoiceForm:
        self.form = self._pinned
        return self.form


def rooms_of(running: RunningRelay) -> list[SubscriberSession]:
    """Everybody who watches."""
    return list(running.relay._sessions.lesson(LESSON).subscribers.values())  # noqa: SLF001


def joined(running: RunningRelay, netem: Netem, recipe: Recipe) -> Callable[..., Awaitable[str]]:
    """A way to subscribe by that link and in that form."""

    async def subscribe(offer: str) -> str:
        answer = await running.relay.subscribe(party(recipe.name), offer)
        if recipe.form is not None:
            for session in rooms_of(running):
                if session.session_id == answer.session_id:
                    session.voice = Pinned(recipe.form, session.voice.form)
        return answer.sdp.replace(f" {running.relay.media_port} typ", f" {netem.port} typ")

    return subscribe


async def counted(page: Page) -> dict[str, float]:
    """Sums since the beginning."""
    found = {"concealed": 0.0, "samples": 0.0, "frames": 0.0, "frozen": 0.0, "delay": 0.0}
    found["emitted"] = 0.0
    for stream in await page.evaluate(STATS):
        if stream["type"] != "inbound-rtp":
            continue
        if stream["kind"] == "audio" and stream.get("totalSamplesReceived"):
            found["concealed"] += stream["concealedSamples"]
            found["samples"] += stream["totalSamplesReceived"]
            found["delay"] += stream["jitterBufferDelay"]
            found["emitted"] += stream["jitterBufferEmittedCount"]
        elif stream["kind"] == "video":
            found["frames"] += stream.get("framesDecoded", 0)
            found["frozen"] += stream.get("totalFreezesDuration", 0)
    return found


async def measured(page: Page, netem: Netem, seconds: float) -> dict[str, float]:
    """Of one room, after it has settled."""
    await asyncio.sleep(SETTLE_SECONDS)
    before, bytes_before = await counted(page), sum(size for _, _, size in netem.waited)
    await asyncio.sleep(seconds)
    after, bytes_after = await counted(page), sum(size for _, _, size in netem.waited)
    more = {name: after[name] - before[name] for name in after}
    return {
        "concealed_percent": 100 * more["concealed"] / max(1.0, more["samples"]),
        "fps": more["frames"] / seconds,
        "frozen_s": more["frozen"],
        "kbps": 8 * (bytes_after - bytes_before) / seconds / 1000,
        "buffer_ms": 1000 * more["delay"] / max(1.0, more["emitted"]),
    }


async def measure(link: str, recipes: list[str], seconds: float) -> dict[str, dict[str, float]]:
    """All rooms of one link at once."""
    bps, loss = LINKS[link]
    with TemporaryDirectory() as folder:
        tone = microphone_of_tone(Path(folder) / "tone.wav", 440)
        async with (
            running_relay(media_host="0.0.0.0") as running,
            chromium(tone) as browser,
            page_of(browser, whip=whip(running, Slot.LEAD)) as teacher,
            AsyncExitStack() as stack,
        ):
            await teacher.evaluate(SPEAK)
            await asyncio.sleep(3)
            rooms: list[tuple[Page, Netem]] = []
            for name in recipes:
                netem = running.netem(host="0.0.0.0")
                netem.down_bps, netem.delay = bps, ROUND_TRIP_SECONDS / 2
                netem.loss_up = netem.loss_down = loss
                whep = joined(running, netem, RECIPES[name])
                page = await stack.enter_async_context(page_of(browser, whep=whep))
                await page.evaluate(ASKING if RECIPES[name].asks else WATCH)
                await page.evaluate(BUFFER, RECIPES[name].buffer_ms)
                rooms.append((page, netem))
            found = await asyncio.gather(*(measured(page, netem, seconds) for page, netem in rooms))
            forms: dict[str, Any] = {
                each.party.label: each.voice.form for each in rooms_of(running)
            }
    for name in recipes:
        print(f"# {link} {name}: {forms.get(name)}")
    return dict(zip(recipes, found, strict=True))


def main() -> None:
    """Run and print: `voice_link.py [link ...] [recipe ...]`, all links by default."""
    options = arguments(__doc__ or "", positional=True)
    links = [word for word in options.what if word in LINKS] or list(LINKS)
    recipes = [word for word in options.what if word in RECIPES] or ["before", "now"]
    seconds = QUICK_SECONDS if options.quick else SECONDS
    figures: dict[str, dict[str, dict[str, float]]] = {}
    for link in links:
        figures[link] = asyncio.run(measure(link, recipes, seconds))
        for name, row in figures[link].items():
            print(f"{link:>4} {name:<9}", *(f"{key} {value:8.2f}" for key, value in row.items()))
    if options.json is not None:
        options.json.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
