"""The journal: everything of a recording, as it came, in files that survive any ending.

    file    header, record, record, ...
    header  "RTPJ", u16 version, u16 zero
    record  u32 length of body, u32 CRC-32 of body, body
    body    u8 kind
            kind 0  control: UTF-8 JSON object with a `type`
            kind 1  packet: u64 number, u16 track number, u64 arrival in ms since the epoch,
                    then RTP or RTCP as sent

All numbers are big-endian. A file is only ever appended to. A record that is cut short or whose
CRC does not match ends the file: what follows it was being written when the machine stopped.
"""

import json
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from zlib import crc32

VERSION = 1
MAX_BODY_BYTES = 1 << 17
_HEADER = struct.Struct("!4sHH")
_FRAME = struct.Struct("!II")
_PACKET = struct.Struct("!BQHQ")
_CONTROL_KIND = 0
_PACKET_KIND = 1
HEADER = _HEADER.pack(b"RTPJ", VERSION, 0)


@dataclass(frozen=True, slots=True)
class PacketRecord:
    """One packet of a track."""

    number: int
    """Counted over the recording by the relay; tells a packet sent twice."""
    track_number: int
    arrival_ms: int
    packet: bytes


@dataclass(frozen=True, slots=True)
class ControlRecord:
    """Something that happened to the recording or to one of its tracks."""

    type: str
    fields: dict[str, Any]


Record = PacketRecord | ControlRecord


def encode(record: Record) -> bytes:
    """The record's bytes in the file."""
    if isinstance(record, PacketRecord):
        head = _PACKET.pack(_PACKET_KIND, record.number, record.track_number, record.arrival_ms)
        body = head + record.packet
    else:
        body = b"\x00" + json.dumps({"type": record.type, **record.fields}).encode()
    return _FRAME.pack(len(body), crc32(body)) + body


def _decode(body: bytes) -> Record | None:
    if body and body[0] == _PACKET_KIND and len(body) >= _PACKET.size:
        _, number, track_number, arrival_ms = _PACKET.unpack_from(body)
        return PacketRecord(number, track_number, arrival_ms, body[_PACKET.size :])
    if body and body[0] == _CONTROL_KIND:
        fields = json.loads(body[1:])
        return ControlRecord(fields.pop("type"), fields)
    return None


class JournalReader:
    """Bytes of one journal file in, records out; any pieces, while it grows too.

    `whole_bytes` is the length of what was read and is sound: where a torn file is to be cut.
    """

    def __init__(self) -> None:
        self.whole_bytes = 0
        self.is_broken = False
        """True once something was read that is no record; nothing more comes out."""
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[Record]:
        """Yield the records completed by `data`."""
        self._buffer += data
        position = 0
        if self.whole_bytes == 0 and not self.is_broken:
            position = self._header()
        while not self.is_broken and (self.whole_bytes or position):
            body = self._body(position)
            if body is None:
                break
            record = _decode(body)
            position += _FRAME.size + len(body)
            self.whole_bytes += _FRAME.size + len(body)
            if record is not None:
                yield record
        del self._buffer[:position]

    def _header(self) -> int:
        if len(self._buffer) < len(HEADER):
            return 0
        if self._buffer[: len(HEADER)] != HEADER:
            self.is_broken = True
            return 0
        self.whole_bytes = len(HEADER)
        return len(HEADER)

    def _body(self, position: int) -> bytes | None:
        if position + _FRAME.size > len(self._buffer):
            return None
        size, checksum = _FRAME.unpack_from(self._buffer, position)
        if not 0 < size <= MAX_BODY_BYTES:
            self.is_broken = True
            return None
        start = position + _FRAME.size
        if start + size > len(self._buffer):
            return None
        body = bytes(self._buffer[start : start + size])
        if crc32(body) != checksum:
            self.is_broken = True
            return None
        return body
