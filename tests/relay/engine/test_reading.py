"""What the engine reads in packets of foreigners, against the model: headers, VP8, H.264."""

import ctypes

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from relay.rtp.extensions import elements
from relay.rtp.header import PacketView, is_rtcp
from streamsvc.base.errors import ProtocolError
from streamsvc.base.media import Codec
from tests.support.engine_model import h264, vp8
from tests.support.native_values import Longs, Nine
from tests.support.rtp_media import Packetizer, picture_clip

MANY = settings(max_examples=150, deadline=None)
PAYLOAD = st.binary(max_size=60)
LARGEST_SIDE = 16_384

PROFILES = st.sampled_from([0xBEDE, 0x1000, 0x100F, 0x9999])


@st.composite
def rtp_packets(draw: st.DrawFn) -> bytes:
    """Packets that look right at first: a version, sources, a block with hostile lengths."""
    first = 0x80 | draw(st.integers(0, 0x3F))
    head = bytes((first, draw(st.integers(0, 255)))) + draw(st.binary(min_size=10, max_size=10))
    sources = draw(st.binary(max_size=4 * (first & 0xF)))
    words = draw(st.sampled_from([0, 1, 2, 3, 255, 65_535]))
    block = draw(PROFILES).to_bytes(2, "big") + words.to_bytes(2, "big")
    return head + sources + block + draw(st.binary(max_size=16)) + draw(PAYLOAD)


@MANY
@given(st.binary(max_size=40) | rtp_packets())
def test_a_header_is_read_as_the_model_reads_it(native: ctypes.CDLL, packet: bytes) -> None:
    found = Longs()
    is_whole = native.read_rtp(packet, len(packet), found)
    try:
        view = PacketView(packet)
    except ProtocolError:
        assert not is_whole
        return
    expected = [view.payload_type, view.is_marked, view.seq, view.ts, view.ssrc]
    assert is_whole
    assert list(found) == [*expected, view.payload_start, view.payload_end]


@MANY
@given(rtp_packets(), st.integers(0, 255))
def test_an_extension_is_found_where_the_model_finds_it(
    native: ctypes.CDLL, packet: bytes, number: int
) -> None:
    at = ctypes.c_int()
    length = native.find_element(packet, len(packet), number, ctypes.byref(at))
    try:
        view = PacketView(packet)
    except ProtocolError:
        assert length == -1
        return
    there = [(start, size) for n, start, size in elements(view) if n == number and number]
    assert ((at.value, length) if length >= 0 else None) == (there[0] if there else None)


@given(st.integers(0, 255))
def test_rtcp_is_told_by_its_second_byte(native: ctypes.CDLL, second: int) -> None:
    packet = bytes((0x80, second, 0, 1, 0, 0, 0, 1))
    assert (native.read_rtcp(packet, 8, (ctypes.c_int64 * 20480)()) >= 0) is True
    assert is_rtcp(packet) is (192 <= second <= 223)


@MANY
@given(st.binary(max_size=14) | st.builds(lambda tail: b"\x90\xe0" + tail, st.binary(max_size=14)))
def test_a_vp8_descriptor_is_read_as_the_model_reads_it(
    native: ctypes.CDLL, payload: bytes
) -> None:
    found = Nine()
    is_whole = native.read_vp8(payload, len(payload), found)
    try:
        model = vp8.descriptor(memoryview(payload))
    except ProtocolError:
        assert not is_whole
        return
    assert is_whole
    assert list(found) == [
        model.length,
        model.is_frame_start,
        model.picture_id or 0,
        model.picture_id_bits,
        model.picture_id_offset,
        model.tl0_picture_index or 0,
        model.tl0_offset,
        model.temporal_id,
        model.is_layer_sync,
    ]
    is_key = bool(native.vp8_is_keyframe_start(payload, len(payload)) & 1)
    assert is_key == vp8.is_keyframe_start(memoryview(payload))
    width, height = vp8.picture_size(memoryview(payload)) or (0, 0)
    native.vp8_pixels.restype = ctypes.c_uint32
    assert native.vp8_pixels(payload, len(payload)) == width * height


def sps(body: bytes) -> bytes:
    return b"\x67" + body


@st.composite
def h264_payloads(draw: st.DrawFn) -> bytes:
    """Single units, aggregates whose lengths lie, fragments; parameter sets of every profile."""
    profile = draw(st.sampled_from([66, 77, 100, 244]))
    body = bytes((profile, 0, 31)) + draw(st.binary(max_size=40))
    units = draw(
        st.lists(
            st.sampled_from([sps(body), b"\x09\xf0"]) | st.binary(max_size=12),
            min_size=1,
            max_size=3,
        )
    )
    lie = draw(st.sampled_from([0, 0, 1, 60_000]))
    aggregate = b"".join((len(u) + lie & 0xFFFF).to_bytes(2, "big") + u for u in units)
    return draw(
        st.sampled_from(
            [
                units[0],
                b"\x18" + aggregate,
                b"\x7c" + bytes((0x80 | 7,)) + body,
                b"\x3c\x01" + body,
                b"",
            ]
        )
    )


@MANY
@given(st.binary(max_size=40) | h264_payloads())
@example(sps(bytes((100, 0, 31)) + bytes.fromhex("ffffff0000000080000000ff") * 3))
def test_h264_is_looked_into_as_the_model_does(native: ctypes.CDLL, payload: bytes) -> None:
    view, size = memoryview(payload), len(payload)
    for name, model in (
        ("h264_is_keyframe_start", h264.is_keyframe_start),
        ("h264_is_parameter_set", h264.is_parameter_set),
        ("h264_is_prelude", h264.is_prelude),
    ):
        function = getattr(native, name)
        function.restype = ctypes.c_bool
        assert function(payload, size) == model(view)
    idc = h264.reference_idc(view)
    assert native.reference_idc(payload, size) == (-1 if idc is None else idc)
    width, height = h264.picture_size(view) or (0, 0)
    is_sane = 0 < width <= LARGEST_SIDE and 0 < height <= LARGEST_SIDE
    native.h264_pixels.restype = ctypes.c_uint32
    assert native.h264_pixels(payload, size) == (width * height if is_sane else 0)


@pytest.mark.parametrize("codec", [Codec.H264, Codec.VP8])
def test_key_frames_of_real_encoders_are_seen(native: ctypes.CDLL, codec: Codec) -> None:
    packetizer = Packetizer(codec, ssrc=1)
    clip = picture_clip(codec, 0.5, 10, 320, 180)
    first = PacketView(next(packetizer.packets(clip[0]))).payload
    later = PacketView(next(packetizer.packets(clip[1]))).payload
    assert codec_pixels(native, codec, bytes(first)) == 320 * 180
    assert codec_pixels(native, codec, bytes(later)) == 0


def codec_pixels(native: ctypes.CDLL, codec: Codec, payload: bytes) -> int:
    function = native.h264_pixels if codec is Codec.H264 else native.vp8_pixels
    function.restype = ctypes.c_uint32
    return int(function(payload, len(payload)))
