"""The whole engine while layers change, voices are muted, and peers and taps come and go."""

import asyncio

from relay.rtp.packet import write_packet
from relay.rtp.rtcp_feedback import (
    KeyframeRequest,
    write_nack,
)
from relay.rtp.rtcp_reports import (
    Goodbye,
)
from tests.support.engine_model.packets import (
    h264_payload,
)
from tests.support.engine_peers import (
    FarPeer,
    Stage,
    published,
)
from tests.support.engine_scenes import KEY, OUT, OUT_RTX, SIMULCAST, SSRC, VIDEO, picture, watched

# ---- layers


async def test_a_layer_is_changed_at_its_key_frame_without_a_gap(stage: Stage) -> None:
    camera = stage.publisher(published(1, SIMULCAST))
    viewer = stage.viewer(2, VIDEO)
    stage.show(20, 1, "lo")
    await stage.settled()
    low, high = 21, 22
    camera.send(picture(100, is_key=True, ssrc=low, rid="lo"))
    camera.send(picture(900, ssrc=high, rid="hi"))
    await stage.arrived(viewer, 1)
    stage.engine.set_target_layer(20, "hi")
    await stage.until(lambda: KeyframeRequest(high) in camera.said(KeyframeRequest))
    camera.send(picture(901, ssrc=high))
    camera.send(picture(101, ssrc=low))
    camera.send(picture(902, is_key=True, ssrc=high))
    camera.send(picture(102, ssrc=low))
    camera.send(picture(903, ssrc=high))
    await stage.arrived(viewer, 4)
    assert viewer.payloads() == [
        h264_payload(100, is_key=True),
        h264_payload(101),
        h264_payload(902, is_key=True),
        h264_payload(903),
    ]
    views = viewer.views()
    assert [view.seq for view in views] == [500, 501, 502, 503]
    assert all(
        0 < (b.ts - a.ts) & 0xFFFFFFFF < 90_000 for a, b in zip(views, views[1:], strict=False)
    )


async def test_a_layer_that_was_stopped_is_asked_for_nothing_until_it_is_sent_again(
    stage: Stage,
) -> None:
    camera = stage.publisher(published(1, SIMULCAST))
    stage.viewer(2, VIDEO)
    stage.show(20, 1, "hi")
    await stage.settled()
    low, high = 21, 22
    camera.send(picture(900, ssrc=high, rid="hi"))

    def asked() -> int:
        return camera.said(KeyframeRequest).count(KeyframeRequest(high))

    for seq in range(100, 115):
        camera.send(picture(seq, is_key=seq == 100, ssrc=low, rid="lo"))
        await asyncio.sleep(0.1)
    before = asked()
    assert before > 0
    for seq in range(115, 127):
        camera.send(picture(seq, ssrc=low))
        await asyncio.sleep(0.1)
    assert asked() == before
    camera.send(picture(901, ssrc=high))
    await stage.until(lambda: asked() > before, "the wish was kept")


async def test_a_publisher_that_starts_anew_costs_one_key_frame(stage: Stage) -> None:
    camera, viewers = await watched(stage, viewers=20)
    camera.send(picture(1))
    for viewer in viewers:
        await stage.arrived(viewer, 2)
    await stage.until(lambda: stage.heard.changed.count(1) >= 2, "the old layer fell silent")
    camera.said(KeyframeRequest)
    before = len(camera.said(KeyframeRequest))
    camera.send(picture(30_000, ssrc=77))
    await stage.until(lambda: len(camera.said(KeyframeRequest)) > before)
    camera.send(picture(30_001, is_key=True, ssrc=77))
    for seq in range(30_002, 30_010):
        camera.send(picture(seq, ssrc=77))
    for viewer in viewers:
        await stage.arrived(viewer, 11)
        assert [view.seq for view in viewer.views()] == list(range(500, 511))
    asked = camera.said(KeyframeRequest)[before:]
    assert asked == [KeyframeRequest(77)]


# ---- muting


