"""A publication's packets to encoded pictures in order, as many as may wait. Pure."""

from collections import deque

from streamsvc.base.depacketize.frames import Frame, FrameAssembler, PayloadFormat
from streamsvc.base.depacketize.h264 import H264Payload
from streamsvc.base.depacketize.reorder import Gap, ReorderBuffer
from streamsvc.base.depacketize.rtp import RtpPacket, is_rtcp, parse_rtp
from streamsvc.base.depacketize.vp8 import Vp8Payload
from streamsvc.base.media import Codec

FORMATS: dict[Codec, type[PayloadFormat]] = {Codec.H264: H264Payload, Codec.VP8: Vp8Payload}
MOST_PICTURES = 64
"""Waiting: over a second of any camera."""
MOST_BYTES = 4 << 20


class Intake:
    """Drive rule: `push()` for each packet, `expire()` whenever time has passed, `next()` as long
    as there is something to do.

    Too many waiting pictures give way to the newest key frame; where there is none, nothing is
    given out until one comes. `arrival_ms` and `now_ms` are of one clock that never jumps.
    """

    def __init__(self, codec: Codec, patience_ms: float) -> None:
        """`patience_ms`: how long a missing packet is waited for. KeyError: no picture's codec."""
        self.skipped = 0
        """Pictures that were whole and were left out."""
        self._patience_ms = patience_ms
        self._assembler = FrameAssembler(FORMATS[codec]())
        self._order = ReorderBuffer(patience_ms)
        self._lost_before = 0
        self._ssrc: int | None = None
        self._pictures: deque[Frame] = deque()
        self._bytes = 0

    @property
    def lost(self) -> int:
        """Packets that never came."""
        return self._lost_before + self._order.lost

    @property
    def wants_keyframe(self) -> bool:
        """Nothing more can be decoded until a key frame comes."""
        return self._assembler.is_waiting and not self._pictures

    def push(self, packet: bytes, arrival_ms: float) -> None:
        """Take one packet; what is not RTP is left out."""
        if is_rtcp(packet):
            return
        parsed = parse_rtp(packet, arrival_ms)
        if parsed is None:
            return
        if parsed.ssrc != self._ssrc:
            self._begin(parsed.ssrc)
        for item in self._order.push(parsed):
            self._take(item)

    def _begin(self, ssrc: int) -> None:
        """Another sender; its numbers have nothing to do with those before."""
        self._ssrc = ssrc
        self._lost_before += self._order.lost
        self._order = ReorderBuffer(self._patience_ms)
        self._assembler.gap()

    def expire(self, now_ms: float) -> None:
        """Give up packets that were waited for long enough."""
        for item in self._order.expire(now_ms):
            self._take(item)

    def _take(self, item: RtpPacket | Gap) -> None:
        if isinstance(item, Gap):
            self._assembler.gap()
            return
        for frame in self._assembler.push(item):
            self._pictures.append(frame)
            self._bytes += len(frame.data)
        if len(self._pictures) > MOST_PICTURES or self._bytes > MOST_BYTES:
            self.skip_ahead()

    def next(self) -> Frame | None:
        """The next picture to decode; None while there is none."""
        if not self._pictures:
            return None
        frame = self._pictures.popleft()
        self._bytes -= len(frame.data)
        return frame

    def first_arrival_ms(self) -> float | None:
        """When the next picture came."""
        return self._pictures[0].arrival_ms if self._pictures else None

    def skip_ahead(self, since_ms: float = float("-inf")) -> None:
        """Leave out what waits, up to its newest key frame; all, where it has none, or that one
        came before `since_ms` or is what comes next anyway."""
        waiting = list(self._pictures)
        keyframes = [place for place, frame in enumerate(waiting) if frame.is_keyframe]
        first = keyframes[-1] if keyframes else 0
        if first == 0 or waiting[first].arrival_ms < since_ms:
            first = len(waiting)
        self.skipped += first
        self._pictures = deque(waiting[first:])
        self._bytes = sum(len(frame.data) for frame in self._pictures)
        if not self._pictures:
            self._assembler.gap()

    def await_keyframe(self) -> None:
        """What comes next can't be decoded: leave it out up to a key frame."""
        while self._pictures and not self._pictures[0].is_keyframe:
            self._bytes -= len(self._pictures.popleft().data)
            self.skipped += 1
        if not self._pictures:
            self._assembler.gap()
