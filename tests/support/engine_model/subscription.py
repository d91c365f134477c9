"""One subscriber's view of one slot: packets of whatever feeds it, as one continuous stream."""

from dataclasses import dataclass

from relay.forwarding.subscription import SubscriptionSpec
from relay.rtp.header import write_header
from relay.rtp.rtcp_reports import ReportBlock, SenderReport
from relay.rtp.seqnum import ts_delta
from streamsvc.base.clock import ntp_from_wall_ms
from streamsvc.base.media import MediaKind
from tests.support.engine_model.inbound_packet import InboundPacket
from tests.support.engine_model.layer import Layer
from tests.support.engine_model.munger import Munger
from tests.support.engine_model.nack_responder import NackResponder, RepairBudget, Sent, SentRing
from tests.support.engine_model.outbound_extensions import OutboundExtensions
from tests.support.engine_model.publication import Publication
from tests.support.engine_model.temporal import EVERY_PICTURE
from tests.support.engine_model.thinning import Thinning
from tests.support.engine_model.vp8_munger import Vp8Munger

_RING = {MediaKind.AUDIO: 256, MediaKind.VIDEO: 512}
"""Packets that can be sent again; powers of two, so that a number has one place."""


@dataclass(slots=True)
class SubscriptionCounts:
    """What was sent, and what the receiver says about it."""

    packets: int = 0
    octets: int = 0
    received: int = 0
    """Packets the receiver reports, in total."""
    highest_seq: int | None = None
    packets_lost: int = 0
    fraction_lost: float = 0.0


@dataclass(slots=True)
class _Rtx:
    ssrc: int
    ext_seq: int
    packets: int = 0
    octets: int = 0


@dataclass(slots=True)
class _Source:
    """What feeds the slot now."""

    publication: Publication | None = None
    target_rid: str | None = None
    layer: Layer | None = None
    payload_type: int = 0
    rtx_payload_type: int | None = None


