"""A room behind a thin link, real Chromium at both ends: what its voice suffers while the first
picture comes, and how soon the picture grows when the link does.

Three links: 300 kbit/s with a round trip of 600 ms, the same with 60 ms, and 200 kbit/s that
becomes 2 Mbit/s.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from playwright.async_api import Browser, Page

from streamsvc.base.media import Slot
from tests.bench.figures import arguments, percentile, tell
from tests.integration.test_relay_chromium import PUBLISH, STATS, WATCH, page_of, whip
from tests.support.browser import chromium
from tests.support.netem import Netem
from tests.support.rtp_peers import RunningRelay, party, running_relay

VOICE_BYTES = 250
"""Longer datagrams are pictures."""
FIRST_SECONDS = 3.0
"""The first picture comes in these."""
JOIN_SECONDS = 15.0
HELD_SECONDS = 20.0
GROWING_SECONDS = 60.0
TALL, MIDDLE = 720, 360


@dataclass
class Seen:
    """What a room showed: (seconds since it joined, height of the picture)."""

    began_at: float = field(default_factory=time.monotonic)
    heights: list[tuple[float, int]] = field(default_factory=list)
    frozen_seconds: float = 0.0
    concealed_seconds: float = 0.0
    jitter_seconds: float = 0.0

    def first_at(self, height: int, since: float = 0.0) -> float:
        """When the picture was that high first, in seconds since then; -1: never."""
        found = (at - since for at, tall in self.heights if tall >= height and at >= since)
        return next(found, -1.0)


async def watch(page: Page, seen: Seen, seconds: float) -> None:
    """Look ten times a second."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        for stream in await page.evaluate(STATS):
            if stream["type"] != "inbound-rtp":
                continue
            if stream["kind"] == "video" and stream.get("framesDecoded"):
                seen.heights.append((time.monotonic() - seen.began_at, stream["frameHeight"]))
                seen.frozen_seconds = max(seen.frozen_seconds, stream["totalFreezesDuration"])
                seen.jitter_seconds = max(seen.jitter_seconds, stream["jitter"])
            elif stream["kind"] == "audio" and stream.get("totalSamplesReceived"):
                samples = stream["concealedSamples"] - stream["silentConcealedSamples"]
                seen.concealed_seconds = max(seen.concealed_seconds, samples / 48_000)
        await asyncio.sleep(0.1)


def voice_waits(netem: Netem, begin: float = 0.0, end: float = float("inf")) -> list[float]:
    """Milliseconds in the link's queue, of what came in these seconds after the first packet."""
    first = netem.waited[0][0]
    return [
        1000 * waits
        for at, waits, size in netem.waited
        if size < VOICE_BYTES and begin <= at - first < end
    ]


def by_link(running: RunningRelay, netem: Netem) -> Callable[[str], Awaitable[str]]:
    """A way to subscribe whose answer leads through that link."""

    async def subscribe(offer: str) -> str:
        answer = (await running.relay.subscribe(party("room"), offer)).sdp
        return answer.replace(f" {running.relay.media_port} typ", f" {netem.port} typ")

    return subscribe


async def measure_join(
    running: RunningRelay, browser: Browser, round_trip: float
) -> dict[str, float]:
    """A room joins over 300 kbit/s."""
    netem = running.netem(host="0.0.0.0")
    netem.down_bps, netem.delay = 300_000, round_trip / 2
    async with page_of(browser, whep=by_link(running, netem)) as room:
        await room.evaluate(WATCH)
        seen = Seen()
        await watch(room, seen, JOIN_SECONDS)
    waits = voice_waits(netem)
    first = next((at for at, _ in seen.heights), -1.0)
    early = voice_waits(netem, end=FIRST_SECONDS)
    return {
        "first_frame_s": first,
        "voice_wait_first_ms_p50": percentile(early, 0.5),
        "voice_wait_first_ms_max": max(early),
        "voice_wait_ms_p50": percentile(waits, 0.5),
        "voice_wait_ms_p95": percentile(waits, 0.95),
        "voice_wait_ms_max": max(waits),
        "voice_concealed_s": seen.concealed_seconds,
        "frozen_s": seen.frozen_seconds,
        "dropped": netem.lost,
    }


async def measure_growth(running: RunningRelay, browser: Browser) -> dict[str, float]:
    """A link of 200 kbit/s becomes one of 2 Mbit/s."""
    netem = running.netem(host="0.0.0.0")
    netem.down_bps, netem.delay = 200_000, 0.04
    async with page_of(browser, whep=by_link(running, netem)) as room:
        await room.evaluate(WATCH)
        seen = Seen()
        await watch(room, seen, HELD_SECONDS)
        heights = [height for _, height in seen.heights]
        thin = voice_waits(netem)
        netem.down_bps, since = 2_000_000, time.monotonic() - seen.began_at
        before, frozen = seen.concealed_seconds, seen.frozen_seconds
        await watch(room, seen, GROWING_SECONDS)
    return {
        "held_height": heights[-1] if heights else 0,
        "held_voice_wait_ms_p95": percentile(thin, 0.95),
        "to_middle_s": seen.first_at(MIDDLE, since),
        "to_tall_s": seen.first_at(TALL, since),
        "growing_concealed_s": seen.concealed_seconds - before,
        "growing_frozen_s": seen.frozen_seconds - frozen,
        "jitter_s_max": seen.jitter_seconds,
    }


async def measure(quick: bool) -> dict[str, float | int | str]:
    """All links, one after the other."""
    figures: dict[str, float | int | str] = {}
    async with (
        running_relay(media_host="0.0.0.0") as running,
        chromium() as browser,
        page_of(browser, whip=whip(running, Slot.LEAD)) as teacher,
    ):
        await teacher.evaluate(PUBLISH, ["vp8", ["q", "h", "f"]])
        await asyncio.sleep(12)
        for name, round_trip in (("far", 0.6), ("near", 0.06)):
            for key, value in (await measure_join(running, browser, round_trip)).items():
                figures[f"{name}_{key}"] = value
        if not quick:
            for key, value in (await measure_growth(running, browser)).items():
                figures[f"growth_{key}"] = value
    return figures


def main() -> None:
    """Run and print."""
    options = arguments(__doc__ or "")
    tell(asyncio.run(measure(options.quick)), options.json)


if __name__ == "__main__":
    main()
