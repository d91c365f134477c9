"""The engine's port: control decides and commands, the engine moves packets and reports.

Nothing here waits. Commands take effect between packets, never in the middle of one; a number that
is not known (any more) is ignored by the removing and setting commands, because media and control
end at different instants. Numbers are given by control and never used twice.

The engine reads the UDP socket and the connections by TCP. It answers checks (STUN) itself; what
they prove, and datagrams of handshakes (DTLS), go to the listener.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, Protocol

from relay.forwarding.ladder import EVERY_PICTURE, Choice
from relay.forwarding.pressure import Load
from relay.forwarding.publication import PublicationSpec
from relay.forwarding.subscription import SubscriptionSpec
from relay.sdp.negotiated import IceCredentials, NegotiatedMedia
from streamsvc.base.media import Codec

UdpAddress = tuple[str, int] | tuple[str, int, int, int]
"""As the socket module gives it: IPv4, or IPv6 with flow and scope."""
StreamAddress = tuple[str, int, int]
"""Far end of a connection by TCP, and the connection's number, which is never used twice."""
Address = UdpAddress | StreamAddress


class SrtpSession(Protocol):
    """One direction of a peer's SRTP (RFC 3711). Raises on a packet it can't take."""

    def protect(self, packet: bytes) -> bytes:
        """RTP, encrypted."""

    def unprotect(self, packet: bytes) -> bytes:
        """SRTP, checked and decrypted."""

    def protect_rtcp(self, packet: bytes) -> bytes:
        """RTCP, encrypted."""

    def unprotect_rtcp(self, packet: bytes) -> bytes:
        """SRTCP, checked and decrypted."""


@dataclass(frozen=True, slots=True)
class PeerKeys:
    """A peer's sessions after its handshake. Only the engine uses them from then on."""

    inbound: SrtpSession
    outbound: SrtpSession


@dataclass(frozen=True, slots=True)
class LayerStats:
    """One encoding now."""

    rid: str
    bitrate_bps: int
    pixels: int
    """Of its picture; 0 where not known."""
    is_live: bool
    temporal: tuple[tuple[int, int], ...] = ()
    """Bits and pictures per second up to each temporal id, the mean of some seconds; voice is all
    of id 0."""
    is_made: bool = False
    """By a transcoder, of one that the publisher sends."""
    codec: Codec | None = None
    """None: its publication's. The engine tells all up to here."""
    swing: float = 1.0
    """So many times what it costs now its first pictures have cost for longer."""


@dataclass(frozen=True, slots=True)
class PublicationStats:
    """One published track now."""

    number: int
    layers: tuple[LayerStats, ...]
    """Smallest picture first."""
    keyframe_age_ms: int | None
    """Of its freshest layer; None for voice, and before the first key frame."""

    @property
    def codec(self) -> Codec | None:
        """Its publisher's; None while nothing is known of it."""
        return next((layer.codec for layer in self.layers if not layer.is_made), None)

    def taken_by(self, media: NegotiatedMedia) -> "PublicationStats":
        """With the layers of the codec that a viewer's m-line takes of it."""
        if self.codec is None:
            return self
        taken = media.taken_of(self.codec)
        return replace(self, layers=tuple(x for x in self.layers if x.codec is taken))


@dataclass(frozen=True, slots=True)
class PublisherStats:
    """One publisher now."""

    heard_at: float
    """Last packet that passed authentication."""
    fraction_lost: float
    """0 to 1, over the last second, before repairs."""
    publications: tuple[PublicationStats, ...]
    media_at: float = float("-inf")
    """When packets of voice or pictures were last told of; minus infinity: never."""


