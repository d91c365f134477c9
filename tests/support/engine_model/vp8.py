"""The VP8 payload descriptor (RFC 7741 §4.2) and what it tells without decoding."""

from dataclasses import dataclass

from streamsvc.base.errors import ProtocolError

_EXTENDED = 0x80
_HAS_PICTURE_ID = 0x80
_HAS_TL0 = 0x40
_HAS_TID = 0x20
_HAS_TID_OR_KEYIDX = 0x30
_LAYER_SYNC = 0x20
_LONG_PICTURE_ID = 0x80
_KEYFRAME_START_CODE = b"\x9d\x01\x2a"


@dataclass(frozen=True, slots=True)
class Descriptor:
    """Where the numbers stand in the payload; offsets are 0 where a field is absent."""

    length: int
    """Bytes of the descriptor; the VP8 payload header follows."""
    is_frame_start: bool
    picture_id: int | None
    picture_id_bits: int
    """7 or 15; 0 without one."""
    picture_id_offset: int
    tl0_picture_index: int | None
    tl0_offset: int
    temporal_id: int
    """0 where absent."""
    is_layer_sync: bool
    """Refers to nothing but the last picture of temporal id 0."""


def descriptor(payload: memoryview) -> Descriptor:
    """Read the descriptor. Raises ProtocolError `vp8-malformed` if the payload ends inside it."""
    try:
        return _descriptor(payload)
    except IndexError:
        raise ProtocolError("vp8-malformed", size=len(payload)) from None


def _descriptor(payload: memoryview) -> Descriptor:
    first = payload[0]
    flags = payload[1] if first & _EXTENDED else 0
    position = 2 if first & _EXTENDED else 1
    picture_id, picture_id_bits, picture_id_offset = None, 0, 0
    if flags & _HAS_PICTURE_ID:
        picture_id_offset = position
        picture_id, picture_id_bits = payload[position] & 0x7F, 7
        if payload[position] & _LONG_PICTURE_ID:
            picture_id, picture_id_bits = picture_id << 8 | payload[position + 1], 15
        position += 1 + (picture_id_bits == 15)
    tl0, tl0_offset = None, 0
    if flags & _HAS_TL0:
        tl0, tl0_offset = payload[position], position
        position += 1
    temporal_id, is_layer_sync = 0, False
    if flags & _HAS_TID_OR_KEYIDX:
        octet = payload[position]
        if flags & _HAS_TID:
            temporal_id, is_layer_sync = octet >> 6, bool(octet & _LAYER_SYNC)
        position += 1
    return Descriptor(
        length=position,
        is_frame_start=bool(first & 0x10) and not first & 0x07,
        picture_id=picture_id,
        picture_id_bits=picture_id_bits,
        picture_id_offset=picture_id_offset,
        tl0_picture_index=tl0,
        tl0_offset=tl0_offset,
        temporal_id=temporal_id,
        is_layer_sync=is_layer_sync,
    )


def is_keyframe_start(payload: memoryview) -> bool:
    """Whether a key frame begins in this packet; False for a payload that can't be read."""
    try:
        found = descriptor(payload)
    except ProtocolError:
        return False
    return found.is_frame_start and len(payload) > found.length and not payload[found.length] & 1


def picture_size(payload: memoryview) -> tuple[int, int] | None:
    """Width and height from the start of a key frame (RFC 6386 §9.1); None elsewhere."""
    if not is_keyframe_start(payload):
        return None
    frame = payload[descriptor(payload).length :]
    if len(frame) < 10 or frame[3:6] != _KEYFRAME_START_CODE:
        return None
    width, height = frame[6] | frame[7] << 8, frame[8] | frame[9] << 8
    return width & 0x3FFF, height & 0x3FFF
