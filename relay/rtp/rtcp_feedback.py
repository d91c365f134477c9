"""Feedback messages: NACK, PLI, FIR, REMB (RFC 4585, RFC 5104, draft-alvestrand-rmcat-remb-03)."""

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from relay.rtp.rtcp_reports import packet
from relay.rtp.seqnum import seq_delta

TRANSPORT_FEEDBACK = 205
PAYLOAD_FEEDBACK = 206
NACK_FORMAT = 1
TRANSPORT_CC_FORMAT = 15
PLI_FORMAT = 1
FIR_FORMAT = 4
APPLICATION_FORMAT = 15
_REMB_NAME = b"REMB"
_HEAD = struct.Struct("!II")
_PAIR = struct.Struct("!HH")
_WORD = struct.Struct("!I")


@dataclass(frozen=True, slots=True)
class Nack:
    """Packets of `media_ssrc` that the receiver misses."""

    media_ssrc: int
    seqs: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class KeyframeRequest:
    """PLI or FIR: the decoder of `media_ssrc` needs a key frame."""

    media_ssrc: int


@dataclass(frozen=True, slots=True)
class Remb:
    """The receiver's estimate of what it can take, for all its media together."""

    bitrate_bps: int
    ssrcs: tuple[int, ...]


Feedback = Nack | KeyframeRequest | Remb


def write_nack(sender_ssrc: int, media_ssrc: int, seqs: Iterable[int]) -> bytes:
    """Generic NACK; `seqs` in ascending order (across the wrap), each at most once."""
    pairs = b"".join(_PAIR.pack(pid, mask) for pid, mask in _nack_pairs(seqs))
    body = _HEAD.pack(sender_ssrc, media_ssrc) + pairs
    return packet(TRANSPORT_FEEDBACK, NACK_FORMAT, body)


def _nack_pairs(seqs: Iterable[int]) -> list[tuple[int, int]]:
    pairs: list[tuple[int, int]] = []
    for seq in seqs:
        distance = seq_delta(seq, pairs[-1][0]) if pairs else 0
        if 1 <= distance <= 16:
            pid, mask = pairs[-1]
            pairs[-1] = pid, mask | 1 << (distance - 1)
        else:
            pairs.append((seq & 0xFFFF, 0))
    return pairs


def write_pli(sender_ssrc: int, media_ssrc: int) -> bytes:
    """Picture loss indication."""
    return packet(PAYLOAD_FEEDBACK, PLI_FORMAT, _HEAD.pack(sender_ssrc, media_ssrc))


def write_fir(sender_ssrc: int, media_ssrc: int, command: int) -> bytes:
    """Full intra request; `command` grows by one for each new request (RFC 5104 §4.3.1.1)."""
    body = _HEAD.pack(sender_ssrc, 0) + _WORD.pack(media_ssrc) + bytes((command & 0xFF, 0, 0, 0))
    return packet(PAYLOAD_FEEDBACK, FIR_FORMAT, body)


def write_remb(sender_ssrc: int, bitrate_bps: int, ssrcs: Sequence[int]) -> bytes:
    """Receiver estimated maximum bitrate: 18-bit mantissa and 6-bit exponent."""
    exponent = max(0, bitrate_bps.bit_length() - 18)
    packed = len(ssrcs) << 24 | exponent << 18 | bitrate_bps >> exponent
    body = _HEAD.pack(sender_ssrc, 0) + _REMB_NAME + _WORD.pack(packed)
    body += b"".join(_WORD.pack(ssrc) for ssrc in ssrcs)
    return packet(PAYLOAD_FEEDBACK, APPLICATION_FORMAT, body)


def read_transport_feedback(kind: int, body: memoryview) -> list["Nack"]:
    """NACKs only: we never receive transport-cc feedback. Raises struct.error on a short body."""
    if kind != NACK_FORMAT:
        return []
    _, media_ssrc = _HEAD.unpack_from(body)
    seqs: list[int] = []
    for position in range(_HEAD.size, len(body) - 3, _PAIR.size):
        pid, mask = _PAIR.unpack_from(body, position)
        seqs.append(pid)
        seqs += [(pid + bit + 1) & 0xFFFF for bit in range(16) if mask >> bit & 1]
    return [Nack(media_ssrc, tuple(seqs))]


def read_payload_feedback(kind: int, body: memoryview) -> list[KeyframeRequest | Remb]:
    """PLI, FIR and REMB. Raises struct.error on a short body."""
    _, media_ssrc = _HEAD.unpack_from(body)
    if kind == PLI_FORMAT:
        return [KeyframeRequest(media_ssrc)]
    if kind == FIR_FORMAT:
        entries = range(_HEAD.size, len(body) - 7, 8)
        return [KeyframeRequest(_WORD.unpack_from(body, entry)[0]) for entry in entries]
    if kind == APPLICATION_FORMAT and body[8:12] == _REMB_NAME:
        return [_read_remb(body)]
    return []


def _read_remb(body: memoryview) -> Remb:
    (packed,) = _WORD.unpack_from(body, 12)
    bitrate_bps = (packed & 0x3FFFF) << (packed >> 18 & 0x3F)
    ssrcs = tuple(_WORD.unpack_from(body, 16 + 4 * n)[0] for n in range(packed >> 24))
    return Remb(bitrate_bps, ssrcs)
