"""The one UDP socket of all media: read in bursts on the event loop, written without waiting."""

import asyncio
import socket
import struct
import time
from collections.abc import Callable

from relay.metrics import (
    BYTES_SENT,
    DATAGRAMS_DROPPED,
    DATAGRAMS_RECEIVED,
    DATAGRAMS_SENT,
)
from relay.ports import Address
from relay.settings import RelaySettings
from streamsvc.base.errors import EnvironmentFault

MAX_DATAGRAM_BYTES = 1500
"""An SRTP session's buffer; nothing longer is media (RFC 8831 and Ethernet agree)."""
MAX_BURST = 256
"""Datagrams read before other work of the loop gets its turn."""

OnDatagram = Callable[[bytes, Address, float], None]
"""Datagram, sender, and how many seconds ago the kernel received it."""

_SO_TIMESTAMPNS = 35
"""Linux, socket(7); Python has no name for it. The option's number is also its message's."""
_TIMESPEC = struct.Struct("@ll")
_ANCILLARY_BYTES = socket.CMSG_SPACE(_TIMESPEC.size)
LONGEST_WAIT_SECONDS = 1.0
"""A stamp older than this, or of the future, is a wall clock that was set: it counts as now."""


class UdpPort:
    """Bind with `open`, read with `start`, then `send`. Closing twice is harmless."""

    def __init__(self, settings: RelaySettings) -> None:
        self._settings = settings
        self._socket: socket.socket | None = None
        self._on_datagram: OnDatagram | None = None
        self._is_reading = False
        self._received = self._sent = self._sent_bytes = 0

    def open(self) -> None:
        """Bind. Raises EnvironmentFault `media-port-taken`."""
        host, port = self._settings.media_host, self._settings.media_port
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        sock = socket.socket(family, socket.SOCK_DGRAM)
        try:
            sock.setblocking(False)
            if family == socket.AF_INET6:
                sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
            for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
                sock.setsockopt(socket.SOL_SOCKET, option, self._settings.socket_buffer_bytes)
            sock.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
            sock.bind((host, port))
        except OSError as error:
            sock.close()
            raise EnvironmentFault(
                "media-port-taken", host=host, port=port, reason=error.strerror or str(error)
            ) from error
        self._socket = sock

    @property
    def port(self) -> int:
        """The bound port. Raises RuntimeError before `open`."""
        if self._socket is None:
            raise RuntimeError("the media port is not open")
        number: int = self._socket.getsockname()[1]
        return number

    def fileno(self) -> int:
        """The socket, which stays ours. Raises RuntimeError before `open`."""
        if self._socket is None:
            raise RuntimeError("the media port is not open")
        return self._socket.fileno()

    def start(self, on_datagram: OnDatagram) -> None:
        """Hand every datagram to `on_datagram` from now on."""
        if self._socket is None:
            raise RuntimeError("the media port is not open")
        self._on_datagram = on_datagram
        self._is_reading = True
        asyncio.get_running_loop().add_reader(self._socket.fileno(), self._drain)

    def _drain(self) -> None:
        for _ in range(MAX_BURST):
            if self._socket is None or self._on_datagram is None:
                return
            try:
                datagram, ancillary, _, address = self._socket.recvmsg(
                    MAX_DATAGRAM_BYTES + 1, _ANCILLARY_BYTES
                )
            except (BlockingIOError, InterruptedError):
                return
            except OSError:  # an ICMP error of an earlier send; the socket is fine
                continue
            self._received += 1
            if len(datagram) > MAX_DATAGRAM_BYTES:
                DATAGRAMS_DROPPED.labels("too_long").inc()
                continue
            self._on_datagram(datagram, address, waited_seconds(ancillary, time.time_ns()))

    def send(self, datagram: bytes, address: Address) -> None:
        """Send or drop: a full socket buffer loses the datagram, as a full link would."""
        if self._socket is None:
            return
        try:
            self._socket.sendto(datagram, address)
        except OSError:
            DATAGRAMS_DROPPED.labels("send_failed").inc()
            return
        self._sent += 1
        self._sent_bytes += len(datagram)

    def count(self) -> None:
        """Add what passed since the last call to the metrics, which are too slow per packet."""
        DATAGRAMS_RECEIVED.inc(self._received)
        DATAGRAMS_SENT.inc(self._sent)
        BYTES_SENT.inc(self._sent_bytes)
        self._received = self._sent = self._sent_bytes = 0

    def close(self) -> None:
        """Stop reading and free the port."""
        if self._socket is None:
            return
        if self._is_reading:
            asyncio.get_running_loop().remove_reader(self._socket.fileno())
        self._socket.close()
        self._socket = None


def waited_seconds(ancillary: list[tuple[int, int, bytes]], wall_ns: int) -> float:
    """How long a datagram lay in the socket, by the kernel's stamp; 0 where there is none.

    A sender computes its bandwidth from the arrival times we report: the time at which a busy loop
    came round to reading would look like a slow link.
    """
    for level, type, data in ancillary:
        if (level, type) == (socket.SOL_SOCKET, _SO_TIMESTAMPNS) and len(data) >= _TIMESPEC.size:
            seconds, nanoseconds = _TIMESPEC.unpack_from(data)
            waited = (wall_ns - seconds * 1_000_000_000 - nanoseconds) / 1e9
            return waited if 0 <= waited <= LONGEST_WAIT_SECONDS else 0.0
    return 0.0
