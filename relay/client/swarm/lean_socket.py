"""A peer's UDP socket and the kernel's services for it: time stamps, a filter, a count of drops."""

import ctypes
import socket
import struct
import time

from relay.client.swarm.packet_filter import assembled, sampling_program
from relay.ports import Address
from streamsvc.base.errors import PeerGone

_SO_ATTACH_FILTER = 26
_SO_TIMESTAMPNS = 35
_SO_MEMINFO = 55
"""Linux, asm-generic/socket.h; Python has no names for them."""
_TIMESPEC = struct.Struct("@qq")
_MEMINFO = struct.Struct("@9I")
_DROPS = 8
_PROGRAM = struct.Struct("@HP")
_ANCILLARY_BYTES = socket.CMSG_SPACE(_TIMESPEC.size)
MOST_DATAGRAM_BYTES = 2_048
RECEIVE_BUFFER_BYTES = 1 << 20
_DISCARD_PORT = 9


class LeanSocket:
    """Bound, never waiting. Closing twice is harmless."""

    def __init__(self, *, is_ipv6: bool) -> None:
        family = socket.AF_INET6 if is_ipv6 else socket.AF_INET
        self._socket = socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self._socket.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
        self._socket.bind(("", 0))
        self._drops_before = 0

    @property
    def port(self) -> int:
        """Where it is bound, on all of the machine's addresses."""
        return int(self._socket.getsockname()[1])

    def fileno(self) -> int:
        """For epoll."""
        return self._socket.fileno()

    def send(self, datagram: bytes, address: Address) -> None:
        """Send or drop: what the kernel can't take is a lost packet like any other."""
        try:
            self._socket.sendto(datagram, address)
        except OSError:
            return

    def receive(self) -> tuple[bytes, Address, int] | None:
        """Datagram, sender and arrival (ns since the Unix epoch); None when there is none."""
        try:
            datagram, ancillary, _, address = self._socket.recvmsg(
                MOST_DATAGRAM_BYTES, _ANCILLARY_BYTES
            )
        except OSError:
            return None
        for _, kind, data in ancillary:
            if kind == _SO_TIMESTAMPNS and len(data) == _TIMESPEC.size:
                seconds, nanoseconds = _TIMESPEC.unpack(data)
                return datagram, address, seconds * 1_000_000_000 + nanoseconds
        return datagram, address, time.time_ns()

    def sample(self, one_in: int, phase: int) -> None:
        """From now on the kernel passes every n-th RTP packet only."""
        program = assembled(sampling_program(one_in, phase))
        buffer = ctypes.create_string_buffer(program, len(program))
        option = _PROGRAM.pack(len(program) // 8, ctypes.addressof(buffer))
        self._socket.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, option)
        self._drops_before = self._dropped()

    def take_dropped(self) -> int:
        """Datagrams the kernel dropped since the last time: the filter's, and those for which the
        receive buffer had no room; all of them arrived."""
        now = self._dropped()
        count = (now - self._drops_before) & 0xFFFFFFFF
        self._drops_before = now
        return count

    def close(self) -> None:
        """Give the port back."""
        self._socket.close()

    def _dropped(self) -> int:
        info = self._socket.getsockopt(socket.SOL_SOCKET, _SO_MEMINFO, _MEMINFO.size)
        return int(_MEMINFO.unpack(info)[_DROPS])


def local_address(server_host: str) -> str:
    """Our address towards a server, as the routing table has it; nothing is sent. IPv4 where the
    server has both. Raises PeerGone `media-server-unreachable`."""
    try:
        found = socket.getaddrinfo(server_host, _DISCARD_PORT, type=socket.SOCK_DGRAM)
        family, _, _, _, target = min(found, key=lambda entry: entry[0] != socket.AF_INET)
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect(target)
            return str(probe.getsockname()[0])
    except OSError as error:
        raise PeerGone("media-server-unreachable") from error