@dataclass(frozen=True, slots=True)
class SubscriberStats:
    """What its layers are chosen by."""

    link_bps: int
    """What its link can take, estimated."""
    is_link_guessed: bool
    """Nothing was seen yet that it could not take."""
    forwarded: Mapping[int, Choice | None]
    """What goes out now, by subscription; None while nothing flows."""
    fraction_lost: float = 0.0
    """0 to 1, by the link, over the last seconds."""
    is_loss_known: bool = True
    """Enough was reported to say so; else it is 0."""
    fell_at: float = float("-inf")
    """When its link was last found to take less; minus infinity: never."""
    proved_at: float = float("-inf")
    """And when a probe found that it takes more."""
    round_trip: float = 0.1
    """Seconds, smoothed; a guess until the first report."""
    has_queue: bool = False
    """It has grown and does not shrink: the link is full."""
    is_filling: bool = False
    """It has grown, so that the link may be."""
    is_braking: bool = False
    """It was sent so much too much that nothing but voice should follow for a moment."""


class PeerSigns(NamedTuple):
    """Signs of life of a peer, at most a second old, and what reached it if it is a subscriber, by
    the newest of its reports."""

    heard_at: float
    """Last packet that passed authentication."""
    voice_packets: int | None
    """Of the newest reports; 0 when none spoke of new ones for long, None before the first."""
    picture_packets: int | None
    fraction_lost: float
    """0 to 1, of the voice."""
    round_trip_ms: float | None


@dataclass(frozen=True, slots=True)
class ProvedCheck:
    """A connectivity check whose sender knows the session's password (RFC 8445 §7.3)."""

    session: int
    ufrag: str
    """Which of the session's names it used."""
    address: Address
    at: float
    nominates: bool
    elsewhere_at: float
    """When a check of the session last came from another address; minus infinity: never."""


class EngineListener(Protocol):
    """What the engine reports, at once and on the event loop."""

    def ice_checked(self, check: ProvedCheck) -> None:
        """A check proved itself and was answered: where a peer is, or else may be."""

    def handshake_datagram(self, session: int, datagram: bytes, at: float) -> None:
        """DTLS, from an address that this ICE session has proved; when it came."""

    def publication_started(self, number: int) -> None:
        """Its first packet was decrypted."""

    def layers_changed(self, number: int) -> None:
        """One of its layers began, or fell silent."""

    def feed_opened(self, publication: int) -> None:
        """The layer that a transcoder is to get begins; its packets follow."""

    def feed_packet(self, publication: int, packet: bytes) -> None:
        """One RTP packet of it, at once."""

    def feed_closed(self, publication: int) -> None:
        """No more of them: it was turned off, or its layer is gone, and all that was made of it."""

    def made_keyframe_wanted(self, publication: int, rid: str) -> None:
        """Somebody needs a key frame of a layer that is made; told at most twice a second."""

    def link_overrun(self, peer: int) -> None:
        """A subscriber is sent several times what its link takes, as was seen now."""

    def tap_opened(self, publication: int, wall_ms: int, rid: str | None) -> int:
        """A layer begins to go to the sink; returns the track number to use. `rid`: it is one of
        every layer's; None: it is the best, to be recorded."""

    def tap_closed(self, track_number: int, wall_ms: int) -> None:
        """No more packets of that track."""


