"""Layers that a transcoder makes of a publisher's, in the whole engine."""

from dataclasses import replace

import pytest

from relay.ports import LayerStats
from relay.rtp import rtcp
from relay.rtp.packet import write_packet
from relay.rtp.rtcp_feedback import KeyframeRequest, write_nack
from relay.rtp.rtcp_reports import ReceiverReport, SenderReport, write_sender_report
from streamsvc.base.media import Codec
from tests.support.engine_model.packets import h264_payload, vp8_payload
from tests.support.engine_peers import FarPeer, Stage, published
from tests.support.engine_scenes import KEY, OUT, VIDEO, picture

MADE_SSRC = 0x777
LOW = "+180"


def made(seq: int, *, at: int, is_key: bool = False, ssrc: int = MADE_SSRC) -> bytes:
    """One picture of a rendition, made of the source's number `at`."""
    return write_packet(
        h264_payload(0x40 + seq, is_key=is_key),
        payload_type=102,
        seq=seq & 0xFFFF,
        ts=3_000 * at & 0xFFFFFFFF,
        ssrc=ssrc,
        is_marked=True,
    )


async def fed(stage: Stage) -> FarPeer:
    """A camera of one layer, which a transcoder gets."""
    camera = stage.publisher(published(1, VIDEO))
    await stage.settled()
    camera.send(picture(0, is_key=True))
    await stage.until(lambda: stage.heard.started == [1])
    stage.engine.set_feed(1, "")
    await stage.until(lambda: stage.heard.feeds == [("opened", 1)])
    return camera


async def test_a_transcoder_gets_the_layer_and_can_ask_for_a_key_frame(stage: Stage) -> None:
    camera = await fed(stage)
    await stage.until(lambda: camera.said(KeyframeRequest))
    for seq in (1, 2, 3):
        camera.send(picture(seq, is_key=seq == 1))
    await stage.until(lambda: len(stage.heard.fed) == 3)
    assert stage.heard.fed == [picture(1, is_key=True), picture(2), picture(3)]
    assert stage.heard.packets == [], "nothing is recorded"
    asked = len(camera.said(KeyframeRequest))
    stage.engine.request_feed_keyframe(1)
    await stage.until(lambda: len(camera.said(KeyframeRequest)) > asked)
    stage.engine.set_feed(1, None)
    await stage.until(lambda: stage.heard.feeds == [("opened", 1), ("closed", 1)])
    camera.send(picture(4))
    await stage.settled()
    assert len(stage.heard.fed) == 3


async def test_a_made_layer_is_watched_as_any_other(stage: Stage) -> None:
    camera = await fed(stage)
    viewer, other = stage.viewer(2, VIDEO), stage.viewer(3, VIDEO)
    stage.show(20, 1, LOW)
    stage.show(30, 1, "")
    await stage.settled()
    stage.engine.put_made(1, LOW, made(10, at=1, is_key=True))
    stage.engine.put_made(1, LOW, made(11, at=2))
    await stage.arrived(viewer, 2)
    assert viewer.payloads() == [h264_payload(0x4A, is_key=True), h264_payload(0x4B)]
    assert [view.seq for view in viewer.views()] == [500, 501]
    camera.send(picture(1, is_key=True))
    await stage.arrived(other, 1)
    assert KEY in other.payloads() or other.payloads()[-1] == h264_payload(1, is_key=True)
    assert all(view.ssrc == OUT for view in viewer.views())
    stats = await told(stage, 2)
    assert {(layer.rid, layer.is_made) for layer in stats} == {("", False), (LOW, True)}


