"""The engine in Python: its commands. The way of the packets is in `packet_path.py`.

Deciding is in `relay.forwarding`; under `io` are the socket and the keys.
"""

import asyncio
import logging
from collections.abc import Sequence

from relay.forwarding.publication import Publication, PublicationSpec
from relay.forwarding.publisher_feed import PublisherFeed
from relay.forwarding.subscriber_feed import SubscriberFeed
from relay.forwarding.subscription import SubscriptionSpec
from relay.io import engine_stats
from relay.io.engine_peer import PublishedTrack, PublisherPeer, SubscriberPeer
from relay.io.engine_tables import Tables
from relay.io.packet_path import PacketPath
from relay.io.tap_switch import TapSwitch
from relay.io.udp_port import UdpPort
from relay.metrics import DATAGRAMS_DROPPED
from relay.ports import (
    Address,
    EngineListener,
    PeerKeys,
    PublicationStats,
    PublisherStats,
    SubscriberStats,
)
from relay.rtp.rtcp_reports import write_goodbye
from relay.sdp.negotiated import NegotiatedMedia
from streamsvc.base.clock import Clock
from streamsvc.base.errors import InvariantBroken, ProtocolError
from streamsvc.base.log import Aggregated
from streamsvc.base.media import PacketSink
from streamsvc.base.tasks import TaskScope

log = logging.getLogger("relay.engine")

TICK_SECONDS = 0.02
"""How often repairs and key frame requests are looked at."""


