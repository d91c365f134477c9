"""One encoding of a published track: its statistics, its last packets, its key frames."""

from dataclasses import replace

from relay.rtp.header import PacketView
from relay.rtp.rtcp_reports import SenderReport
from relay.rtp.seqnum import Unwrapper
from streamsvc.base.errors import ProtocolError
from streamsvc.base.media import CLOCK_RATE, Codec, MediaKind
from tests.support.engine_model import h264, vp8
from tests.support.engine_model.inbound_packet import InboundPacket
from tests.support.engine_model.media_clock import MediaClock, WallOffset
from tests.support.engine_model.nack_generator import NackGenerator
from tests.support.engine_model.packet_cache import AUDIO_PACKETS, VIDEO_PACKETS, PacketCache
from tests.support.engine_model.payload import picture_pixels
from tests.support.engine_model.rate_meter import RateMeter
from tests.support.engine_model.receive_stats import ReceiveStats
from tests.support.engine_model.temporal import (
    EVERY_PICTURE,
    KEYFRAME,
    TemporalPattern,
    TemporalPlace,
)

_NEAR_PACKETS = 16
"""A picture's late packet finds the others across so large a gap."""
LIVE_SECONDS = 1.0
"""Without packets for this long, and for 2.5 of its pictures, it was stopped by its encoder."""
SLOWEST_SECONDS = 1.5
"""Between pictures; after more than that it had stopped."""
BURST_BYTES = 40_000
"""A key frame and what follows it is sent from the cache up to this size..."""
BURST_SECONDS = 2.0
"""...and age; beyond, a new key frame is cheaper for everybody."""


