"""Viewers who get a voice merged, over real UDP: to it and back without a gap or a repetition."""

import random

from relay.forwarding.voice import MERGED, SINGLE
from relay.rtp.header import PacketView
from relay.rtp.packet import write_packet
from relay.rtp.rtcp_feedback import write_nack
from tests.support.engine_model import opus
from tests.support.engine_model.packets import opus_payload
from tests.support.engine_peers import FarPeer, Stage, published
from tests.support.engine_scenes import AUDIO, SSRC, voice

FIRST_TS = 9_000


def body(seq: int) -> bytes:
    """What `voice` says."""
    return opus_payload(seq) + bytes(seq % 4)


def frames(views: list[PacketView]) -> list[tuple[int, bytes]]:
    """Timestamp and bytes of each frame that came, in the order of numbers."""
    found = []
    for view in sorted(views, key=lambda view: (view.seq - 500) & 0xFFFF):
        for n, (toc, frame) in enumerate(opus.frames(bytes(view.payload))):
            found.append((view.ts + 960 * n, bytes((toc,)) + frame))
    return found


async def spoken(stage: Stage, viewers: int = 1) -> tuple[FarPeer, list[FarPeer]]:
    """A microphone, and viewers who hear it."""
    microphone = stage.publisher(published(1, AUDIO))
    found = [stage.viewer(number, AUDIO) for number in range(2, 2 + viewers)]
    for number in range(2, 2 + viewers):
        stage.show(10 * number, 1)
    await stage.settled()
    microphone.send(voice(0))
    for viewer in found:
        await stage.arrived(viewer, 1)
    return microphone, found


async def aim(stage: Stage, subscription: int, rid: str | None) -> None:
    stage.engine.set_target_layer(subscription, rid)
    await stage.settled()


async def heard_all(stage: Stage, viewer: FarPeer, most: int) -> None:
    """Everything up to this packet of the microphone, the last group whole or not."""
    await stage.until(lambda: len(frames(viewer.views())) > most)


async def test_to_it_and_back_without_a_gap_or_a_repetition(stage: Stage) -> None:
    microphone, (viewer,) = await spoken(stage)
    chance, seq = random.Random(7), 0
    for turn in range(40):
        await aim(stage, 20, (MERGED, SINGLE)[turn % 2])
        for _ in range(chance.randrange(1, 9)):
            seq += 1
            microphone.send(voice(seq))
        await heard_all(stage, viewer, seq - 3)
    await aim(stage, 20, SINGLE)
    for last in range(seq + 1, seq + 4):
        microphone.send(voice(last))
    await heard_all(stage, viewer, seq + 1)
    views = viewer.views()
    assert [view.seq for view in views] == list(range(500, 500 + len(views)))
    found = frames(views)
    assert found == [(FIRST_TS + 960 * n, body(n)) for n in range(len(found))]
    kinds = {view.payload[0] & 3 for view in views}
    assert kinds == {0, 3}


async def test_what_is_lost_on_the_way_to_us_is_repaired_in_its_place(stage: Stage) -> None:
    microphone, (viewer, other) = await spoken(stage, viewers=2)
    await aim(stage, 20, MERGED)
    chance, late = random.Random(3), []
    for seq in range(1, 240):
        if chance.random() < 0.1:
            late.append(seq)
            continue
        microphone.send(voice(seq))
        if late and chance.random() < 0.3:
            microphone.send(voice(late.pop(0)))
    for seq in (*late, 240, 241, 242):
        microphone.send(voice(seq))
    await stage.arrived(other, 243)
    await heard_all(stage, viewer, 239)
    views = viewer.views()
    found = frames(views)
    assert found == [(FIRST_TS + 960 * n, body(n)) for n in range(len(found))]
    assert sorted(view.seq for view in views) == list(range(500, 500 + len(views)))
    assert 3 in {view.payload[0] & 3 for view in views}