class Engine(Protocol):
    """Commands in, events out, statistics on demand."""

    def start(self, listener: EngineListener) -> None:
        """Begin to read the socket."""

    async def close(self) -> None:
        """Stop; closes the socket."""

    def send_control(self, datagram: bytes, address: Address) -> None:
        """Send DTLS from the media port, or into a connection by TCP."""

    # ---- ICE

    def open_name(self, session: int, credentials: IceCredentials) -> None:
        """Answer checks of this name; a session has two at most, the older gives way."""

    def close_name(self, ufrag: str) -> None:
        """Answer it no more."""

    def close_ice(self, session: int) -> None:
        """Forget its names and addresses."""

    # ---- peers

    def add_publisher(
        self,
        peer: int,
        ssrc: int,
        published: Sequence[tuple[NegotiatedMedia, PublicationSpec]],
    ) -> None:
        """A peer that sends. `ssrc` is ours, for feedback."""

    def add_subscriber(self, peer: int, subscriptions: Sequence[SubscriptionSpec]) -> None:
        """A peer that receives."""

    def connect_peer(self, peer: int, session: int, keys: PeerKeys, address: Address) -> None:
        """Its handshake over this ICE session is done: media may flow."""

    def measured_handshake(self, peer: int, round_trip: float) -> None:
        """Before it is connected: seconds there and back. A subscriber who is far begins small."""

    def set_address(self, peer: int, address: Address) -> None:
        """It moved (NAT rebinding), proved by an authenticated check."""

    def remove_peer(self, peer: int) -> None:
        """With its publications or subscriptions."""

    # ---- what flows

    def set_source(self, subscription: int, publication: int | None) -> None:
        """Feed a slot; None: nothing."""

    def set_target_layer(
        self, subscription: int, rid: str | None, most_temporal: int = EVERY_PICTURE
    ) -> None:
        """Move to a layer at its next key frame; None pauses at once. Pictures of a higher temporal
        id than `most_temporal` are left out, from the next one on that allows it."""

    def set_copies(self, peer: int, copies: int, after_ms: int) -> None:
        """Send each packet of voice to a subscriber so many times more, unasked and the same byte
        for byte, each so much later than the one before."""

    def set_picture_copies(self, peer: int, after_ms: int, most_temporal: int) -> None:
        """Send each packet of pictures up to a temporal id to a subscriber once more so much later,
        unasked, where its link has room; 0: not."""

    def set_voice_within(self, peer: int, within_ms: int) -> None:
        """Send a subscriber no voice of which more than so much has followed already, asked for or
        not; 0: whatever comes."""

    def set_muted(self, publication: int, *, is_muted: bool) -> None:
        """Neither forward nor tap it."""

    def set_tapped(
        self, publication: int, *, is_tapped: bool, is_every_layer: bool = False
    ) -> None:
        """Send its best layer to the sink, with a key frame at least every 3.5 s; or every layer
        that lives as a track of its own, or both."""

    def request_keyframe(self, publication: int) -> None:
        """Of the tapped layer, or of all that live where none is tapped."""

    def set_feed(self, publication: int, rid: str | None) -> None:
        """Give the publisher's layer of this name to a transcoder (`feed_packet`), or nothing. What
        was made of another one ends."""

    def request_feed_keyframe(self, publication: int) -> None:
        """The transcoder can't decode on."""

    def put_made(
        self, publication: int, rid: str, packet: bytes, codec: Codec = Codec.H264
    ) -> None:
        """A packet of a layer that is made of the one that is fed: its payload type and times are
        the publication's, its codec may be another. A name that is new, and begins with a `+`,
        begins a layer; there are five at most. Ignored while nothing is fed."""

    def drop_made(self, publication: int, rid: str) -> None:
        """No more packets of that layer."""

    def limit(self, peer: int, most_bps: int | None, *, is_satellite: bool) -> None:
        """A subscriber is sent no more than `most_bps` in all, and not probed for more."""

    def probe(self, peer: int) -> None:
        """A subscriber could use more than its link is thought to take: look whether it can, if it
        is time to. Harmless to repeat."""

    def begin_probe(self, peer: int, bps: int, reports: int = 1) -> None:
        """Send everything and more to a subscriber, together at this rate, for a moment, whatever
        is thought of its link. Its end is said in so many `reports` that are all the same."""

    # ---- statistics

    def load(self) -> Load:
        """How it was doing since the last call."""

    def publisher_stats(self, peer: int) -> PublisherStats | None:
        """None if there is no such publisher."""

    def subscriber_stats(self, peer: int) -> SubscriberStats | None:
        """None if there is no such subscriber."""

    def take_told(self) -> list[int]:
        """Subscribers whose statistics were renewed since the last call: every second where
        something is not as it should be or still being found out, else every few seconds."""

    def signs(self, peer: int) -> PeerSigns | None:
        """None if there is no such peer (yet)."""

    def unheard(self, before: float) -> list[int]:
        """Peers whose last authenticated packet came earlier."""

    def publication_stats(self, publication: int) -> PublicationStats | None:
        """None if there is no such publication."""
