"""One viewer on a terrible link among fifty: what the others are sent is what they are sent
without it, packet by packet."""

import asyncio
import random
import time
from dataclasses import dataclass

import pytest

from relay.rtp.packet import write_packet
from relay.rtp.rtcp_feedback import (
    KeyframeRequest,
    Nack,
    write_fir,
    write_nack,
    write_pli,
    write_remb,
)
from relay.rtp.rtcp_reports import ReceiverReport, ReportBlock, write_receiver_report
from streamsvc.base.media import MediaKind
from tests.support.engine_model.packets import h264_payload, media_of, opus_payload
from tests.support.engine_peers import FarPeer, Stage, published
from tests.support.engine_scenes import KEY, OUT, SIMULCAST, VIDEO

GOOD = 49
TICKS = 90
KEY_EVERY = 30
PACKETS = {"lo": 1, "hi": 3}
"""Of a picture."""
SSRC = {"lo": 21, "hi": 22}
VOICE_IN, VOICE = 31, media_of(MediaKind.AUDIO, ssrc=8_000)
SWITCHES = {KEY_EVERY + 1: "hi", 2 * KEY_EVERY + 1: "lo"}
"""For every third viewer, at these ticks: the key frame before is fresh, and may be shown."""
BAD = 2 + GOOD
LOSS = 0.3
TINY_BPS = 10_000
TICK_SECONDS = 0.01
REQUEST_SECONDS = 0.5
"""At most one request for each layer in this time."""


@dataclass
class Told:
    """What one run came to."""

    sent: dict[int, dict[int, list[tuple[int, bytes]]]]
    """By viewer and SSRC: sequence numbers and payloads."""
    requests: int
    """For key frames, that reached the camera."""
    nacks: int
    seconds: float


class Lesson:
    """A camera in two layers, a voice, and viewers of both."""

    def __init__(self, stage: Stage, viewers: int) -> None:
        self.stage = stage
        self.camera = stage.publisher(published(1, SIMULCAST), published(2, VOICE))
        self.viewers = {n: stage.viewer(n, VIDEO, VOICE) for n in range(2, 2 + viewers)}
        for number in self.viewers:
            stage.show(10 * number, 1, "hi" if number % 3 == 0 else "lo")
            stage.show(10 * number + 1, 2)
        self._seqs = {"lo": 0, "hi": 0}

    async def tick(self, number: int) -> None:
        """A picture of each layer, a packet of voice; a key frame when it is time, asked or not."""
        rid = SWITCHES.get(number)
        if rid is not None:
            for viewer in range(4, 2 + GOOD, 3):
                self.stage.engine.set_target_layer(10 * viewer, rid)
            await self.stage.settled()
        for layer in PACKETS:
            self._picture(layer, number)
        payload = opus_payload(number)
        voice = write_packet(payload, payload_type=111, seq=number, ts=960 * number, ssrc=VOICE_IN)
        self.camera.send(voice)
        await asyncio.sleep(TICK_SECONDS)

    def has_all(self, viewer: int) -> bool:
        """The newest picture of its layer came, whichever that is by now."""
        newest = [h264_payload(seq - 1) for seq in self._seqs.values()]
        return self.viewers[viewer].payloads(OUT)[-1] in newest

    def _picture(self, layer: str, number: int) -> None:
        for part in range(PACKETS[layer]):
            is_key = part == 0 and number % KEY_EVERY == 0
            packet = write_packet(
                h264_payload(self._seqs[layer], is_key=is_key),
                payload_type=102,
                seq=self._seqs[layer],
                ts=6_000 * number,
                ssrc=SSRC[layer],
                elements=[(5, layer.encode())],
            )
            self._seqs[layer] += 1
            self.camera.send(packet)


def rage(viewer: FarPeer, chance: random.Random) -> None:
    """What a viewer says that gets little: it loses much, and wants all of it again and again."""
    seqs = [view.seq for view in viewer.views(OUT)] or [500]
    lost = [seq for seq in range(seqs[0], seqs[-1] + 50) if chance.random() < LOSS]
    block = ReportBlock(OUT, int(LOSS * 256), len(lost), seqs[-1], 9_000, 0, 0)
    viewer.say(write_receiver_report(ReceiverReport(1, (block,))))
    for _ in range(3):
        viewer.say(write_nack(1, OUT, lost))
        viewer.say(write_pli(1, OUT))
    viewer.say(write_fir(1, OUT, chance.randrange(256)))
    viewer.say(write_remb(1, TINY_BPS, [OUT]))


def streams_of(viewer: FarPeer) -> dict[int, list[tuple[int, bytes]]]:
    """What came, in its order."""
    return {
        ssrc: [(view.seq, bytes(view.payload)) for view in viewer.views(ssrc)]
        for ssrc in (OUT, VOICE.ssrc)
    }


async def run(*, has_bad: bool) -> Told:
    """The same packets each time."""
    stage, chance = Stage(), random.Random(1)
    try:
        lesson = Lesson(stage, GOOD + has_bad)
        await stage.settled()
        began = time.monotonic()
        for number in range(TICKS):
            await lesson.tick(number)
            if has_bad:
                rage(lesson.viewers[BAD], chance)
            if number % 10 == 9:
                for viewer in lesson.viewers.values():
                    viewer.read()
        took = time.monotonic() - began
        good = {n: viewer for n, viewer in lesson.viewers.items() if n != BAD}
        for number, viewer in good.items():
            await stage.arrived(viewer, TICKS, VOICE.ssrc)
            await stage.until(lambda n=number: lesson.has_all(n), "the last picture")  # type: ignore
        sent = {number: streams_of(viewer) for number, viewer in good.items()}
        camera = lesson.camera
        return Told(sent, len(camera.said(KeyframeRequest)), len(camera.said(Nack)), took)
    finally:
        await stage.close()


@pytest.mark.timeout(60)
async def test_one_bad_viewer_changes_nothing_for_the_others() -> None:
    alone, beside = await run(has_bad=False), await run(has_bad=True)
    for viewer, streams in alone.sent.items():
        for packets in streams.values():
            seqs = [seq for seq, _ in packets]
            assert seqs == list(range(seqs[0], seqs[0] + len(seqs))), f"viewer {viewer}"
        keys = sum(payload[0] == KEY[0] for _, payload in streams[OUT])
        assert keys >= TICKS // KEY_EVERY, f"viewer {viewer}"
        assert beside.sent[viewer] == streams, f"viewer {viewer}"
    assert alone.nacks == beside.nacks == 0
    more = beside.requests - alone.requests
    print(f"key frame requests in {beside.seconds:.1f} s: {alone.requests} and {more} more")
    assert more <= len(PACKETS) * (1 + beside.seconds / REQUEST_SECONDS)
