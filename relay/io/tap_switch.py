"""Sends one publication's best layer to the sink, as one track per layer it ever was."""

from relay.forwarding.inbound_packet import InboundPacket
from relay.forwarding.layer import Layer
from relay.forwarding.publication import Publication
from relay.ports import EngineListener
from streamsvc.base.media import PacketSink


class TapSwitch:
    """`update` often; give it every packet. Closing twice is harmless."""

    def __init__(
        self, publication: Publication, listener: EngineListener, sink: PacketSink
    ) -> None:
        self._publication = publication
        self._listener = listener
        self._sink = sink
        self._layer: Layer | None = None
        self._track_number: int | None = None

    def update(self, now: float, wall_ms: int) -> Layer | None:
        """Follow the best layer; returns it when it was changed, since it needs a key frame."""
        publication = self._publication
        is_wanted = publication.is_tapped and not publication.is_muted
        layer = publication.choose_tapped(now) if is_wanted else None
        if layer is self._layer:
            return None
        self.close(wall_ms)
        if layer is None:
            return None
        self._layer = layer
        self._track_number = self._listener.tap_opened(publication.spec.number, wall_ms)
        return layer

    def packet(self, layer: Layer, packet: InboundPacket, wall_ms: int) -> None:
        """One media packet."""
        if layer is self._layer and self._track_number is not None:
            self._sink.packet(self._track_number, wall_ms, packet.packet)

    def sender_report(self, layer: Layer, compound: bytes, wall_ms: int) -> None:
        """One RTCP compound with this layer's sender report."""
        if layer is self._layer and self._track_number is not None:
            self._sink.packet(self._track_number, wall_ms, compound)

    def close(self, wall_ms: int) -> None:
        """End the track, if one is open."""
        if self._track_number is not None:
            self._listener.tap_closed(self._track_number, wall_ms)
        self._track_number = None
        self._layer = None
