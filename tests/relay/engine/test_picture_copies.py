"""Pictures that go out once more, unasked, over real UDP, where the link has room."""

from relay.forwarding.ladder import EVERY_PICTURE
from relay.rtp.rtcp_feedback import write_nack
from tests.support.engine_peers import FarPeer, Stage
from tests.support.engine_scenes import OUT, OUT_RTX, picture, watched

AFTER_MS = 60
THIN_BPS = 60_000
"""40 pictures of a kilobyte take it five seconds."""


async def protect(
    stage: Stage, after_ms: int = AFTER_MS, peer: int = 2, most_temporal: int = EVERY_PICTURE
) -> None:
    stage.engine.set_picture_copies(peer, after_ms, most_temporal)
    await stage.settled()


def original(far: FarPeer) -> list[int]:
    """Numbers of the packets that came again (RFC 4588: the first two bytes)."""
    return [int.from_bytes(view.payload[:2], "big") for view in far.views(OUT_RTX)]


async def test_each_packet_comes_once_more_as_a_retransmission(stage: Stage) -> None:
    camera, (viewer, other) = await watched(stage, viewers=2)
    await protect(stage)
    for seq in range(1, 9):
        camera.send(picture(seq))
    await stage.arrived(viewer, 9, OUT)
    await stage.arrived(viewer, 8, OUT_RTX)
    sent = [view.seq for view in viewer.views(OUT)]
    assert original(viewer) == sent[1:]  # the first was sent before
    assert [view.payload[2:] for view in viewer.views(OUT_RTX)] == viewer.payloads(OUT)[1:]
    assert other.read().views(OUT_RTX) == []
    assert stage.counted("copied") == 8


async def test_what_was_repaired_is_not_copied(stage: Stage) -> None:
    camera, (viewer,) = await watched(stage)
    await protect(stage, after_ms=400)
    for seq in range(1, 4):
        camera.send(picture(seq))
    await stage.arrived(viewer, 4, OUT)
    missing = viewer.views(OUT)[2].seq
    viewer.say(write_nack(1, OUT, [missing]))
    await stage.until(lambda: stage.counted("copied") == 2)
    await stage.arrived(viewer, 3, OUT_RTX)
    assert original(viewer)[0] == missing
    assert sorted(original(viewer)) == [view.seq for view in viewer.views(OUT)][1:]


async def test_a_link_without_room_gets_what_comes_and_no_copies(stage: Stage) -> None:
    camera, (viewer, rich) = await watched(stage, viewers=2)
    stage.engine.limit(2, THIN_BPS, is_satellite=False)
    for peer in (2, 3):
        await protect(stage, peer=peer)
    filling = bytes(1_000)
    for seq in range(1, 41):
        camera.send(picture(seq) + filling)
    await stage.arrived(viewer, 41, OUT)
    await stage.arrived(rich, 40, OUT_RTX)
    assert len(viewer.read().views(OUT_RTX)) < 20


async def test_it_ends_when_told_and_begins_with_what_comes_then(stage: Stage) -> None:
    camera, (viewer,) = await watched(stage)
    copied = 0
    for seq, after_ms in enumerate([0, AFTER_MS, 0, AFTER_MS], 1):
        await protect(stage, after_ms)
        camera.send(picture(seq))
        await stage.arrived(viewer, seq + 1, OUT)
        copied += after_ms > 0
        await stage.arrived(viewer, copied, OUT_RTX)
    assert original(viewer) == [viewer.views(OUT)[at].seq for at in (2, 4)]


async def test_a_picture_that_was_paused_is_not_sent_again(stage: Stage) -> None:
    camera, (viewer, other) = await watched(stage, viewers=2)
    await protect(stage, after_ms=200)
    await protect(stage, after_ms=200, peer=3)
    camera.send(picture(1))
    await stage.arrived(viewer, 2, OUT)
    stage.engine.set_target_layer(20, None)
    await stage.arrived(other, 1, OUT_RTX)
    assert viewer.read().views(OUT_RTX) == []


async def test_who_leaves_gets_none(stage: Stage) -> None:
    camera, (viewer, other) = await watched(stage, viewers=2)
    await protect(stage)
    await protect(stage, peer=3)
    camera.send(picture(1))
    stage.engine.remove_peer(2)
    await stage.settled()
    await stage.arrived(other, 1, OUT_RTX)
    assert len(viewer.read().views(OUT_RTX)) <= 1


async def test_where_told_so_pictures_that_no_other_refers_to_are_not_copied(stage: Stage) -> None:
    camera, (viewer,) = await watched(stage)
    await protect(stage, most_temporal=0)
    for seq in range(1, 41):
        camera.send(picture(seq, idc=0 if seq % 2 else 3))
    await stage.arrived(viewer, 41, OUT)
    late = viewer.views(OUT)[-20:]  # by then it is known how they are marked
    bases = {view.seq for view in late if view.payload[0] & 0x60}
    assert len(bases) == 10
    await stage.until(lambda: bases <= set(original(viewer.read())))
    assert not set(original(viewer)) & {view.seq for view in late} - bases
