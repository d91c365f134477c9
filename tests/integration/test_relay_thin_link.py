"""A room behind a satellite link: its first picture does not hold up the voice."""

from itertools import pairwise

import av
import numpy as np
import pytest

from streamsvc.base.media import Slot
from tests.support.netem import Netem
from tests.support.rtp_peers import LESSON, PLAYER_SLOTS, Picture, Tone, party, running_relay
from tests.support.waiting import until

pytestmark = [pytest.mark.integration, pytest.mark.alone]

LINK_BPS = 300_000
ROUND_TRIP_SECONDS = 0.6
VOICE_BYTES = 250
MOST_SECONDS = 0.35
"""80 ms of the link's pace, and what an encoder sends in one go."""


class Slide(Picture):
    """Full of detail that does not move: large key frames, and little between them."""

    async def recv(self) -> av.VideoFrame:
        frame = await super().recv()
        image = frame.to_ndarray(format="rgb24")
        grain = np.random.default_rng(1).integers(-4, 4, image.shape, np.int16)
        grainy = np.clip(image + grain, 0, 255).astype(np.uint8)
        detailed = av.VideoFrame.from_ndarray(grainy, format="rgb24")
        detailed.pts, detailed.time_base = frame.pts, frame.time_base
        return detailed


def waits(netem: Netem) -> list[float]:
    """Seconds that voice waited in the link's queue."""
    return [seconds for _, seconds, size in netem.waited if size < VOICE_BYTES]


def first_picture_bytes(netem: Netem) -> int:
    """What came in its first second."""
    began = netem.waited[0][0]
    return sum(size for at, _, size in netem.waited if size >= VOICE_BYTES and at < began + 1)


async def test_voice_does_not_wait_behind_the_first_picture() -> None:
    async with running_relay() as running:
        await running.publish(party("teacher"), Slot.LEAD, Tone(), Slide())
        here = await running.watch(party("near"), slots=PLAYER_SLOTS)
        await until(
            lambda: here.video(Slot.LEAD).frames >= 15, 10, "a picture to join in the midst"
        )
        netem = running.netem()
        netem.down_bps, netem.delay = LINK_BPS, ROUND_TRIP_SECONDS / 2
        far = await running.watch(party("far"), netem, PLAYER_SLOTS)
        await until(lambda: far.video(Slot.LEAD).frames >= 30, 20, "a picture")
        await until(lambda: far.audio(Slot.LEAD).frames >= 50, 20, "voice")
        found = sorted(waits(netem))
        print(f"voice waited {found[len(found) // 2]:.3f} s, at most {found[-1]:.3f} s")
        print(f"beside {first_picture_bytes(netem)} bytes")
        assert first_picture_bytes(netem) * 8 / LINK_BPS > MOST_SECONDS, "it could have waited"
        assert found[-1] < MOST_SECONDS
        assert netem.lost == 0
        assert min(later - earlier for earlier, later in pairwise(far.video(Slot.LEAD).pts)) > 0
        stats = (await far.connection.getStats()).values()
        assert all(entry.packetsLost == 0 for entry in stats if entry.type == "inbound-rtp")
        assert [flow.fraction_lost for flow in running.relay.flows(LESSON)[1]] == [0, 0]
