"""The one UDP socket of all media: opened and written here, read by the engine's thread."""

import socket
import struct

from relay.metrics import DATAGRAMS_DROPPED
from relay.ports import UdpAddress
from relay.settings import RelaySettings
from streamsvc.base.errors import EnvironmentFault

_SO_TIMESTAMPNS = 35
"""Linux, socket(7); Python has no name for it. The engine tells publishers when their packets
arrived at the kernel, not when it came round to reading them."""
_SO_MEMINFO = 55
"""Linux; nine numbers of 32 bits, the last of which counts datagrams that were lost since the
receive queue was full."""
_MEMINFO = struct.Struct("=9I")


class UdpPort:
    """Bind with `open`, then `send`. Closing twice is harmless."""

    def __init__(self, settings: RelaySettings) -> None:
        self._settings = settings
        self._socket: socket.socket | None = None
        self._overflowed = 0

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

    @property
    def overflowed(self) -> int:
        """Datagrams the kernel dropped since nobody had read those before; call it at least twice
        an hour, for the kernel counts in 32 bits."""
        if self._socket is not None:
            told = self._socket.getsockopt(socket.SOL_SOCKET, _SO_MEMINFO, _MEMINFO.size)
            dropped: int = _MEMINFO.unpack(told)[-1]
            self._overflowed += (dropped - self._overflowed) & 0xFFFFFFFF
        return self._overflowed

    def send(self, datagram: bytes, address: UdpAddress) -> None:
        """Send or drop: a full socket buffer loses the datagram, as a full link would."""
        if self._socket is None:
            return
        try:
            self._socket.sendto(datagram, address)
        except OSError:
            DATAGRAMS_DROPPED.labels("send_failed").inc()

    def close(self) -> None:
        """Free the port."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None
