"""Voice that goes out more than once, over real UDP: the same datagrams later, nothing else."""

import time
from dataclasses import replace

from relay.forwarding.voice import MERGED
from relay.rtp.rtcp_feedback import write_nack
from tests.relay.engine.test_merged_voice import aim, spoken
from tests.support.engine_peers import FarPeer, Stage, published
from tests.support.engine_scenes import AUDIO, SSRC, VIDEO, picture, voice

AFTER_MS = 60


async def protect(stage: Stage, copies: int, peer: int = 2) -> None:
    stage.engine.set_copies(peer, copies, AFTER_MS)
    await stage.settled()


def times(far: FarPeer) -> list[int]:
    """How often each datagram came, in the order of their first coming."""
    return list({datagram: far.datagrams.count(datagram) for datagram in far.datagrams}.values())


async def test_each_packet_comes_once_more_and_is_the_same(stage: Stage) -> None:
    microphone, (viewer, other) = await spoken(stage, viewers=2)
    await protect(stage, 1)
    began = time.monotonic()
    for seq in range(1, 21):
        microphone.send(voice(seq))
    await stage.arrived(viewer, 21)
    assert time.monotonic() - began < AFTER_MS / 1_000
    await stage.arrived(viewer, 41)
    assert time.monotonic() - began >= AFTER_MS / 1_000
    assert times(viewer) == [1] + [2] * 20  # the first was sent before
    assert viewer.datagrams[21:] == viewer.datagrams[1:21]
    assert times(other.read()) == [1] * 21
    assert stage.counted("copied") == 20


async def test_two_copies_of_merged_voice(stage: Stage) -> None:
    microphone, (viewer,) = await spoken(stage)
    await aim(stage, 20, MERGED)
    await protect(stage, 2)
    for seq in range(1, 31):
        microphone.send(voice(seq))
    await stage.until(lambda: stage.counted("copied") >= 20)
    viewer.read()
    merged = [times for times in times(viewer)[1:] if times == 3]
    assert len(merged) >= 9
    assert {view.payload[0] & 3 for view in viewer.views()[1:]} == {3}


async def test_a_repair_takes_the_place_of_a_copy(stage: Stage) -> None:
    microphone, (viewer,) = await spoken(stage)
    stage.engine.set_copies(2, 1, 400)
    await stage.settled()
    for seq in range(1, 4):
        microphone.send(voice(seq))
    await stage.arrived(viewer, 4)
    viewer.say(write_nack(1, AUDIO.ssrc, [502]))
    await stage.until(lambda: stage.counted("repaired") == 1)
    await stage.until(lambda: stage.counted("copied") == 2)
    microphone.send(voice(4))
    await stage.until(lambda: stage.counted("copied") == 3)
    await stage.arrived(viewer, 9)
    assert times(viewer) == [1, 2, 2, 2, 2]


async def test_copies_of_voice_are_none_of_pictures(stage: Stage) -> None:
    camera = stage.publisher(published(1, VIDEO), published(2, AUDIO))
    viewer = stage.viewer(2, VIDEO, replace(AUDIO, ssrc=8_000))
    stage.show(20, 1)
    stage.show(21, 2)
    await protect(stage, 1)
    camera.send(picture(0, is_key=True))
    for seq in range(1, 10):
        camera.send(picture(seq))
        camera.send(voice(seq, ssrc=SSRC + 1))
    await stage.until(lambda: stage.counted("copied") == 9)
    await stage.arrived(viewer, 28)
    assert len(viewer.views(8_000)) == 18
    assert len(viewer.views(VIDEO.ssrc)) == 10


async def test_it_begins_and_ends_when_told(stage: Stage) -> None:
    microphone, (viewer,) = await spoken(stage)
    sent = 1
    for seq, copies in enumerate([0, 1, 0, 2, 1, 0], 1):
        await protect(stage, copies)
        microphone.send(voice(seq))
        sent += 1 + copies
        await stage.arrived(viewer, sent)
    assert times(viewer) == [1, 1, 2, 1, 3, 2, 1]


async def test_who_leaves_gets_none(stage: Stage) -> None:
    microphone, (viewer, other) = await spoken(stage, viewers=2)
    await protect(stage, 1)
    await protect(stage, 1, peer=3)
    microphone.send(voice(1))
    stage.engine.remove_peer(2)
    await stage.settled()
    await stage.until(lambda: stage.counted("copied") == 1)
    await stage.arrived(other, 3)
    assert times(viewer.read())[1:] in ([], [1])
