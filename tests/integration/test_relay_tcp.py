"""Real Chromium where the network passes TCP only, and where both pass."""

from collections.abc import Awaitable, Callable

import pytest
from playwright.async_api import Page

from streamsvc.base.media import Slot
from tests.integration.test_relay_chromium import (
    PUBLISH,
    WATCH,
    eventually,
    page_of,
    stat,
    whep,
    whip,
)
from tests.support.browser import chromium, needs_chromium
from tests.support.rtp_peers import running_relay
from tests.support.waiting import SECOND, until

pytestmark = [pytest.mark.integration, pytest.mark.e2e, needs_chromium]

IN_USE = """async () => {
  const stats = await window.pc.getStats(), all = [...stats.values()];
  const pair = stats.get(all.find(s => s.type === 'transport').selectedCandidatePairId);
  if (!pair || pair.state !== 'succeeded') return '';
  const local = stats.get(pair.localCandidateId), remote = stats.get(pair.remoteCandidateId);
  return `${local.protocol} ${remote.protocol}`;
}"""

Door = Callable[..., Awaitable[str]]


def without_udp(door: Door) -> Door:
    """As if the firewall let no datagram through: checks by UDP go nowhere."""

    async def answer(offer: str) -> str:
        lines = (await door(offer)).splitlines(keepends=True)
        by_udp = [line for line in lines if line.startswith("a=candidate:") and " udp " in line]
        assert by_udp and [line for line in lines if " tcptype passive" in line]
        return "".join(line for line in lines if line not in by_udp)

    return answer


async def in_use(page: Page) -> str:
    """Protocols of the pair of candidates that carries the media."""
    for _ in range(100):
        found = str(await page.evaluate(IN_USE))
        if found:
            return found
        await page.wait_for_timeout(100 * SECOND)
    raise AssertionError("no pair of candidates was selected")


async def test_a_lesson_passes_where_only_tcp_does() -> None:
    async with (
        running_relay(media_host="0.0.0.0") as running,
        chromium() as browser,
        page_of(browser, whip=without_udp(whip(running, Slot.LEAD))) as teacher,
        page_of(browser, whep=without_udp(whep(running, "room"))) as room,
        page_of(browser, whep=whep(running, "another")) as another,
    ):
        await teacher.evaluate(PUBLISH, ["h264", ["q", "h", "f"]])
        await until(lambda: running.reported.opened != [], 10, "the publication opened")
        await room.evaluate(WATCH)
        await another.evaluate(WATCH)
        for viewer in (room, another):
            await eventually(viewer, "inbound-rtp", "video", "framesDecoded", 60)
            await eventually(viewer, "inbound-rtp", "video", "frameHeight", 720)
            await eventually(viewer, "inbound-rtp", "audio", "totalAudioEnergy", 1e-6)
        before = max(await stat(room, "inbound-rtp", "video", "framesDecoded"))
        await eventually(room, "inbound-rtp", "video", "framesDecoded", before + 60)
        assert await in_use(teacher) == await in_use(room) == "tcp tcp"
        assert await in_use(another) == "udp udp"
        lost = await stat(room, "inbound-rtp", "video", "packetsLost")
        frozen = await stat(room, "inbound-rtp", "video", "totalFreezesDuration")
        print("by TCP: lost", lost, "frozen seconds", frozen)
        assert max(lost) == 0


async def test_udp_carries_the_lesson_where_both_pass() -> None:
    async with (
        running_relay(media_host="0.0.0.0") as running,
        chromium() as browser,
        page_of(browser, whip=whip(running, Slot.LEAD)) as teacher,
        page_of(browser, whep=whep(running, "room")) as room,
    ):
        await teacher.evaluate(PUBLISH, ["vp8", ["q", "h"]])
        await room.evaluate(WATCH)
        await eventually(room, "inbound-rtp", "video", "framesDecoded", 100)
        assert await in_use(teacher) == await in_use(room) == "udp udp"