async def test_who_takes_another_codec_gets_what_is_made_of_it_and_nothing_else(
    stage: Stage,
) -> None:
    """Also when it asks again for what it lost."""
    camera = await fed(stage)
    viewer = stage.viewer(2, replace(VIDEO, alternatives={Codec.VP8: (96, 97)}))
    stage.show(20, 1, "")
    camera.send(picture(1, is_key=True))
    await stage.settled()
    stage.show(20, 1, "+vp8")
    for seq in (10, 11):
        packet = write_packet(
            vp8_payload(seq, 0, is_key=seq == 10),
            payload_type=102,
            seq=seq,
            ts=3_000 * seq,
            ssrc=MADE_SSRC,
            is_marked=True,
        )
        stage.engine.put_made(1, "+vp8", packet, Codec.VP8)
    await stage.arrived(viewer, 2)
    assert [view.payload_type for view in viewer.views()] == [96, 96]
    viewer.say(write_nack(1, OUT, [501]))
    await stage.until(lambda: any(view.payload_type == 97 for view in viewer.views()))
    stats = await told(stage, 2)
    assert {(layer.rid, layer.codec) for layer in stats} == {("", Codec.H264), ("+vp8", Codec.VP8)}


async def test_a_large_audience_gets_what_is_made_with_its_sources_clock(stage: Stage) -> None:
    camera = await fed(stage)
    stage.engine.set_tapped(1, is_tapped=False, is_every_layer=True)
    await stage.until(lambda: len(stage.heard.opened) == 1)
    stage.engine.put_made(1, LOW, made(10, at=1, is_key=True))
    await stage.until(lambda: len(stage.heard.opened) == 2, "a track of its own")
    stage.engine.put_made(1, LOW, made(11, at=2))
    camera.send(picture(1))
    source = int.from_bytes(picture(1)[8:12])
    camera.say(write_sender_report(SenderReport(source, 77 << 32, 3_000, 2, 9)))
    await stage.until(lambda: len(stage.heard.packets) == 4)
    own = [packet for track, packet in stage.heard.packets if track == 1]
    its = [packet for track, packet in stage.heard.packets if track == 2]
    assert own[0] == picture(1)
    assert made(11, at=2) in its
    (clock,) = rtcp.parse(next(packet for packet in its if packet != made(11, at=2)))
    assert clock == SenderReport(MADE_SSRC, 77 << 32, 3_000, 0, 0)
    stage.engine.drop_made(1, LOW)
    await stage.until(lambda: stage.heard.closed == [2])


def layers(stage: Stage) -> tuple[LayerStats, ...]:
    """Of the camera, as control was told last."""
    stats = stage.engine.publication_stats(1)
    return stats.layers if stats is not None else ()


async def told(stage: Stage, count: int) -> tuple[LayerStats, ...]:
    """So many of them."""
    await stage.until(lambda: len(layers(stage)) == count)
    return layers(stage)


async def test_a_viewer_moves_to_a_made_layer_and_back_without_a_gap(stage: Stage) -> None:
    camera = await fed(stage)
    viewer = stage.viewer(2, VIDEO)
    stage.show(20, 1, "")
    camera.send(picture(1, is_key=True))
    await stage.arrived(viewer, 1)
    stage.engine.put_made(1, LOW, made(10, at=1, is_key=True))
    stage.engine.set_target_layer(20, LOW)
    await stage.until(lambda: len(viewer.views()) >= 2, "from its cache")
    camera.send(picture(2))
    stage.engine.put_made(1, LOW, made(11, at=2))
    await stage.arrived(viewer, 3)
    stage.engine.set_target_layer(20, "")
    await stage.settled()
    stage.engine.put_made(1, LOW, made(12, at=3))
    camera.send(picture(4, is_key=True))
    camera.send(picture(5))
    await stage.until(lambda: h264_payload(5) in viewer.payloads())
    views = viewer.views()
    assert [view.seq for view in views] == list(range(500, 500 + len(views)))
    assert all(
        0 < (b.ts - a.ts) & 0xFFFFFFFF < 90_000 for a, b in zip(views, views[1:], strict=False)
    )


