"""One end of a connection: ICE, DTLS and SRTP on a socket of its own. Its pool moves it.

door: offer/accept ─► checks (ice_client) ─► handshake (dtls_client) ─► keys ─► on_media
"""

import asyncio
import secrets
from collections.abc import Callable

from relay.client.swarm.descriptions import (
    KINDS,
    OtherSide,
    OwnSide,
    read_description,
    write_answer,
    write_offer,
)
from relay.client.swarm.dtls_client import Certificate, DtlsClient, SrtpKeys
from relay.client.swarm.ice_client import IceClient, new_credentials
from relay.client.swarm.lean_socket import LeanSocket
from relay.ports import Address
from streamsvc.base.errors import PeerGone, ProtocolError

OnMedia = Callable[[bytes, int, float], None]
"""Encrypted RTP or RTCP, its arrival in ns since the Unix epoch, and now."""
_BURST = 16
"""Datagrams of one socket before the others get their turn."""


class Peer:
    """Used once; closing twice is harmless. `host` is our address, as the server may see it."""

    def __init__(
        self,
        certificate: Certificate,
        host: str,
        *,
        is_sender: bool,
        clock: Callable[[], float],
        rids: tuple[str, ...] = (),
    ) -> None:
        self._is_ipv6 = ":" in host
        self.socket = LeanSocket(is_ipv6=self._is_ipv6)
        self.ssrcs = {kind: secrets.randbits(31) | 1 for kind in KINDS}
        self.other: OtherSide | None = None
        self.dtls: DtlsClient | None = None
        self.on_media: OnMedia | None = None
        self.on_connected: Callable[[], None] = _nothing
        self.on_failed: Callable[[PeerGone], None] = _ignored
        self.unreadable = 0
        self.ice = IceClient(new_credentials())
        self._certificate = certificate
        self._clock = clock
        address = host, self.socket.port
        self._own = OwnSide(
            is_sender, self.ice.local, certificate.fingerprint, address, self.ssrcs, rids
        )

    # ---- for its door

    def offer(self) -> str:
        """See `Descriptions`."""
        return write_offer(self._own)

    def accept(self, answer: str) -> None:
        """See `Descriptions`."""
        self._begin(read_description(answer, is_sender=self._own.is_sender), controls=True)

    def answer(self, offer: str) -> str:
        """See `Descriptions`."""
        other = read_description(offer, is_sender=self._own.is_sender)
        self._begin(other, controls=other.is_lite)
        return write_answer(offer, self._own, other.role)

    def _begin(self, other: OtherSide, *, controls: bool) -> None:
        self.other = other
        self.dtls = DtlsClient(self._certificate, other.role)
        reachable = [place for place in other.candidates if (":" in place[0]) == self._is_ipv6]
        now = self._clock()
        self.ice.begin(other.ice, reachable, now, controls=controls)
        self.tick(now)

    # ---- for its pool

    @property
    def keys(self) -> SrtpKeys | None:
        """When the handshake is done."""
        return self.dtls.keys if self.dtls else None

    @property
    def next_at(self) -> float:
        """When `tick` has something to do."""
        if self.dtls is None or self.dtls.keys is not None:
            return self.ice.next_at
        return min(self.ice.next_at, self.dtls.next_at)

    def tick(self, now: float) -> None:
        """Send the checks and flights that are due."""
        for datagram, address in self.ice.due(now):
            self.socket.send(datagram, address)
        if self.dtls is not None:
            self._send(self.dtls.due(now))

    def readable(self, now: float) -> None:
        """Read what came. A connected peer reads one: the next makes its socket readable again,
        which is cheaper than asking for it here."""
        for _ in range(_BURST if self.keys is None else 1):
            received = self.socket.receive()
            if received is None:
                return
            datagram, address, arrived_ns = received
            if datagram:
                self._received(datagram, address, arrived_ns, now)

    def _received(self, datagram: bytes, address: Address, arrived_ns: int, now: float) -> None:
        """By its first byte (RFC 7983)."""
        first = datagram[0]
        if 128 <= first <= 191:
            if self.on_media is not None and self.keys is not None:
                self.on_media(datagram, arrived_ns, now)
        elif first <= 3:
            self._stun(datagram, address, now)
        elif 20 <= first <= 63 and self.dtls is not None:
            self._handshake(self.dtls, datagram, now)

    def _stun(self, datagram: bytes, address: Address, now: float) -> None:
        was_selected = self.ice.selected is not None
        try:
            reply = self.ice.received(datagram, address, now)
        except ProtocolError:
            self.unreadable += 1
            return
        if reply is not None:
            self.socket.send(reply, address)
        is_first = self.ice.selected is not None and not was_selected
        if is_first and self.dtls is not None and self.other is not None:
            self.tick(now)  # the nomination goes first
            self._send(self.dtls.begin(self.other.fingerprints, now))

    def _handshake(self, dtls: DtlsClient, datagram: bytes, now: float) -> None:
        was_connected = dtls.keys is not None
        try:
            self._send(dtls.received(datagram, now))
        except PeerGone as error:
            self.on_failed(error)
            return
        if dtls.keys is not None and not was_connected:
            self.on_connected()

    def _send(self, datagrams: list[bytes]) -> None:
        for datagram in datagrams:
            if self.ice.selected is not None:
                self.socket.send(datagram, self.ice.selected)

    def send_media(self, packet: bytes) -> None:
        """Encrypted RTP or RTCP, to the server."""
        if self.ice.selected is not None:
            self.socket.send(packet, self.ice.selected)

    def close(self) -> None:
        """Give the socket back."""
        self.socket.close()


def _nothing() -> None:
    return


def _ignored(error: PeerGone) -> None:
    return


def settle(waiting: asyncio.Future[float], outcome: float | PeerGone = 0.0) -> None:
    """End a wait with what a peer tells, once."""
    if waiting.done():
        return
    if isinstance(outcome, PeerGone):
        waiting.set_exception(outcome)
    else:
        waiting.set_result(outcome)
