"""Viewers who get fewer pictures, over real UDP."""

from relay.rtp.packet import write_packet
from relay.rtp.rtcp_feedback import Nack, write_nack
from tests.support.engine_model.packets import h264_payload
from tests.support.engine_peers import Stage
from tests.support.engine_scenes import OUT, OUT_RTX, SSRC, watched


def marked(seq: int) -> bytes:
    """H.264 in two temporal layers, a picture each packet."""
    payload = h264_payload(seq, is_key=not seq, idc=0 if seq % 2 else 3)
    return write_packet(payload, payload_type=102, seq=seq, ts=3_000 * seq, ssrc=SSRC)


async def test_a_thin_viewer_gets_every_other_picture_without_a_gap(stage: Stage) -> None:
    camera, (thin, full) = await watched(stage, viewers=2)
    for seq in range(1, 20):
        camera.send(marked(seq))
    for viewer in (thin, full):
        await stage.arrived(viewer, 20)
    stage.engine.set_target_layer(20, "", 0)
    await stage.settled()
    for seq in range(20, 60):
        camera.send(marked(seq))
    await stage.arrived(full, 60)
    await stage.arrived(thin, 40)
    assert [view.seq for view in thin.views()] == list(range(500, 540))
    assert thin.payloads()[20:] == [h264_payload(seq) for seq in range(20, 60, 2)]
    assert (stage.counted("forwarded"), thin.said(Nack)) == (100, [])
    # what was left out can't be asked for, what was sent is what it was
    thin.say(write_nack(1, OUT, [539]))
    await stage.arrived(thin, 1, OUT_RTX)
    (again,) = thin.payloads(OUT_RTX)
    assert again[2:] == h264_payload(58)
    stage.engine.set_target_layer(20, "", 2)
    await stage.settled()
    for seq in range(60, 70):
        camera.send(marked(seq))
    await stage.arrived(thin, 50, OUT)
    assert [view.seq for view in thin.views(OUT)][40:] == list(range(540, 550))


async def test_a_number_kept_for_what_is_not_wanted_goes_out_empty_and_is_repaired_so(
    stage: Stage,
) -> None:
    camera, (viewer,) = await watched(stage)
    for seq in range(1, 20):
        camera.send(marked(seq))
    await stage.arrived(viewer, 20)
    stage.engine.set_target_layer(20, "", 0)
    await stage.settled()
    for seq in (20, 21, 22, 24, 23, 26):  # 23 comes late, 25 not at all
        camera.send(marked(seq))
    await stage.arrived(viewer, 25)
    came = {view.seq: bytes(view.payload) for view in viewer.views()[20:]}
    kept = [h264_payload(seq) for seq in (20, 22, 24, 26)]
    assert came == {520: kept[0], 521: kept[1], 522: b"", 523: kept[2], 525: kept[3]}
    viewer.say(write_nack(1, OUT, [522, 524]))
    await stage.arrived(viewer, 1, OUT_RTX)
    assert viewer.payloads(OUT_RTX) == [(522).to_bytes(2, "big")]
