"""VP8 in RTP (RFC 7741): packets to frames."""

from streamsvc.base.depacketize.frames import BrokenFrame, Frame
from streamsvc.base.depacketize.rtp import RtpPacket

KEYFRAME_START_CODE = b"\x9d\x01\x2a"
KEYFRAME_HEADER_BYTES = 10


def descriptor_bytes(payload: bytes) -> int:
    """Length of the payload descriptor (§4.2). Raises BrokenFrame if the payload is shorter."""
    size = 1
    if payload[0] & 0x80:  # X: extension byte I L T K
        flags = payload[1] if len(payload) > 1 else 0
        size += 1
        if flags & 0x80:  # I: picture id of 7 or 15 bits
            is_long = len(payload) > size and payload[size] & 0x80
            size += 2 if is_long else 1
        size += 1 if flags & 0x40 else 0  # L
        size += 1 if flags & 0x30 else 0  # T or K share a byte
    if size >= len(payload):
        raise BrokenFrame("descriptor without data")
    return size


def begins_frame(payload: bytes) -> bool:
    """S bit of partition 0: the first packet of a frame."""
    return bool(payload[0] & 0x10) and not payload[0] & 0x07


class Vp8Payload:
    """Stateless: every VP8 keyframe describes itself."""

    def frame(self, packets: list[RtpPacket]) -> Frame | None:
        """One frame. Raises BrokenFrame; see PayloadFormat."""
        first = packets[0]
        if not begins_frame(first.payload):
            raise BrokenFrame("frame without its beginning")
        data = b"".join(packet.payload[descriptor_bytes(packet.payload) :] for packet in packets)
        is_keyframe = not data[0] & 0x01  # RFC 6386 §9.1
        if not is_keyframe:
            return Frame(first.ts, data, is_keyframe, first.arrival_ms)
        if len(data) < KEYFRAME_HEADER_BYTES or data[3:6] != KEYFRAME_START_CODE:
            raise BrokenFrame("keyframe header malformed")
        return Frame(first.ts, data, is_keyframe, first.arrival_ms, config=data[6:10])


def begins_keyframe(payload: bytes) -> bool:
    """True for the first packet of a keyframe (a peek, for the keyframe timer)."""
    if not payload or not begins_frame(payload):
        return False
    try:
        return not payload[descriptor_bytes(payload)] & 0x01
    except BrokenFrame:
        return False
