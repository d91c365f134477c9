"""Packets of a published track, as a server reads them."""

from dataclasses import replace

from relay.client.swarm.descriptions import AgreedTrack
from relay.client.swarm.replay import DuePacket
from relay.client.swarm.sent_track import SentTrack
from relay.client.swarm.stamp import read_stamp
from relay.rtp import rtcp
from relay.rtp.extensions import element
from relay.rtp.header import PacketView
from relay.rtp.rtcp_reports import SenderReport, SourceDescription
from relay.sdp.negotiated import Extensions
from streamsvc.base.media import MediaKind

AGREED = AgreedTrack(MediaKind.VIDEO, "1", 102, Extensions(mid=4, abs_send_time=2, transport_cc=3))
NOW_NS = 1_700_000_000_500_000_000


def due(ts: int, *, is_marked: bool = False) -> DuePacket:
    return DuePacket(0.0, MediaKind.VIDEO, b"\x61payload", ts, is_marked)


def test_numbers_grow_by_one_and_stamps_count_from_zero() -> None:
    track = SentTrack(AGREED, 7, is_stamped=True)
    packets = [track.packet(due(90 * n), NOW_NS + n, 300 + n) for n in range(3)]
    views = [PacketView(packet) for packet in packets]
    assert [(view.seq - views[0].seq) & 0xFFFF for view in views] == [0, 1, 2]
    assert [(view.ts - views[0].ts) & 0xFFFFFFFF for view in views] == [0, 90, 180]
    assert {view.ssrc for view in views} == {7}
    assert [read_stamp(packet) for packet in packets] == [(n, NOW_NS + n) for n in range(3)]


def test_extensions_are_those_agreed_on() -> None:
    view = PacketView(SentTrack(AGREED, 7, is_stamped=True).packet(due(0), NOW_NS, 70_000))
    assert element(view, 4) == b"1"
    assert element(view, 3) == (70_000 & 0xFFFF).to_bytes(2, "big")
    assert len(element(view, 2) or b"") == 3
    assert element(view, 1) is None


def test_a_layer_has_its_name_until_it_is_known_and_stamps_of_its_own() -> None:
    agreed = replace(AGREED, extensions=replace(AGREED.extensions, rid=6))
    track = SentTrack(agreed, 7, is_stamped=True, rid="h", place=1)
    named = track.packet(due(0), NOW_NS, 1)
    assert element(PacketView(named), 6) == b"h"
    track.is_known = True
    bare = PacketView(track.packet(due(0), NOW_NS, 2))
    assert (element(bare, 6), element(bare, 4)) == (None, None)
    stamp = read_stamp(named)
    assert stamp is not None
    assert stamp[0] == 1 << 28


def test_without_stamps_the_payload_is_as_it_was() -> None:
    packet = SentTrack(AGREED, 7, is_stamped=False).packet(due(0, is_marked=True), NOW_NS, 1)
    view = PacketView(packet)
    assert bytes(view.payload) == b"\x61payload"
    assert view.is_marked


def test_the_report_maps_the_last_packet_to_the_clock() -> None:
    track = SentTrack(AGREED, 7, is_stamped=False)
    view = PacketView(track.packet(due(450), NOW_NS, 1))
    report, name = rtcp.parse(track.report(NOW_NS))
    assert isinstance(report, SenderReport)
    assert (report.packet_count, report.octet_count, report.rtp_time) == (1, 8, view.ts)
    assert report.ntp_time >> 32 == NOW_NS // 1_000_000_000 + 2_208_988_800
    assert name == SourceDescription(7, "swarm")
