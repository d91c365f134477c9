"""What a page may say by SCTP (RFC 9260) on its data channel, looked at before the library that
reads it: some of what is allowed on paper would keep that busy for ever, or make it keep too much.

A page that says how far it is needs one small message in one chunk, unordered, in the one stream.
More is refused, so that nothing is ever kept in part.
"""

from struct import unpack_from

from streamsvc.base.errors import ProtocolError

CHANNEL_ID = 0
"""Its stream: agreed beforehand, so that it needs no handshake of its own (RFC 8832 §6)."""
MOST_MESSAGE_BYTES = 1_200
"""In one message, either way; nothing a page says is longer."""
MOST_CHUNKS = 16
"""In one datagram."""
MOST_GAPS = 1_000
"""Numbers that a SACK says came after one that is missing; more than is ever on its way."""
_HEAD_BYTES = 12
_CHUNK_HEAD_BYTES = 4
_DATA, _INIT, _INIT_ACK, _SACK, _HEARTBEAT, _HEARTBEAT_ACK, _ABORT, _ERROR = 0, 1, 2, 3, 4, 5, 6, 9
_RECONFIG = 130
_PARAMETERS_AFTER = {
    _INIT: 16,
    _INIT_ACK: 16,
    _HEARTBEAT: 0,
    _HEARTBEAT_ACK: 0,
    _ABORT: 0,
    _ERROR: 0,
    _RECONFIG: 0,
}
_WHOLE_UNORDERED = 0b111
"""Flags of a message in one chunk, in no order (RFC 9260 §3.3.1)."""
_DATA_HEAD_BYTES = 12


def check_datagram(datagram: bytes) -> None:
    """Raises ProtocolError `sctp-malformed` for what no page says."""
    _demand(len(datagram) >= _HEAD_BYTES)
    at, chunks, heartbeats = _HEAD_BYTES, 0, 0
    while at < len(datagram):
        _demand(at + _CHUNK_HEAD_BYTES <= len(datagram))
        kind, flags, length = unpack_from("!BBH", datagram, at)
        _demand(length >= _CHUNK_HEAD_BYTES and at + length <= len(datagram))
        _check_chunk(kind, flags, datagram[at + _CHUNK_HEAD_BYTES : at + length])
        at += _padded(length)
        chunks, heartbeats = chunks + 1, heartbeats + (kind == _HEARTBEAT)
    _demand(0 < chunks <= MOST_CHUNKS and heartbeats <= 1)


def _check_chunk(kind: int, flags: int, body: bytes) -> None:
    if kind in _PARAMETERS_AFTER:
        _check_parameters(body, _PARAMETERS_AFTER[kind])
    elif kind == _SACK:
        _check_sack(body)
    elif kind == _DATA:
        _demand(flags & _WHOLE_UNORDERED == _WHOLE_UNORDERED and len(body) > _DATA_HEAD_BYTES)
        _demand(unpack_from("!H", body, 4) == (CHANNEL_ID,))


def _check_parameters(body: bytes, at: int) -> None:
    """Each at least as long as its own head: of no length they never end."""
    _demand(at <= len(body))
    while at + 4 <= len(body):
        (length,) = unpack_from("!H", body, at + 2)
        _demand(length >= 4)
        at += _padded(length)


def _check_sack(body: bytes) -> None:
    _demand(len(body) >= 12)
    gaps, duplicates = unpack_from("!HH", body, 8)
    _demand(len(body) == 12 + 4 * (gaps + duplicates))
    numbers = 0
    for at in range(12, 12 + 4 * gaps, 4):
        first, last = unpack_from("!HH", body, at)
        numbers += max(0, last - first + 1)
    _demand(numbers <= MOST_GAPS)


def _padded(length: int) -> int:
    return length + -length % 4


def _demand(is_so: bool) -> None:
    if not is_so:
        raise ProtocolError("sctp-malformed")
