"""What a viewer in real Chromium sees when its layer changes: the next picture, no freeze."""

from collections.abc import Sequence

import pytest

from relay.forwarding.allocation import Offered
from relay.forwarding.ladder import Choice
from relay.forwarding.room_ladder import RoomLadder
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

pytestmark = [pytest.mark.integration, pytest.mark.e2e, needs_chromium, pytest.mark.alone]

FROZEN_AT_MOST_MS = 500
HEIGHT = {"q": 180, "h": 360, "f": 720}

WATCH_FRAMES = """() => {
  const video = document.querySelector('video[data-slot=lead]');
  window.gap = 0; window.height = 0;
  let last = 0;
  const each = (now, frame) => {
    if (last) window.gap = Math.max(window.gap, frame.presentationTime - last);
    last = frame.presentationTime;
    window.height = frame.height;
    video.requestVideoFrameCallback(each);
  };
  video.requestVideoFrameCallback(each);
}"""


@pytest.mark.parametrize("codec", ["h264", pytest.param("vp8", marks=pytest.mark.long)])
async def test_a_switch_of_layers_freezes_nothing(
    codec: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = {"rid": "q"}

    def decided(
        _ladder: RoomLadder, offered: Sequence[Offered], *_rest: object
    ) -> dict[Slot, Choice | None]:
        return {entry.slot: Choice(wanted["rid"]) for entry in offered}

    async with (
        running_relay(media_host="0.0.0.0") as running,
        chromium() as browser,
        page_of(browser, whip=whip(running, Slot.LEAD)) as teacher,
        page_of(browser, whep=whep(running, "room")) as room,
    ):
        await teacher.evaluate(PUBLISH, [codec, ["q", "h", "f"]])
        await until(lambda: running.reported.opened != [], 10, "the publication opened")
        await eventually(teacher, "outbound-rtp", "video", "framesEncoded", 60)
        monkeypatch.setattr(RoomLadder, "choose", decided)
        await room.evaluate(WATCH)
        await eventually(room, "inbound-rtp", "video", "framesDecoded", 20)
        await room.evaluate(WATCH_FRAMES)
        for rid in ("f", "q", "h", "q", "f"):
            wanted["rid"] = rid
            for _ in range(100):
                if await room.evaluate("window.height") == HEIGHT[rid]:
                    break
                await room.wait_for_timeout(100 * SECOND)
            assert await room.evaluate("window.height") == HEIGHT[rid], rid
            await room.wait_for_timeout(500)
        gap_ms = await room.evaluate("window.gap")
        frozen = await stat(room, "inbound-rtp", "video", "totalFreezesDuration")
        print(f"{codec}: longest gap {gap_ms:.0f} ms in five switches, frozen {max(frozen):.2f} s")
        assert gap_ms <= FROZEN_AT_MOST_MS * SECOND