async def test_a_repair_is_the_same_byte_for_byte(stage: Stage) -> None:
    microphone, (viewer,) = await spoken(stage)
    await aim(stage, 20, MERGED)
    for seq in range(1, 41):
        microphone.send(voice(seq))
    await heard_all(stage, viewer, 38)
    before = len(viewer.read().datagrams)
    wanted = [view.seq for view in viewer.views() if view.payload[0] & 3 == 3][3:6]
    viewer.say(write_nack(1, AUDIO.ssrc, wanted))
    await stage.arrived(viewer, before + 3)
    sent = dict(zip((view.seq for view in viewer.views()), viewer.datagrams, strict=True))
    again = viewer.datagrams[before:]
    assert again == [sent[seq] for seq in wanted]


async def test_it_is_made_once_for_all(stage: Stage) -> None:
    microphone, viewers = await spoken(stage, viewers=3)
    for number in (20, 30):
        await aim(stage, number, MERGED)
    for seq in range(1, 61):
        microphone.send(voice(seq))
    for viewer in viewers:
        await heard_all(stage, viewer, 57)
    merged, also, single = (frames(viewer.views()) for viewer in viewers)
    assert merged == also and len(merged) >= 58
    assert single[: len(merged)] == merged
    assert len(viewers[0].packets) < 25 and len(viewers[2].packets) == 61


async def test_who_begins_with_it_hears_whole_groups(stage: Stage) -> None:
    microphone, _ = await spoken(stage)
    late = stage.viewer(5, AUDIO)
    stage.show(50, 1, MERGED)
    await stage.settled()
    for seq in range(1, 31):
        microphone.send(voice(seq))
    await stage.until(lambda: len(frames(late.views())) >= 27)
    found = frames(late.views())
    assert [payload for _, payload in found] == [
        body(n) for n in range(int(found[0][1][1]), int(found[0][1][1]) + len(found))
    ]
    assert late.views()[0].seq == 500


async def test_nothing_said_while_muted_comes_later(stage: Stage) -> None:
    microphone, (viewer,) = await spoken(stage)
    await aim(stage, 20, MERGED)
    for seq in range(1, 6):
        microphone.send(voice(seq))
    await stage.until(lambda: len(frames(viewer.views())) >= 4)
    stage.engine.set_muted(1, is_muted=True)
    await stage.settled()
    microphone.send(voice(6))
    await stage.until(lambda: stage.counted("received") >= 7)
    stage.engine.set_muted(1, is_muted=False)
    await stage.settled()
    for seq in range(7, 20):
        microphone.send(voice(seq))
    await stage.until(lambda: len(frames(viewer.views())) >= 13)
    bodies = [payload for _, payload in frames(viewer.views())]
    assert body(6) not in bodies
    assert bodies[-9:] == [body(n) for n in range(int(bodies[-9][1]), int(bodies[-9][1]) + 9)]


async def test_another_microphone_takes_over(stage: Stage) -> None:
    microphone, (viewer,) = await spoken(stage)
    await aim(stage, 20, MERGED)
    for seq in range(1, 10):
        microphone.send(voice(seq))
    await stage.until(lambda: len(frames(viewer.views())) >= 7)
    successor = stage.publisher(published(2, AUDIO, peer=9))
    stage.show(20, 2, MERGED)
    await stage.settled()
    stage.engine.remove_peer(1)
    for seq in range(100, 112):
        successor.send(voice(seq, ssrc=SSRC + 1))
    await stage.until(lambda: body(108) in [payload for _, payload in frames(viewer.views())])
    views = viewer.views()
    assert [view.seq for view in views] == list(range(500, 500 + len(views)))


async def test_what_can_not_be_merged_goes_singly(stage: Stage) -> None:
    microphone, (viewer,) = await spoken(stage)
    await aim(stage, 20, MERGED)
    payloads = [bytes(((0xFC, 0x78)[seq // 4 % 2], seq)) for seq in range(1, 60)]
    for seq, payload in enumerate(payloads, 1):
        packet = write_packet(payload, payload_type=111, seq=seq, ts=960 * seq, ssrc=SSRC)
        microphone.send(packet)
    await stage.until(lambda: len(frames(viewer.views())) >= 57)
    found = [payload for _, payload in frames(viewer.views())][1:]
    assert found == payloads[: len(found)]
