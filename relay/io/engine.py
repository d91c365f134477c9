"""The engine in C behind its port: commands by place, news from its rings.

Keys stay with us until the engine has taken their peer out: it holds only their addresses.
"""

import asyncio
import os
import time
from collections import deque
from collections.abc import Callable, Sequence

from relay.engine._binding import CODECS, NOTHING, STREAM_ADDRESS_PARTS, Core
from relay.forwarding.ladder import EVERY_PICTURE
from relay.forwarding.pressure import Load
from relay.forwarding.probing import probe_seconds
from relay.forwarding.publication import PublicationSpec
from relay.forwarding.subscription import SubscriptionSpec
from relay.io.engine_figures import EngineFigures
from relay.io.engine_load import LoadMeter
from relay.io.engine_metrics import EngineMetrics
from relay.io.engine_news import EngineNews
from relay.io.engine_specs import NO_RTX, publication_values, subscription_values
from relay.io.places import Places
from relay.io.srtp_library import session_address, srtp_calls
from relay.io.tcp_port import TcpPort
from relay.io.udp_port import UdpPort
from relay.ports import (
    Address,
    EngineListener,
    PeerKeys,
    PeerSigns,
    PublicationStats,
    PublisherStats,
    SubscriberStats,
)
from relay.sdp.negotiated import IceCredentials, NegotiatedMedia
from streamsvc.base.clock import Clock
from streamsvc.base.errors import InvariantBroken
from streamsvc.base.media import Codec, PacketSink
from streamsvc.base.tasks import TaskScope

COUNT_SECONDS = 2.0
NO_LISTENER = 0
STALL_SECONDS = 0.5
"""How long control waits for a full command queue; an engine that needs longer is stuck."""
SUBSCRIPTIONS_OF_A_PEER = 8
PUBLICATIONS_OF_A_PEER = 2


