"""A bad network between one peer and the relay: a seeded UDP proxy on loopback.

client ◄─► [own port]  loss, outage  [upstream socket] ◄─► relay
`rebind` changes the upstream socket, as a home router does that forgot a mapping.
"""

import asyncio
import random
import socket

Address = tuple[str, int]


class Netem:
    """Begins without any trouble; set `loss_up`, `loss_down` (0 to 1) and `is_cut` at any time."""

    def __init__(self, relay: Address, seed: int = 1, host: str = "127.0.0.1") -> None:
        self.loss_up = 0.0
        self.loss_down = 0.0
        self.is_cut = False
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
            self._carry(self._far, datagram, self._relay, self.loss_up)

    def _down(self) -> None:
        for datagram, _ in _drained(self._far):
            if self._client is not None:
                self._carry(self._near, datagram, self._client, self.loss_down)

    def _carry(self, sock: socket.socket, datagram: bytes, to: Address, loss: float) -> None:
        is_media = 128 <= datagram[0] <= 191
        if self.is_cut or (is_media and self._random.random() < loss):
            self.lost += 1
            return
        self.relayed += 1
        try:
            sock.sendto(datagram, to)
        except OSError:
            self.lost += 1


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
