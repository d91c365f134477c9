"""Opus packets (RFC 6716 section 3): what is in them, and several as one of code 3."""

from collections.abc import Sequence

MOST_TOGETHER = 5_760
"""Samples at 48 kHz: 120 ms."""
_SILK = (480, 960, 1_920, 2_880)
_CELT = (120, 240, 480, 960)


def frame_samples(toc: int) -> int:
    """Of each frame of a packet with this first byte."""
    config = toc >> 3
    if config < 12:
        return _SILK[config % 4]
    return _SILK[config % 2] if config < 16 else _CELT[config % 4]


def is_single(payload: bytes) -> bool:
    """Whether it is one frame of 20 ms at most."""
    if not payload or payload[0] & 3 or len(payload) > 1_276:
        return False
    return frame_samples(payload[0]) <= 960


def merged(payloads: Sequence[bytes]) -> bytes | None:
    """As one packet; None where that can't be."""
    same = {payload[:1] for payload in payloads}
    if len(payloads) < 2 or len(same) != 1 or not all(map(is_single, payloads)):
        return None
    if len(payloads) * frame_samples(payloads[0][0]) > MOST_TOGETHER:
        return None
    frames = [payload[1:] for payload in payloads]
    is_variable = len({len(frame) for frame in frames}) > 1
    head = bytes((payloads[0][0] | 3, len(frames) | (0x80 if is_variable else 0)))
    lengths = b"".join(_length(len(frame)) for frame in frames[:-1]) if is_variable else b""
    return head + lengths + b"".join(frames)


def _length(size: int) -> bytes:
    if size < 252:
        return bytes((size,))
    first = 252 + (size & 3)
    return bytes((first, (size - first) >> 2))


def frames(payload: bytes) -> list[tuple[int, bytes]]:
    """First byte as of a packet of its own, and the frame, of each: code 0 and code 3 without
    padding. AssertionError for anything else."""
    toc, code = payload[0] & 0xFC, payload[0] & 3
    if code == 0:
        return [(toc, payload[1:])]
    assert code == 3
    count, is_variable = payload[1] & 0x3F, payload[1] & 0x80
    assert not payload[1] & 0x40
    at, sizes = 2, []
    for _ in range(count - 1 if is_variable else 0):
        size = payload[at]
        at += 1
        if size >= 252:
            size += 4 * payload[at]
            at += 1
        sizes.append(size)
    rest = len(payload) - at
    if is_variable:
        sizes.append(rest - sum(sizes))
    else:
        assert rest % count == 0
        sizes = [rest // count] * count
    assert min(sizes) >= 0
    found = []
    for size in sizes:
        found.append((toc, payload[at : at + size]))
        at += size
    return found