class NativeEngine:
    """`relay.ports.Engine`. All calls on the event loop that `start`ed it."""

    def __init__(
        self,
        port: UdpPort,
        clock: Clock,
        sink: PacketSink,
        max_peers: int,
        tcp_port: TcpPort | None = None,
    ) -> None:
        self._port = port
        self._tcp_port = tcp_port
        self._clock = clock
        self._meter = LoadMeter(clock.now())
        self._sink = sink
        self._max_peers = max_peers
        self._peers = Places(max_peers)
        self._ice = Places(max_peers)
        self._publications = Places(PUBLICATIONS_OF_A_PEER * max_peers)
        self._subscriptions = Places(SUBSCRIPTIONS_OF_A_PEER * max_peers)
        self._sources: dict[int, int | None] = {}
        self._targets: dict[int, tuple[str | None, int]] = {}
        """What feeds each subscription and at which layer it aims: a command that changes nothing
        is not sent, since steering repeats itself every second."""
        self._specs: dict[int, SubscriptionSpec] = {}
        self._codecs: dict[int, Codec] = {}
        self._numbers: dict[int, tuple[int, ...]] = {}
        """Publications and subscriptions of each peer."""
        self._keys: dict[int, PeerKeys] = {}
        self._former_keys: deque[tuple[int, PeerKeys]] = deque()
        """Of removed peers, until the engine has applied as many commands."""
        self._commanded = 0
        self._figures = EngineFigures(self._set_allowance, self._set_link, self._set_beat)
        self._metrics = EngineMetrics()
        self._scope = TaskScope("engine")
        self._wakes: tuple[int, int] | None = None
        self._started_core: Core | None = None
        self._news: EngineNews | None = None

    # ---- life

    def start(self, listener: EngineListener) -> None:
        """See `Engine`. Raises EnvironmentFault `srtp-library`."""
        calls = srtp_calls()
        flags = os.EFD_NONBLOCK | os.EFD_CLOEXEC
        wake_engine, wake_control = self._wakes = os.eventfd(0, flags), os.eventfd(0, flags)
        core = Core(
            socket=self._port.fileno(),
            listener=self._tcp_port.fileno() if self._tcp_port else NO_LISTENER,
            wake_engine=wake_engine,
            wake_control=wake_control,
            max_peers=self._max_peers,
            max_streams=self._tcp_port.max_streams if self._tcp_port else 0,
            srtp=calls,
        )
        self._started_core = core
        self._news = EngineNews(
            core=core,
            wake=wake_control,
            listener=listener,
            sink=self._sink,
            figures=self._figures,
            clock=self._clock,
        )
        asyncio.get_running_loop().add_reader(wake_control, self._on_news)
        core.start()
        self._scope.start("count", self._count_forever())

    async def close(self) -> None:
        """See `Engine`."""
        if self._wakes is None:
            self._close_ports()
            return
        for peer in list(self._numbers):
            self.remove_peer(peer)
        await self._scope.close()
        self._core.stop()
        asyncio.get_running_loop().remove_reader(self._wakes[1])
        self._on_news()
        self._metrics.count(self.counters())
        for wake in self._wakes:
            os.close(wake)
        self._wakes = None
        self._keys.clear()
        self._former_keys.clear()
        self._close_ports()

    def _close_ports(self) -> None:
        self._port.close()
        if self._tcp_port is not None:
            self._tcp_port.close()

    @property
    def _core(self) -> Core:
        if self._started_core is None:
            raise InvariantBroken("the engine was used before it was started")
        return self._started_core

    def _on_news(self) -> None:
        if self._news is not None:
            self._news.read()
        applied = self._core.applied
        while self._former_keys and self._former_keys[0][0] <= applied:
            self._former_keys.popleft()

    async def _count_forever(self) -> None:
        while True:
            await asyncio.sleep(COUNT_SECONDS)
            self._metrics.count(self.counters())

    def send_control(self, datagram: bytes, address: Address) -> None:
        """See `Engine`."""
        if len(address) == STREAM_ADDRESS_PARTS:
            stream = address[2]
            self._command(lambda: self._core.send_stream(stream, datagram))
        else:
            self._port.send(datagram, address)

    def _command(self, push: Callable[[], bool]) -> None:
        """Write a command; a full queue is waited for, since nothing may be lost on the way."""
        if not push():
            give_up_at = time.monotonic() + STALL_SECONDS
            while not push():
                if time.monotonic() > give_up_at:
                    raise InvariantBroken("the engine applies no commands")
                time.sleep(0.001)
        self._commanded += 1

    # ---- ICE

    def open_name(self, session: int, credentials: IceCredentials) -> None:
        """See `Engine`. Raises Overload `relay-full`."""
        place = self._ice.find(session)
        if place is None:
            place = self._ice.take(session)
        ufrag, password = credentials.ufrag, credentials.pwd.encode()
        self._command(lambda: self._core.open_name(place, session, ufrag, password))

    def close_name(self, ufrag: str) -> None:
        """See `Engine`."""
        self._command(lambda: self._core.close_name(ufrag))

    def close_ice(self, session: int) -> None:
        """See `Engine`."""
        place = self._ice.give_back(session)
        if place is not None:
            self._command(lambda: self._core.close_ice(place))

    # ---- peers

    def add_publisher(
        self, peer: int, ssrc: int, published: Sequence[tuple[NegotiatedMedia, PublicationSpec]]
    ) -> None:
        """See `Engine`."""
        numbers = tuple(spec.number for _, spec in published)
        place = self._peers.take(peer)
        publications = []
        for media, spec in published:
            its_place = self._publications.take(spec.number)
            self._codecs[spec.number] = spec.codec
            publications.append((its_place, publication_values(media, spec)))
        self._numbers[peer] = numbers
        self._figures.add_publisher(peer, numbers, self._clock.now())
        self._command(lambda: self._core.add_publisher(place, peer, ssrc, publications))

    def add_subscriber(self, peer: int, subscriptions: Sequence[SubscriptionSpec]) -> None:
        """See `Engine`."""
        numbers = tuple(spec.number for spec in subscriptions)
        place = self._peers.take(peer)
        values = []
        for spec in subscriptions:
            self._specs[spec.number] = spec
            values.append((self._subscriptions.take(spec.number), subscription_values(spec)))
        self._numbers[peer] = numbers
        self._figures.add_subscriber(peer, numbers, self._clock.now())
        self._command(lambda: self._core.add_subscriber(place, peer, values))

    def connect_peer(self, peer: int, session: int, keys: PeerKeys, address: Address) -> None:
        """See `Engine`."""
        place = self._peers.find(peer)
        if place is None:
            return
        self._keys[peer] = keys
        inbound, outbound = session_address(keys.inbound), session_address(keys.outbound)
        self._command(lambda: self._core.connect_peer(place, session, inbound, outbound, address))

    def measured_handshake(self, peer: int, round_trip: float) -> None:
        """See `Engine`."""
        self._figures.measured_handshake(peer, round_trip)

    def set_address(self, peer: int, address: Address) -> None:
        """See `Engine`."""
        place = self._peers.find(peer)
        if place is not None:
            self._figures.moved(peer)
            self._command(lambda: self._core.set_address(place, address))

    def remove_peer(self, peer: int) -> None:
        """See `Engine`."""
        place = self._peers.give_back(peer)
        if place is None:
            return
        numbers = self._numbers.pop(peer)
        if self._news is not None:
            self._news.close_taps(numbers)
        self._command(lambda: self._core.remove_peer(place))
        if peer in self._keys:
            self._former_keys.append((self._commanded, self._keys.pop(peer)))
        for number in numbers:
            self._publications.give_back(number)
            self._subscriptions.give_back(number)
            self._specs.pop(number, None)
            self._sources.pop(number, None)
            self._targets.pop(number, None)
            self._codecs.pop(number, None)
        self._figures.remove(peer)

    # ---- what flows

    def set_source(self, subscription: int, publication: int | None) -> None:
        """See `Engine`."""
        place = self._subscriptions.find(subscription)
        is_known = subscription in self._sources
        if place is None or (is_known and self._sources[subscription] == publication):
            return
        self._sources[subscription] = publication
        self._targets.pop(subscription, None)
        source, codec, types = self._source(subscription, publication)
        number, rtx_number = types[0], types[1] or NO_RTX
        self._command(lambda: self._core.set_source(place, source, codec, number, rtx_number))

    def _source(
        self, subscription: int, publication: int | None
    ) -> tuple[int, int, tuple[int, int | None]]:
        """Place of what feeds it, codec of the layers it takes of that, and their payload types;
        nothing where the viewer's m-line has agreed to no such codec."""
        nothing = (NOTHING, 0, (0, None))
        if publication is None:
            return nothing
        place, codec = self._publications.find(publication), self._codecs.get(publication)
        if place is None or codec is None:
            return nothing
        media = self._specs[subscription].media
        taken = media.taken_of(codec)
        return nothing if taken is None else (place, CODECS[taken], media.alternatives[taken])

    def set_target_layer(
        self, subscription: int, rid: str | None, most_temporal: int = EVERY_PICTURE
    ) -> None:
        """See `Engine`."""
        place = self._subscriptions.find(subscription)
        target = rid, most_temporal
        if place is None or self._targets.get(subscription) == target:
            return
        self._targets[subscription] = target
        self._command(lambda: self._core.set_target(place, rid, most_temporal))

    def set_copies(self, peer: int, copies: int, after_ms: int) -> None:
        """See `Engine`."""
        place = self._peers.find(peer)
        if place is not None:
            self._command(lambda: self._core.set_copies(place, copies, after_ms))

    def set_picture_copies(self, peer: int, after_ms: int, most_temporal: int) -> None:
        """See `Engine`."""
        place = self._peers.find(peer)
        if place is not None:
            self._command(lambda: self._core.set_picture_copies(place, after_ms, most_temporal))

    def set_voice_within(self, peer: int, within_ms: int) -> None:
        """See `Engine`."""
        place = self._peers.find(peer)
        if place is not None:
            self._command(lambda: self._core.set_voice_within(place, within_ms))

    def set_muted(self, publication: int, *, is_muted: bool) -> None:
        """See `Engine`."""
        place = self._publications.find(publication)
        if place is not None:
            self._command(lambda: self._core.set_muted(place, is_muted))

    def set_tapped(
        self, publication: int, *, is_tapped: bool, is_every_layer: bool = False
    ) -> None:
        """See `Engine`."""
        place = self._publications.find(publication)
        if place is not None:
            self._command(lambda: self._core.set_tapped(place, is_tapped, is_every_layer))

    def request_keyframe(self, publication: int) -> None:
        """See `Engine`."""
        place = self._publications.find(publication)
        if place is not None:
            self._command(lambda: self._core.request_keyframe(place))

    def set_feed(self, publication: int, rid: str | None) -> None:
        """See `Engine`."""
        place = self._publications.find(publication)
        if place is not None:
            self._command(lambda: self._core.set_feed(place, rid))

    def request_feed_keyframe(self, publication: int) -> None:
        """See `Engine`."""
        place = self._publications.find(publication)
        if place is not None:
            self._command(lambda: self._core.feed_keyframe(place))

    def put_made(
        self, publication: int, rid: str, packet: bytes, codec: Codec = Codec.H264
    ) -> None:
        """See `Engine`."""
        place = self._publications.find(publication)
        if place is not None:
            self._command(lambda: self._core.put_made(place, rid, CODECS[codec], packet))

    def drop_made(self, publication: int, rid: str) -> None:
        """See `Engine`."""
        place = self._publications.find(publication)
        if place is not None:
            self._command(lambda: self._core.drop_made(place, rid))

    def _set_allowance(self, peer: int, bps: int) -> None:
        place = self._peers.find(peer)
        if place is not None:
            self._command(lambda: self._core.set_allowance(place, bps))

    def _set_link(self, peer: int, bps: int, pace_bps: int) -> None:
        place = self._peers.find(peer)
        if place is not None:
            self._command(lambda: self._core.set_link(place, bps, pace_bps))

    def limit(self, peer: int, most_bps: int | None, *, is_satellite: bool) -> None:
        """See `Engine`."""
        self._figures.limit(peer, most_bps, is_satellite=is_satellite)

    def probe(self, peer: int) -> None:
        """See `Engine`."""
        wanted = self._figures.begin_probe(peer, self._clock.now())
        if wanted is not None:
            self.begin_probe(peer, *wanted)

    def begin_probe(self, peer: int, bps: int, reports: int = 1) -> None:
        """See `Engine`."""
        place, length_ms = self._peers.find(peer), int(1000 * probe_seconds(bps))
        if place is not None:
            self._command(lambda: self._core.begin_probe(place, bps, length_ms, reports))

    def _set_beat(self, peer: int, seconds: int) -> None:
        place = self._peers.find(peer)
        if place is not None:
            self._command(lambda: self._core.set_beat(place, seconds))

    # ---- statistics

    def load(self) -> Load:
        """See `Engine`."""
        return self._meter.load(self._core.counters(), self._clock.now())

    @property
    def is_settled(self) -> bool:
        """Whether every command so far was applied."""
        return self._core.applied >= self._commanded

    def counters(self) -> dict[str, int]:
        """Since the start, by the names of `relay.engine`, and what never reached the engine."""
        return {**self._core.counters(), "socket_full": self._port.overflowed}

    def publisher_stats(self, peer: int) -> PublisherStats | None:
        """See `Engine`."""
        return self._figures.publisher_stats(peer, self._clock.now())

    def subscriber_stats(self, peer: int) -> SubscriberStats | None:
        """See `Engine`."""
        return self._figures.subscriber_stats(peer, self._clock.now())

    def take_told(self) -> list[int]:
        """See `Engine`."""
        return self._figures.take_told()

    def signs(self, peer: int) -> PeerSigns | None:
        """See `Engine`."""
        place = self._peers.find(peer)
        entry = None if place is None else self._core.board_entry(place, peer)
        return None if entry is None else PeerSigns._make(entry)

    def unheard(self, before: float) -> list[int]:
        """See `Engine`."""
        return list(self._core.unheard(before))

    def publication_stats(self, publication: int) -> PublicationStats | None:
        """See `Engine`."""
        return self._figures.publication_stats(publication, self._clock.now())
