"""Pages' data channels as aiortc opens them: beside their media, by no request."""

import re
import socket
from dataclasses import dataclass, field, replace

from aiortc import RTCDataChannel
from pytest import MonkeyPatch

from relay.io.media_session import SubscriberSession
from streamsvc.base.ids import MediaSessionId
from streamsvc.base.media import MediaKind, Slot
from streamsvc.base.sessions import MediaParty
from tests.support.netem import Address, Netem
from tests.support.rtp_peers import Peer, RunningRelay, Viewer, party
from tests.support.waiting import until

USE_CANDIDATE = b"\x00\x25\x00\x00"
"""The attribute of STUN that nominates (RFC 8445 §16.1), which has no value."""
VOICE = ((Slot.LEAD, MediaKind.AUDIO),)


@dataclass
class Heard:
    """A `ChannelListener` that keeps everything."""

    messages: list[str | bytes] = field(default_factory=list)
    has_ended: int = 0

    def heard(self, message: str | bytes) -> None:
        self.messages.append(message)

    def ended(self) -> None:
        self.has_ended += 1


def room(name: str = "room") -> MediaParty:
    """Somebody who may have channels."""
    return replace(party(name), has_channel=True)


async def invited(
    running: RunningRelay,
    who: MediaParty | None = None,
    *,
    is_due: bool = True,
    round_trip: float = 0.6,
) -> Viewer:
    """A page whose media are here, and whose link is as if it were far and lost much."""
    viewer = await running.watch(who or room(), slots=VOICE)
    await until(lambda: viewer.is_connected, 20, "the media are connected")
    lost = 0.4 if is_due else 0.0
    look_at(running, viewer.session_id, fraction_lost=lost, round_trip=round_trip)
    return viewer


def look_at(
    running: RunningRelay,
    media: MediaSessionId,
    fraction_lost: float,
    round_trip: float = 0.1,
    link_bps: int = 500_000,
) -> None:
    """As the relay does, as if these were of its link."""
    session = running.relay._sessions.find(media)  # noqa: SLF001
    assert isinstance(session, SubscriberSession)
    engine = running.relay._engine  # noqa: SLF001
    known = engine.subscriber_stats(session.peer.number)
    assert known is not None
    stats = replace(known, fraction_lost=fraction_lost, round_trip=round_trip, link_bps=link_bps)
    with MonkeyPatch.context() as patch:
        patch.setattr(engine, "subscriber_stats", lambda peer: stats)
        running.relay._invite(session)  # noqa: SLF001


class TwoPaths(Netem):
    """Of a page that nominates one path and then, as Firefox may, another."""

    _nomination = b""

    def _carry(
        self, sock: socket.socket, datagram: bytes, to: Address, loss: float, at: float
    ) -> None:
        if sock is self._far and datagram[0] < 4 and USE_CANDIDATE in datagram:
            self._nomination = datagram
        super()._carry(sock, datagram, to, loss, at)

    @property
    def has_nominated(self) -> bool:
        """One path at least."""
        return self._nomination != b""

    def nominate_other(self) -> None:
        """At once, and nothing more by the path of before."""
        assert self.has_nominated, "none was nominated yet"
        self.rebind()
        self._carry(self._far, self._nomination, self._relay, 0.0, self._now())


class PagePeer(Peer):
    """As a page opens it: one channel, agreed beforehand, by a lane of its media session."""

    channel: RTCDataChannel

    def __init__(
        self, media: Viewer, lane: int = 0, netem: Netem | None = None, *, is_known: bool = True
    ) -> None:
        """`is_known`: by the certificate of its media."""
        super().__init__(netem)
        self._media, self._lane = media, lane
        if is_known:
            setattr(self.connection, CERTIFICATES, getattr(media.connection, CERTIFICATES))
        self.got: list[str | bytes] = []
        self.heard = Heard()
        self.channel = self.connection.createDataChannel(
            "events", negotiated=True, id=0, ordered=False, maxRetransmits=0
        )
        self.channel.on("message", self.got.append)

    async def join(self, running: RunningRelay) -> None:
        """Its listener is that of the next channel that comes."""
        running.reported.listener = lambda: self.heard
        await self.begin(running)

    async def begin(self, running: RunningRelay) -> None:
        """Asks nobody."""
        media = self._media.connection.remoteDescription.sdp
        answer = answer_of(media, await self.offer(), self._lane)
        port = running.relay.media_port
        answer = re.sub(r"(a=candidate:.*) \d+ typ", rf"\1 {port} typ", answer)
        await self.accept(answer, port)

    @property
    def is_open(self) -> bool:
        return bool(self.channel.readyState == "open")

    def number_in(self, running: RunningRelay) -> MediaSessionId:
        """The relay's, of the channel that is there last."""
        known = running.reported.channels.items()
        return [number for number, listener in known if listener is self.heard][-1]


CERTIFICATES = "_RTCPeerConnection__certificates"
"""aiortc makes them itself, and has no way to take one."""


def answer_of(media: str, offer: str, lane: int) -> str:
    """What pages answer to themselves; see `strand/invitation.ts`."""

    def one(sdp: str, name: str) -> str:
        return str(re.findall(rf"^a={name}:(.*?)\r?$", sdp, re.MULTILINE)[0])

    by_udp = r"^a=candidate:\S+ \d+ udp .*?(?=\r?$)"
    candidates = sorted(set(re.findall(by_udp, media, re.MULTILINE)))
    lines = [
        *("v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=ice-lite"),
        f"a=group:BUNDLE {one(offer, 'mid')}",
        *("m=application 9 UDP/DTLS/SCTP webrtc-datachannel", "c=IN IP4 0.0.0.0"),
        f"a=mid:{one(offer, 'mid')}",
        *("a=sctp-port:5000", "a=max-message-size:1200", "a=setup:active"),
        f"a=ice-ufrag:{one(media, 'ice-ufrag')}c{lane}",
        f"a=ice-pwd:{one(media, 'ice-pwd')}",
        f"a=fingerprint:{one(media, 'fingerprint')}",
        *candidates,
    ]
    return "".join(f"{line}\r\n" for line in lines)
