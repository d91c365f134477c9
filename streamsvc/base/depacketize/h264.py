"""H.264 in RTP (RFC 6184, packetization mode 0 and 1): packets to Annex B access units."""

from streamsvc.base.depacketize.frames import BrokenFrame, Frame
from streamsvc.base.depacketize.rtp import RtpPacket

START_CODE = b"\x00\x00\x00\x01"
NAL_SLICE = 1
NAL_IDR = 5
NAL_SPS = 7
NAL_PPS = 8
NAL_DELIMITER = 9
NAL_FILLER = 12
STAP_A = 24
FU_A = 28
FIRST_MACROBLOCK_ZERO = 0x80
"""First bit of a slice header: first_mb_in_slice is ue(v), and a 1 bit says 0."""
PICTURES = frozenset(range(NAL_SLICE, NAL_IDR + 1))


def split_aggregate(payload: bytes) -> list[bytes]:
    """NAL units of a STAP-A (§5.7.1). Raises BrokenFrame if the sizes don't add up."""
    units = []
    position = 1
    while position < len(payload):
        size = int.from_bytes(payload[position : position + 2], "big")
        position += 2
        if size == 0 or position + size > len(payload):
            raise BrokenFrame("aggregate sizes do not add up")
        units.append(payload[position : position + size])
        position += size
    return units


def nal_units(payloads: list[bytes]) -> list[bytes]:
    """NAL units of consecutive payloads. Raises BrokenFrame on a fragment without its beginning
    or end, and on types WebRTC does not use (STAP-B, MTAP, FU-B)."""
    units: list[bytes] = []
    fragments: list[bytes] = []
    for payload in payloads:
        nal_type = payload[0] & 0x1F
        if bool(fragments) != _continues_fragment(payload):
            raise BrokenFrame("fragment without its beginning or end")
        if nal_type == FU_A:
            units += _take_fragment(fragments, payload)
        elif nal_type == STAP_A:
            units += split_aggregate(payload)
        elif 0 < nal_type < STAP_A:
            units.append(payload)
        else:
            raise BrokenFrame("packet type not in use")
    if fragments:
        raise BrokenFrame("fragment without its end")
    return units


def _continues_fragment(payload: bytes) -> bool:
    return payload[0] & 0x1F == FU_A and len(payload) > 1 and not payload[1] & 0x80


def _take_fragment(fragments: list[bytes], payload: bytes) -> list[bytes]:
    """Add one FU-A (§5.8); the whole unit if it was the last. Empties `fragments` then."""
    if len(payload) < 3:
        raise BrokenFrame("empty fragment")
    indicator, header = payload[0], payload[1]
    if header & 0x80:
        fragments.append(bytes(((indicator & 0xE0) | (header & 0x1F),)))
    fragments.append(payload[2:])
    if not header & 0x40:
        return []
    unit = b"".join(fragments)
    fragments.clear()
    return [unit]


class H264Payload:
    """Remembers the parameter sets, so that every keyframe carries its own."""

    def __init__(self) -> None:
        self._sps = b""
        self._pps: list[bytes] = []

    def frame(self, packets: list[RtpPacket]) -> Frame | None:
        """One access unit. Raises BrokenFrame; see PayloadFormat."""
        units = nal_units([packet.payload for packet in packets])
        self._remember(units)
        slices = [unit for unit in units if unit[0] & 0x1F in PICTURES]
        if not slices:
            return None
        is_keyframe = slices[0][0] & 0x1F == NAL_IDR
        config = self._parameter_sets(slices[0]) if is_keyframe else b""
        rest = [unit for unit in units if unit[0] & 0x1F not in _CARRIED_APART]
        data = config + b"".join(START_CODE + unit for unit in rest)
        first = packets[0]
        return Frame(first.ts, data, is_keyframe, first.arrival_ms, config)

    def _remember(self, units: list[bytes]) -> None:
        sps = [unit for unit in units if unit[0] & 0x1F == NAL_SPS]
        pps = [unit for unit in units if unit[0] & 0x1F == NAL_PPS]
        if sps:
            self._sps = sps[-1]
        if pps:
            self._pps = pps

    def _parameter_sets(self, first_slice: bytes) -> bytes:
        if len(first_slice) < 2 or not first_slice[1] & FIRST_MACROBLOCK_ZERO:
            raise BrokenFrame("keyframe without its first slice")
        if not self._sps or not self._pps:
            raise BrokenFrame("keyframe without parameter sets")
        return b"".join(START_CODE + unit for unit in (self._sps, *self._pps))


_CARRIED_APART = frozenset((NAL_SPS, NAL_PPS, NAL_DELIMITER, NAL_FILLER))


def begins_keyframe(payload: bytes) -> bool:
    """True for a packet that can only be in a keyframe: an IDR slice, its first fragment, or an
    aggregate with parameter sets (a peek, for the keyframe timer)."""
    if len(payload) < 4:
        return False
    nal_type = payload[0] & 0x1F
    if nal_type == STAP_A:
        nal_type = payload[3] & 0x1F
    elif nal_type == FU_A:
        nal_type = payload[1] & 0x1F if payload[1] & 0x80 else 0
    return nal_type in (NAL_IDR, NAL_SPS)
