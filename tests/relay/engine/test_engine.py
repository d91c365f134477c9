"""The whole engine over real UDP, with pylibsrtp's own sessions at the far ends."""

import asyncio
import itertools
import os

import pytest

from relay.rtp.packet import write_packet
from relay.rtp.rtcp_feedback import (
    KeyframeRequest,
    Nack,
    write_nack,
    write_pli,
)
from relay.rtp.rtcp_reports import (
    ReceiverReport,
    SenderReport,
    write_receiver_report,
)
from streamsvc.base.media import Codec, MediaKind
from tests.support.engine_model.packets import (
    h264_payload,
    media_of,
    vp8_payload,
)
from tests.support.engine_peers import (
    CM_SHA1_80,
    GCM_128,
    GCM_256,
    Profile,
    Stage,
    published,
)
from tests.support.engine_scenes import (
    AUDIO,
    KEY,
    OUT,
    OUT_RTX,
    SIMULCAST,
    SSRC,
    VIDEO,
    picture,
    voice,
    watched,
)

AWAY_SECONDS = 3.2

# ---- what is sent is received


@pytest.mark.parametrize("profile", [GCM_128, GCM_256, CM_SHA1_80])
async def test_every_profile_is_understood_both_ways(profile: Profile) -> None:
    stage = Stage(profile)
    camera, viewers = await watched(stage, viewers=3)
    for seq in range(1, 40):
        camera.send(picture(seq))
    for viewer in viewers:
        await stage.arrived(viewer, 40)
        views = viewer.views()
        assert [view.seq for view in views] == list(range(500, 540))
        assert {(view.ssrc, view.payload_type) for view in views} == {(OUT, 102)}
        assert viewer.payloads() == [KEY, *(h264_payload(seq) for seq in range(1, 40))]
        steps = {(b.ts - a.ts) & 0xFFFFFFFF for a, b in zip(views, views[1:], strict=False)}
        assert steps == {3_000}
    await stage.until(lambda: viewers[0].said(SenderReport))
    await stage.until(lambda: camera.said(ReceiverReport))
    await stage.close()


async def test_sequence_numbers_roll_over_on_both_sides(stage: Stage) -> None:
    camera = stage.publisher(published(1, VIDEO))
    viewer = stage.viewer(2, VIDEO, first_seq=65_500)
    stage.show(20, 1)
    await stage.settled()
    for number in range(200):
        camera.send(picture(65_450 + number, is_key=number == 0))
        if number % 20 == 0:
            await stage.arrived(viewer, number)
    await stage.arrived(viewer, 200)
    assert [view.seq for view in viewer.views()] == [(65_500 + n) & 0xFFFF for n in range(200)]
    assert viewer.payloads()[1:] == [h264_payload(65_450 + n) for n in range(1, 200)]


async def test_reordered_and_late_packets_keep_their_places(stage: Stage) -> None:
    camera, (viewer,) = await watched(stage)
    for seq in (2, 1, 5, 3, 4):
        camera.send(picture(seq))
    await stage.arrived(viewer, 6)
    assert [view.seq for view in viewer.views()] == [500, 502, 501, 505, 503, 504]
    assert viewer.payloads()[1:] == [h264_payload(seq) for seq in (2, 1, 5, 3, 4)]


# ---- bad input


async def test_what_is_not_right_is_counted_and_costs_nothing(stage: Stage) -> None:
    camera, (viewer,) = await watched(stage)
    stranger = stage.peer()
    first = camera.send(picture(1))
    await stage.arrived(viewer, 2)
    bad = [first, first[:-1], first[:11], b"\x80", os.urandom(400), bytes((0x80, 102)) + bytes(60)]
    bad[4] = b"\x80" + bad[4]
    wrong_key = stage.peer()
    bad.append(wrong_key.sending.protect(picture(2)))
    altered = bytearray(camera.sending.protect(picture(3)))
    altered[-1] ^= 1
    bad.append(bytes(altered))
    for datagram in bad:
        camera.send_raw(datagram)
    await stage.until(lambda: stage.counted("malformed") == len(bad))
    camera.send_raw(b"\x80" + bytes(1_500))
    camera.send_raw(b"\x80" + bytes(30_000))
    await stage.until(lambda: stage.counted("too_long") == 2)
    stranger.send(picture(4))
    await stage.until(lambda: stage.counted("stranger") == 1)
    viewer.send(picture(5))
    await stage.until(lambda: stage.counted("unwanted") == 1)
    viewer.say(write_receiver_report(ReceiverReport(1)) + b"\x80\xc9\x00\x07")
    await stage.until(lambda: stage.counted("malformed") == len(bad) + 1)
    camera.send(picture(6))
    await stage.arrived(viewer, 3)
    assert viewer.payloads()[1:] == [h264_payload(1), h264_payload(6)]


