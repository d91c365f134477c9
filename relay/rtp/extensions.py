"""RTP header extensions (RFC 8285): walked in place whatever lengths they claim, and written."""

import struct
from collections.abc import Iterable, Iterator

from relay.rtp.header import PacketView

ONE_BYTE_PROFILE = 0xBEDE
TWO_BYTE_PROFILE = 0x1000
"""The low four bits of a two-byte profile are free (RFC 8285 §4.3)."""
_HEAD = struct.Struct("!HH")


def elements(view: PacketView) -> Iterator[tuple[int, int, int]]:
    """(id, start, length) of each element; a length that leaves the block ends the walk."""
    if view.extension_profile == ONE_BYTE_PROFILE:
        yield from _one_byte(view.packet, view.extension_start, view.extension_end)
    elif view.extension_profile & 0xFFF0 == TWO_BYTE_PROFILE:
        yield from _two_byte(view.packet, view.extension_start, view.extension_end)


def _one_byte(
    packet: bytes | memoryview, position: int, end: int
) -> Iterator[tuple[int, int, int]]:
    while position < end:
        head = packet[position]
        position += 1
        if head == 0:  # padding
            continue
        number, length = head >> 4, (head & 0x0F) + 1
        if number == 15 or position + length > end:  # 15 stops the walk, RFC 8285 §4.2
            return
        yield number, position, length
        position += length


def _two_byte(
    packet: bytes | memoryview, position: int, end: int
) -> Iterator[tuple[int, int, int]]:
    while position < end:
        number = packet[position]
        position += 1
        if number == 0:  # padding
            continue
        if position == end:
            return
        length = packet[position]
        position += 1
        if position + length > end:
            return
        yield number, position, length
        position += length


def element(view: PacketView, number: int) -> bytes | None:
    """Value of the element with this id; None if it is absent, or `number` is 0 (not agreed)."""
    if not number or not view.extension_profile:
        return None
    for found, start, length in elements(view):
        if found == number:
            return bytes(view.packet[start : start + length])
    return None


def element_text(view: PacketView, number: int) -> str | None:
    """Value of a textual element (MID, RID) in ASCII; None if it is absent or is not ASCII."""
    value = element(view, number)
    if value is None or not value.isascii():
        return None
    return value.decode("ascii")


def extension_block(values: Iterable[tuple[int, bytes]]) -> bytes:
    """A padded block with its head: one-byte form where every element fits it, else two-byte.

    Elements with id 0 (not agreed) are left out; nothing at all if none is left.
    """
    chosen = [(number, value) for number, value in values if number]
    if not chosen:
        return b""
    if all(number < 15 and 1 <= len(value) <= 16 for number, value in chosen):
        profile = ONE_BYTE_PROFILE
        body = b"".join(bytes((n << 4 | (len(v) - 1),)) + v for n, v in chosen)
    else:
        profile = TWO_BYTE_PROFILE
        body = b"".join(bytes((n, len(v))) + v for n, v in chosen)
    body += bytes(-len(body) % 4)
    return _HEAD.pack(profile, len(body) // 4) + body


def abs_send_time(seconds: float) -> bytes:
    """Value of abs-send-time: 24 bits, 6.18 fixed point seconds (webrtc.org/experiments)."""
    return (int(seconds * (1 << 18)) & 0xFFFFFF).to_bytes(3, "big")