class Layer:
    """Packets of one SSRC. `receive` is the only way in."""

    def __init__(self, ssrc: int, rid: str, codec: Codec, offset: WallOffset) -> None:
        self.ssrc = ssrc
        self.rid = rid
        self.codec = codec
        self.kind = MediaKind.AUDIO if codec is Codec.OPUS else MediaKind.VIDEO
        self.clock = MediaClock(CLOCK_RATE[codec], offset)
        self.stats = ReceiveStats(CLOCK_RATE[codec])
        self.rate = RateMeter()
        self.nacks = NackGenerator()
        self.pixels = 0
        self.keyframe: InboundPacket | None = None
        """First packet of the last key frame (video)."""
        self.last_packet_at = float("-inf")
        self._uncounted: set[int] = set()
        self._gap = 0.0
        self._newest_ts = 0
        self.repaired_packets = 0
        self._unwrapper = Unwrapper()
        is_audio = self.kind is MediaKind.AUDIO
        self._cache = PacketCache(AUDIO_PACKETS if is_audio else VIDEO_PACKETS)
        self._has_parameter_sets = False
        self._bytes_at_keyframe = 0
        self._pattern = TemporalPattern()
        self.has_lost_pattern = False
        """Pictures may refer to what was left out: a key frame is wanted."""

    def receive(self, view: PacketView, now: float, *, is_repaired: bool) -> InboundPacket | None:
        """Take a packet in; None for a duplicate, or one that is too old to be of use."""
        ext_seq = self._unwrapper.peek(view.seq)
        payload = view.payload
        packet = InboundPacket(
            ext_seq=ext_seq,
            ts=view.ts,
            is_marked=view.is_marked,
            payload=bytes(payload),
            arrival=now,
            starts_keyframe=self._starts_keyframe(payload),
            descriptor=self._descriptor(payload),
            packet=bytes(view.packet),
        )
        if not self._cache.put(packet):
            self._note_late(view, ext_seq, now, is_repaired=is_repaired)
            return None
        packet = replace(packet, place=self._place(packet))
        if self._unwrapper.highest is None or ext_seq > self._unwrapper.highest:
            self._note_gap(view.ts, now)
        self._cache.amend(packet)
        self._unwrapper.extend(view.seq)
        if is_repaired:
            self._uncounted.add(ext_seq)
        was_asked = self.nacks.received(ext_seq, now)
        self.stats.received(ext_seq, view.ts, now, is_repaired=is_repaired or was_asked)
        self.rate.add(len(view.packet), now)
        self.last_packet_at = now
        self.repaired_packets += is_repaired
        if packet.starts_keyframe and self.kind is MediaKind.VIDEO:
            self._note_keyframe(packet, payload)
        return packet

    def _starts_keyframe(self, payload: memoryview) -> bool:
        if self.codec is Codec.H264:
            if h264.is_parameter_set(payload):
                self._has_parameter_sets = True
                return True
            # an IDR is a start only for encoders that never send parameter sets in band
            return not self._has_parameter_sets and h264.is_keyframe_start(payload)
        return self.codec is Codec.OPUS or vp8.is_keyframe_start(payload)

    def _descriptor(self, payload: memoryview) -> vp8.Descriptor | None:
        if self.codec is not Codec.VP8 or not payload:
            return None
        try:
            return vp8.descriptor(payload)
        except ProtocolError:
            return None

    # ---- temporal layers

    def _place(self, packet: InboundPacket) -> TemporalPlace:
        place = TemporalPlace()
        if self.codec is Codec.H264:
            place = self._h264_place(packet)
        elif packet.descriptor is not None:
            found = packet.descriptor
            temporal_id = min(found.temporal_id, EVERY_PICTURE)
            opens = temporal_id if found.is_layer_sync else 0
            place = TemporalPlace(temporal_id, found.is_frame_start, opens)
        return KEYFRAME if packet.starts_keyframe else place

    def _h264_place(self, packet: InboundPacket) -> TemporalPlace:
        highest = self._unwrapper.highest
        is_new = highest is None or packet.ext_seq > highest
        is_next = highest is not None and packet.ext_seq == highest + 1
        if h264.is_prelude(memoryview(packet.payload)):
            # without its slices a browser would wait for the rest of it
            return TemporalPlace(EVERY_PICTURE, is_next, is_prelude=True)
        newest = highest if is_new else None
        neighbors = [] if highest is None else self._neighbors(packet.ext_seq, newest)
        for other in neighbors:
            if other.ts == packet.ts:
                return TemporalPlace(other.place.temporal_id)
        idc = h264.reference_idc(memoryview(packet.payload))
        is_picture = is_new and bool(packet.payload)
        if is_picture and not self._pattern.note(
            idc, is_keyframe=packet.starts_keyframe, is_after_gap=not is_next
        ):
            self.has_lost_pattern = True
        temporal_id = self._pattern.temporal_id(idc)
        # nothing after a picture of id 0 refers to what was before it
        return TemporalPlace(
            temporal_id, is_picture and is_next, EVERY_PICTURE if temporal_id == 0 else 0
        )

    def _neighbors(self, ext_seq: int, highest: int | None) -> list[InboundPacket]:
        """The nearest packets there are: the newest one of a new packet, of a late one those on
        both sides."""
        before = ext_seq - 1 if highest is None else highest
        ways = [range(before, before - _NEAR_PACKETS, -1)]
        if highest is None:
            ways.append(range(ext_seq + 1, ext_seq + 1 + _NEAR_PACKETS))
        nearest = (
            next((there for n in way if n > 0 and (there := self._telling(n))), None)
            for way in ways
        )
        return [there for there in nearest if there is not None]

    def _telling(self, ext_seq: int) -> InboundPacket | None:
        """This packet, if it is there and knows its picture."""
        there = self._cache.find(ext_seq)
        return None if there is None or there.place.is_prelude else there

    def _note_keyframe(self, packet: InboundPacket, payload: memoryview) -> None:
        if self.keyframe is not None and packet.ext_seq <= self.keyframe.ext_seq:
            return
        self.keyframe = packet
        self._bytes_at_keyframe = self.rate.total_bytes - len(packet.packet)
        self.pixels = picture_pixels(self.codec, payload) or self.pixels

    def sender_report(self, report: SenderReport, now: float) -> None:
        """The source's clocks."""
        self.clock.sender_report(report.ntp_time, report.rtp_time)
        self.stats.sender_report(report.ntp_time, now)

    def is_live(self, now: float) -> bool:
        """Whether packets still come (video; a microphone may pause)."""
        return now - self.last_packet_at < max(LIVE_SECONDS, 2.5 * self._gap)

    def _note_late(self, view: PacketView, ext_seq: int, now: float, *, is_repaired: bool) -> None:
        """What was sent again, and came by itself after that, was late and not lost."""
        if is_repaired or ext_seq not in self._uncounted or self.find(ext_seq) is None:
            return
        self._uncounted.remove(ext_seq)
        self.stats.received(ext_seq, view.ts, now, is_repaired=False)

    def _note_gap(self, ts: int, now: float) -> None:
        """How far apart pictures come: known at once where it is more, forgotten slowly."""
        gap = now - self.last_packet_at
        if ts != self._newest_ts and gap <= SLOWEST_SECONDS:
            self._gap = max(gap, self._gap - (self._gap - gap) / 8)
        self._newest_ts = ts

    def keyframe_age(self, now: float) -> float:
        """Seconds since the last key frame began; infinite before the first."""
        return now - self.keyframe.arrival if self.keyframe else float("inf")

    def since_keyframe(self, now: float) -> list[InboundPacket] | None:
        """The cached packets since the last key frame; None where asking for a new one is better:
        they are many, old, or one is missing."""
        highest = self._unwrapper.highest
        if self.keyframe is None or highest is None or self.keyframe_age(now) > BURST_SECONDS:
            return None
        if self.rate.total_bytes - self._bytes_at_keyframe > BURST_BYTES:
            return None
        return self._cache.run(self.keyframe.ext_seq, highest)

    def find(self, ext_seq: int) -> InboundPacket | None:
        """A packet of the past, if it is still cached."""
        return self._cache.find(ext_seq)
