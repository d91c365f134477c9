"""The tap: how a lesson's packets leave the relay for a child process, over a Unix stream socket.

Every frame is RFC 4571 framing (16-bit big-endian length, then that many bytes). The body is

    1 byte   kind
    kind 0   control: UTF-8 JSON object with a `type`
    kind 1   packet:  u16 track number, u64 arrival in ms since the epoch, then RTP or RTCP as sent

One connection per lesson recording. The relay side connects and speaks first. A frame larger than
65,535 bytes can't exist, so a control message that long is refused by `encode_control`.
"""

import json
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from streamsvc.base.errors import ProtocolError

KIND_CONTROL = 0
KIND_PACKET = 1
MAX_BODY_BYTES = 65_535
_LENGTH = struct.Struct("!H")
_PACKET = struct.Struct("!BHQ")
_FRAME = struct.Struct("!HBHQ")
"""Length and head of a packet at once."""


@dataclass(frozen=True, slots=True)
class TapPacket:
    """One RTP or RTCP packet of a track."""

    track_number: int
    arrival_ms: int
    packet: bytes


@dataclass(frozen=True, slots=True)
class TapControl:
    """One control message: `type` and its fields."""

    type: str
    fields: dict[str, Any]


def encode_packet(track_number: int, arrival_ms: int, packet: bytes) -> bytes:
    """Frame of one packet. Raises ProtocolError if it is longer than a frame may be."""
    size = _PACKET.size + len(packet)
    if size > MAX_BODY_BYTES:
        raise ProtocolError("tap-frame-too-long", size=size)
    return _FRAME.pack(size, KIND_PACKET, track_number, arrival_ms) + packet


def encode_control(type: str, **fields: Any) -> bytes:
    """Frame of one control message. Raises ProtocolError if it is longer than a frame may be."""
    body = bytes((KIND_CONTROL,)) + json.dumps({"type": type, **fields}).encode()
    if len(body) > MAX_BODY_BYTES:
        raise ProtocolError("tap-frame-too-long", size=len(body))
    return _LENGTH.pack(len(body)) + body


class TapReader:
    """Bytes in, frames out. Feed any pieces; a frame is yielded when it is whole."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[TapPacket | TapControl]:
        """Yield the frames completed by `data`. Raises ProtocolError on a frame that is neither."""
        data = self._rest + data if self._rest else data
        position, length = 0, len(data)
        while position + _LENGTH.size <= length:
            (size,) = _LENGTH.unpack_from(data, position)
            end = position + _LENGTH.size + size
            if end > length:
                break
            start, position = position, end
            if size >= _PACKET.size and data[start + _LENGTH.size] == KIND_PACKET:
                _, _, number, arrival_ms = _FRAME.unpack_from(data, start)
                yield TapPacket(number, arrival_ms, data[start + _FRAME.size : end])
            else:
                yield decode_body(data[start + _LENGTH.size : end])
        self._rest = data[position:]


def decode_body(body: bytes) -> TapPacket | TapControl:
    """One frame's body as a value. Raises ProtocolError when it is malformed."""
    if len(body) >= _PACKET.size and body[0] == KIND_PACKET:
        _, track_number, arrival_ms = _PACKET.unpack_from(body)
        return TapPacket(track_number, arrival_ms, body[_PACKET.size :])
    if body and body[0] == KIND_CONTROL:
        try:
            fields = json.loads(body[1:])
            return TapControl(str(fields.pop("type")), fields)
        except (ValueError, KeyError, AttributeError, TypeError) as error:
            raise ProtocolError("tap-control-malformed") from error
    raise ProtocolError("tap-frame-malformed", size=len(body))