async def test_header_extension_bombs_go_off_nowhere(stage: Stage) -> None:
    camera = stage.publisher(published(1, SIMULCAST))
    viewer = stage.viewer(2, VIDEO)
    stage.show(20, 1, "lo")
    await stage.settled()
    camera.send(picture(0, is_key=True, rid="lo"))
    await stage.arrived(viewer, 1)
    head = bytearray(picture(1)[:12])
    head[0] |= 0x10
    camera.send_raw(bytes(head) + b"\xbe\xde\xff\xff" + bytes(900))
    await stage.until(lambda: stage.counted("malformed") == 1)
    bombs = [
        bytes(head) + b"\xbe\xde\x00\xe0" + b"\x50a" * 448,
        bytes(head) + b"\x10\x00\x00\xe0" + b"\x05\xff" * 448,
        bytes(head) + b"\x10\x00\x00\xe0" + b"\x05\x00" * 448,
    ]
    for number, bomb in enumerate(bombs):
        packet = bytearray(bomb)
        packet[2:4] = (number + 1).to_bytes(2, "big")
        packet[8:12] = (4_000 + number).to_bytes(4, "big")
        camera.send(bytes(packet))
    camera.send(picture(1))
    await stage.arrived(viewer, 2)
    assert viewer.payloads() == [KEY, h264_payload(1)]


async def test_a_peer_can_not_make_us_keep_more_than_so_many_sources(stage: Stage) -> None:
    camera, (viewer,) = await watched(stage)
    for ssrc in range(1_000, 1_100):
        camera.send(voice(1, ssrc))
        camera.send_raw(voice(1, ssrc + 500) + bytes(16))  # forged: takes no place
    # the camera's own and 63 of the others were let in, 37 refused, 100 forged
    await stage.until(lambda: stage.counted("malformed") == 37 + 100)
    camera.send(picture(1))
    await stage.arrived(viewer, 2)


async def test_a_datagram_full_of_nacks_is_answered_within_limits(stage: Stage) -> None:
    camera, (viewer,) = await watched(stage)
    for seq in range(1, 600):
        camera.send(picture(seq))
        if seq % 50 == 0:
            await stage.arrived(viewer, seq)
    await stage.arrived(viewer, 600)
    everything = write_nack(1, OUT, range(65_536))
    assert len(everything) > 15_000
    viewer.say(write_receiver_report(ReceiverReport(1)) + write_nack(1, OUT, range(600, 5_600)))
    viewer.send_raw(viewer.sending.protect_rtcp(write_receiver_report(ReceiverReport(1))) * 1_000)
    viewer.say(write_pli(1, OUT))
    await stage.until(lambda: stage.counted("too_long") == 1)
    await stage.arrived(viewer, 1, OUT_RTX)
    await stage.until(lambda: camera.said(KeyframeRequest))
    assert stage.counted("repaired") <= 512
    camera.send(picture(600))
    await stage.arrived(viewer, 601, OUT)


async def test_packets_of_nearly_equal_size_are_padded_into_one_message(stage: Stage) -> None:
    """The kernel cuts a message into equal parts; what is shown is what was sent."""
    camera, (viewer,) = await watched(stage)
    sent = [KEY]

    def send_picture() -> None:
        for grown in (0, 0, 1, 1):
            payload = h264_payload(len(sent)) + bytes(200 + grown)
            seq = len(sent)
            camera.send(write_packet(payload, payload_type=102, seq=seq, ts=3_000 * seq, ssrc=SSRC))
            sent.append(payload)

    def is_padded() -> bool:
        send_picture()
        return any(packet[0] & 0x20 for packet in viewer.read().packets)

    await stage.until(is_padded)
    await stage.arrived(viewer, len(sent))
    assert viewer.payloads() == sent


