"""Whatever names an offer may have, the engine takes them or does without."""

import re
from pathlib import Path

import pytest

from streamsvc.base.media import Slot
from tests.support.rtp_peers import party, running_relay

OFFERS = Path(__file__).parents[1] / "sdp" / "offers"


async def test_the_longest_rids_that_an_offer_may_have_are_published() -> None:
    offer = (OFFERS / "chromium-camera-simulcast.sdp").read_text()
    names = {rid: rid * 32 for rid in re.findall(r"a=rid:(\S+)", offer)}
    for rid, name in names.items():
        offer = offer.replace(f"a=rid:{rid} ", f"a=rid:{name} ")
    offer = re.sub(r"a=simulcast:send .*", f"a=simulcast:send {';'.join(names.values())}", offer)
    async with running_relay() as running:
        answer = await running.relay.publish(party("teacher"), Slot.LEAD, offer, take_over=False)
        assert all(f"a=rid:{name} recv" in answer.sdp for name in names.values())


@pytest.mark.parametrize("length", [16, 17, 32])
async def test_a_viewer_with_a_long_mid_is_answered(length: int) -> None:
    offer = (OFFERS / "chromium-room.sdp").read_text()
    mids = re.findall(r"a=mid:(\S+)", offer)
    long = "m" * length
    offer = offer.replace(f"a=mid:{mids[-1]}", f"a=mid:{long}")
    bundle = f"a=group:BUNDLE {' '.join([*mids[:-1], long])}"
    offer = re.sub(r"a=group:BUNDLE [^\r\n]*", bundle, offer)
    async with running_relay() as running:
        answer = await running.relay.subscribe(party("room"), offer)
        assert f"a=mid:{long}" in answer.sdp
