"""Viewers on thin links, over real UDP: pictures come at their pace, in order, and voice does not
wait for them; their links are probed with what they have got already."""

import asyncio
import time
from functools import partial
from itertools import pairwise

import pytest

from relay.forwarding.downlink import FAR_START_BPS, PACE_OF_FAR
from relay.forwarding.probing import PROBE_SECONDS, probe_seconds
from relay.rtp.packet import write_packet
from relay.rtp.rtcp_feedback import KeyframeRequest, write_nack, write_pli
from relay.rtp.rtcp_reports import ReceiverReport, ReportBlock, SenderReport, write_receiver_report
from streamsvc.base.clock import ntp_from_wall_ms
from streamsvc.base.media import MediaKind
from tests.support.engine_model.packets import h264_payload, media_of, opus_payload
from tests.support.engine_peers import FarPeer, Stage, published

VIDEO = media_of(MediaKind.VIDEO)
AUDIO = media_of(MediaKind.AUDIO, ssrc=7_100)
OUT, OUT_RTX = VIDEO.ssrc, VIDEO.rtx_ssrc
PACKETS = 30
KEPT = 1_024
"""Packets of a picture that the engine keeps."""
SIZE = 1_000
FAR_SECONDS = 0.6
ONCE_MORE_SECONDS = 0.1
REPAIRS = 5
"""So many the budget of such a link takes at once."""
PACE_BPS = FAR_START_BPS * PACE_OF_FAR
PICTURE_SECONDS = PACKETS * SIZE * 8 / PACE_BPS
"""How long a key frame takes at the pace of a far link."""


def payload(seq: int, *, is_key: bool = False) -> bytes:
    return h264_payload(seq, is_key=is_key) + bytes(SIZE)


