import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.rtp import extensions
from relay.rtp.header import PacketView, is_rtcp
from relay.rtp.packet import write_packet
from streamsvc.base.errors import ProtocolError


def test_what_was_written_is_read_back() -> None:
    packet = write_packet(
        b"voice", payload_type=111, seq=65535, ts=2**32 - 1, ssrc=7, is_marked=True
    )
    view = PacketView(packet)
    assert (view.payload_type, view.seq, view.ts, view.ssrc) == (111, 65535, 2**32 - 1, 7)
    assert view.is_marked
    assert bytes(view.payload) == b"voice"


def test_padding_is_not_payload() -> None:
    packet = bytearray(write_packet(b"ab\0\0\3", payload_type=96, seq=1, ts=1, ssrc=1))
    packet[0] |= 0x20
    assert bytes(PacketView(bytes(packet)).payload) == b"ab"


def test_padding_longer_than_the_packet_is_refused() -> None:
    packet = bytearray(write_packet(b"ab\xff", payload_type=96, seq=1, ts=1, ssrc=1))
    packet[0] |= 0x20
    with pytest.raises(ProtocolError, match="rtp-malformed"):
        PacketView(bytes(packet))


@pytest.mark.parametrize("value", [b"\x01", b"x" * 16, b"x" * 17, b"x" * 255])
def test_an_extension_element_is_found_in_either_form(value: bytes) -> None:
    elements = [(1, b"mid"), (0, b"not agreed"), (4, value)]
    packet = write_packet(b"p", payload_type=96, seq=1, ts=1, ssrc=1, elements=elements)
    view = PacketView(packet)
    assert extensions.element(view, 4) == value
    assert extensions.element_text(view, 1) == "mid"
    assert extensions.element(view, 0) is None
    assert extensions.element(view, 9) is None
    assert bytes(view.payload) == b"p"


def test_an_id_above_fourteen_takes_the_two_byte_form() -> None:
    packet = write_packet(b"", payload_type=96, seq=1, ts=1, ssrc=1, elements=[(200, b"rid")])
    view = PacketView(packet)
    assert view.extension_profile == extensions.TWO_BYTE_PROFILE
    assert extensions.element(view, 200) == b"rid"


def test_abs_send_time_counts_and_wraps_every_64_seconds() -> None:
    assert extensions.abs_send_time(1.0) == (1 << 18).to_bytes(3, "big")
    assert extensions.abs_send_time(65.5) == extensions.abs_send_time(1.5)


def test_rtcp_is_told_by_its_second_byte() -> None:
    assert is_rtcp(bytes((0x80, 200))) and is_rtcp(bytes((0x80, 207)))
    assert not is_rtcp(bytes((0x80, 111 | 0x80))) and not is_rtcp(b"\x80")


@given(st.binary(max_size=80))
def test_no_bytes_raise_anything_but_a_protocol_error(data: bytes) -> None:
    try:
        view = PacketView(data)
    except ProtocolError:
        return
    for _, start, length in extensions.elements(view):
        assert view.extension_start < start
        assert start + length <= view.extension_end
    assert view.payload_end <= len(data)


@given(st.binary(max_size=60), st.sampled_from([0xBEDE, 0x1000, 0x100F]))
def test_hostile_extension_lengths_stay_inside_the_block(data: bytes, profile: int) -> None:
    words = len(data) // 4
    head = bytes((0x90, 96)) + bytes(10) + profile.to_bytes(2, "big") + words.to_bytes(2, "big")
    view = PacketView(head + data)
    for _, start, length in extensions.elements(view):
        assert start + length <= view.extension_end
