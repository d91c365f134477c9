"""Repairs of voice that go out once more, unasked, where they go far and the link has room."""

import asyncio
import time
from itertools import count

import pytest

from relay.rtp.rtcp_feedback import write_nack
from relay.rtp.rtcp_reports import ReceiverReport, ReportBlock, write_receiver_report
from streamsvc.base.clock import ntp_from_wall_ms
from tests.relay.engine.test_merged_voice import spoken
from tests.support.engine_peers import FarPeer, Stage
from tests.support.engine_scenes import AUDIO, voice

FAR_SECONDS = 0.6
NEAR_SECONDS = 0.1
FULL_BPS = 8_000


def tell_round_trip(far: FarPeer, seconds: float) -> None:
    """As if the answer to our report had been so long under way."""
    asked = ntp_from_wall_ms(round(1_000 * (time.time() - seconds))) >> 16 & 0xFFFFFFFF
    block = ReportBlock(AUDIO.ssrc, 0, 0, 0, 0, asked, 0)
    far.say(write_receiver_report(ReceiverReport(1, (block,))))


async def repaired(stage: Stage, far: FarPeer, seconds: float) -> int:
    """How often one packet came in all that was asked for once."""
    await stage.settled()
    tell_round_trip(far, seconds)
    far.say(write_nack(1, AUDIO.ssrc, [502]))
    await stage.until(lambda: stage.counted("repaired") > 0)
    began = time.monotonic()
    await stage.until(lambda: stage.counted("repaired") > 1 or time.monotonic() > began + 0.5)
    await stage.settled()
    datagrams = far.read().datagrams
    return datagrams.count(datagrams[2])


async def heard(stage: Stage) -> tuple[FarPeer, FarPeer]:
    microphone, (viewer,) = await spoken(stage)
    for seq in range(1, 4):
        microphone.send(voice(seq))
    await stage.arrived(viewer, 4)
    return microphone, viewer


@pytest.mark.parametrize(("seconds", "times"), [(NEAR_SECONDS, 2), (FAR_SECONDS, 3)])
async def test_a_repair_that_goes_far_goes_twice(stage: Stage, seconds: float, times: int) -> None:
    _, viewer = await heard(stage)
    assert await repaired(stage, viewer, seconds) == times


async def test_not_where_its_voice_has_copies(stage: Stage) -> None:
    _, viewer = await heard(stage)
    stage.engine.set_copies(2, 1, 60)
    assert await repaired(stage, viewer, FAR_SECONDS) == 2


async def test_not_to_who_talks(stage: Stage) -> None:
    _, viewer = await heard(stage)
    stage.engine.set_voice_within(2, 250)
    assert await repaired(stage, viewer, FAR_SECONDS) == 2


async def test_not_where_the_link_is_full(stage: Stage) -> None:
    microphone, viewer = await heard(stage)
    stage.engine.limit(2, FULL_BPS, is_satellite=False)
    await stage.settled()

    async def talk_on() -> None:
        for seq in count(4):
            microphone.send(voice(seq) + bytes(900))
            if seq % 8 == 0:
                await asyncio.sleep(0.005)

    talking = asyncio.create_task(talk_on())
    await asyncio.sleep(0.1)
    assert await repaired(stage, viewer, FAR_SECONDS) == 2
    talking.cancel()