async def test_nothing_taken_while_muted_is_ever_sent(stage: Stage) -> None:
    camera, (viewer,) = await watched(stage)
    stage.engine.set_muted(1, is_muted=True)
    await stage.settled()
    camera.send(picture(1, is_key=True))
    for seq in range(2, 6):
        camera.send(picture(seq))
    await stage.until(lambda: stage.counted("received") >= 6)
    stage.engine.set_muted(1, is_muted=False)
    await stage.until(lambda: camera.said(KeyframeRequest))
    newcomer = stage.viewer(3, VIDEO)
    stage.show(30, 1)
    await stage.settled()
    viewer.say(write_nack(1, OUT, [501, 502, 503]))
    camera.send(picture(6))
    camera.send(picture(7, is_key=True))
    camera.send(picture(8))
    await stage.arrived(newcomer, 2)
    await stage.arrived(viewer, 3)
    fresh = [h264_payload(7, is_key=True), h264_payload(8)]
    assert newcomer.payloads() == fresh
    assert viewer.payloads() == [KEY, *fresh]


# ---- comings and goings


async def test_a_newcomer_gets_the_picture_from_the_cache(stage: Stage) -> None:
    camera, (viewer,) = await watched(stage)
    for seq in range(1, 5):
        camera.send(picture(seq))
    await stage.arrived(viewer, 5)
    newcomer = stage.viewer(3, VIDEO)
    stage.show(30, 1)
    await stage.arrived(newcomer, 5)
    assert newcomer.payloads() == [KEY, *(h264_payload(seq) for seq in range(1, 5))]


async def test_a_viewer_leaves_while_media_flows(stage: Stage) -> None:
    camera, viewers = await watched(stage, viewers=4)
    for seq in range(1, 200):
        camera.send(picture(seq))
        if seq == 50:
            await stage.arrived(viewers[1], 50)
            stage.engine.remove_peer(3)
        if seq % 25 == 0:
            await stage.arrived(viewers[0], seq)
    for viewer in (viewers[0], viewers[2], viewers[3]):
        await stage.arrived(viewer, 200)
    assert 50 <= len(viewers[1].views()) < 200
    assert viewers[1].said(Goodbye) == [Goodbye((OUT,))]


async def test_a_publisher_leaves_while_media_flows_and_another_takes_over(stage: Stage) -> None:
    camera, (viewer,) = await watched(stage)
    for seq in range(1, 20):
        camera.send(picture(seq))
    stage.engine.remove_peer(1)
    second = stage.publisher(published(7, VIDEO, peer=5))
    stage.show(20, 7)
    await stage.settled()
    seen = len(viewer.views())
    viewer.say(write_nack(1, OUT, range(500, 510)))  # its packets are gone with it
    second.send(picture(40_000, is_key=True))
    await stage.arrived(viewer, seen + 1)
    last = viewer.views()[-1]
    assert last.seq == viewer.views()[-2].seq + 1
    assert viewer.views(OUT_RTX) == []


async def test_a_viewer_whose_port_is_closed_stops_nobody(stage: Stage) -> None:
    camera, viewers = await watched(stage, viewers=5)
    viewers[2].close()
    for seq in range(1, 300):
        camera.send(picture(seq))
        if seq % 30 == 0:
            await stage.arrived(viewers[0], seq)
    for viewer in (viewers[0], viewers[1], viewers[3], viewers[4]):
        await stage.arrived(viewer, 300)


async def test_a_viewer_moves_to_another_address(stage: Stage) -> None:
    camera, (viewer,) = await watched(stage)
    moved = stage.peer()
    stage.engine.set_address(2, moved.socket.getsockname())
    await stage.settled()
    camera.send(picture(1))
    await stage.until(lambda: _has_datagram(moved))
    assert len(viewer.views()) == 1


def _has_datagram(far: FarPeer) -> bool:
    try:
        return len(far.socket.recv(2_000)) > 0
    except BlockingIOError:
        return False


# ---- the tap


