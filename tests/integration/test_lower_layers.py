"""A publisher of one large layer, and rooms that cannot take it: the whole way."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest

from relay.transcode.io.transcoders import Transcoders
from relay.transcode.settings import TranscodeSettings
from streamsvc.base.clock import SystemClock
from streamsvc.base.media import Slot
from streamsvc.base.sessions import LinkPolicy
from streamsvc.supervise import Supervisor
from tests.support.rtp_peers import PLAYER_SLOTS, Picture, Tone, party, running_relay
from tests.support.waiting import until

pytestmark = [pytest.mark.integration, pytest.mark.alone]

MOST_KBPS = 200


class Busy(Picture):
    """A picture that an encoder spends its rate on: it moves everywhere."""

    def __init__(self) -> None:
        super().__init__(width=960, height=540)
        self._grain = np.random.default_rng(1).integers(0, 60, (540, 960, 3), np.uint8)
        self._shown = 0

    async def recv(self) -> av.VideoFrame:
        frame = await super().recv()
        self._shown += 5
        image = np.roll(self._grain, self._shown, axis=1) + frame.to_ndarray(format="rgb24") // 2
        busy = av.VideoFrame.from_ndarray(image.astype(np.uint8), format="rgb24")
        busy.pts, busy.time_base = frame.pts, frame.time_base
        return busy


def transcoders(folder: Path) -> tuple[Transcoders, list[Supervisor]]:
    clock, children = SystemClock(), []

    def supervise(name: str, command: Sequence[str], on_end: Callable[[], None]) -> Supervisor:
        children.append(Supervisor(name, command, clock, on_end=on_end))
        return children[-1]

    return Transcoders(folder, TranscodeSettings(), clock, supervise), children


async def test_a_room_gets_a_layer_that_nobody_published(tmp_path: Path) -> None:
    made, children = transcoders(tmp_path)
    async with running_relay(made) as running:
        await running.publish(party("teacher"), Slot.LEAD, Tone(), Busy())
        here = await running.watch(party("near"), slots=PLAYER_SLOTS)
        await until(lambda: here.video(Slot.LEAD).frames >= 15, 20, "a picture")
        assert len(made) == 0, "nobody needs it"
        thin = replace(party("thin"), policy=LinkPolicy(most_kbps=MOST_KBPS))
        far = await running.watch(thin, slots=PLAYER_SLOTS)
        shown = far.video(Slot.LEAD)
        await until(lambda: sum(height < 360 for height in shown.heights) >= 20, 40, "small ones")
        await until(lambda: far.audio(Slot.LEAD).frames >= 50, 20, "voice")
        assert len(children) == 1
        assert 540 not in shown.heights, "360 may have been, while it looked cheap"
        assert all(later > earlier for earlier, later in pairwise(shown.pts))
        assert here.video(Slot.LEAD).heights[:15] == [540] * 15
    assert children[0].pid is None
    assert len(made) == 0
