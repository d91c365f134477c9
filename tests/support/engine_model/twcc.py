"""Transport-wide congestion control feedback
(draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1), built from arrivals.

A packet is reported once; runs of equal status become run-length chunks, mixed ones two-bit
vectors. Deltas are in 250 µs; the reference time counts 64 ms.
"""

import struct
from collections.abc import Sequence

from relay.rtp.rtcp_feedback import TRANSPORT_CC_FORMAT, TRANSPORT_FEEDBACK
from relay.rtp.rtcp_reports import packet

DELTA_SECONDS = 0.00025
REFERENCE_SECONDS = 0.064
MAX_PACKETS = 400
"""Statuses in one message, so that it stays far below a datagram."""
_NOT_RECEIVED, _SMALL_DELTA, _LARGE_DELTA = 0, 1, 2
_VECTOR_SYMBOLS = 7


def write_transport_feedback(
    *,
    sender_ssrc: int,
    media_ssrc: int,
    base_seq: int,
    arrivals: Sequence[float | None],
    feedback_count: int,
) -> bytes:
    """Feedback for the packets from `base_seq` on; None for one that did not arrive.

    `arrivals` are seconds on any clock, at least one of them not None, at most MAX_PACKETS.
    """
    first = next(arrival for arrival in arrivals if arrival is not None)
    reference = int(first / REFERENCE_SECONDS)
    symbols, deltas = _statuses(arrivals, reference * REFERENCE_SECONDS)
    chunks = b"".join(struct.pack("!H", chunk) for chunk in _chunks(symbols))
    head = struct.pack("!IIHH", sender_ssrc, media_ssrc, base_seq & 0xFFFF, len(arrivals))
    clock = (reference & 0xFFFFFF).to_bytes(3, "big") + bytes((feedback_count & 0xFF,))
    body = head + clock + chunks + deltas
    return packet(TRANSPORT_FEEDBACK, TRANSPORT_CC_FORMAT, body + bytes(-len(body) % 4))


def _statuses(arrivals: Sequence[float | None], reference: float) -> tuple[list[int], bytes]:
    symbols, deltas, previous = [], bytearray(), 0
    for arrival in arrivals:
        if arrival is None:
            symbols.append(_NOT_RECEIVED)
            continue
        ticks = round((arrival - reference) / DELTA_SECONDS)
        delta = max(-0x8000, min(0x7FFF, ticks - previous))
        previous += delta  # a delta that was cut is made up by the next one
        is_small = 0 <= delta <= 0xFF
        symbols.append(_SMALL_DELTA if is_small else _LARGE_DELTA)
        deltas += struct.pack("!B" if is_small else "!h", delta)
    return symbols, bytes(deltas)


def _chunks(symbols: list[int]) -> list[int]:
    chunks, position = [], 0
    while position < len(symbols):
        run = _run_length(symbols, position)
        if run >= _VECTOR_SYMBOLS or position + run == len(symbols):
            chunks.append(symbols[position] << 13 | run)
            position += run
        else:
            chunks.append(_vector(symbols[position : position + _VECTOR_SYMBOLS]))
            position += _VECTOR_SYMBOLS
    return chunks


def _run_length(symbols: list[int], start: int) -> int:
    end = start
    while end < len(symbols) and symbols[end] == symbols[start] and end - start < 0x1FFF:
        end += 1
    return end - start


def _vector(symbols: list[int]) -> int:
    chunk = 0xC000
    for index, symbol in enumerate(symbols):
        chunk |= symbol << (12 - 2 * index)
    return chunk