def picture(seq: int, *, is_key: bool = False) -> bytes:
    """One packet of a large picture."""
    return write_packet(
        payload(seq, is_key=is_key), payload_type=102, seq=seq, ts=3_000 * (seq // PACKETS), ssrc=11
    )


def voice(seq: int) -> bytes:
    return write_packet(opus_payload(seq), payload_type=111, seq=seq, ts=960 * seq, ssrc=12)


def send_key_frame(camera: FarPeer, first: int = 0) -> None:
    for seq in range(first, first + PACKETS):
        camera.send(picture(seq, is_key=seq == first))


def far_viewer(stage: Stage, number: int) -> FarPeer:
    """One whose handshake took long, fed with picture and voice once it is connected."""
    far = stage.peer()
    stage.add_viewer(number, VIDEO, AUDIO)
    stage.engine.measured_handshake(number, FAR_SECONDS)
    stage.show(10 * number, 1)
    stage.show(10 * number + 1, 2)
    stage.connect(number, far)
    return far


async def camera_on(stage: Stage) -> FarPeer:
    camera = stage.publisher(published(1, VIDEO), published(2, AUDIO))
    await stage.settled()
    return camera


async def test_a_first_picture_comes_at_the_links_pace_and_voice_beside_it(stage: Stage) -> None:
    camera = await camera_on(stage)
    send_key_frame(camera)
    await stage.until(lambda: stage.counted("received") >= PACKETS)
    viewer = far_viewer(stage, 2)
    began = time.monotonic()
    late = []
    for seq in range(8):
        camera.send(voice(seq))
        sent_at = time.monotonic()
        await stage.arrived(viewer, seq + 1, AUDIO.ssrc)
        late.append(time.monotonic() - sent_at)
    assert len(viewer.views(OUT)) < PACKETS, "the picture is still on its way"
    await stage.arrived(viewer, PACKETS, OUT)
    assert time.monotonic() - began > 0.7 * PICTURE_SECONDS
    assert [view.seq for view in viewer.views(OUT)] == list(range(500, 500 + PACKETS))
    assert viewer.payloads(OUT) == [payload(seq, is_key=not seq) for seq in range(PACKETS)]
    assert sorted(late)[len(late) // 2] < PICTURE_SECONDS / 10
    assert stage.counted("paced") >= PACKETS / 2


async def test_what_comes_meanwhile_follows_without_a_gap(stage: Stage) -> None:
    camera = await camera_on(stage)
    send_key_frame(camera)
    await stage.until(lambda: stage.counted("received") >= PACKETS)
    viewer = far_viewer(stage, 2)
    await stage.arrived(viewer, 1, OUT)
    for seq in (*range(PACKETS, PACKETS + 4), PACKETS + 5, PACKETS + 4):
        camera.send(picture(seq))
    await stage.arrived(viewer, PACKETS + 6, OUT)
    camera.send(picture(PACKETS + 6))
    await stage.arrived(viewer, PACKETS + 7, OUT)
    assert [view.seq for view in viewer.views(OUT)] == list(range(500, 500 + PACKETS + 7))


async def test_a_packet_that_comes_late_fills_its_gap(stage: Stage) -> None:
    camera = await camera_on(stage)
    viewer = far_viewer(stage, 2)
    await stage.settled()
    for seq in range(PACKETS):
        if seq != 1:
            camera.send(picture(seq, is_key=not seq))
    await stage.arrived(viewer, 4, OUT)
    camera.send(picture(1))
    await stage.arrived(viewer, PACKETS, OUT)
    numbers = [view.seq for view in viewer.views(OUT)]
    late = numbers.index(501)
    assert 4 <= late < PACKETS - 1
    assert numbers[:late] + numbers[late + 1 :] == [500, *range(502, 500 + PACKETS)]


async def test_a_good_link_gets_its_first_picture_at_once(stage: Stage) -> None:
    camera = await camera_on(stage)
    send_key_frame(camera)
    await stage.until(lambda: stage.counted("received") >= PACKETS)
    viewer = stage.viewer(2, VIDEO)
    stage.show(20, 1)
    await stage.arrived(viewer, PACKETS, OUT)
    assert stage.counted("paced") <= PACKETS / 3


async def test_a_live_key_frame_is_paced_for_thin_links_alone(stage: Stage) -> None:
    camera = await camera_on(stage)
    near = stage.viewer(3, VIDEO)
    stage.show(30, 1)
    far = far_viewer(stage, 2)
    await stage.settled()
    send_key_frame(camera)
    await stage.arrived(near, PACKETS, OUT)
    await stage.arrived(far, PACKETS, OUT)
    began = time.monotonic()
    send_key_frame(camera, PACKETS)
    await stage.arrived(near, 2 * PACKETS, OUT)
    await stage.arrived(far, 2 * PACKETS, OUT)
    assert time.monotonic() - began > 0.7 * PICTURE_SECONDS
    assert PACKETS <= stage.counted("paced") <= 2 * PACKETS, "the far one's alone"
    for viewer in (near, far):
        assert [view.seq for view in viewer.views(OUT)] == list(range(500, 500 + 2 * PACKETS))
        assert viewer.payloads(OUT) == [
            payload(seq, is_key=seq % PACKETS == 0) for seq in range(2 * PACKETS)
        ]


async def test_a_key_frame_that_comes_in_two_parts_is_paced_to_its_end(stage: Stage) -> None:
    camera = await camera_on(stage)
    viewer = far_viewer(stage, 2)
    await stage.settled()
    send_key_frame(camera)
    await stage.arrived(viewer, PACKETS, OUT)
    await asyncio.sleep(0.2)  # until it is done with this one
    camera.send(picture(PACKETS, is_key=True))
    await stage.arrived(viewer, PACKETS + 1, OUT)
    await asyncio.sleep(0.03)  # it has all there is, and is looked at again
    began = time.monotonic()
    for seq in range(PACKETS + 1, 2 * PACKETS):
        camera.send(picture(seq))
    await stage.arrived(viewer, 2 * PACKETS, OUT)
    assert time.monotonic() - began > 0.8 * PICTURE_SECONDS


async def test_a_wish_for_the_picture_that_is_on_its_way_costs_nobody_a_key_frame(
    stage: Stage,
) -> None:
    camera = await camera_on(stage)
    send_key_frame(camera)
    await stage.until(lambda: stage.counted("received") >= PACKETS)
    viewer = far_viewer(stage, 2)
    await stage.arrived(viewer, 1, OUT)
    wanted = stage.counted("keyframes_wanted")
    viewer.say(write_pli(1, OUT))
    await stage.arrived(viewer, PACKETS, OUT)
    assert stage.counted("keyframes_wanted") == wanted
    viewer.say(write_pli(1, OUT))
    await stage.until(lambda: stage.counted("keyframes_wanted") == wanted + 1)
    await stage.until(lambda: camera.said(KeyframeRequest))


async def test_who_leaves_or_is_left_in_the_middle_disturbs_nobody(stage: Stage) -> None:
    camera = await camera_on(stage)
    send_key_frame(camera)
    await stage.until(lambda: stage.counted("received") >= PACKETS)
    leaving, muted, left = (far_viewer(stage, number) for number in (2, 3, 4))
    for viewer in (leaving, muted, left):
        await stage.arrived(viewer, 1, OUT)
    stage.engine.remove_peer(2)
    stage.engine.set_muted(1, is_muted=True)
    await stage.settled()
    seen = len(muted.views(OUT))
    assert seen < PACKETS
    stage.engine.set_muted(1, is_muted=False)
    await stage.settled()
    send_key_frame(camera, 100)
    await stage.arrived(muted, seen + 1, OUT)
    assert muted.payloads(OUT)[seen] == payload(100, is_key=True)
    stage.engine.remove_peer(1)
    await stage.settled()
    numbers = [view.seq for view in left.views(OUT)]
    assert numbers == list(range(500, 500 + len(numbers)))


async def test_repairs_of_pictures_wait_for_a_thin_link_and_voice_does_not(stage: Stage) -> None:
    camera = await camera_on(stage)
    viewer = far_viewer(stage, 2)
    await stage.settled()
    send_key_frame(camera)
    camera.send(voice(0))
    await stage.arrived(viewer, PACKETS, OUT)
    await stage.arrived(viewer, 1, AUDIO.ssrc)
    asked = range(500, 500 + REPAIRS)
    viewer.say(write_nack(1, OUT, asked) + write_nack(1, AUDIO.ssrc, [500]))
    began = time.monotonic()
    await stage.arrived(viewer, 2, AUDIO.ssrc)
    assert len(viewer.views(OUT_RTX)) < REPAIRS
    await stage.arrived(viewer, REPAIRS, OUT_RTX)
    assert time.monotonic() - began > 2 * SIZE * 8 / PACE_BPS
    repaired = [int.from_bytes(view.payload[:2], "big") for view in viewer.views(OUT_RTX)]
    assert repaired == list(asked)


async def test_voice_is_repaired_twice_a_second_at_most_while_its_link_is_full(
    stage: Stage,
) -> None:
    camera = await camera_on(stage)
    viewer, other = far_viewer(stage, 2), stage.viewer(3, VIDEO, AUDIO)
    stage.show(31, 2)
    await stage.settled()
    for seq in range(5):
        camera.send(voice(seq))
    for far in (viewer, other):
        await stage.arrived(far, 5, AUDIO.ssrc)
    asked = write_nack(1, AUDIO.ssrc, [501])
    for turn in range(1, 4):
        for seq in range(20 * turn, 20 * turn + 20):  # far more than its link takes
            camera.send(voice(seq) + bytes(SIZE))
        await stage.arrived(viewer, 20 * turn, AUDIO.ssrc)
        viewer.say(asked)
        other.say(asked)
        await asyncio.sleep(0.15)
    first = [view.seq for view in viewer.read().views(AUDIO.ssrc)].count(501)
    assert first == 2, "once, and its repair"
    wide = [view.seq for view in other.read().views(AUDIO.ssrc)].count(501)
    assert wide > 2, "its round trip is short, and its link wide"


def report(highest: int, lost: int) -> bytes:
    """By one who got our report `FAR_SECONDS` ago."""
    ours = ntp_from_wall_ms(round((time.time() - FAR_SECONDS) * 1_000)) >> 16 & 0xFFFF_FFFF
    block = ReportBlock(OUT, 0, lost, highest, 0, ours, 0)
    return write_receiver_report(ReceiverReport(1, (block,)))


@pytest.mark.parametrize(("lost", "times"), [(1, 1), (6, 2)])
async def test_where_repairs_are_lost_as_well_they_come_once_more(
    stage: Stage, lost: int, times: int
) -> None:
    camera = await camera_on(stage)
    viewer = far_viewer(stage, 2)
    await stage.settled()
    send_key_frame(camera)
    await stage.arrived(viewer, PACKETS, OUT)
    viewer.say(report(500, 0) + report(500 + PACKETS - 1, lost))
    began = time.monotonic()
    viewer.say(write_nack(1, OUT, [503, 505]))
    await stage.arrived(viewer, 2, OUT_RTX)
    assert len(viewer.views(OUT_RTX)) == 2
    await stage.arrived(viewer, 2 * times, OUT_RTX)
    assert times == 1 or time.monotonic() - began > ONCE_MORE_SECONDS
    await asyncio.sleep(3 * ONCE_MORE_SECONDS)
    repaired = [int.from_bytes(view.payload[:2], "big") for view in viewer.read().views(OUT_RTX)]
    assert repaired == [503, 505] * times
    assert stage.counted("repaired") == 2 * times


# ---- probes


async def test_a_probe_fills_the_link_with_what_the_viewer_has_already(stage: Stage) -> None:
    camera = await camera_on(stage)
    viewer = stage.viewer(2, VIDEO, AUDIO)
    stage.show(20, 1)
    await stage.settled()
    send_key_frame(camera)
    await stage.arrived(viewer, PACKETS, OUT)
    reports = len(viewer.said(SenderReport))
    bps = 400_000
    stage.engine.begin_probe(2, bps, 3)
    await stage.arrived(viewer, 10, OUT_RTX)
    await stage.until(lambda: len(viewer.said(SenderReport)) > reports, "its end is reported")
    await asyncio.sleep(0.05)
    of_end = viewer.said(SenderReport)[reports:]
    assert len(of_end) == 3 and all(report == of_end[0] for report in of_end)
    again = viewer.views(OUT_RTX)
    sent = sum(len(view.packet) + 16 + 28 for view in again)
    assert sent * 8 / PROBE_SECONDS == pytest.approx(bps, rel=0.15)
    assert [view.seq for view in again] == list(range(60, 60 + len(again))), "fresh numbers"
    originals = {view.seq: bytes(view.payload) for view in viewer.views(OUT)}
    for view in again:
        assert view.payload[2:] == originals[int.from_bytes(view.payload[:2], "big")]
    assert stage.counted("probed") == len(again)
    gaps = [b - a for a, b in pairwise(view.seq for view in viewer.views(OUT))]
    assert set(gaps) == {1}


def _has_received(stage: Stage, packets: int) -> bool:
    return stage.counted("received") >= packets


async def test_a_probe_sends_first_what_waits_for_the_pace(stage: Stage) -> None:
    camera = await camera_on(stage)
    viewer = far_viewer(stage, 2)
    await stage.settled()
    send_key_frame(camera)
    await stage.arrived(viewer, 2, OUT)
    began = time.monotonic()
    stage.engine.begin_probe(2, 5 * int(PACE_BPS))
    await stage.arrived(viewer, PACKETS, OUT)
    assert time.monotonic() - began < PICTURE_SECONDS / 2


async def test_who_gets_no_picture_now_is_probed_with_padding(stage: Stage) -> None:
    camera = await camera_on(stage)
    viewer = stage.viewer(2, VIDEO, AUDIO)
    stage.show(20, 1)
    await stage.settled()
    send_key_frame(camera)
    await stage.arrived(viewer, PACKETS, OUT)
    stage.engine.set_target_layer(20, None)
    await stage.settled()
    for seq in range(PACKETS, PACKETS + KEPT):
        camera.send(picture(seq))
        if seq % 50 == 0:
            await stage.until(partial(_has_received, stage, seq))
    bps, reports = 100_000, len(viewer.said(SenderReport))
    stage.engine.begin_probe(2, bps)
    await stage.until(lambda: len(viewer.said(SenderReport)) > reports, "its end is reported")
    padded = viewer.views(OUT_RTX)
    sent = sum(len(view.packet) + 16 + 28 for view in padded)
    assert 0.6 < sent * 8 / probe_seconds(bps) / bps < 1.1
    assert [view.seq for view in padded] == list(range(60, 60 + len(padded))), "fresh numbers"
    for view in padded:  # nothing it could be shown is left of what it was sent
        assert view.packet[0] & 0x20 and view.packet[-1] == 255, "said to be padding"
        assert not bytes(view.payload)


async def test_nothing_is_probed_where_nothing_can_be_repeated(stage: Stage) -> None:
    camera = await camera_on(stage)
    bare = media_of(MediaKind.VIDEO, alternatives={VIDEO.codec: (102, None)}, rtx_payload_type=None)
    viewer = stage.viewer(2, bare, AUDIO)
    stage.show(20, 1)
    stage.show(21, 2)
    await stage.settled()
    send_key_frame(camera)
    camera.send(voice(0))
    await stage.arrived(viewer, PACKETS, OUT)
    reports = len(viewer.said(SenderReport))
    stage.engine.begin_probe(2, 400_000)
    await stage.until(lambda: len(viewer.said(SenderReport)) > reports, "it is over")
    assert (stage.counted("probed"), stage.counted("repaired")) == (0, 0)
