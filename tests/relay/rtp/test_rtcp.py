import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.rtp import rtcp, rtcp_feedback, rtcp_reports, rtcp_xr
from relay.rtp.rtcp_feedback import KeyframeRequest, Nack, Remb
from relay.rtp.rtcp_reports import (
    Goodbye,
    ReceiverReport,
    ReportBlock,
    SenderReport,
    SourceDescription,
)
from relay.rtp.rtcp_xr import DelaySinceReferenceTime, ReceiverReferenceTime
from streamsvc.base.errors import ProtocolError

BLOCK = ReportBlock(9, 128, -5, 70_000, 33, 0x1234, 0x5678)


def test_a_compound_of_reports_is_read_back_in_order() -> None:
    sender = SenderReport(1, 2**63 + 5, 90_000, 10, 1000, (BLOCK,))
    receiver = ReceiverReport(2, (BLOCK, BLOCK))
    compound = (
        rtcp_reports.write_sender_report(sender)
        + rtcp_reports.write_receiver_report(receiver)
        + rtcp_reports.write_source_description(1, "lead")
        + rtcp_reports.write_goodbye([1, 2])
    )
    expected = [sender, receiver, SourceDescription(1, "lead"), Goodbye((1, 2))]
    assert rtcp.parse(compound) == expected


@pytest.mark.parametrize("cname", ["a", "ab", "abc", "abcd", "long name of a room"])
def test_a_cname_of_any_length_keeps_the_packet_whole(cname: str) -> None:
    packet = rtcp_reports.write_source_description(7, cname)
    assert len(packet) % 4 == 0
    assert rtcp.parse(packet) == [SourceDescription(7, cname)]


def test_feedback_is_read_back() -> None:
    compound = (
        rtcp_feedback.write_pli(1, 2)
        + rtcp_feedback.write_fir(1, 3, 300)
        + rtcp_feedback.write_remb(1, 2_500_000, [2, 3])
    )
    pli, fir, remb = rtcp.parse(compound)
    assert (pli, fir) == (KeyframeRequest(2), KeyframeRequest(3))
    assert isinstance(remb, Remb)
    assert remb.ssrcs == (2, 3)
    assert remb.bitrate_bps == pytest.approx(2_500_000, rel=1e-4)


@given(st.integers(0, 65_535), st.sets(st.integers(0, 60), min_size=1))
def test_a_nack_names_exactly_the_missing_across_the_wrap(start: int, missing: set[int]) -> None:
    seqs = [(start + distance) & 0xFFFF for distance in sorted(missing)]
    (nack,) = rtcp.parse(rtcp_feedback.write_nack(1, 2, seqs))
    assert nack == Nack(2, tuple(seqs))


def test_seventeen_neighbors_take_one_entry() -> None:
    assert len(rtcp_feedback.write_nack(1, 2, range(17))) == 16


def test_round_trip_time_blocks_are_read_back() -> None:
    answer = DelaySinceReferenceTime(5, 0xABCD, 655)
    compound = rtcp_xr.write_receiver_reference_time(5, 2**40)
    compound += rtcp_xr.write_delay_since_reference_time(6, answer)
    assert rtcp.parse(compound) == [ReceiverReferenceTime(5, 2**40), answer]


def test_an_unknown_packet_is_left_out() -> None:
    unknown = rtcp_reports.packet(204, 0, bytes(8))
    assert rtcp.parse(unknown + rtcp_feedback.write_pli(1, 2)) == [KeyframeRequest(2)]


@pytest.mark.parametrize(
    "compound",
    [
        b"\x80",
        b"\x80\xc8\x00\x00",  # SR without a body
        b"\x81\xc9\x00\x01\x00\x00\x00\x01",  # RR that promises a block
        b"\x80\xce\x00\x05\x00\x00\x00\x01",  # longer than the datagram
        b"\x40\xc9\x00\x01\x00\x00\x00\x01",  # version 1
        b"\xa0\xc9\x00\x01\x00\x00\x00\xff",  # padding longer than the packet
    ],
)
def test_lengths_that_do_not_add_up_are_refused(compound: bytes) -> None:
    with pytest.raises(ProtocolError, match="rtcp-malformed"):
        rtcp.parse(compound)


@given(st.binary(max_size=120))
def test_no_bytes_raise_anything_but_a_protocol_error(data: bytes) -> None:
    try:
        messages = rtcp.parse(data)
    except ProtocolError as error:
        assert error.error_id == "rtcp-malformed"
    else:
        assert isinstance(messages, list)


@given(st.integers(200, 207), st.integers(0, 31), st.binary(max_size=80))
def test_any_body_of_a_known_kind_is_survived(kind: int, count: int, body: bytes) -> None:
    whole = body[: len(body) // 4 * 4]
    try:
        messages = rtcp.parse(rtcp_reports.packet(kind, count, whole))
    except ProtocolError as error:
        assert error.error_id == "rtcp-malformed"
    else:
        assert isinstance(messages, list)