class Subscription:
    """Set the source, choose the layer, then `forward` its packets."""

    def __init__(self, spec: SubscriptionSpec, budget: RepairBudget) -> None:
        media = spec.media
        self.spec = spec
        self.kind = media.kind
        self.counts = SubscriptionCounts()
        self.extensions = OutboundExtensions(media.extensions, media.mid)
        clock_rate = 48_000 if media.kind is MediaKind.AUDIO else 90_000
        self._munger = Munger(clock_rate, spec.first_seq, spec.first_ts)
        self._vp8 = Vp8Munger()
        self._thinning = Thinning()
        self._source = _Source()
        self._ring = SentRing(_RING[media.kind])
        self.repairs = NackResponder(self._ring, budget, media.kind)
        self._rtx = _Rtx(media.rtx_ssrc, spec.first_rtx_seq)
        self._clock_rate = clock_rate
        self._ssrc = media.ssrc
        self._skipped = 0

    # ---- what feeds it

    @property
    def publication(self) -> Publication | None:
        """The publication that feeds the slot."""
        return self._source.publication

    @property
    def layer(self) -> Layer | None:
        """The layer being forwarded."""
        return self._source.layer

    @property
    def target_rid(self) -> str | None:
        """RID of the layer to forward; None: nothing is to be forwarded."""
        return self._source.target_rid

    def set_source(self, publication: Publication | None) -> None:
        """Feed the slot from here on by `publication`; nothing flows until a layer is chosen."""
        payload_types = None
        if publication is not None:
            payload_types = self.spec.media.alternatives.get(publication.spec.codec)
        if publication is None or payload_types is None:
            self._source = _Source()
        else:
            self._source = _Source(publication, None, None, *payload_types)

    def set_target(self, rid: str | None, most_temporal: int = EVERY_PICTURE) -> None:
        """Move to this layer at its next key frame; None stops at once. Pictures of a higher
        temporal id are left out, from the next one on that allows it."""
        self._thinning.wanted = most_temporal
        self._source.target_rid = rid
        if rid is None:
            self._source.layer = None

    def interrupt(self) -> None:
        """Packets were or will be left out on purpose: begin a new segment with the next ones."""
        self._source.layer = None

    @property
    def is_waiting(self) -> bool:
        """Whether a key frame of the target layer is needed before it can be shown."""
        source = self._source
        if source.publication is None or source.target_rid is None:
            return False
        return source.layer is not source.publication.layers.get(source.target_rid)

    def can_start_at(self, packet: InboundPacket) -> bool:
        """Whether a past key frame would move the stream forward in time, as it must."""
        last = self._munger.last_arrival
        return last is None or packet.arrival > last

    # ---- packets

    def forward(self, layer: Layer, packet: InboundPacket, send_time: bytes) -> bytes | None:
        """The packet in this subscriber's numbers, not yet encrypted; None if it is not for it."""
        source = self._source
        if layer is not source.layer:
            if layer.rid != source.target_rid or not packet.starts_keyframe:
                return None
            self._switch(layer, packet)
        is_late = self._munger.is_late(packet.ext_seq)
        if not is_late:
            self._thinning.move(packet)
        most = self._thinning.at(packet.ext_seq)
        if most is None:
            return None
        is_left_out = packet.place.temporal_id > most
        if is_left_out and not is_late:
            self._munger.leave_out(packet.ext_seq, packet.ts)
            return None
        numbers = self._munger.munge(packet.ext_seq, packet.ts, packet.arrival)
        if numbers is None:
            return None
        if is_left_out:  # its number was kept: a gap would never close
            return self._written(packet, numbers, (b"", b""), send_time)
        payload, descriptor = packet.payload, b""
        if packet.descriptor is not None:
            payload = self._vp8.munge(packet, self._munger.pictures_left_out(packet.ext_seq))
            descriptor = payload[: packet.descriptor.length]
        return self._written(packet, numbers, (payload, descriptor), send_time)

    def _switch(self, layer: Layer, packet: InboundPacket) -> None:
        hint = self._switch_hint(layer, packet.ts)
        self._munger.switch(packet.ext_seq, packet.ts, packet.arrival, hint)
        self._thinning.begin(packet.ext_seq)
        self._vp8.switch()
        self._source.layer = layer

    def _switch_hint(self, layer: Layer, ts: int) -> int | None:
        """Outbound timestamp of the new layer's `ts` by the publisher's own clock, which tells
        more exactly than arrivals when its pictures were taken."""
        before = self._source.layer
        wall_ms = layer.clock.wall_ms(ts)
        if before is None or wall_ms is None:
            return None
        same_instant = before.clock.ts_at(wall_ms)
        if same_instant is None:
            return None
        return (same_instant + self._munger.ts_shift) & 0xFFFFFFFF

    def _written(
        self,
        packet: InboundPacket,
        numbers: tuple[int, int],
        content: tuple[bytes, bytes],
        send_time: bytes,
    ) -> bytes:
        (out_ext_seq, out_ts), (payload, descriptor) = numbers, content
        is_empty = bool(packet.payload) and not payload
        written = (
            write_header(
                payload_type=self._source.payload_type,
                is_marked=packet.is_marked and not is_empty,
                seq=out_ext_seq,
                ts=out_ts,
                ssrc=self._ssrc,
                extension=self.extensions.block(send_time),
            )
            + payload
        )
        kept = written if self.kind is MediaKind.AUDIO else b""
        self._ring.put(Sent(out_ext_seq, out_ts, packet, descriptor, kept, is_empty))
        self.counts.packets += 1
        self.counts.octets += len(payload)
        return written

    def repair(
        self, seqs: tuple[int, ...], now: float, round_trip: float, send_time: bytes
    ) -> list[bytes]:
        """Answer a NACK: voice byte for byte again, pictures as RTX (RFC 4588) where agreed."""
        chosen = self.repairs.answer(seqs, now, round_trip)
        if self.kind is MediaKind.AUDIO:
            # an SRTP packet with the same number must have the same bytes, or GCM is broken
            return [sent.packet for sent in chosen]
        payload_type = self._source.rtx_payload_type
        if payload_type is None:
            return []
        return [self._retransmission(sent, payload_type, send_time) for sent in chosen]

    def _retransmission(self, sent: Sent, payload_type: int, send_time: bytes) -> bytes:
        payload = sent.descriptor + sent.source.payload[len(sent.descriptor) :]
        if sent.is_empty:
            payload = b""
        head = write_header(
            payload_type=payload_type,
            is_marked=sent.source.is_marked,
            seq=self._rtx.ext_seq,
            ts=sent.ts,
            ssrc=self._rtx.ssrc,
            extension=self.extensions.block(send_time),
        )
        self._rtx.ext_seq += 1
        self._rtx.packets += 1
        self._rtx.octets += len(payload) + 2
        return head + (sent.out_ext_seq & 0xFFFF).to_bytes(2, "big") + payload

    # ---- reports

    def sender_report(self, now: float, wall_ms: int) -> SenderReport | None:
        """Our clocks for this SSRC; None before its first packet."""
        if not self._munger.is_started:
            return None
        return SenderReport(
            ssrc=self._ssrc,
            ntp_time=ntp_from_wall_ms(wall_ms),
            rtp_time=self._rtp_time(now, wall_ms),
            packet_count=self.counts.packets,
            octet_count=self.counts.octets,
        )

    def _rtp_time(self, now: float, wall_ms: int) -> int:
        """The publisher's own clock where it is known: voice and picture stay together."""
        layer = self._source.layer
        at_source = layer.clock.ts_at(wall_ms) if layer is not None else None
        if at_source is not None:
            return (at_source + self._munger.ts_shift) & 0xFFFFFFFF
        elapsed = now - (self._munger.last_arrival or now)
        return (self._munger.last_ts + int(elapsed * self._clock_rate)) & 0xFFFFFFFF

    def reported(self, block: ReportBlock) -> tuple[int, int]:
        """The receiver's report on this SSRC: packets since its last one, and how many of them the
        link lost. What its publisher lost was never sent and is not counted."""
        self.extensions.acknowledge()
        counts = self.counts
        before, counts.highest_seq = counts.highest_seq, block.highest_seq
        lost = block.packets_lost - counts.packets_lost
        counts.packets_lost = block.packets_lost
        skipped, self._skipped = self._munger.take_skipped() + self._skipped, 0
        if before is None:
            return 0, 0
        expected = ts_delta(block.highest_seq, before)
        if expected <= 0:
            self._skipped = skipped  # for the report that will speak of them
            return 0, 0
        counts.received += max(0, expected - lost)
        link_lost = min(expected, max(0, lost - skipped))
        counts.fraction_lost = link_lost / expected
        return expected, link_lost
