"""One published track: packets in, samples on the axis out."""

from typing import Protocol

from recorder.plan import opus
from recorder.plan.samples import Picture, VoiceSample
from recorder.plan.timeline import PublicationClock, SourceClock
from recorder.plan.voice import SAMPLES_PER_MS, VoiceLine
from streamsvc.base.depacketize.frames import Frame, FrameAssembler, PayloadFormat
from streamsvc.base.depacketize.h264 import H264Payload
from streamsvc.base.depacketize.reorder import WAIT_MS, Gap, ReorderBuffer
from streamsvc.base.depacketize.rtp import RtpPacket, is_rtcp, parse_rtp, sender_reports
from streamsvc.base.depacketize.vp8 import Vp8Payload
from streamsvc.base.media import CLOCK_RATE, Codec, MediaKind

PAYLOAD_FORMATS: dict[Codec, type[H264Payload | Vp8Payload]] = {
    Codec.H264: H264Payload,
    Codec.VP8: Vp8Payload,
}

_LATE_PACKETS = 500
"""Ten seconds of voice: so long a way that became shorter is still taken for a long one."""


class PictureTranscoder(Protocol):
    """Makes H.264 pictures of others; each comes out with the time it went in with."""

    def push(self, picture: Picture) -> list[Picture]:
        """Take one picture in decoding order."""

    def flush(self) -> list[Picture]:
        """What is still inside."""


class Source:
    """One SSRC of a track: packets in order, and their time."""

    def __init__(
        self, ssrc: int, codec: Codec, kind: MediaKind, clock: PublicationClock, wait_ms: float
    ) -> None:
        self.ssrc = ssrc
        self.clock = SourceClock(CLOCK_RATE[codec], kind, clock)
        self.reorder = ReorderBuffer(wait_ms)


class InboundTrack:
    """What picture and voice have in common. A new SSRC is a new source of the same track."""

    wait_ms = WAIT_MS
    """How long a missing packet is waited for. Who is live sets it to less, before any packet."""

    def __init__(self, codec: Codec, kind: MediaKind, clock: PublicationClock) -> None:
        self.lost_packets = 0
        self._codec = codec
        self._kind = kind
        self._publication_clock = clock
        self._source: Source | None = None

    def push(self, packet: bytes, arrival_ms: float) -> None:
        """Take one RTP or RTCP packet."""
        if is_rtcp(packet):
            self._take_reports(packet, arrival_ms)
            return
        parsed = parse_rtp(packet, arrival_ms)
        if parsed is None:
            return
        if self._source is None or self._source.ssrc != parsed.ssrc:
            self._change_source(parsed.ssrc)
        if self._source is not None:
            self._take_all(self._source.reorder.push(parsed), self._source)

    def advance(self, now_ms: float) -> None:
        """Give up on packets that were waited for long enough."""
        if self._source is not None:
            self._take_all(self._source.reorder.expire(now_ms), self._source)

    def flush(self) -> None:
        """Nothing more comes from this source."""
        if self._source is not None:
            self._take_all(self._source.reorder.flush(), self._source)

    def _take_reports(self, packet: bytes, arrival_ms: float) -> None:
        for report in sender_reports(packet):
            if self._source is not None and report.ssrc == self._source.ssrc:
                self._source.clock.report(report, arrival_ms)

    def _change_source(self, ssrc: int) -> None:
        if self._source is not None:
            self.flush()
            self._gap(1)
        self._source = Source(ssrc, self._codec, self._kind, self._publication_clock, self.wait_ms)

    def _take_all(self, released: list[RtpPacket | Gap], source: Source) -> None:
        for item in released:
            if isinstance(item, Gap):
                self.lost_packets += item.packets
                self._gap(item.packets)
            else:
                self._packet(item, source)

    def _gap(self, packets: int) -> None:
        raise NotImplementedError

    def _packet(self, packet: RtpPacket, source: Source) -> None:
        raise NotImplementedError


class VoiceTrack(InboundTrack):
    """Opus: packets become a gapless row in `line`; new samples wait in `samples`."""

    def __init__(self, clock: PublicationClock, line: VoiceLine) -> None:
        super().__init__(Codec.OPUS, MediaKind.AUDIO, clock)
        self.lost_ms = 0.0
        self.late_ms = 0.0
        """So far behind its place on the axis voice comes of late; it falls slowly."""
        self.samples: list[VoiceSample] = []
        self._line = line
        self._usual_ms = opus.FILL_SAMPLES / SAMPLES_PER_MS

    def _gap(self, packets: int) -> None:
        self.lost_ms += packets * self._usual_ms

    def _packet(self, packet: RtpPacket, source: Source) -> None:
        samples = opus.packet_samples(packet.payload)
        if samples == 0:
            return
        self._usual_ms = samples / SAMPLES_PER_MS
        media_ms = source.clock.media_ms(packet.ts, packet.arrival_ms)
        late_ms = packet.arrival_ms - media_ms
        self.late_ms = max(late_ms, self.late_ms + (late_ms - self.late_ms) / _LATE_PACKETS)
        self.samples += self._line.push(packet.payload, media_ms)


class PictureTrack(InboundTrack):
    """H.264 or VP8: packets become pictures, which wait in `pictures`."""

    def __init__(
        self, codec: Codec, clock: PublicationClock, transcoder: PictureTranscoder | None
    ) -> None:
        super().__init__(codec, MediaKind.VIDEO, clock)
        self.pictures: list[Picture] = []
        payload_format: PayloadFormat = PAYLOAD_FORMATS[codec]()
        self._assembler = FrameAssembler(payload_format)
        self._transcoder = transcoder

    @property
    def is_waiting(self) -> bool:
        """True while nothing can be shown until a keyframe comes."""
        return self._assembler.is_waiting

    def flush(self) -> None:
        """See InboundTrack; also empties the transcoder."""
        super().flush()
        if self._transcoder is not None:
            self.pictures += self._transcoder.flush()

    def _gap(self, packets: int) -> None:
        self._assembler.gap()

    def _packet(self, packet: RtpPacket, source: Source) -> None:
        self._take_frames(self._assembler.push(packet), source)

    def _take_frames(self, frames: list[Frame], source: Source) -> None:
        for frame in frames:
            at_ms = source.clock.media_ms(frame.ts, frame.arrival_ms)
            picture = Picture(at_ms, frame.data, frame.is_keyframe, frame.config)
            if self._transcoder is None:
                self.pictures.append(picture)
            else:
                self.pictures += self._transcoder.push(picture)
