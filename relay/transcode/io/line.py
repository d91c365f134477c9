"""The child's end of the line to its parent: a Unix socket, read without waiting, written whole
pictures at a time."""

import select
import socket
from collections.abc import Iterator

from streamsvc.base.tap import TapControl, TapPacket, TapReader

READ_BYTES = 1 << 16
MOST_READ_AT_ONCE = 1 << 20
MOST_UNSENT_BYTES = 1 << 16
"""Over a second of all renditions. Beyond, whole pictures are dropped, see `send`."""


class Line:
    """`wait()`, then `receive()`; `send()` at any time."""

    def __init__(self, line: socket.socket) -> None:
        line.setblocking(False)
        # what the kernel holds can't be taken back when the parent is slow
        line.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, MOST_UNSENT_BYTES)
        self.is_over = False
        self._line = line
        self._poll = select.poll()
        self._reader = TapReader()
        self._unsent = bytearray()

    def wait(self, seconds: float) -> None:
        """Until something came, or so long; sends what could not be sent before."""
        wanted = select.POLLIN | (select.POLLOUT if self._unsent else 0)
        self._poll.register(self._line, wanted)
        self._poll.poll(seconds * 1000)
        self._flush()

    def receive(self) -> Iterator[TapPacket | TapControl]:
        """What came. Sets `is_over` when the parent is gone; raises ProtocolError."""
        read = 0
        while read < MOST_READ_AT_ONCE:
            try:
                data = self._line.recv(READ_BYTES)
            except BlockingIOError:
                return
            except OSError:
                data = b""
            if not data:
                self.is_over = True
                return
            read += len(data)
            yield from self._reader.feed(data)
            if len(data) < READ_BYTES:
                return  # that was all

    def send(self, data: bytes) -> bool:
        """Frames that belong together. False if too much waits already: they are dropped, and the
        rendition has to go on with a key frame."""
        if len(self._unsent) > MOST_UNSENT_BYTES:
            return False
        self._unsent += data
        self._flush()
        return True

    def _flush(self) -> None:
        try:
            while self._unsent:
                sent = self._line.send(self._unsent)
                del self._unsent[:sent]
        except BlockingIOError:
            return
        except OSError:
            self.is_over = True
