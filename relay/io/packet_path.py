"""The way of a packet through the Python engine, and what goes back: reports, repairs, requests.

publisher's SRTP ─► decrypt ─► feed reads it once ─┬─► tap
                                                   └─► each viewer: renumber ─► encrypt ─► send
viewer's SRTCP ─► decrypt ─► feed ─► repairs, key frame requests
"""

import logging

from relay.forwarding.inbound_packet import InboundPacket
from relay.forwarding.layer import Layer
from relay.forwarding.publication import Publication
from relay.forwarding.publisher_feed import Arrived
from relay.forwarding.subscription import Subscription
from relay.io.engine_peer import EnginePeer, PublishedTrack, PublisherPeer, SubscriberPeer
from relay.io.engine_tables import Tables
from relay.metrics import (
    DATAGRAMS_DROPPED,
    KEYFRAMES_REQUESTED,
    PACKETS_FORWARDED,
    PACKETS_REPAIRED,
)
from relay.ports import EngineListener
from relay.rtp.extensions import abs_send_time
from relay.rtp.header import is_rtcp
from streamsvc.base.clock import Clock
from streamsvc.base.media import MediaKind

log = logging.getLogger("relay.engine")


class PacketPath:
    """Call `on_media` for each datagram of a known peer, and `tick` every 20 ms."""

    def __init__(self, tables: Tables, clock: Clock, events: EngineListener) -> None:
        self._tables = tables
        self._clock = clock
        self._events = events
        self._ticks = 0

    # ---- from a publisher

    def on_media(self, peer: EnginePeer, datagram: bytes, now: float) -> None:
        """One SRTP or SRTCP datagram. Raises ProtocolError when it is refused."""
        has_reports = is_rtcp(datagram)
        if isinstance(peer, SubscriberPeer) and not has_reports:
            DATAGRAMS_DROPPED.labels("unwanted").inc()
            return
        packet = peer.decrypted(datagram, now, is_rtcp=has_reports)
        match peer:
            case PublisherPeer() if has_reports:
                self._on_publisher_rtcp(peer, packet, now)
            case PublisherPeer():
                self._on_publisher_rtp(peer, packet, now)
            case SubscriberPeer():
                self._on_subscriber_rtcp(peer, packet, now)

    def _on_publisher_rtp(self, peer: PublisherPeer, packet: bytes, now: float) -> None:
        arrived = peer.feed.receive(packet, now)
        if arrived is None:
            return
        publication = arrived.publication
        track = self._tables.tracks[publication.spec.number]
        if not publication.is_started:
            publication.is_started = True
            self._events.publication_started(publication.spec.number)
            self.update_tap(track)
        if not publication.is_muted:
            track.tap.packet(arrived.layer, arrived.packet, self._clock.wall_ms())
            self._forward(track, arrived, abs_send_time(now))

    def _on_publisher_rtcp(self, peer: PublisherPeer, compound: bytes, now: float) -> None:
        wall_ms = self._clock.wall_ms()
        for source in peer.feed.receive_rtcp(compound, now, wall_ms):
            track = self._tables.tracks[source.publication.spec.number]
            track.tap.sender_report(source.layer, compound, wall_ms)

    # ---- to the viewers

    def _forward(self, track: PublishedTrack, arrived: Arrived, send_time: bytes) -> None:
        layer, packet = arrived.layer, arrived.packet
        forwarded = 0
        for subscription, subscriber in track.viewers:
            if subscriber.is_connected:
                forwarded += self._forward_one(subscription, subscriber, layer, packet, send_time)
        PACKETS_FORWARDED.inc(forwarded)

    def _forward_one(
        self,
        subscription: Subscription,
        subscriber: SubscriberPeer,
        layer: Layer,
        packet: InboundPacket,
        send_time: bytes,
    ) -> bool:
        out = subscription.forward(layer, packet, send_time)
        if out is None:
            return False
        subscriber.send_rtp(out)
        if subscription.counts.packets == 1:  # voice and picture can be put together from now on
            now, wall_ms = self._clock.now(), self._clock.wall_ms()
            report = subscriber.feed.report(subscription, now, wall_ms)
            if report is not None:
                subscriber.send_rtcp(report)
        return True

    def start_picture(self, subscription: Subscription, subscriber: SubscriberPeer) -> None:
        """First picture from the cache where that is cheap, else by a key frame request."""
        publication, rid = subscription.publication, subscription.target_rid
        if publication is None or rid is None or subscription.kind is MediaKind.AUDIO:
            return
        layer = publication.layers.get(rid)
        if layer is None or not subscription.is_waiting or not subscriber.is_connected:
            return
        now = self._clock.now()
        burst = None if publication.is_muted else layer.since_keyframe(now)
        if burst is None or not subscription.can_start_at(burst[0]):
            self.want_keyframe(publication, layer)
            return
        send_time = abs_send_time(now)
        for packet in burst:
            self._forward_one(subscription, subscriber, layer, packet, send_time)

    # ---- from a viewer

    def _on_subscriber_rtcp(self, peer: SubscriberPeer, compound: bytes, now: float) -> None:
        send_time = abs_send_time(now)
        reply = peer.feed.receive_rtcp(compound, now, self._clock.wall_ms(), send_time)
        for packet in reply.rtp:
            peer.send_rtp(packet)
        PACKETS_REPAIRED.inc(len(reply.rtp))
        for report in reply.rtcp:
            peer.send_rtcp(report)
        for subscription in reply.keyframes:
            if subscription.publication is not None and subscription.layer is not None:
                self.want_keyframe(subscription.publication, subscription.layer)

    # ---- upstream

    def want_keyframe(self, publication: Publication, layer: Layer) -> None:
        """Ask the encoder; merged and throttled in the publisher's feed."""
        track = self._tables.tracks.get(publication.spec.number)
        if track is not None and layer.kind is MediaKind.VIDEO:
            KEYFRAMES_REQUESTED.inc()
            track.peer.feed.want_keyframe(layer)

    def update_tap(self, track: PublishedTrack) -> None:
        """Let the tap follow the best layer."""
        layer = track.tap.update(self._clock.now(), self._clock.wall_ms())
        if layer is not None:
            self.want_keyframe(track.publication, layer)

    def tick(self) -> list[EnginePeer]:
        """Everything that is due by time. Returns the peers on which it failed."""
        self._ticks += 1
        peers: list[EnginePeer] = [*self._tables.publishers.values()]
        peers += self._tables.share(self._ticks)
        return [peer for peer in peers if not self._is_served(peer)]

    def _is_served(self, peer: EnginePeer) -> bool:
        try:
            self._serve(peer, self._clock.now())
        except Exception:
            log.exception("! peer failed", extra={"peer": peer.number})
            return False
        return True

    def _serve(self, peer: EnginePeer, now: float) -> None:
        if not peer.is_connected:
            return
        if isinstance(peer, PublisherPeer):
            for compound in peer.feed.due(now):
                peer.send_rtcp(compound)
            for publication in peer.feed.publications:
                self.update_tap(self._tables.tracks[publication.spec.number])
        elif isinstance(peer, SubscriberPeer):
            for compound in peer.feed.reports(now, self._clock.wall_ms()):
                peer.send_rtcp(compound)
            for subscription in peer.feed.subscriptions:
                self.start_picture(subscription, peer)