class PythonEngine:
    """`relay.ports.Engine` on one asyncio loop, which must also make all calls."""

    def __init__(self, port: UdpPort, clock: Clock, sink: PacketSink) -> None:
        self._port = port
        self._clock = clock
        self._sink = sink
        self.tables = Tables()
        """Read by the statistics and by measurements; changed by the commands alone."""
        self._scope = TaskScope("engine")
        self._malformed = Aggregated(log, "packets refused")
        self._listener: EngineListener | None = None
        self._started_path: PacketPath | None = None

    def start(self, listener: EngineListener) -> None:
        """See `Engine`."""
        self._listener = listener
        self._started_path = PacketPath(self.tables, self._clock, listener)
        self._port.start(self._on_datagram)
        self._scope.start("tick", self._tick_forever())

    async def close(self) -> None:
        """See `Engine`."""
        for peer in [*self.tables.publishers, *self.tables.subscribers]:
            self.remove_peer(peer)
        await self._scope.close()
        self._port.close()

    @property
    def _events(self) -> EngineListener:
        if self._listener is None:
            raise InvariantBroken("the engine was used before it was started")
        return self._listener

    @property
    def _path(self) -> PacketPath:
        if self._started_path is None:
            raise InvariantBroken("the engine was used before it was started")
        return self._started_path

    async def _tick_forever(self) -> None:
        while True:
            await asyncio.sleep(TICK_SECONDS)
            try:
                self._tick()
            except Exception:
                log.exception("! tick failed")  # the next one serves everybody again

    def _tick(self) -> None:
        for peer in self._path.tick():
            self._events.peer_failed(peer.number)
        self._port.count()

    # ---- the socket

    def send_control(self, datagram: bytes, address: Address) -> None:
        """See `Engine`."""
        self._port.send(datagram, address)

    def _on_datagram(self, datagram: bytes, address: Address, waited_seconds: float) -> None:
        now = self._clock.now() - waited_seconds
        if not datagram or not 128 <= datagram[0] <= 191:  # RFC 7983
            self._events.control_datagram(datagram, address, now)
            return
        peer = self.tables.by_address.get(address)
        if peer is None:
            DATAGRAMS_DROPPED.labels("stranger").inc()
            return
        try:
            self._path.on_media(peer, datagram, now)
        except ProtocolError as error:
            DATAGRAMS_DROPPED.labels("malformed").inc()
            self._malformed.note(now, error)
        except Exception:  # a bug of ours: it ends this one peer and nothing else
            log.exception("! peer failed", extra={"peer": peer.number})
            self._events.peer_failed(peer.number)

    # ---- peers

    def add_publisher(
        self, peer: int, ssrc: int, published: Sequence[tuple[NegotiatedMedia, PublicationSpec]]
    ) -> None:
        """See `Engine`."""
        now = self._clock.now()
        publications = [(media, Publication(spec)) for media, spec in published]
        feed = PublisherFeed(ssrc, publications, now)
        publisher = PublisherPeer(peer, self._port, now, feed)
        self.tables.publishers[peer] = publisher
        for _, publication in publications:
            tap = TapSwitch(publication, self._events, self._sink)
            track = PublishedTrack(publication, publisher, tap)
            self.tables.tracks[publication.spec.number] = track

    def add_subscriber(self, peer: int, subscriptions: Sequence[SubscriptionSpec]) -> None:
        """See `Engine`."""
        now = self._clock.now()
        feed = SubscriberFeed(subscriptions, now)
        self.tables.add_subscriber(SubscriberPeer(peer, self._port, now, feed))

    def connect_peer(self, peer: int, keys: PeerKeys, address: Address) -> None:
        """See `Engine`."""
        found = self.tables.peer(peer)
        if found is None:
            return
        found.connect(keys)
        self.tables.set_address(found, address)
        if isinstance(found, SubscriberPeer):
            for subscription in found.feed.subscriptions:
                self._path.start_picture(subscription, found)

    def set_address(self, peer: int, address: Address) -> None:
        """See `Engine`."""
        found = self.tables.peer(peer)
        if found is not None and found.is_connected:
            self.tables.set_address(found, address)

    def remove_peer(self, peer: int) -> None:
        """See `Engine`."""
        publisher = self.tables.publishers.pop(peer, None)
        if publisher is not None:
            self.tables.forget_address(publisher)
            for publication in publisher.feed.publications:
                self._remove_track(publication.spec.number)
        if peer in self.tables.subscribers:
            self._remove_subscriber(self.tables.subscribers[peer])

    def _remove_subscriber(self, subscriber: SubscriberPeer) -> None:
        subscriptions = subscriber.feed.subscriptions
        subscriber.send_rtcp(write_goodbye([s.spec.media.ssrc for s in subscriptions]))
        for subscription in subscriptions:
            self.set_source(subscription.spec.number, None)
        self.tables.forget_address(subscriber)
        self.tables.remove_subscriber(subscriber.number)

    def _remove_track(self, number: int) -> None:
        track = self.tables.tracks.pop(number)
        track.tap.close(self._clock.wall_ms())
        for subscription, _ in track.viewers:
            subscription.set_source(None)

    # ---- what flows

    def set_source(self, subscription: int, publication: int | None) -> None:
        """See `Engine`."""
        entry = self.tables.subscriptions.get(subscription)
        if entry is None:
            return
        before = entry[0].publication
        if before is not None and before.spec.number == publication:
            return  # to begin anew would cost everybody a key frame
        if before is not None:
            self.tables.tracks[before.spec.number].viewers.remove(entry)
        track = None if publication is None else self.tables.tracks.get(publication)
        entry[0].set_source(None if track is None else track.publication)
        if track is not None and entry[0].publication is not None:
            track.viewers.append(entry)

    def set_target_layer(self, subscription: int, rid: str | None) -> None:
        """See `Engine`."""
        entry = self.tables.subscriptions.get(subscription)
        if entry is None or entry[0].target_rid == rid:
            return
        entry[0].set_target(rid)
        self._path.start_picture(*entry)

    def set_muted(self, publication: int, *, is_muted: bool) -> None:
        """See `Engine`."""
        track = self.tables.tracks.get(publication)
        if track is None or track.publication.is_muted == is_muted:
            return
        track.publication.is_muted = is_muted
        self._path.update_tap(track)
        for subscription, subscriber in track.viewers:
            subscription.interrupt()
            self._path.start_picture(subscription, subscriber)

    def set_tapped(self, publication: int, *, is_tapped: bool) -> None:
        """See `Engine`."""
        track = self.tables.tracks.get(publication)
        if track is not None:
            track.publication.is_tapped = is_tapped
            self._path.update_tap(track)

    def request_keyframe(self, publication: int) -> None:
        """See `Engine`."""
        track = self.tables.tracks.get(publication)
        if track is None:
            return
        tapped = track.publication.tapped
        for layer in [tapped] if tapped else track.publication.live_layers(self._clock.now()):
            self._path.want_keyframe(track.publication, layer)

    # ---- statistics

    def publisher_stats(self, peer: int) -> PublisherStats | None:
        """See `Engine`."""
        found = self.tables.publishers.get(peer)
        return engine_stats.publisher_stats(found, self._clock.now()) if found else None

    def subscriber_stats(self, peer: int) -> SubscriberStats | None:
        """See `Engine`."""
        found = self.tables.subscribers.get(peer)
        return engine_stats.subscriber_stats(found) if found else None

    def publication_stats(self, publication: int) -> PublicationStats | None:
        """See `Engine`."""
        track = self.tables.tracks.get(publication)
        if track is None:
            return None
        return engine_stats.publication_stats(track.publication, self._clock.now())
