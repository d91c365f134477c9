"""A lesson goes on while 100,000 datagrams of noise a second arrive at the media port."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from relay.rtp.packet import write_packet
from streamsvc.base.media import MediaKind, Slot
from tests.support.engine_door import CREDENTIALS
from tests.support.engine_model.packets import h264_payload, media_of
from tests.support.engine_peers import FarPeer, Stage, published
from tests.support.flood import flooded
from tests.support.rtp_peers import Picture, Tone, party, running_relay
from tests.support.waiting import SECOND, until

pytestmark = [pytest.mark.integration, pytest.mark.alone]

VIDEO = media_of(MediaKind.VIDEO)
SECONDS = 3.0
VIEWERS = 5
GROWTH_BYTES = 16 << 20
"""Of the whole process; the noise of 3 s is 150 MB."""
DROPPED = ("not_ours", "stun_refused", "stranger")


def memory_bytes() -> int:
    """Resident, of this process."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096


class Class:
    """A camera that sends small pictures all the time, and who sees them."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.camera = stage.publisher(published(1, VIDEO))
        self.viewers: list[FarPeer] = []
        for number in range(2, 2 + VIEWERS):
            self.viewers.append(stage.viewer(number, VIDEO))
            stage.show(10 * number, 1)
        self.sent_at: list[float] = []
        self.delays: list[float] = []

    async def teach(self, seconds: float) -> None:
        """250 packets a second, the first a key frame; every viewer's socket is read meanwhile."""
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            seq = len(self.sent_at)
            payload = h264_payload(seq, is_key=not seq)
            self.sent_at.append(time.monotonic())
            self.camera.send(
                write_packet(payload, payload_type=102, seq=seq, ts=360 * seq, ssrc=11)
            )
            await asyncio.sleep(0.004)
            self._look()

    def _look(self) -> None:
        first = self.viewers[0]
        before = len(first.packets)
        for viewer in self.viewers:
            viewer.read()
        now = time.monotonic()
        self.delays += [now - self.sent_at[n] for n in range(before, len(first.packets))]


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    stage = Stage()
    yield stage
    await stage.close()


async def test_noise_is_counted_and_dropped_and_the_lesson_goes_on(stage: Stage) -> None:
    stage.engine.open_name(1, CREDENTIALS)  # half of the checks have the name, not the password
    lesson = Class(stage)
    await stage.settled()
    await lesson.teach(0.5)
    before = memory_bytes()
    async with flooded(stage.port.port, SECONDS) as flood:
        await lesson.teach(SECONDS + 0.5)
        sent = await flood.sent()
    lost = stage.counted("socket_full")
    await until(lambda: sum(map(stage.counted, DROPPED)) + lost >= sent, what="all were looked at")
    assert memory_bytes() - before < GROWTH_BYTES
    counted = [stage.counted(name) for name in DROPPED]
    assert sum(counted) + lost >= sent > 50_000
    assert min(counted) > sent // 10, "every kind came"
    # nothing was told to control: nobody who floods has proved an address
    assert stage.heard.checks == []
    assert stage.heard.handshakes == []
    assert stage.counted("control_full") == 0
    for viewer in lesson.viewers:
        await stage.arrived(viewer, len(lesson.sent_at) - lost)
    lesson.delays.sort()
    assert lesson.delays[int(0.99 * len(lesson.delays))] < 0.25 * SECOND


async def test_who_comes_during_a_flood_is_let_in() -> None:
    async with running_relay() as running:
        await running.publish(party("teacher"), Slot.LEAD, Tone(), Picture())
        async with flooded(running.relay.media_port, SECONDS) as flood:
            viewer = await running.watch(party("room"))
            seen = viewer.video(Slot.LEAD)
            await until(lambda: seen.frames >= 15, 10, "pictures")
            assert not flood.is_over
        assert running.reported.closed == []
