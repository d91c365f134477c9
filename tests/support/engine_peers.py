"""Peers of a bare engine: real sockets and SRTP by pylibsrtp, without ICE, DTLS and SDP."""

import os
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import pylibsrtp
from pylibsrtp import Policy

from relay.forwarding.publication import PublicationSpec
from relay.forwarding.subscription import SubscriptionSpec
from relay.io.engine import NativeEngine
from relay.io.tcp_port import TcpPort
from relay.io.udp_port import UdpPort
from relay.ports import PeerKeys
from relay.rtp import rtcp
from relay.rtp.header import PacketView, is_rtcp
from relay.rtp.rtcp import RtcpMessage
from relay.sdp.negotiated import NegotiatedMedia
from relay.settings import RelaySettings
from streamsvc.base.clock import SystemClock
from streamsvc.base.media import Slot
from tests.support.engine_news import Heard
from tests.support.waiting import until

Kind = TypeVar("Kind", bound=RtcpMessage)


@dataclass(frozen=True)
class Profile:
    """An SRTP profile and the bytes of its key with salt."""

    number: int
    key_bytes: int


GCM_128 = Profile(Policy.SRTP_PROFILE_AEAD_AES_128_GCM, 28)
GCM_256 = Profile(Policy.SRTP_PROFILE_AEAD_AES_256_GCM, 44)
CM_SHA1_80 = Profile(Policy.SRTP_PROFILE_AES128_CM_SHA1_80, 30)


def session(profile: Profile, key: bytes, *, is_outbound: bool) -> pylibsrtp.Session:
    """One direction, as a handshake makes it."""
    kind = Policy.SSRC_ANY_OUTBOUND if is_outbound else Policy.SSRC_ANY_INBOUND
    policy = Policy(key=key, ssrc_type=kind, srtp_profile=profile.number)
    policy.allow_repeat_tx = True
    policy.window_size = 1024
    return pylibsrtp.Session(policy)


class FarPeer:
    """A browser's socket and its half of the keys."""

    def __init__(self, media_port: int, profile: Profile = GCM_128) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 21)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.setblocking(False)
        self._media_port = media_port
        up, down = os.urandom(profile.key_bytes), os.urandom(profile.key_bytes)
        self.sending = session(profile, up, is_outbound=True)
        self._receiving = session(profile, down, is_outbound=False)
        self.keys = PeerKeys(
            inbound=session(profile, up, is_outbound=False),
            outbound=session(profile, down, is_outbound=True),
        )
        self.datagrams: list[bytes] = []
        """Media as it came."""
        self.packets: list[bytes] = []
        """Decrypted media."""
        self.messages: list[RtcpMessage] = []

    def send_raw(self, datagram: bytes) -> None:
        self.socket.sendto(datagram, ("127.0.0.1", self._media_port))

    def send(self, packet: bytes) -> bytes:
        """RTP, encrypted; the datagram."""
        datagram = self.sending.protect(packet)
        self.send_raw(datagram)
        return datagram

    def say(self, compound: bytes) -> None:
        """RTCP, encrypted."""
        self.send_raw(self.sending.protect_rtcp(compound))

    def read(self) -> "FarPeer":
        """Take in what came."""
        while True:
            try:
                datagram = self.socket.recv(4_000)
            except (BlockingIOError, ConnectionRefusedError):
                return self
            self.take(datagram)

    def take(self, datagram: bytes) -> None:
        """What came, by whatever way."""
        if is_rtcp(datagram):
            self.messages += rtcp.parse(self._receiving.unprotect_rtcp(datagram))
            return
        self.datagrams.append(datagram)
        self.packets.append(self._decrypted(datagram))

    def _decrypted(self, datagram: bytes) -> bytes:
        if datagram in self.datagrams[:-1]:  # a repair: its replay is refused, as it must be
            return self.packets[self.datagrams.index(datagram)]
        return self._receiving.unprotect(datagram)

    def views(self, ssrc: int | None = None) -> list[PacketView]:
        """Headers and payloads of what came, of one source or all."""
        found = [PacketView(packet) for packet in self.read().packets]
        return [view for view in found if ssrc in (None, view.ssrc)]

    def payloads(self, ssrc: int | None = None) -> list[bytes]:
        return [bytes(view.payload) for view in self.views(ssrc)]

    def said(self, kind: type[Kind]) -> list[Kind]:
        """Messages of one kind that came."""
        return [message for message in self.read().messages if isinstance(message, kind)]

    def close(self) -> None:
        self.socket.close()


class Stage:
    """A started engine with peers around it."""

    def __init__(self, profile: Profile = GCM_128) -> None:
        self.heard = Heard()
        self.profile = profile
        settings = RelaySettings(media_host="127.0.0.1")
        self.port, self.tcp_port = UdpPort(settings), TcpPort(settings)
        self.port.open()
        self.tcp_port.open(self.port.port)
        self.engine = NativeEngine(self.port, SystemClock(), self.heard, 256, self.tcp_port)
        self.engine.start(self.heard)
        self._peers: list[FarPeer] = []
        self._number = 0

    def publisher(self, *published: tuple[NegotiatedMedia, PublicationSpec]) -> FarPeer:
        """Connected; its number is that of its first publication."""
        far = self.peer()
        number = published[0][1].peer
        self.engine.add_publisher(number, 99, list(published))
        self.connect(number, far)
        return far

    def viewer(self, number: int, *media: NegotiatedMedia, first_seq: int = 500) -> FarPeer:
        """Connected; subscription n of it has the number 10 * number + n."""
        far = self.peer()
        self.add_viewer(number, *media, first_seq=first_seq)
        self.connect(number, far)
        return far

    def add_viewer(self, number: int, *media: NegotiatedMedia, first_seq: int = 500) -> None:
        """Not connected yet."""
        specs = [
            SubscriptionSpec(10 * number + n, number, each, first_seq, 9_000, 60)
            for n, each in enumerate(media)
        ]
        self.engine.add_subscriber(number, specs)

    def peer(self) -> FarPeer:
        """One the engine does not know yet."""
        far = FarPeer(self.port.port, self.profile)
        self._peers.append(far)
        return far

    def connect(self, number: int, far: FarPeer) -> None:
        self.engine.connect_peer(number, number, far.keys, far.socket.getsockname())

    def show(self, subscription: int, publication: int, rid: str = "") -> None:
        """Feed a subscription."""
        self.engine.set_source(subscription, publication)
        self.engine.set_target_layer(subscription, rid)

    async def settled(self) -> None:
        """All commands were applied."""
        await until(lambda: self.engine.is_settled)

    def counted(self, name: str) -> int:
        return self.engine.counters()[name]

    async def arrived(self, far: FarPeer, packets: int, ssrc: int | None = None) -> None:
        """So many media packets came to a peer."""
        await until(lambda: len(far.views(ssrc)) >= packets, what=f"{packets} packets")

    async def until(self, true: Callable[[], object], what: str = "") -> None:
        await until(true, what=what)

    async def close(self) -> None:
        await self.engine.close()
        for far in self._peers:
            far.close()


def published(
    number: int, media: NegotiatedMedia, peer: int = 1
) -> tuple[NegotiatedMedia, PublicationSpec]:
    """One track of publisher `peer`."""
    spec = PublicationSpec(number, peer, Slot.LEAD, media.kind, media.codec, "at-teacher")
    return media, spec
