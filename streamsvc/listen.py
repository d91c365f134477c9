"""The sockets we listen on, bound before anything else, so that a taken port is said at once."""

import contextlib
import errno
import socket

from streamsvc.base.errors import EnvironmentFault

TCP_THIN_LINEAR_TIMEOUTS = 16
TCP_RTO_MAX_MS = 44
"""Of Linux's `tcp.h`; Python has no names for them."""
MOST_WAIT_MS = 2_000


def bind_tcp(host: str, port: int) -> socket.socket:
    """A bound TCP socket, whose connections are patient with bad links.

    Raises EnvironmentFault `port-taken`, `port-forbidden`, `address-unknown`.
    """
    sock = _bind(host, port, socket.SOCK_STREAM)
    _never_wait_long(sock)
    return sock


def _never_wait_long(sock: socket.socket) -> None:
    """A lesson's events are few and small. Where one is lost again and again, TCP waits twice as
    long each time, up to minutes: at 40 % loss a page turn came after 16 s. For such thin streams
    Linux can try at the same pace six times (tcp-thin.txt), and, from 6.15 on, wait no longer than
    we say. Accepted connections have what their listener has. Systems without it do as they did."""
    for option, value in ((TCP_THIN_LINEAR_TIMEOUTS, 1), (TCP_RTO_MAX_MS, MOST_WAIT_MS)):
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.IPPROTO_TCP, option, value)


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
