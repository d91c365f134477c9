"""VP8 pictures into RTP payloads of nearly equal size (RFC 7741), without temporal layers."""

_EXTENDED, _BEGINS, _HAS_PICTURE_ID, _LONG_ID = 0x80, 0x10, 0x80, 0x8000
DESCRIPTOR_BYTES = 4


def payloads(picture: bytes, picture_id: int, most_bytes: int) -> list[bytes]:
    """Payloads of one picture; `picture_id` has 15 bits and counts pictures."""
    most = most_bytes - DESCRIPTOR_BYTES
    count = -(-len(picture) // most)
    size = -(-len(picture) // count) if count else 0
    numbered = bytes((_HAS_PICTURE_ID,)) + (_LONG_ID | picture_id).to_bytes(2, "big")
    return [
        bytes((_EXTENDED | (_BEGINS if n == 0 else 0),))
        + numbered
        + picture[n * size : (n + 1) * size]
        for n in range(count)
    ]
