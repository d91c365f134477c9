"""A lesson through the relay: real UDP, ICE, DTLS and SRTP, aiortc at both ends."""

import pytest

from streamsvc.base.media import Codec, MediaKind, Slot
from tests.support.rtp_peers import Picture, Tone, party, publish, running_relay, watch
from tests.support.waiting import until

pytestmark = pytest.mark.integration

BOTH = frozenset(MediaKind)


@pytest.mark.parametrize("codec", [Codec.H264, Codec.VP8])
async def test_a_viewer_sees_and_hears_the_lead_teacher(codec: Codec) -> None:
    async with running_relay() as running:
        teacher = await publish(
            running.relay, party("teacher"), Slot.LEAD, Tone(), Picture(200), codec=codec
        )
        await until(lambda: running.reported.opened == [(Slot.LEAD, BOTH)])
        viewer = await watch(running.relay, party("room"))
        await until(lambda: viewer.video(Slot.LEAD).frames >= 30, 10, "frames")
        await until(lambda: viewer.audio(Slot.LEAD).frames >= 50, 10, "voice")
        assert viewer.video(Slot.LEAD).lumas[-1] == pytest.approx(200, abs=12)
        assert max(viewer.audio(Slot.LEAD).loudness) > 1000
        assert viewer.audio(Slot.STAGE).frames == viewer.video(Slot.STAGE).frames == 0
        await viewer.close()
        await teacher.close()
