"""A bare engine's doors, by UDP and by TCP, and clients who knock there."""

import asyncio
import socket
import struct

import pytest
from aioice import stun as aioice_stun

from relay.io.engine import NativeEngine
from relay.io.tcp_port import TcpPort
from relay.io.udp_port import UdpPort
from relay.ports import StreamAddress
from relay.sdp.negotiated import IceCredentials
from relay.settings import RelaySettings
from streamsvc.base.clock import SystemClock
from tests.relay.io.test_stun import check
from tests.support.engine_news import Heard
from tests.support.waiting import until

CREDENTIALS = IceCredentials("0123456789ab", "a" * 36)
DTLS = bytes((22, 254, 253)) + bytes(20)


class Door:
    """A started engine."""

    def __init__(self, host: str = "127.0.0.1", max_peers: int = 64) -> None:
        self.host = host
        self.heard = Heard()
        settings = RelaySettings(media_host=host, max_peers=max_peers)
        self.port, self.tcp_port = UdpPort(settings), TcpPort(settings)
        self.port.open()
        self.tcp_port.open(self.port.port)
        self.engine = NativeEngine(self.port, SystemClock(), self.heard, max_peers, self.tcp_port)
        self.engine.start(self.heard)
        self._callers: list[Caller] = []

    def client(self, family: int = socket.AF_INET) -> "Client":
        return Client(self, family)

    async def caller(self, receive_bytes: int = 1 << 16) -> "Caller":
        """One more connection by TCP."""
        caller = await called(self.tcp_port.port, receive_bytes)
        self._callers.append(caller)
        return caller

    async def close(self) -> None:
        """With the connections made here."""
        for caller in self._callers:
            await caller.close()
        await self.engine.close()

    def counted(self, name: str) -> int:
        return self.engine.counters()[name]


class Client:
    """One socket, connected to the engine's port."""

    def __init__(self, door: Door, family: int) -> None:
        self.socket = socket.socket(family, socket.SOCK_DGRAM)
        self.socket.setblocking(False)
        self.socket.connect(("::1" if family == socket.AF_INET6 else "127.0.0.1", door.port.port))

    def send(self, datagram: bytes) -> None:
        self.socket.send(datagram)

    async def answer(self) -> aioice_stun.Message:
        loop = asyncio.get_running_loop()
        return aioice_stun.parse_message(
            await asyncio.wait_for(loop.sock_recv(self.socket, 2000), 5)
        )

    async def silence(self) -> None:
        """Nothing comes, although the engine has looked at everything before."""
        loop = asyncio.get_running_loop()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(loop.sock_recv(self.socket, 2000), 0.05)

    def close(self) -> None:
        self.socket.close()


class Caller:
    """One connection by TCP, framed by RFC 4571."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self.name: tuple[str, int] = writer.get_extra_info("sockname")[:2]

    def send(self, *datagrams: bytes) -> None:
        """All in one go."""
        self.send_raw(b"".join(framed(datagram) for datagram in datagrams))

    def send_raw(self, some: bytes) -> None:
        self._writer.write(some)

    async def datagram(self) -> bytes:
        """The next that comes."""
        (length,) = struct.unpack("!H", await asyncio.wait_for(self._reader.readexactly(2), 5))
        return await asyncio.wait_for(self._reader.readexactly(length), 5)

    async def prove(self, door: Door, credentials: IceCredentials = CREDENTIALS) -> StreamAddress:
        """Checked and answered; where the engine says it is."""
        before = len(door.heard.checks)
        self.send(proved(credentials=credentials))
        answer = aioice_stun.parse_message(await self.datagram())
        assert answer.check_message_integrity(credentials.pwd.encode())
        await until(lambda: len(door.heard.checks) > before)
        host, port, stream = door.heard.checks[-1].address  # type: ignore[misc]
        return host, port, stream

    async def ended(self, seconds: float = 5) -> None:
        """The other side closes, and says nothing before."""
        try:
            assert await asyncio.wait_for(self._reader.read(), seconds) == b""
        except ConnectionResetError:
            return

    async def close(self) -> None:
        self._writer.close()
        try:
            await self._writer.wait_closed()
        except ConnectionError:
            return


async def called(port: int, receive_bytes: int = 1 << 16) -> Caller:
    """A new connection to a port of this machine; what it has not read fills a small buffer."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
    sock.setblocking(False)
    await asyncio.get_running_loop().sock_connect(sock, ("127.0.0.1", port))
    return Caller(*await asyncio.open_connection(sock=sock, limit=1 << 12))


def framed(datagram: bytes) -> bytes:
    """With its length in front."""
    return struct.pack("!H", len(datagram)) + datagram


def proved(nominates: bool = True, credentials: IceCredentials = CREDENTIALS) -> bytes:
    return check(f"{credentials.ufrag}:theirs", credentials.pwd, nominates)
