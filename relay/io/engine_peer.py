"""A peer as the engine sees it: where it is, its keys, and its feed."""

import pylibsrtp

from relay.forwarding.publication import Publication
from relay.forwarding.publisher_feed import PublisherFeed
from relay.forwarding.subscriber_feed import SubscriberFeed
from relay.forwarding.subscription import Subscription
from relay.io.tap_switch import TapSwitch
from relay.io.udp_port import UdpPort
from relay.metrics import DATAGRAMS_DROPPED
from relay.ports import Address, PeerKeys
from streamsvc.base.errors import ProtocolError

MAX_SOURCES = 64
"""SSRCs a peer may ever use: libsrtp keeps a context for each, never forgets one, and looks through
all of them for every packet."""


class EnginePeer:
    """Sends and receives encrypted once `connect`ed; before, it drops."""

    def __init__(self, number: int, port: UdpPort, now: float) -> None:
        self.number = number
        self.heard_at = now
        self.address: Address | None = None
        self._port = port
        self._keys: PeerKeys | None = None
        self._sources: set[bytes] = set()
        """SSRCs of what passed authentication."""

    def connect(self, keys: PeerKeys) -> None:
        """Its handshake is done."""
        self._keys = keys

    @property
    def is_connected(self) -> bool:
        """Whether media may flow."""
        return self._keys is not None and self.address is not None

    def decrypted(self, datagram: bytes, now: float, *, is_rtcp: bool) -> bytes:
        """Check and decrypt. Raises ProtocolError `srtp-refused`."""
        if self._keys is None:
            raise ProtocolError("srtp-refused", reason="no keys yet")
        source = datagram[4:8] if is_rtcp else datagram[8:12]
        if source not in self._sources and len(self._sources) >= MAX_SOURCES:
            raise ProtocolError("srtp-refused", reason="too many sources")
        inbound = self._keys.inbound
        try:
            packet = inbound.unprotect_rtcp(datagram) if is_rtcp else inbound.unprotect(datagram)
        except (pylibsrtp.Error, ValueError) as error:
            raise ProtocolError("srtp-refused", reason=str(error)) from None
        self._sources.add(source)
        self.heard_at = now
        return packet

    def send_rtp(self, packet: bytes) -> None:
        """Encrypt and send, or drop."""
        self._send(packet, is_rtcp=False)

    def send_rtcp(self, compound: bytes) -> None:
        """Encrypt and send, or drop."""
        self._send(compound, is_rtcp=True)

    def _send(self, packet: bytes, *, is_rtcp: bool) -> None:
        if self._keys is None or self.address is None:
            return
        outbound = self._keys.outbound
        try:
            protected = outbound.protect_rtcp(packet) if is_rtcp else outbound.protect(packet)
        except (pylibsrtp.Error, ValueError):  # longer than a session takes
            DATAGRAMS_DROPPED.labels("too_long").inc()
            return
        self._port.send(protected, self.address)


class PublisherPeer(EnginePeer):
    """A peer that sends media."""

    def __init__(self, number: int, port: UdpPort, now: float, feed: PublisherFeed) -> None:
        super().__init__(number, port, now)
        self.feed = feed


class SubscriberPeer(EnginePeer):
    """A peer that receives media."""

    def __init__(self, number: int, port: UdpPort, now: float, feed: SubscriberFeed) -> None:
        super().__init__(number, port, now)
        self.feed = feed


class PublishedTrack:
    """A publication with who sends it, who watches it, and its tap."""

    def __init__(self, publication: Publication, peer: PublisherPeer, tap: TapSwitch) -> None:
        self.publication = publication
        self.peer = peer
        self.tap = tap
        self.viewers: list[tuple[Subscription, SubscriberPeer]] = []
