"""What a viewer in real Chromium sees when it gets fewer pictures: less, but nothing broken."""

from collections.abc import Sequence

import pytest
from playwright.async_api import Page

from relay.forwarding.allocation import Offered
from relay.forwarding.ladder import EVERY_PICTURE, Choice
from relay.forwarding.room_ladder import RoomLadder
from streamsvc.base.media import Slot
from tests.integration.test_layer_switch import FROZEN_AT_MOST_MS, WATCH_FRAMES
from tests.integration.test_relay_chromium import (
    PUBLISH,
    STATS,
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

pytestmark = [pytest.mark.integration, pytest.mark.e2e, needs_chromium, pytest.mark.alone]

RID = "h"
PUBLISH_LAYERED = PUBLISH.replace(
    "({rid,", "({rid, scalabilityMode: codec === 'h264' ? 'L1T2' : 'L1T3',"
)
WINDOW_MS = 2_000
WINDOWS = 5
"""A viewer who is well is looked at every five seconds."""
SHARE = {"h264": 1 / 2, "vp8": 1 / 4}


async def decoded(room: Page) -> int:
    return int(max(await stat(room, "inbound-rtp", "video", "framesDecoded")))


async def sent(teacher: Page) -> int:
    """Pictures of the layer that is watched."""
    of_layer = [s for s in await teacher.evaluate(STATS) if s.get("rid") == RID]
    return int(of_layer[0]["framesSent"])


async def share_becomes(wanted: float, room: Page, teacher: Page) -> float:
    """The share of its layer's pictures that the viewer decodes, once it is about `wanted`."""
    seen = []
    for _ in range(WINDOWS):
        before = await decoded(room), await sent(teacher)
        await room.wait_for_timeout(WINDOW_MS)
        seen.append((await decoded(room) - before[0]) / (await sent(teacher) - before[1]))
        if seen[-1] == pytest.approx(wanted, abs=0.12):
            return seen[-1]
    raise AssertionError(f"shares {seen}, wanted {wanted}")


@pytest.mark.parametrize("codec", ["h264", pytest.param("vp8", marks=pytest.mark.long)])
async def test_a_viewer_of_fewer_pictures_misses_nothing_it_needs(
    codec: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = {"most": EVERY_PICTURE}

    def decided(
        _ladder: RoomLadder, offered: Sequence[Offered], *_rest: object
    ) -> dict[Slot, Choice | None]:
        return {entry.slot: Choice(RID, wanted["most"]) for entry in offered}

    async with (
        running_relay(media_host="0.0.0.0") as running,
        chromium() as browser,
        page_of(browser, whip=whip(running, Slot.LEAD)) as teacher,
        page_of(browser, whep=whep(running, "room")) as room,
    ):
        monkeypatch.setattr(RoomLadder, "choose", decided)
        await teacher.evaluate(PUBLISH_LAYERED, [codec, ["q", RID]])
        await until(lambda: running.reported.opened != [], 10, "the publication opened")
        await room.evaluate(WATCH)
        await eventually(room, "inbound-rtp", "video", "framesDecoded", 40)
        await room.evaluate(WATCH_FRAMES)
        complaints = [
            await stat(room, "inbound-rtp", "video", n) for n in ("pliCount", "nackCount")
        ]
        shares = []
        for most, share in ((0, SHARE[codec]), (EVERY_PICTURE, 1.0)):
            wanted["most"] = most
            shares.append(await share_becomes(share, room, teacher))
        gap_ms = await room.evaluate("window.gap")
        after = [await stat(room, "inbound-rtp", "video", n) for n in ("pliCount", "nackCount")]
    print(f"{codec}: {shares} of the pictures, longest gap {gap_ms:.0f} ms")
    assert gap_ms <= FROZEN_AT_MOST_MS * SECOND
    assert after == complaints
