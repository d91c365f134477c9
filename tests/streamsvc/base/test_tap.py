import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamsvc.base.errors import ProtocolError
from streamsvc.base.tap import (
    MAX_BODY_BYTES,
    TapControl,
    TapPacket,
    TapReader,
    decode_body,
    encode_control,
    encode_packet,
)

packets = st.tuples(st.integers(0, 65535), st.integers(0, 2**63), st.binary(max_size=1500))


@given(st.lists(packets, max_size=8), st.integers(1, 40))
def test_frames_survive_any_cutting_of_the_stream(
    sent: list[tuple[int, int, bytes]], step: int
) -> None:
    stream = b"".join(encode_packet(*packet) for packet in sent)
    reader = TapReader()
    read = [
        frame for i in range(0, len(stream), step) for frame in reader.feed(stream[i : i + step])
    ]
    assert read == [TapPacket(*packet) for packet in sent]


def test_control_keeps_its_fields() -> None:
    (frame,) = TapReader().feed(encode_control("open", recording_id="rec_1", title="长方形"))
    assert frame == TapControl("open", {"recording_id": "rec_1", "title": "长方形"})


@given(st.binary(max_size=64))
def test_garbage_is_a_protocol_error_or_a_frame(body: bytes) -> None:
    try:
        assert isinstance(decode_body(body), TapPacket | TapControl)
    except ProtocolError as error:
        assert error.error_id in ("tap-control-malformed", "tap-frame-malformed")


def test_a_frame_too_long_is_refused() -> None:
    with pytest.raises(ProtocolError, match="tap-frame-too-long"):
        encode_packet(1, 0, bytes(MAX_BODY_BYTES))
    with pytest.raises(ProtocolError, match="tap-frame-too-long"):
        encode_control("open", title="x" * MAX_BODY_BYTES)
