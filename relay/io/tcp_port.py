"""The listening socket for peers whose network passes TCP only: opened here; the engine's thread
accepts, reads and writes."""

import resource
import socket

from relay.settings import RelaySettings
from streamsvc.base.errors import EnvironmentFault

_ANY = 0
_BACKLOG = 1024
_STREAMS_OF_A_PEER = 2
"""A browser tries several at once, and lets go of those it does not use within some seconds."""


class TcpPort:
    """Bind with `open`. Closing twice is harmless."""

    def __init__(self, settings: RelaySettings) -> None:
        self._settings = settings
        self._socket: socket.socket | None = None

    def open(self, udp_port: int) -> None:
        """Listen at the port set; where none is, at the same number as UDP's, or at any if that is
        taken. Raises EnvironmentFault `media-port-taken`."""
        wanted = self._settings.media_tcp_port
        if wanted:
            self._socket = self._listening(wanted)
            return
        is_ours = udp_port not in self._settings.other_tcp_ports
        try:
            self._socket = self._listening(udp_port if is_ours else _ANY)
        except EnvironmentFault:
            self._socket = self._listening(_ANY)

    def _listening(self, port: int) -> socket.socket:
        host = self._settings.media_host
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        sock = socket.socket(family, socket.SOCK_STREAM)
        try:
            sock.setblocking(False)
            if family == socket.AF_INET6:
                sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind((host, port))
            sock.listen(_BACKLOG)
        except OSError as error:
            sock.close()
            raise EnvironmentFault(
                "media-port-taken", host=host, port=port, reason=error.strerror or str(error)
            ) from error
        return sock

    @property
    def port(self) -> int:
        """The bound port. Raises RuntimeError before `open`."""
        number: int = self._opened.getsockname()[1]
        return number

    def fileno(self) -> int:
        """The socket, which stays ours. Raises RuntimeError before `open`."""
        return self._opened.fileno()

    @property
    def _opened(self) -> socket.socket:
        if self._socket is None:
            raise RuntimeError("the media port for TCP is not open")
        return self._socket

    @property
    def max_streams(self) -> int:
        """Connections at once: of all peers, but half of the process's descriptors at most."""
        descriptors, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = _STREAMS_OF_A_PEER * self._settings.max_peers
        return wanted if descriptors == resource.RLIM_INFINITY else min(wanted, descriptors // 2)

    def close(self) -> None:
        """Free the port."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None
