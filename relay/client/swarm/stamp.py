"""The mark at the end of each payload: when it was sent, and which packet of its track it was.

payload | "SwM1" | number (4 bytes) | send time (8 bytes, ns since the Unix epoch)
"""

import struct

_MAGIC = b"SwM1"
_STAMP = struct.Struct("!4sIQ")
STAMP_BYTES = _STAMP.size


def stamped(payload: bytes, number: int, sent_ns: int) -> bytes:
    """The payload with its stamp; `number` grows by one with each packet of a track."""
    return payload + _STAMP.pack(_MAGIC, number & 0xFFFFFFFF, sent_ns)


def read_stamp(packet: bytes) -> tuple[int, int] | None:
    """(number, send time in ns) of a decrypted packet; None where there is no stamp."""
    if len(packet) < STAMP_BYTES:
        return None
    magic, number, sent_ns = _STAMP.unpack_from(packet, len(packet) - STAMP_BYTES)
    return (number, sent_ns) if magic == _MAGIC else None