async def test_voice_that_comes_with_a_picture_goes_out_with_it_and_once(stage: Stage) -> None:
    """At the end of a viewer's pictures, whatever came first; who only listens has it as well."""
    heard = media_of(MediaKind.AUDIO, ssrc=7_010)
    teacher = stage.publisher(published(1, VIDEO), published(2, heard))
    seeing, listening = stage.viewer(2, VIDEO, heard), stage.viewer(3, VIDEO, heard)
    for subscription, publication in ((20, 1), (21, 2), (31, 2)):
        stage.show(subscription, publication)
    await stage.settled()
    teacher.send(voice(0, ssrc=12))
    teacher.send(picture(0, is_key=True))
    await stage.arrived(seeing, 2)
    sent = 1

    def voice_came_after_its_picture() -> bool:
        nonlocal sent
        teacher.send(voice(sent, ssrc=12))
        teacher.send(picture(sent))
        sent += 1
        order = [(view.ssrc, view.ts) for view in seeing.read().views()]
        return (OUT, 7_010) in itertools.pairwise(ssrc for ssrc, _ in order[-2:])

    await stage.until(voice_came_after_its_picture)
    for viewer, ssrc in ((seeing, OUT), (seeing, 7_010), (listening, 7_010)):
        await stage.arrived(viewer, sent, ssrc)
        numbers = [view.seq for view in viewer.views(ssrc)]
        assert numbers == list(range(500, 500 + sent))


async def test_a_source_that_jumps_over_the_whole_cache_uses_no_number_twice(stage: Stage) -> None:
    """Its packet takes the place of one that is on its way: that one is gone, not sent changed."""
    camera, (viewer,) = await watched(stage)
    seq = 1

    def jump() -> bool:
        nonlocal seq
        for number, more in ((seq, 0), (seq + 1, 4), (seq + 1_024, 0)):
            payload = h264_payload(number) + bytes(200 + more)
            camera.send(
                write_packet(
                    payload,
                    payload_type=102,
                    seq=number & 0xFFFF,
                    ts=3_000 * number & 0xFFFFFFFF,
                    ssrc=SSRC,
                )
            )
        seq += 1_025
        packets = viewer.read().packets
        return len(packets) > 100 and any(packet[0] & 0x20 for packet in packets)

    await stage.until(jump)
    numbers = [view.seq for view in viewer.views()]
    assert len(set(numbers)) == len(numbers)


async def test_a_full_burst_and_a_jump_over_the_cache_use_no_number_twice(stage: Stage) -> None:
    """A burst that is full goes out when the next packet has taken the place of its first."""
    camera, (viewer,) = await watched(stage)
    first = 1
    for _ in range(20):
        for seq in (*range(first, first + 32), first + 1_024):
            payload = h264_payload(seq) + bytes(200 + (0 if seq == first + 1_024 else 4))
            camera.send(
                write_packet(
                    payload,
                    payload_type=102,
                    seq=seq & 0xFFFF,
                    ts=3_000 * seq & 0xFFFFFFFF,
                    ssrc=SSRC,
                )
            )
        first += 1_025
        newest = h264_payload(first - 1) + bytes(200)
        await stage.until(lambda newest=newest: newest in viewer.read().payloads())  # type: ignore[misc]
    numbers = [view.seq for view in viewer.views(OUT)]
    assert len(set(numbers)) == len(numbers)


# ---- repairs


async def test_voice_is_sent_again_byte_for_byte(stage: Stage) -> None:
    teacher = stage.publisher(published(1, AUDIO))
    viewer = stage.viewer(2, AUDIO)
    stage.show(20, 1)
    await stage.settled()
    for seq in range(10):
        teacher.send(voice(seq))
    await stage.arrived(viewer, 10)
    # from now on packets come without MID; what is sent again still is as it was
    viewer.say(write_receiver_report(ReceiverReport(1)))
    viewer.say(write_nack(1, AUDIO.ssrc, [503, 504, 9_000]))
    await stage.arrived(viewer, 12)
    assert viewer.datagrams[10:] == [viewer.datagrams[3], viewer.datagrams[4]]
    assert stage.counted("repaired") == 2


