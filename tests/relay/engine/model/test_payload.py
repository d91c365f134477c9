from fractions import Fraction
from typing import Literal

import av
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from streamsvc.base.errors import ProtocolError
from streamsvc.base.media import Codec
from tests.support.engine_model import h264, payload, vp8

SIZE = (322, 182)  # not multiples of 16: the SPS must be cropped


def encoded(codec: Literal["libx264", "libvpx"], pictures: int) -> list[bytes]:
    """Frames as the real encoder makes them."""
    encoder = av.CodecContext.create(codec, "w")
    encoder.width, encoder.height, encoder.pix_fmt = *SIZE, "yuv420p"
    encoder.time_base = Fraction(1, 15)
    encoder.options = {"tune": "zerolatency"} if codec == "libx264" else {"deadline": "realtime"}
    frames = []
    for index in range(pictures):
        image = np.full((SIZE[1], SIZE[0], 3), index * 9, dtype=np.uint8)
        frame = av.VideoFrame.from_ndarray(image, format="rgb24")
        frame.pts = index
        frames += [bytes(packet) for packet in encoder.encode(frame)]
    return frames + [bytes(packet) for packet in encoder.encode(None)]


def nal_units(frame: bytes) -> list[memoryview]:
    pieces = frame.replace(b"\0\0\0\1", b"\0\0\1").split(b"\0\0\1")
    return [memoryview(piece) for piece in pieces if piece]


def test_a_real_h264_key_frame_and_its_size_are_seen() -> None:
    first, second = encoded("libx264", 2)[:2]
    sps = next(unit for unit in nal_units(first) if unit[0] & 0x1F == 7)
    assert h264.picture_size(sps) == SIZE
    assert h264.is_keyframe_start(sps)
    assert payload.picture_pixels(Codec.H264, sps) == SIZE[0] * SIZE[1]
    assert not any(h264.is_keyframe_start(unit) for unit in nal_units(second))


def test_parameter_sets_are_seen_in_an_aggregate() -> None:
    units = nal_units(encoded("libx264", 1)[0])[:2]
    stap = bytes((24,)) + b"".join(len(unit).to_bytes(2, "big") + unit for unit in units)
    assert h264.is_parameter_set(memoryview(stap))
    assert h264.picture_size(memoryview(stap)) == SIZE


def test_only_the_first_fragment_of_an_idr_starts_a_key_frame() -> None:
    assert h264.is_keyframe_start(memoryview(bytes((28, 0x80 | 5, 0))))
    assert not h264.is_keyframe_start(memoryview(bytes((28, 5, 0))))
    assert not h264.is_keyframe_start(memoryview(bytes((28, 0x80 | 1, 0))))


def test_a_real_vp8_key_frame_and_its_size_are_seen() -> None:
    first, second = encoded("libvpx", 2)[:2]
    start = b"\x90\x80\x85\x39"
    assert vp8.picture_size(memoryview(start + first)) == SIZE
    assert vp8.is_keyframe_start(memoryview(start + first))
    assert not vp8.is_keyframe_start(memoryview(start + second))
    assert not vp8.is_keyframe_start(memoryview(b"\x80\x80\x85\x39" + first))


def test_a_full_descriptor_gives_its_numbers_and_places() -> None:
    found = vp8.descriptor(memoryview(b"\x90\xf0\x85\x39\x07\x65rest"))
    assert (found.picture_id, found.picture_id_bits, found.picture_id_offset) == (0x539, 15, 2)
    assert (found.tl0_picture_index, found.tl0_offset) == (7, 4)
    assert (found.temporal_id, found.length) == (1, 6)


def test_a_short_picture_id_has_seven_bits() -> None:
    found = vp8.descriptor(memoryview(b"\x90\x80\x45rest"))
    assert (found.picture_id, found.picture_id_bits, found.length) == (0x45, 7, 3)


@given(st.binary(max_size=60))
def test_no_payload_raises_anything_but_a_protocol_error(data: bytes) -> None:
    view = memoryview(data)
    assert h264.is_keyframe_start(view) in (True, False)
    assert vp8.is_keyframe_start(view) in (True, False)
    for codec in Codec:
        assert payload.picture_pixels(codec, view) >= 0
    try:
        assert vp8.descriptor(view).length <= len(data) + 1
    except ProtocolError as error:
        assert error.error_id == "vp8-malformed"


@given(st.binary(max_size=60))
def test_any_sps_is_survived(data: bytes) -> None:
    size = h264.picture_size(memoryview(b"\x67" + data))
    assert size is None or min(size) >= 0
