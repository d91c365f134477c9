"""Whether recorder hosts can push: who listens at the RTMP port, and from where it is reached."""

import os
import socket
from enum import StrEnum

from streamsvc.addresses import machine_addresses

PATIENCE_SECONDS = 5.0
_VERSION = b"\x03"
_FIRST_WORDS = 1536
"""Bytes of an RTMP client's first message, after its version (§5.2.3)."""
_ANY = {"0.0.0.0": "127.0.0.1", "::": "::1"}


class Listener(StrEnum):
    """Who is at a port."""

    NOBODY = "nobody"
    RTMP = "rtmp"
    OTHER = "other"


def who_listens(host: str, port: int) -> Listener:
    """Ask as an encoder does, up to the server's own version. Blocks for seconds at most."""
    try:
        with socket.create_connection((_ANY.get(host, host), port), PATIENCE_SECONDS) as tried:
            tried.settimeout(PATIENCE_SECONDS)
            tried.sendall(_VERSION + bytes(8) + os.urandom(_FIRST_WORDS - 8))
            return Listener.RTMP if tried.recv(1) == _VERSION else Listener.OTHER
    except ConnectionRefusedError:
        return Listener.NOBODY
    except OSError:  # it listens, and does not answer as RTMP does
        return Listener.OTHER


def unreached(host: str, port: int) -> list[str]:
    """Addresses of this machine by which the port is not reached though it listens there; a
    firewall on the way is not seen from here."""
    found = machine_addresses() if host in _ANY else []
    kind = ":" if host == "::" else "."
    return [
        address
        for address in found
        if kind in address and who_listens(address, port) is Listener.NOBODY
    ]
