"""A bad network between one peer and the relay: a seeded UDP proxy on loopback.

client ◄─► [own port]  loss, outage, rate, delay  [upstream socket] ◄─► relay
`rebind` changes the upstream socket, as a home router does that forgot a mapping.
"""

import asyncio
import random
import socket

Address = tuple[str, int]
HEADER_BYTES = 28
"""IPv4 and UDP."""


class Netem:
    """Begins without any trouble; set `loss_up`, `loss_down` (0 to 1), `is_cut`, `down_bps` and
    `delay` (seconds each way) at any time. A full link queues `queue_seconds`, and drops the rest.
    """

    def __init__(self, relay: Address, seed: int = 1, host: str = "127.0.0.1") -> None:
        self.loss_up = 0.0
        self.loss_down = 0.0
        self.is_cut = False
        self.down_bps = 0
        """0: no limit."""
        self.delay = 0.0
        self.queue_seconds = 1.5
        self.waited: list[tuple[float, float, int]] = []
        """Of each datagram of media on its way down: when it came, seconds in the queue, bytes."""
        self._free_at = 0.0
        self.lost = 0
        self.relayed = 0
        self._relay = relay
        self._random = random.Random(seed)
        self._client: Address | None = None
        self._near = _socket(host)
        self._far = _socket()

    @property
    def port(self) -> int:
        """Where the client sends."""
        number: int = self._near.getsockname()[1]
        return number

    @property
    def upstream_port(self) -> int:
        """Where the relay sees the client."""
        number: int = self._far.getsockname()[1]
        return number

    def start(self) -> None:
        """Begin to carry datagrams."""
        loop = asyncio.get_running_loop()
        loop.add_reader(self._near, self._up)
        loop.add_reader(self._far, self._down)

    def rebind(self) -> None:
        """From now on the relay sees the client at another port."""
        loop = asyncio.get_running_loop()
        loop.remove_reader(self._far)
        self._far.close()
        self._far = _socket()
        loop.add_reader(self._far, self._down)

    def close(self) -> None:
        """Stop."""
        loop = asyncio.get_running_loop()
        for sock in (self._near, self._far):
            loop.remove_reader(sock)
            sock.close()

    def _up(self) -> None:
        for datagram, address in _drained(self._near):
            self._client = address
            self._carry(self._far, datagram, self._relay, self.loss_up, self._now() + self.delay)

    def _down(self) -> None:
        for datagram, _ in _drained(self._far):
            if self._client is None:
                continue
            at = self._queued(datagram)
            if at is None:
                self.lost += 1
            else:
                self._carry(self._near, datagram, self._client, self.loss_down, at + self.delay)

    def _queued(self, datagram: bytes) -> float | None:
        """When a datagram has left the queue of the way down; None where it is full."""
        now = self._now()
        if not self.down_bps:
            return now
        waits = max(0.0, self._free_at - now)
        if waits > self.queue_seconds:
            return None
        if 128 <= datagram[0] <= 191:
            self.waited.append((now, waits, len(datagram)))
        self._free_at = now + waits + 8 * (len(datagram) + HEADER_BYTES) / self.down_bps
        return self._free_at

    def _carry(
        self, sock: socket.socket, datagram: bytes, to: Address, loss: float, at: float
    ) -> None:
        is_media = 128 <= datagram[0] <= 191
        if self.is_cut or (is_media and self._random.random() < loss):
            self.lost += 1
            return
        self.relayed += 1
        if at <= self._now():
            self._send(sock, datagram, to)
        else:
            asyncio.get_running_loop().call_at(at, self._send, sock, datagram, to)

    def _send(self, sock: socket.socket, datagram: bytes, to: Address) -> None:
        try:
            sock.sendto(datagram, to)
        except OSError:
            self.lost += 1

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()


def _socket(host: str = "127.0.0.1") -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind((host, 0))
    sock.setblocking(False)
    return sock


def _drained(sock: socket.socket) -> list[tuple[bytes, Address]]:
    found = []
    while True:
        try:
            found.append(sock.recvfrom(2048))
        except OSError:
            return found