async def test_a_key_frame_is_wanted_of_the_transcoder_and_not_of_the_camera(stage: Stage) -> None:
    camera = await fed(stage)
    camera.send(picture(1, is_key=True))
    await stage.until(lambda: stage.heard.fed)
    for seq in range(10, 14):
        stage.engine.put_made(1, LOW, made(seq, at=seq - 9))
    viewer = stage.viewer(2, VIDEO)
    stage.show(20, 1, LOW)
    asked = len(camera.said(KeyframeRequest))
    await stage.until(lambda: stage.heard.made_wanted == [(1, LOW)])
    stage.engine.put_made(1, LOW, made(14, at=5, is_key=True))
    await stage.arrived(viewer, 1)
    assert viewer.payloads() == [h264_payload(0x4E, is_key=True)]
    assert len(camera.said(KeyframeRequest)) == asked
    await stage.until(lambda: camera.said(ReceiverReport))
    told_of = {block.ssrc for report in camera.said(ReceiverReport) for block in report.blocks}
    assert MADE_SSRC not in told_of


async def test_what_is_lost_of_a_made_layer_is_repaired_from_its_cache(stage: Stage) -> None:
    await fed(stage)
    viewer = stage.viewer(2, VIDEO)
    stage.show(20, 1, LOW)
    await stage.settled()
    stage.engine.put_made(1, LOW, made(10, at=1, is_key=True))
    stage.engine.put_made(1, LOW, made(11, at=2))
    await stage.arrived(viewer, 2)
    viewer.say(write_nack(7, OUT, [501]))
    await stage.until(lambda: len(viewer.views(VIDEO.rtx_ssrc)) == 1)
    assert bytes(viewer.views(VIDEO.rtx_ssrc)[0].payload)[2:] == h264_payload(0x4B)


async def test_what_was_made_ends_with_what_it_was_made_of(stage: Stage) -> None:
    await fed(stage)
    viewer = stage.viewer(2, VIDEO)
    stage.show(20, 1, LOW)
    await stage.settled()
    stage.engine.put_made(1, LOW, made(10, at=1, is_key=True))
    await stage.arrived(viewer, 1)
    stage.engine.set_feed(1, None)
    stage.engine.put_made(1, LOW, made(11, at=2))
    await stage.settled()
    await told(stage, 1)
    assert len(viewer.views()) == 1
    stage.engine.set_feed(1, "")
    stage.engine.put_made(1, LOW, made(12, at=3, is_key=True))
    await told(stage, 2)
    stage.engine.remove_peer(1)
    assert stage.heard.feeds == [("opened", 1), ("closed", 1)] * 2
    stage.engine.put_made(1, LOW, made(13, at=4))
    await stage.settled()


async def test_one_that_is_dropped_makes_place_for_another(stage: Stage) -> None:
    await fed(stage)
    for number in range(5):
        stage.engine.put_made(1, f"+{number}", made(1, at=1, is_key=True, ssrc=number + 1))
    stage.engine.put_made(1, "foreign", made(1, at=1, is_key=True))
    stats = await told(stage, 6)
    assert {layer.rid for layer in stats} == {"", "+0", "+1", "+2", "+3", "+4"}
    stage.engine.drop_made(1, "+1")
    stage.engine.drop_made(1, "+1")
    stage.engine.put_made(1, "+6", made(1, at=1, is_key=True, ssrc=9))
    await stage.settled()
    await stage.until(
        lambda: (
            {layer.rid for layer in stage.engine.publication_stats(1).layers}  # type: ignore
            == {"", "+0", "+2", "+3", "+4", "+6"}
        )
    )


@pytest.mark.parametrize("packet", [b"", b"short", made(1, at=1)[:11], bytes(1_500)])
async def test_what_is_no_packet_of_it_is_left_out(stage: Stage, packet: bytes) -> None:
    await fed(stage)
    stage.engine.put_made(1, LOW, packet)
    stage.engine.put_made(77, LOW, made(1, at=1))
    await stage.settled()
    await told(stage, 1)
