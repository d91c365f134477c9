"""Everything that comes from one publisher, and everything that is said back to it.

Drive rule: `receive` each RTP packet, `receive_rtcp` each compound, and drain `due` at least every
20 ms; what it returns is RTCP to be encrypted and sent, in order.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from relay.forwarding.uplink import Uplink
from relay.rtp import rtcp
from relay.rtp.extensions import element
from relay.rtp.header import PacketView, write_header
from relay.rtp.rtcp_feedback import write_fir, write_nack, write_pli, write_remb
from relay.rtp.rtcp_reports import (
    MAX_BLOCKS,
    ReceiverReport,
    SenderReport,
    write_receiver_report,
    write_source_description,
)
from relay.sdp.negotiated import NegotiatedMedia
from streamsvc.base.media import MediaKind
from tests.support.engine_model.inbound_packet import InboundPacket
from tests.support.engine_model.keyframe_requests import TAPPED_INTERVAL_SECONDS, KeyframeRequests
from tests.support.engine_model.layer import Layer
from tests.support.engine_model.publication import Publication
from tests.support.engine_model.source_table import Source, SourceTable
from tests.support.engine_model.transport_feedback import TransportFeedback

REPORT_SECONDS = 1.0
_CNAME = "streamsvc"


@dataclass(frozen=True, slots=True)
class Arrived:
    """A new media packet, and where it belongs."""

    publication: Publication
    layer: Layer
    packet: InboundPacket


@dataclass(slots=True)
class _LayerCare:
    """What a layer still wants from its encoder."""

    source: Source
    keyframes: KeyframeRequests
    given_up: int = 0
    fir_count: int = 0


class PublisherFeed:
    """One publisher: `ssrc` is ours, for the RTCP we send."""

    def __init__(
        self, ssrc: int, published: Sequence[tuple[NegotiatedMedia, Publication]], now: float
    ) -> None:
        self.publications = [publication for _, publication in published]
        self.sources = SourceTable(published)
        self.uplink = Uplink()
        self.fraction_lost = 0.0
        """Over all its layers in the last second, 0 to 1, before repairs."""
        self._ssrc = ssrc
        self._media = {media.payload_type: media for media, _ in published}
        self._media |= {m.rtx_payload_type: m for m, _ in published if m.rtx_payload_type}
        self._care: dict[int, _LayerCare] = {}
        self._totals = (0, 0)
        self._wants_remb = any("goog-remb" in media.feedback for media, _ in published)
        uses_transport_cc = any(media.extensions.transport_cc for media, _ in published)
        self._transport = TransportFeedback(ssrc) if uses_transport_cc else None
        self._reported_at = now - 0.9 * REPORT_SECONDS  # the first report goes out early

    # ---- from the publisher

    def receive(self, packet: bytes, now: float) -> Arrived | None:
        """Take in one RTP packet; None if it is a duplicate, a probe or not known.
        Raises ProtocolError `rtp-malformed`."""
        view = PacketView(packet)
        self._note_transport(view, now)
        source = self.sources.find(view, now)
        if source is None:
            return None
        if source.is_rtx:
            original = _unwrapped(view, source)
            if original is None:
                return None
            view = PacketView(original)
        return self._arrived(source, view, now)

    def _arrived(self, source: Source, view: PacketView, now: float) -> Arrived | None:
        layer = source.layer
        received = layer.receive(view, now, is_repaired=source.is_rtx)
        if received is None:
            return None
        care = self._care_of(source)
        if layer.keyframe is received:
            care.keyframes.keyframe_began()
        return Arrived(source.publication, layer, received)

    def _care_of(self, source: Source) -> _LayerCare:
        care = self._care.get(source.layer.ssrc)
        if care is None or care.source.layer is not source.layer:
            self._drop_stale_care()
            care = _LayerCare(source, KeyframeRequests())
            self._care[source.layer.ssrc] = care
        return care

    def _drop_stale_care(self) -> None:
        for ssrc, care in list(self._care.items()):
            layer = care.source.layer
            if care.source.publication.layers.get(layer.rid) is not layer:
                del self._care[ssrc]

    def _note_transport(self, view: PacketView, now: float) -> None:
        if self._transport is None:
            return
        media = self._media.get(view.payload_type)
        value = element(view, media.extensions.transport_cc) if media else None
        if value is not None and len(value) == 2:
            self._transport.received(int.from_bytes(value, "big"), view.ssrc, now)

    def receive_rtcp(self, compound: bytes, now: float, wall_ms: int) -> list[Source]:
        """Take in a compound; returns the sources whose sender reports it carries.
        Raises ProtocolError `rtcp-malformed`."""
        found = []
        for message in rtcp.parse(compound):
            if not isinstance(message, SenderReport):
                continue
            source = self.sources.by_ssrc(message.ssrc)
            if source is not None and not source.is_rtx:
                self.sources.offset.sender_report(message.ntp_time, wall_ms)
                source.layer.sender_report(message, now)
                found.append(source)
        return found

    # ---- to the publisher

    def want_keyframe(self, layer: Layer) -> None:
        """Somebody needs a key frame of this layer."""
        care = self._care.get(layer.ssrc)
        if care is not None and layer.kind is MediaKind.VIDEO:
            care.keyframes.want()

    def due(self, now: float) -> list[bytes]:
        """RTCP to send now."""
        feedback = b"".join(self._repairs_wanted(now))
        reports = b""
        if now - self._reported_at >= REPORT_SECONDS:
            self._reported_at = now
            reports = self._reports(now)
        elif feedback:
            # a compound begins with a report, RFC 3550 §6.1
            reports = write_receiver_report(ReceiverReport(self._ssrc))
        packets = [reports + feedback] if reports else []
        transport = self._transport.due(now) if self._transport else None
        if transport is not None:
            packets.append(write_receiver_report(ReceiverReport(self._ssrc)) + transport)
        return packets

    def _repairs_wanted(self, now: float) -> Iterator[bytes]:
        for ssrc, care in self._care.items():
            layer, media = care.source.layer, care.source.media
            missing = layer.nacks.due(now)
            if missing and "nack" in media.feedback:
                seqs = [ext_seq & 0xFFFF for ext_seq in missing]
                yield write_nack(self._ssrc, ssrc, seqs)
            if layer.kind is MediaKind.VIDEO and not _is_stopped(care.source, now):
                yield self._keyframe_request(care, now)

    def _keyframe_request(self, care: _LayerCare, now: float) -> bytes:
        layer = care.source.layer
        if layer.nacks.given_up > care.given_up:
            care.given_up = layer.nacks.given_up
            care.keyframes.want()
        publication = care.source.publication
        is_recorded = publication.is_tapped and publication.tapped is layer
        if is_recorded and layer.keyframe_age(now) >= TAPPED_INTERVAL_SECONDS:
            care.keyframes.want()
        if not care.keyframes.due(now):
            return b""
        if "nack pli" in care.source.media.feedback:
            return write_pli(self._ssrc, layer.ssrc)
        care.fir_count += 1
        return write_fir(self._ssrc, layer.ssrc, care.fir_count)

    def _lost_since(self, layers: list[Layer]) -> tuple[int, int]:
        """Packets of all layers since the last call, and how many of them the link lost."""
        expected = sum(layer.stats.expected for layer in layers)
        lost = sum(layer.stats.lost for layer in layers)
        before, self._totals = self._totals, (expected, lost)
        # totals shrink when a layer is replaced
        more = max(0, expected - before[0])
        return more, min(more, max(0, lost - before[1]))

    def _reports(self, now: float) -> bytes:
        layers = [care.source.layer for care in self._care.values()][:MAX_BLOCKS]
        blocks = tuple(layer.stats.report(layer.ssrc, now) for layer in layers)
        expected, lost = self._lost_since(layers)
        self.fraction_lost = lost / expected if expected else 0.0
        received_bps = sum(layer.rate.bps(now) for layer in layers)
        allowance = self.uplink.update(expected, lost, received_bps, now)
        packets = write_receiver_report(ReceiverReport(self._ssrc, blocks))
        packets += write_source_description(self._ssrc, _CNAME)
        video = [layer.ssrc for layer in layers if layer.kind is MediaKind.VIDEO]
        if self._wants_remb and self._transport is None and video:
            packets += write_remb(self._ssrc, allowance, video)
        return packets


def _unwrapped(view: PacketView, source: Source) -> bytes | None:
    """The packet that a retransmission carries (RFC 4588 §4); None for a probe without one."""
    payload = view.payload
    if len(payload) <= 2:
        return None
    head = write_header(
        payload_type=source.media.payload_type,
        is_marked=view.is_marked,
        seq=payload[0] << 8 | payload[1],
        ts=view.ts,
        ssrc=source.layer.ssrc,
    )
    return head + bytes(payload[2:])


def _is_stopped(source: Source, now: float) -> bool:
    """It is silent, and another layer of its picture is not."""
    layers = source.publication.layers.values()
    return not source.layer.is_live(now) and any(layer.is_live(now) for layer in layers)
