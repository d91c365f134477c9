"""A voice whose packets carry the one before once more (RFC 2198), over real UDP: viewers get plain
Opus, and what was lost with the next packet."""

from dataclasses import replace

import pytest

from relay.rtp.packet import write_packet
from relay.rtp.rtcp_feedback import Nack
from relay.rtp.rtcp_reports import ReceiverReport
from tests.relay.engine.test_merged_voice import body
from tests.support.engine_peers import FarPeer, Stage, published
from tests.support.engine_scenes import AUDIO, SSRC, voice

RED, OPUS = 63, 111
TWICE = replace(AUDIO, red_payload_type=RED)
FRAME = 960


def red_payload(blocks: list[tuple[int, bytes]], payload_type: int = OPUS) -> bytes:
    """Blocks by how much earlier they are; the last is the packet's own."""
    *earlier, (_, own) = blocks
    heads = [
        bytes((0x80 | payload_type,)) + (before << 10 | len(sound)).to_bytes(3, "big")
        for before, sound in earlier
    ]
    sounds = b"".join(sound for _, sound in blocks)
    assert sounds.endswith(own)
    return b"".join(heads) + bytes((payload_type,)) + sounds


def packet(seq: int, payload: bytes) -> bytes:
    return write_packet(payload, payload_type=RED, seq=seq, ts=FRAME * seq, ssrc=SSRC)


def twice(seq: int, carried: int = 1) -> bytes:
    """Packet `seq` with so many before it."""
    blocks = [(FRAME * back, body(seq - back)) for back in range(carried, -1, -1)]
    return packet(seq, red_payload(blocks))


async def spoken_twice(stage: Stage) -> tuple[FarPeer, FarPeer]:
    """A microphone that sends so, and a viewer."""
    microphone = stage.publisher(published(1, TWICE))
    viewer = stage.viewer(2, AUDIO)
    stage.show(20, 1)
    await stage.settled()
    microphone.send(packet(10, red_payload([(0, body(10))])))
    await stage.arrived(viewer, 1)
    return microphone, viewer


async def test_each_comes_once_and_alone(stage: Stage) -> None:
    microphone, viewer = await spoken_twice(stage)
    for seq in range(11, 31):
        microphone.send(twice(seq))
    await stage.arrived(viewer, 21)
    assert viewer.payloads() == [body(seq) for seq in range(10, 31)]
    assert [view.seq for view in viewer.views()] == list(range(500, 521))
    assert {view.payload_type for view in viewer.views()} == {OPUS}


async def test_what_was_lost_comes_with_the_next_in_its_turn(stage: Stage) -> None:
    microphone, viewer = await spoken_twice(stage)
    for seq in range(11, 31):
        if seq % 3:
            microphone.send(twice(seq))
    microphone.send(twice(31))
    await stage.arrived(viewer, 22)
    assert viewer.payloads() == [body(seq) for seq in range(10, 32)]
    views = viewer.views()
    assert [view.ts - views[0].ts for view in views] == [FRAME * n for n in range(22)]
    assert not microphone.said(Nack), "nobody has to ask for it"


async def test_two_that_were_lost_come_with_two(stage: Stage) -> None:
    microphone, viewer = await spoken_twice(stage)
    microphone.send(twice(13, carried=2))
    await stage.arrived(viewer, 4)
    assert viewer.payloads() == [body(seq) for seq in range(10, 14)]


async def test_a_loss_is_counted_though_it_was_made_good(stage: Stage) -> None:
    microphone, viewer = await spoken_twice(stage)
    for seq in range(11, 31):
        if seq % 4:
            microphone.send(twice(seq))
    microphone.send(twice(31))
    await stage.arrived(viewer, 22)

    def lost() -> list[int]:
        reports = microphone.said(ReceiverReport)
        return [block.packets_lost for report in reports for block in report.blocks]

    await stage.until(lambda: 5 in lost(), "12, 16, 20, 24, 28")


async def test_what_was_only_late_is_no_loss(stage: Stage) -> None:
    microphone, viewer = await spoken_twice(stage)
    for seq in (12, 11, 14, 13, *range(15, 31)):
        microphone.send(twice(seq))
    await stage.arrived(viewer, 21)

    def told() -> list[tuple[int, int]]:
        reports = microphone.said(ReceiverReport)
        blocks = [block for report in reports for block in report.blocks]
        return [(block.highest_seq & 0xFFFF, block.packets_lost) for block in blocks]

    await stage.until(lambda: (30, 0) in told(), str(told()))


HOSTILE = {
    "nothing": b"",
    "no packet of its own": red_payload([(FRAME, body(10)), (0, b"")])[:4],
    "half a header": bytes((0x80 | OPUS, 0)),
    "shorter than it says": red_payload([(FRAME, body(10)), (0, b"")])[:-3],
    "many": red_payload([(FRAME, b"x")] * 9 + [(0, b"y")]),
    "another codec": red_payload([(FRAME, body(10)), (0, body(11))], payload_type=9),
}


@pytest.mark.parametrize("payload", HOSTILE.values(), ids=HOSTILE)
async def test_what_is_malformed_is_dropped(stage: Stage, payload: bytes) -> None:
    microphone, viewer = await spoken_twice(stage)
    microphone.send(packet(11, payload))
    microphone.send(twice(12, carried=0))
    await stage.arrived(viewer, 2)
    assert viewer.payloads() == [body(10), body(12)]


async def test_it_is_nothing_where_it_was_not_agreed(stage: Stage) -> None:
    microphone = stage.publisher(published(1, AUDIO))
    viewer = stage.viewer(2, AUDIO)
    stage.show(20, 1)
    await stage.settled()
    microphone.send(twice(11))
    microphone.send(voice(12))
    await stage.arrived(viewer, 1)
    assert viewer.payloads() == [body(12)]
