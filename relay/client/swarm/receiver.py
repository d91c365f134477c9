"""One viewer: a peer, the tracks it gets, and what it tells the server."""

import random
import time
from collections.abc import Callable

import pylibsrtp

from relay.client.swarm.arrivals import INTERVAL_SECONDS, Arrivals
from relay.client.swarm.counts import ViewerCounts
from relay.client.swarm.peer import Peer
from relay.client.swarm.plan import Estimate, Feedback
from relay.client.swarm.sampled_stream import SampledStream
from relay.client.swarm.stamp import read_stamp
from relay.client.swarm.viewer_feedback import HeardReport, nacks, next_report, report
from relay.rtp import rtcp
from relay.rtp.extensions import element
from relay.rtp.header import FIXED_HEADER_BYTES, PacketView, is_rtcp
from relay.rtp.rtcp_reports import SenderReport
from streamsvc.base.errors import ProtocolError
from streamsvc.base.media import MediaKind


class Receiver:
    """A pool's member. `on_first_packet` is called once."""

    def __init__(
        self, peer: Peer, feedback: Feedback, one_in: int, on_first_packet: Callable[[float], None]
    ) -> None:
        self.peer = peer
        self.is_counted = False
        """It was there at the last count, so that it is there throughout the next interval."""
        self._feedback = feedback
        self._one_in = one_in
        self._chance = random.Random()
        self._phase = self._chance.randrange(one_in)
        self._on_first_packet: Callable[[float], None] | None = on_first_packet
        self._streams: dict[int, SampledStream] = {}
        self._heard: dict[int, HeardReport] = {}
        self._counts = ViewerCounts()
        self._arrivals = Arrivals()
        self._report_at = self._arrivals_at = float("inf")
        peer.on_media = self._media

    # ---- for its pool

    @property
    def next_at(self) -> float:
        """See `Member`."""
        return min(self.peer.next_at, self._report_at, self._arrivals_at)

    @property
    def is_settled(self) -> bool:
        """See `Member`."""
        return self._on_first_packet is None

    def fileno(self) -> int:
        """See `Member`."""
        return self.peer.socket.fileno()

    def readable(self, now: float) -> None:
        """See `Member`."""
        self.peer.readable(now)

    def tick(self, now: float) -> None:
        """See `Member`."""
        self.peer.tick(now)
        if now >= self._report_at:
            self._tell(now)
            self._report_at = next_report(now, self._feedback, self._chance)
        if now >= self._arrivals_at:
            self._tell_arrivals(now)
            self._arrivals_at = now + INTERVAL_SECONDS

    # ---- what comes

    def _media(self, packet: bytes, arrived_ns: int, now: float) -> None:
        self._counts.arrived += 1
        if len(packet) < FIXED_HEADER_BYTES:
            return
        if self._on_first_packet is not None and not is_rtcp(packet):
            self._first_packet(now)
        if is_rtcp(packet):
            self._rtcp(packet, now - _since(arrived_ns))
        elif _seq(packet) & (self._one_in - 1) == self._phase:
            self._rtp(packet, arrived_ns, now)

    def _first_packet(self, now: float) -> None:
        """From here on the kernel counts, and we look at samples only."""
        if self._one_in > 1:
            self.peer.socket.sample(self._one_in, self._phase)
        if self._feedback.is_on:
            self._report_at = next_report(now, self._feedback, self._chance)
            if self._feedback.estimate is Estimate.TRANSPORT_CC:
                self._arrivals_at = now + INTERVAL_SECONDS
        tell, self._on_first_packet = self._on_first_packet, None
        if tell is not None:
            tell(now)

    def _rtp(self, packet: bytes, arrived_ns: int, now: float) -> None:
        keys, other = self.peer.keys, self.peer.other
        if keys is None or other is None:
            return
        try:
            plain = keys.inbound.unprotect(packet)
        except pylibsrtp.Error:
            self._counts.unreadable += 1
            return
        kind, is_repair = other.kinds.get(plain[1] & 0x7F, (MediaKind.VIDEO, True))
        if is_repair:
            return
        self._note_arrival(plain, other.tracks[kind].extensions.transport_cc)
        stamp = read_stamp(plain)
        ssrc = int.from_bytes(plain[8:12], "big")
        stream = self._streams.get(ssrc)
        if stream is None:
            stream = self._streams[ssrc] = SampledStream(ssrc, kind, self._one_in)
        stream.add(_seq(plain), stamp[0] if stamp else None, now)
        if stamp is not None:
            self._counts.delays.add((arrived_ns - stamp[1]) / 1e9)

    def _note_arrival(self, plain: bytes, extension: int) -> None:
        value = element(PacketView(plain), extension) if extension else None
        if value is not None:
            self._arrivals.saw(int.from_bytes(value, "big"))

    def _rtcp(self, packet: bytes, arrived_at: float) -> None:
        if self.peer.keys is None:
            return
        try:
            messages = rtcp.parse(self.peer.keys.inbound.unprotect_rtcp(packet))
        except (pylibsrtp.Error, ProtocolError):
            self._counts.unreadable += 1
            return
        for message in messages:
            if isinstance(message, SenderReport):
                middle = message.ntp_time >> 16 & 0xFFFFFFFF
                self._heard[message.ssrc] = HeardReport(middle, arrived_at)

    # ---- what goes

    def _tell(self, now: float) -> None:
        keys, streams = self.peer.keys, list(self._streams.values())
        if keys is None or not streams:
            return
        own_ssrc = self.peer.ssrcs[MediaKind.VIDEO]
        compound = report(own_ssrc, streams, self._heard, self._feedback, now)
        self.peer.send_media(keys.outbound.protect_rtcp(compound))
        for stream in streams:
            if stream.kind == MediaKind.VIDEO:
                self._ask_again(stream, own_ssrc, now)

    def _tell_arrivals(self, now: float) -> None:
        keys, streams = self.peer.keys, list(self._streams.values())
        if keys is None or not streams:
            return
        per_second = sum(stream.per_second() for stream in streams)
        own_ssrc = self.peer.ssrcs[MediaKind.VIDEO]
        message = self._arrivals.message(own_ssrc, streams[0].ssrc, per_second, now)
        self.peer.send_media(keys.outbound.protect_rtcp(message))

    def _ask_again(self, stream: SampledStream, own_ssrc: int, now: float) -> None:
        rate = stream.per_second()
        count = self._feedback.nack_share * rate / self._feedback.compounds_per_second
        message = nacks(own_ssrc, stream, now, count, self._chance)
        if message is not None and self.peer.keys is not None:
            self._counts.nacks_sent += 1
            self.peer.send_media(self.peer.keys.outbound.protect_rtcp(message))

    # ---- figures

    def take(self, now: float) -> ViewerCounts:
        """Counts since the last time."""
        counts, self._counts = self._counts, ViewerCounts()
        counts.arrived += self.peer.socket.take_dropped()
        counts.connected = int(self.peer.ice.has_consent(now))
        heard = set()
        for stream in self._streams.values():
            count = stream.take()
            if count is None:
                continue
            heard.add(stream.kind)
            counts.published += count.published
            counts.forwarded += count.forwarded
            counts.sampled += count.sampled
            counts.lost += count.missing * self._one_in
            counts.reordered += count.reordered
        if self.is_counted and self.peer.other is not None:
            counts.silent.update(set(self.peer.other.tracks) - heard)
        self.is_counted = True
        return counts


def _since(arrived_ns: int) -> float:
    return max(0.0, (time.time_ns() - arrived_ns) / 1e9)


def _seq(packet: bytes) -> int:
    return packet[2] << 8 | packet[3]
