"""Looks through what an RTSP server says before FFmpeg hears it (RFC 2326 §4, §7, §10.12); no I/O.

FFmpeg follows a redirection wherever it leads and can't be told not to. So it is cut off here,
before it hears of it.
"""

import re

from streamsvc.base.errors import ProtocolError

LARGEST_HEAD_BYTES = 16_384
LARGEST_BODY_BYTES = 65_536
_INTERLEAVED = ord("$")
_STATUS = re.compile(rb"RTSP/\d\.\d +(\d{3})\b")
_REQUEST = re.compile(rb"([A-Z_]{3,20}) +\S+ +RTSP/\d\.\d\s*$")
_LENGTH = re.compile(rb"(?im)^content-length *: *(\d{1,9}) *\r?$")


class AnswerScreen:
    """One connection. A head passes when it is whole; bodies and media pass as they come."""

    def __init__(self) -> None:
        self.last_status = 0
        """Of the latest answer; 0 before the first."""
        self.media_bytes = 0
        """Of interleaved packets begun so far."""
        self._held = bytearray()
        self._passing = 0
        """Bytes of a body or packet that are still to come."""

    def receive(self, data: bytes) -> bytes:
        """What may be heard now. Raises ProtocolError `source-redirects`, `source-unreadable`."""
        self._held += data
        passed = bytearray()
        while self._held:
            if not self._passing and not self._next_begins():
                break
            take = min(self._passing, len(self._held))
            passed += self._held[:take]
            del self._held[:take]
            self._passing -= take
        return bytes(passed)

    def _next_begins(self) -> bool:
        """Measure the packet or message at the front; False while too little of it is here."""
        if self._held[0] == _INTERLEAVED:
            if len(self._held) < 4:
                return False
            self._passing = 4 + int.from_bytes(self._held[2:4], "big")
            self.media_bytes += self._passing
            return True
        end = self._held.find(b"\r\n\r\n")
        if end > LARGEST_HEAD_BYTES or (end < 0 and len(self._held) > LARGEST_HEAD_BYTES):
            raise ProtocolError("source-unreadable")
        if end < 0:
            self._check_beginning()
            return False
        self._read_head(bytes(self._held[:end]))
        self._passing += end + 4
        return True

    def _check_beginning(self) -> None:
        """Garbage is noticed at once, not when 16 kB of it are here."""
        line, separator, _ = bytes(self._held[:200]).lstrip().partition(b"\n")
        is_whole = bool(separator) or len(self._held) >= 200
        if is_whole and not (_STATUS.match(line) or _REQUEST.match(line)):
            raise ProtocolError("source-unreadable")

    def _read_head(self, head: bytes) -> None:
        head = head.lstrip()
        line = head.split(b"\r\n", 1)[0]
        status, request = _STATUS.match(line), _REQUEST.match(line)
        if status is not None:
            self.last_status = int(status[1])
        is_elsewhere = 300 <= self.last_status < 400 if status is not None else False
        if is_elsewhere or (request is not None and request[1] == b"REDIRECT"):
            raise ProtocolError("source-redirects")
        if status is None and request is None:
            raise ProtocolError("source-unreadable")
        length = _LENGTH.search(head)
        self._passing = int(length[1]) if length is not None else 0
        if self._passing > LARGEST_BODY_BYTES:
            raise ProtocolError("source-unreadable")
