"""Looks through what an RTMP client says until it names its stream key; no I/O.

FFmpeg speaks RTMP with it. This only reads along (RTMP 1.0 §5.2, §5.3, §7.2; AMF0), so that nothing
but whole and modest commands reaches FFmpeg before the key is known to be good, and the word that
begins the push is held back until then. What comes later passes unseen.
"""

from dataclasses import dataclass, field

from streamsvc.base.errors import ProtocolError

HANDSHAKE_BYTES = 1 + 1536 + 1536
LARGEST_MESSAGE = 8_192
MOST_BYTES = 32_768
"""Of words before the key; OBS needs 700, ffmpeg 500."""
MOST_STREAMS = 8
_VERSION = b"\x03"
_FIRST_CHUNK = 128
_LARGEST_CHUNK = 0xFFFFFF
_SET_CHUNK_SIZE, _COMMAND = 1, 20
_KINDS = (1, 2, 3, 4, 5, 6, 18, 20)
"""Control, data and command messages; media comes after the key only."""
_NUMBER, _STRING, _NULL = b"\x00", b"\x02", b"\x05"
_HEADER_BYTES = (11, 7, 3, 0)
_CONTINUED = 3
_LATE = b"\xff\xff\xff"
"""The time is in four bytes more."""


@dataclass(slots=True)
class _ChunkStream:
    """What the latest header of a chunk stream said."""

    length: int = 0
    kind: int = 0
    has_late_time: bool = False
    payload: bytearray = field(default_factory=bytearray)


class RtmpScreen:
    """One connection, client to server. Feed it until `key` is known; then `rest` passes."""

    def __init__(self) -> None:
        self.key: str | None = None
        """The stream key, once it was said; may be empty."""
        self._handshake_left = HANDSHAKE_BYTES
        self._held = bytearray()
        self._at = 0
        """How much of it is understood: whole chunks."""
        self._said = 0
        self._chunk_size = _FIRST_CHUNK
        self._streams: dict[int, _ChunkStream] = {}

    def receive(self, data: bytes) -> bytes:
        """What may go on to FFmpeg now. Raises ProtocolError `source-unreadable`."""
        if self._handshake_left == HANDSHAKE_BYTES and data[:1] not in (b"", _VERSION):
            raise ProtocolError("source-unreadable")
        passed, words = data[: self._handshake_left], data[self._handshake_left :]
        self._handshake_left -= len(passed)
        return passed + self._read(words)

    def rest(self) -> bytes:
        """What was held back: to be sent on once the key is good."""
        held, self._held = bytes(self._held), bytearray()
        return held

    def _read(self, words: bytes) -> bytes:
        self._held += words
        self._said += len(words)
        whole = 0
        while self.key is None and self._next_chunk():
            is_between = not any(stream.payload for stream in self._streams.values())
            if is_between and self.key is None:
                whole = self._at
        if self.key is None and self._said > MOST_BYTES:
            raise ProtocolError("source-unreadable")
        passed = bytes(self._held[:whole])
        del self._held[:whole]
        self._at -= whole
        return passed

    def _next_chunk(self) -> bool:
        """Take the next chunk in; False while it is not whole."""
        basic = self._basic_header()
        if basic is None:
            return False
        form, stream_id, start = basic
        stream = self._stream(stream_id, form)
        head = bytes(self._held[start : start + _HEADER_BYTES[form]])
        if len(head) < _HEADER_BYTES[form]:
            return False
        length = int.from_bytes(head[3:6], "big") if form < 2 else stream.length
        kind = head[6] if form < 2 else stream.kind
        is_late = head[:3] == _LATE if form < 3 else stream.has_late_time
        begin = start + len(head) + (4 if is_late else 0)
        size = min(self._chunk_size, length - len(stream.payload))
        self._check(kind, length, size)
        if len(self._held) < begin + size:
            return False
        stream.length, stream.kind, stream.has_late_time = length, kind, is_late
        stream.payload += self._held[begin : begin + size]
        self._at = begin + size
        if len(stream.payload) == length:
            payload, stream.payload = bytes(stream.payload), bytearray()
            self._message(kind, payload)
        return True

    def _basic_header(self) -> tuple[int, int, int] | None:
        """Form, chunk stream id, and where what follows begins (RTMP 1.0 §5.3.1.1)."""
        here = self._held[self._at : self._at + 3]
        if not here:
            return None
        form, stream_id = here[0] >> 6, here[0] & 0x3F
        more = 2 if stream_id == 1 else 1 if stream_id == 0 else 0
        if len(here) < 1 + more:
            return None
        if more:
            stream_id = 64 + int.from_bytes(here[1 : 1 + more], "little")
        return form, stream_id, self._at + 1 + more

    def _stream(self, stream_id: int, form: int) -> _ChunkStream:
        if stream_id not in self._streams:
            if form != 0 or len(self._streams) >= MOST_STREAMS:
                raise ProtocolError("source-unreadable")
            self._streams[stream_id] = _ChunkStream()
        stream = self._streams[stream_id]
        if stream.payload and form != _CONTINUED:
            raise ProtocolError("source-unreadable")
        return stream

    def _check(self, kind: int, length: int, size: int) -> None:
        if kind not in _KINDS or length > LARGEST_MESSAGE or size < 0:
            raise ProtocolError("source-unreadable")

    def _message(self, kind: int, payload: bytes) -> None:
        if kind == _SET_CHUNK_SIZE:
            self._chunk_size = int.from_bytes(payload[:4], "big")
            if len(payload) != 4 or not 1 <= self._chunk_size <= _LARGEST_CHUNK:
                raise ProtocolError("source-unreadable")
        elif kind == _COMMAND:
            self.key = published(payload)


