"""The RTP fixed header (RFC 3550 §5.1): read in place, written into 12 bytes."""

import struct

from streamsvc.base.errors import ProtocolError

FIXED_HEADER_BYTES = 12
_FIXED = struct.Struct("!BBHII")
_EXTENSION = struct.Struct("!HH")
_VERSION = 2 << 6
_HAS_PADDING = 0x20
_HAS_EXTENSION = 0x10
_MARKER = 0x80


def is_rtcp(packet: bytes | memoryview) -> bool:
    """Whether a muxed packet is RTCP: its second byte is 192 to 223 (RFC 5761 §4)."""
    return len(packet) > 1 and 192 <= packet[1] <= 223


class PacketView:
    """One RTP packet, looked at in place; `packet` is not copied and must not change.

    Raises ProtocolError `rtp-malformed` when lengths inside disagree with the packet's own.
    """

    __slots__ = (
        "extension_end",
        "extension_profile",
        "extension_start",
        "is_marked",
        "packet",
        "payload_end",
        "payload_start",
        "payload_type",
        "seq",
        "ssrc",
        "ts",
    )

    def __init__(self, packet: bytes | memoryview) -> None:
        size = len(packet)
        if size < FIXED_HEADER_BYTES:
            raise ProtocolError("rtp-malformed", size=size)
        first, second, self.seq, self.ts, self.ssrc = _FIXED.unpack_from(packet)
        if first >> 6 != 2:
            raise ProtocolError("rtp-malformed", version=first >> 6)
        self.packet = packet
        self.is_marked = second >= _MARKER
        self.payload_type = second & 0x7F
        position = FIXED_HEADER_BYTES + 4 * (first & 0x0F)
        self.extension_profile = 0
        self.extension_start = self.extension_end = position
        if first & _HAS_EXTENSION:
            position = self._enter_extension(position, size)
        self.payload_start = position
        self.payload_end = size - (packet[-1] if first & _HAS_PADDING else 0)
        if self.payload_end < position:
            raise ProtocolError("rtp-malformed", size=size)

    def _enter_extension(self, position: int, size: int) -> int:
        if position + _EXTENSION.size > size:
            raise ProtocolError("rtp-malformed", size=size)
        self.extension_profile, words = _EXTENSION.unpack_from(self.packet, position)
        self.extension_start = position + _EXTENSION.size
        end: int = self.extension_start + 4 * words
        self.extension_end = end
        return end

    @property
    def payload(self) -> memoryview:
        """The payload without padding; empty for a packet that is padding only."""
        return memoryview(self.packet)[self.payload_start : self.payload_end]


def write_header(
    *, payload_type: int, is_marked: bool, seq: int, ts: int, ssrc: int, extension: bytes = b""
) -> bytes:
    """Fixed header and `extension` (a whole block as `extension_block` makes it, or nothing)."""
    first = _VERSION | (_HAS_EXTENSION if extension else 0)
    second = (_MARKER if is_marked else 0) | payload_type
    return _FIXED.pack(first, second, seq & 0xFFFF, ts & 0xFFFFFFFF, ssrc) + extension