async def test_pictures_are_sent_again_as_retransmissions_and_once_a_round_trip(
    stage: Stage,
) -> None:
    camera, (viewer,) = await watched(stage)
    for seq in range(1, 10):
        camera.send(picture(seq))
    await stage.arrived(viewer, 10)
    for _ in range(5):
        viewer.say(write_nack(1, OUT, [503, 505]))
    viewer.say(write_pli(1, OUT))  # all NACKs before it were looked at
    await stage.until(lambda: camera.said(KeyframeRequest))
    again = viewer.views(OUT_RTX)
    assert [(view.seq, view.payload_type) for view in again] == [(60, 103), (61, 103)]
    originals = {view.seq: view for view in viewer.views(OUT)}
    for view in again:
        original = originals[int.from_bytes(view.payload[:2], "big")]
        assert view.payload[2:] == original.payload
        assert view.ts == original.ts
    assert stage.counted("repaired") == 2


async def test_nothing_of_a_former_source_is_sent_again_in_the_new_ones_types(
    stage: Stage,
) -> None:
    """A number sent twice with other bytes would break the encryption, not only the picture."""
    teacher = stage.publisher(published(1, AUDIO), published(3, VIDEO))
    screen_media = media_of(MediaKind.VIDEO, codec=Codec.VP8, payload_type=96)
    screen = stage.publisher(published(7, screen_media, peer=5))
    viewer = stage.viewer(2, AUDIO, media_of(MediaKind.VIDEO, ssrc=8_000, rtx_ssrc=8_001))
    stage.show(20, 1)
    stage.show(21, 3)
    await stage.settled()
    for seq in range(5):
        teacher.send(voice(seq))
        teacher.send(picture(seq, is_key=not seq, ssrc=SSRC + 1))
    await stage.arrived(viewer, 10)
    stage.engine.set_source(20, None)
    stage.show(21, 7)
    await stage.settled()
    slide = write_packet(
        vp8_payload(5, 5, is_key=True), payload_type=96, seq=9, ts=9, ssrc=SSRC + 2
    )
    screen.send(slide)
    await stage.arrived(viewer, 11)
    viewer.say(write_nack(1, AUDIO.ssrc, [501, 502]))
    viewer.say(write_nack(1, 8_000, [501, 502, 505]))
    await stage.arrived(viewer, 12)
    (again,) = viewer.views(8_001)
    assert int.from_bytes(again.payload[:2], "big") == 505
    assert (stage.counted("repaired"), len(viewer.datagrams)) == (1, 12)


async def test_what_a_publisher_lost_is_asked_for_and_passed_on(stage: Stage) -> None:
    camera, (viewer,) = await watched(stage)
    camera.send(picture(3))
    await stage.until(lambda: camera.said(Nack))
    asked = camera.said(Nack)[0]
    assert asked == Nack(SSRC, (1, 2))
    for seq in (1, 2):  # the answer comes as retransmissions (RFC 4588)
        payload = seq.to_bytes(2, "big") + h264_payload(seq)
        camera.send(write_packet(payload, payload_type=103, seq=seq, ts=3_000 * seq, ssrc=SSRC + 1))
    await stage.arrived(viewer, 4)
    assert [view.seq for view in viewer.views()] == [500, 503, 501, 502]
    assert viewer.payloads()[2:] == [h264_payload(1), h264_payload(2)]


async def test_a_voice_that_lost_packets_hears_of_it_though_they_came_again(stage: Stage) -> None:
    microphone = stage.publisher(published(1, AUDIO))
    await stage.settled()
    for seq in (0, 3):
        microphone.send(voice(seq))
    await stage.until(lambda: microphone.said(Nack))
    for seq in (1, 2):
        microphone.send(voice(seq))
    reports = lambda: microphone.said(ReceiverReport)  # noqa: E731
    await stage.until(
        lambda: any(b.packets_lost == 2 for r in reports() for b in r.blocks),  # type: ignore
        "it protects its voice by what it hears",
    )


async def test_who_was_away_gets_a_picture_without_asking(stage: Stage) -> None:
    camera, (viewer,) = await watched(stage)
    viewer.say(write_receiver_report(ReceiverReport(1)))
    await stage.until(lambda: stage.engine.signs(2))
    camera.send(picture(1))
    await stage.arrived(viewer, 2)
    asked = len(camera.said(KeyframeRequest))
    viewer.say(write_receiver_report(ReceiverReport(1)))
    await asyncio.sleep(AWAY_SECONDS)  # nobody else tells that a viewer is silent
    assert len(camera.said(KeyframeRequest)) == asked
    viewer.say(write_receiver_report(ReceiverReport(1)))
    await stage.until(lambda: len(camera.said(KeyframeRequest)) == asked + 1)
