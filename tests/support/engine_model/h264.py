"""A look into H.264 payloads (RFC 6184) without decoding: key frames and sizes."""

from tests.support.engine_model.bits import BitReader, OutOfBits

_STAP_A = 24
_FU_A = 28
_SLICE = 1
_IDR = 5
_SEI = 6
_SPS = 7
_DELIMITER = 9
_SPS_BYTES = 512
"""Looked at of an SPS; a real one has some thirty. Bits of a long one are costly to read."""
_HIGH_PROFILES = frozenset({44, 83, 86, 100, 110, 118, 122, 128, 134, 138, 139, 244})
"""Profiles whose SPS carries chroma format and scaling lists (ITU-T H.264 §7.3.2.1.1)."""


def nal_types(payload: memoryview) -> set[int]:
    """NAL unit types that begin in this payload: single, in a STAP-A, or the start of an FU-A."""
    if not payload:
        return set()
    kind = payload[0] & 0x1F
    if kind == _STAP_A:
        return {unit[0] & 0x1F for unit in _aggregated(payload)}
    if kind == _FU_A:
        is_start = len(payload) > 1 and payload[1] & 0x80
        return {payload[1] & 0x1F} if is_start else set()
    return {kind}


def _aggregated(payload: memoryview) -> list[memoryview]:
    units, position = [], 1
    while position + 2 < len(payload):
        size = payload[position] << 8 | payload[position + 1]
        unit = payload[position + 2 : position + 2 + size]
        if unit:
            units.append(unit)
        position += 2 + size
    return units


def is_keyframe_start(payload: memoryview) -> bool:
    """Whether a key frame begins here: its parameter sets, or an IDR slice sent without them."""
    return not nal_types(payload).isdisjoint((_IDR, _SPS))


def is_parameter_set(payload: memoryview) -> bool:
    """Whether an SPS begins here, so that a decoder can start at this packet."""
    return _SPS in nal_types(payload)


def is_prelude(payload: memoryview) -> bool:
    """Whether all in this payload comes before a picture and is nothing a decoder needs."""
    types = nal_types(payload)
    return bool(types) and types <= {_SEI, _DELIMITER}


def reference_idc(payload: memoryview) -> int | None:
    """`nal_ref_idc` of the picture of which this is a part: 0 where no other picture refers to it,
    3 for an IDR picture; None where no slice is in this payload."""
    if len(payload) > 1 and payload[0] & 0x1F == _FU_A:
        return _slice_idc(payload[0], payload[1] & 0x1F)
    if payload and payload[0] & 0x1F == _STAP_A:
        units = _aggregated(payload)
    else:
        units = [payload] if payload else []
    found = (_slice_idc(unit[0], unit[0] & 0x1F) for unit in units)
    return next((idc for idc in found if idc is not None), None)


def _slice_idc(header: int, kind: int) -> int | None:
    if kind == _IDR:
        return 3
    return header >> 5 & 3 if _SLICE <= kind < _IDR else None


def picture_size(payload: memoryview) -> tuple[int, int] | None:
    """Width and height in pixels from an SPS in this payload; None if there is no whole one."""
    for unit in _whole_units(payload):
        if unit[0] & 0x1F == _SPS:
            try:
                return _sps_size(unit)
            except OutOfBits:
                return None
    return None


def _whole_units(payload: memoryview) -> list[memoryview]:
    if not payload or payload[0] & 0x1F == _FU_A:
        return []
    return _aggregated(payload) if payload[0] & 0x1F == _STAP_A else [payload]


def _sps_size(unit: memoryview) -> tuple[int, int]:
    """Width and height by ITU-T H.264 §7.3.2.1.1 and §7.4.2.1.1. Raises OutOfBits."""
    bits = BitReader(bytes(unit[1:_SPS_BYTES]).replace(b"\0\0\3", b"\0\0"))
    profile = bits.take(8)
    bits.take(16)
    bits.golomb()  # seq_parameter_set_id
    chroma = _skip_chroma(bits) if profile in _HIGH_PROFILES else 1
    bits.golomb()  # log2_max_frame_num_minus4
    _skip_order_count(bits)
    bits.golomb()  # max_num_ref_frames
    bits.take(1)
    width, height = 16 * (bits.golomb() + 1), 16 * (bits.golomb() + 1)
    is_frame_only = bits.take(1)
    if not is_frame_only:
        height *= 2
        bits.take(1)
    bits.take(1)  # direct_8x8_inference_flag
    return _cropped(bits, width, height, chroma, 2 - is_frame_only)


def _cropped(bits: BitReader, width: int, height: int, chroma: int, fields: int) -> tuple[int, int]:
    if not bits.take(1):
        return width, height
    left, right, top, bottom = (bits.golomb() for _ in range(4))
    unit_x = 2 if chroma in (1, 2) else 1
    unit_y = (2 if chroma == 1 else 1) * fields
    return max(0, width - unit_x * (left + right)), max(0, height - unit_y * (top + bottom))


def _skip_chroma(bits: BitReader) -> int:
    chroma = bits.golomb()
    if chroma == 3:
        bits.take(1)
    bits.golomb()
    bits.golomb()
    bits.take(1)
    if bits.take(1):
        for index in range(8 if chroma != 3 else 12):
            if bits.take(1):
                _skip_scaling_list(bits, 16 if index < 6 else 64)
    return chroma


def _skip_scaling_list(bits: BitReader, size: int) -> None:
    last = following = 8
    for _ in range(size):
        if following:
            following = (last + bits.signed_golomb()) & 0xFF
        last = following or last


def _skip_order_count(bits: BitReader) -> None:
    kind = bits.golomb()
    if kind == 0:
        bits.golomb()
    elif kind == 1:
        bits.take(1)
        bits.signed_golomb()
        bits.signed_golomb()
        for _ in range(min(bits.golomb(), 255)):
            bits.signed_golomb()
