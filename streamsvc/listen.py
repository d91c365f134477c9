"""The sockets we listen on, bound before anything else, so that a taken port is said at once."""

import errno
import socket

from streamsvc.base.errors import EnvironmentFault


def bind_tcp(host: str, port: int) -> socket.socket:
    """A bound TCP socket.

    Raises EnvironmentFault `port-taken`, `port-forbidden`, `address-unknown`.
    """
    return _bind(host, port, socket.SOCK_STREAM)


def check_udp(host: str, port: int) -> None:
    """Raises like `bind_tcp` if the UDP port can't be had; leaves it free."""
    _bind(host, port, socket.SOCK_DGRAM).close()


def _bind(host: str, port: int, kind: socket.SocketKind) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, kind)
    if kind is socket.SOCK_STREAM:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((host, port))
    except OSError as error:
        sock.close()
        raise EnvironmentFault(
            _ERROR_IDS.get(error.errno or 0, "address-unknown"),
            host=host,
            port=port,
            transport="TCP" if kind is socket.SOCK_STREAM else "UDP",
        ) from error
    return sock


_ERROR_IDS = {errno.EADDRINUSE: "port-taken", errno.EACCES: "port-forbidden"}