async def test_a_full_tap_is_counted_and_forwarding_goes_on(stage: Stage) -> None:
    camera, (viewer,) = await watched(stage)
    stage.engine.set_tapped(1, is_tapped=True)
    await stage.until(lambda: stage.heard.opened == [1])
    large = write_packet(bytes(1_200), payload_type=102, seq=0, ts=0, ssrc=SSRC)
    seq = 1
    while not stage.counted("tap_lost"):  # nobody reads the ring: this never waits
        camera.send(large[:2] + (seq & 0xFFFF).to_bytes(2, "big") + large[4:])
        viewer.read()
        seq += 1
        assert seq < 40_000
    await stage.until(lambda: stage.heard.packets)
    camera.send(picture(seq, is_key=True))
    wanted = h264_payload(seq, is_key=True)
    await stage.until(lambda: wanted in viewer.payloads(OUT)[-5:])
    await stage.until(
        lambda: any(packet.endswith(wanted) for _, packet in stage.heard.packets[-50:])
    )


async def test_every_layer_is_a_track_beside_the_recorded_one(stage: Stage) -> None:
    camera, _ = await watched(stage)
    stage.engine.set_tapped(1, is_tapped=True, is_every_layer=True)
    await stage.until(lambda: sorted(stage.heard.rids, key=str) == ["", None])
    camera.send(picture(1, is_key=True))
    wanted = h264_payload(1, is_key=True)
    await stage.until(
        lambda: {n for n, packet in stage.heard.packets if packet.endswith(wanted)} == {1, 2}
    )
    stage.engine.set_tapped(1, is_tapped=True)
    of_layer = 1 + stage.heard.rids.index("")
    await stage.until(lambda: stage.heard.closed == [of_layer])
    stage.engine.set_tapped(1, is_tapped=False, is_every_layer=True)
    await stage.until(lambda: len(stage.heard.closed) == 2 and stage.heard.rids[2:] == [""])


# ---- another publisher's picture


async def test_a_cut_to_another_camera_is_at_its_key_frame_and_the_former_goes_on_until_then(
    stage: Stage,
) -> None:
    teacher = stage.publisher(published(1, VIDEO))
    pupils = stage.publisher(published(2, VIDEO, peer=2))
    viewer = stage.viewer(3, VIDEO)
    stage.show(30, 1)
    await stage.settled()
    teacher.send(picture(100, is_key=True))
    pupils.send(picture(700))
    await stage.arrived(viewer, 1)
    stage.show(30, 2)
    await stage.until(lambda: KeyframeRequest(SSRC) in pupils.said(KeyframeRequest))
    teacher.send(picture(101))
    await stage.arrived(viewer, 2)
    pupils.send(picture(701, is_key=True))
    await stage.arrived(viewer, 3)
    teacher.send(picture(102))
    pupils.send(picture(702))
    await stage.arrived(viewer, 4)
    assert viewer.payloads() == [
        h264_payload(100, is_key=True),
        h264_payload(101),
        h264_payload(701, is_key=True),
        h264_payload(702),
    ]
    views = viewer.views()
    assert [view.seq for view in views] == [500, 501, 502, 503]
    assert all(
        0 < (b.ts - a.ts) & 0xFFFFFFFF < 90_000 for a, b in zip(views, views[1:], strict=False)
    )


async def test_a_camera_that_is_unplugged_before_the_cut_leaves_nothing_behind(
    stage: Stage,
) -> None:
    teacher = stage.publisher(published(1, VIDEO))
    pupils = stage.publisher(published(2, VIDEO, peer=2))
    viewer = stage.viewer(3, VIDEO)
    stage.show(30, 1)
    await stage.settled()
    teacher.send(picture(100, is_key=True))
    await stage.arrived(viewer, 1)
    stage.show(30, 2)
    await stage.settled()
    stage.engine.remove_peer(1)
    await stage.settled()
    pupils.send(picture(700, is_key=True))
    await stage.arrived(viewer, 2)
    assert viewer.payloads() == [h264_payload(100, is_key=True), h264_payload(700, is_key=True)]


async def test_a_slot_that_nothing_feeds_any_more_is_still_at_once(stage: Stage) -> None:
    teacher = stage.publisher(published(1, VIDEO))
    viewer = stage.viewer(3, VIDEO)
    stage.show(30, 1)
    await stage.settled()
    teacher.send(picture(100, is_key=True))
    await stage.arrived(viewer, 1)
    stage.engine.set_source(30, None)
    await stage.settled()
    teacher.send(picture(101))
    await asyncio.sleep(0.2)
    assert viewer.payloads() == [h264_payload(100, is_key=True)]