def published(payload: bytes) -> str | None:
    """The stream key of a `publish` command (AMF0), None of any other. A key may be followed by a
    query, which counts for nothing. Raises ProtocolError `source-unreadable`."""
    name, place = _string(payload, 0)
    if name in ("play", "play2"):
        raise ProtocolError("source-unreadable")
    if name != "publish":
        return None
    if payload[place : place + 1] != _NUMBER or payload[place + 9 : place + 10] != _NULL:
        raise ProtocolError("source-unreadable")
    key, _ = _string(payload, place + 10)
    return key.partition("?")[0].strip(" /")


def _string(payload: bytes, place: int) -> tuple[str, int]:
    begin = place + 3
    end = begin + int.from_bytes(payload[place + 1 : begin], "big")
    if payload[place : place + 1] != _STRING or end > len(payload):
        raise ProtocolError("source-unreadable")
    try:
        return payload[begin:end].decode(), end
    except UnicodeDecodeError as error:
        raise ProtocolError("source-unreadable") from error


def refusal(sentence: str) -> bytes:
    """An `onStatus` that says no to a `publish`, as FFmpeg, OBS and GStreamer read it; to be sent
    when the server has said nothing since its answer to `createStream`."""
    told = [("level", "error"), ("code", "NetStream.Publish.BadName"), ("description", sentence)]
    body = _said("onStatus") + _NUMBER + bytes(8) + _NULL + b"\x03"
    body += b"".join(_name(key) + _said(value) for key, value in told) + b"\x00\x00\x09"
    head = bytes([5]) + bytes(3) + len(body).to_bytes(3, "big") + bytes([_COMMAND])
    parts = [body[at : at + _FIRST_CHUNK] for at in range(0, len(body), _FIRST_CHUNK)]
    return head + (1).to_bytes(4, "little") + bytes([0xC5]).join(parts)


def _name(text: str) -> bytes:
    data = text.encode()
    return len(data).to_bytes(2, "big") + data


def _said(text: str) -> bytes:
    return _STRING + _name(text)
