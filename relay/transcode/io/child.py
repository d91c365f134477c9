"""The child's work: packets of one publication in, packets of its renditions out. One thread."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from av.video.frame import VideoFrame

from relay.transcode.io.decoder import Decoder
from relay.transcode.io.encoder import RenditionEncoder
from relay.transcode.io.line import Line
from relay.transcode.plan import messages
from relay.transcode.plan.intake import Intake
from relay.transcode.plan.outgoing import Outgoing
from relay.transcode.plan.renditions import Rendition
from relay.transcode.plan.source_time import SourceTime
from relay.transcode.plan.turns import TOO_LATE_MS, Lateness, RenditionTurns, Turn, lateness
from streamsvc.base.depacketize.frames import Frame
from streamsvc.base.errors import ProtocolError
from streamsvc.base.media import Codec
from streamsvc.base.tap import TapControl, TapPacket, encode_control, encode_packet

BEAT_MS = 500.0
ASK_AGAIN_MS = 500.0
"""For a key frame of the source."""
IDLE_SECONDS = 0.1


def monotonic_ms() -> float:
    """Milliseconds of the clock that both processes share and that never jumps."""
    return time.monotonic() * 1000


@dataclass
class Made:
    """A rendition at work."""

    wanted: messages.Wanted
    turns: RenditionTurns
    encoder: RenditionEncoder
    outgoing: Outgoing
    size: tuple[int, int] = (0, 0)


class Child:
    """`run()` until the parent is gone. Times are of the monotonic clock, which both share."""

    def __init__(self, line: Line, now_ms: Callable[[], float] = monotonic_ms) -> None:
        self._line = line
        self._now_ms = now_ms
        self._opened: messages.Opened | None = None
        self._intake: Intake | None = None
        self._decoder: Decoder | None = None
        self._time = SourceTime()
        self._made: list[Made] = []
        self._asked_ms = self._beat_ms = float("-inf")
        self._decoded = self._pictures = self._skipped = 0
        self._behind_ms = 0.0

    def run(self) -> None:
        """Raises ProtocolError when the parent says what it should not."""
        while not self._line.is_over:
            self.work()

    def work(self) -> None:
        """One round: everything that came, then one picture, so that the next round sees first what
        came meanwhile."""
        has_work = self._intake is not None and self._intake.first_arrival_ms() is not None
        self._line.wait(0 if has_work else IDLE_SECONDS)
        for frame in self._line.receive():
            if isinstance(frame, TapPacket):
                self._packet(frame)
            else:
                self._control(frame)
        if self._intake is not None and self._decoder is not None:
            self._step(self._intake, self._decoder)
        self._beat()

    # ---- from the parent

    def _packet(self, frame: TapPacket) -> None:
        if self._intake is not None:
            self._intake.push(frame.packet, frame.arrival_ms)

    def _control(self, control: TapControl) -> None:
        match control.type:
            case "open":
                self._open(messages.opened(control.fields))
            case "renditions":
                self._want(messages.wanted(control.fields))
            case "keyframe":
                number = control.fields.get("number")
                for made in self._made:
                    if made.wanted.number == number:
                        made.turns.ask_for_keyframe()

    def _open(self, opened: messages.Opened) -> None:
        self._opened = opened
        self._intake = Intake(opened.codec, opened.patience_ms)
        self._decoder = Decoder(opened.codec, opened.largest_pixels)

    def _want(self, wanted: list[messages.Wanted]) -> None:
        if self._opened is None:
            raise ProtocolError("tap-control-malformed", type="renditions")
        there = {made.wanted.number: made for made in self._made}
        kept = [there.get(one.number) or self._begin(one, self._opened) for one in wanted]
        self._made = sorted(kept, key=lambda made: -made.wanted.rendition.lines)

    @staticmethod
    def _begin(wanted: messages.Wanted, opened: messages.Opened) -> Made:
        return Made(
            wanted,
            RenditionTurns(wanted.rendition, opened.keyframe_seconds),
            RenditionEncoder(wanted.rendition),
            Outgoing(wanted.ssrc, opened.payload_type, wanted.seq, wanted.rendition.codec),
        )

    # ---- one picture

    def _step(self, intake: Intake, decoder: Decoder) -> None:
        now = self._now_ms()
        intake.expire(now)
        arrival_ms = intake.first_arrival_ms()
        if arrival_ms is not None and lateness(now - arrival_ms) is Lateness.TOO_LATE:
            intake.skip_ahead(since_ms=now - TOO_LATE_MS)
        frame = intake.next()
        if frame is not None:
            self._behind_ms = max(self._behind_ms, now - frame.arrival_ms)
            self._transcode(frame, intake, decoder)
        if intake.wants_keyframe and now - self._asked_ms >= ASK_AGAIN_MS:
            self._asked_ms = now
            self._line.send(encode_control("keyframe"))

    def _transcode(self, frame: Frame, intake: Intake, decoder: Decoder) -> None:
        ticks = self._time.ticks(frame.ts, frame.arrival_ms)
        pictures = decoder.decode(frame.data, ticks)
        if pictures is None:
            self._skipped += 1
            intake.await_keyframe()
            return
        self._decoded += 1
        for picture in pictures:
            self._give_back(picture)

    def _give_back(self, picture: VideoFrame) -> None:
        came_as = self._time.came_as(picture.pts) if picture.pts is not None else None
        if picture.pts is None or came_as is None:
            return
        ticks, smaller = picture.pts, picture
        late = Lateness.NONE
        for made in self._made:
            late = max(late, lateness(self._now_ms() - came_as[1]))
            if late >= Lateness.LATE or (late is Lateness.LITTLE and made is not self._made[-1]):
                continue
            turn = made.turns.turn(ticks)
            if turn is Turn.SKIP:
                continue
            smaller = made.encoder.scaled(smaller)
            data = made.encoder.encode(
                smaller, ticks, rate=made.turns.rate, is_keyframe=turn is Turn.KEYFRAME
            )
            if data:
                self._send(made, data, (smaller.width, smaller.height), came_as)
        self._skipped += late >= Lateness.LATE

    def _send(
        self, made: Made, data: bytes, size: tuple[int, int], came_as: tuple[int, float]
    ) -> None:
        number, (ts, arrival_ms) = made.wanted.number, came_as
        frames = b""
        if size != made.size:
            frames = encode_control("rendition", number=number, width=size[0], height=size[1])
        seq = made.outgoing.seq
        for packet in made.outgoing.packets(data, ts):
            frames += encode_packet(number, int(arrival_ms), packet)
        if self._line.send(frames):
            made.size = size
            self._pictures += 1
            return
        made.outgoing.seq = seq  # nobody has seen these numbers
        made.turns.ask_for_keyframe()

    # ---- figures

    def _beat(self) -> None:
        now = self._now_ms()
        if self._intake is None or now - self._beat_ms < BEAT_MS:
            return
        self._beat_ms = now
        beat = messages.Beat(
            is_waiting=self._intake.wants_keyframe,
            decoded=self._decoded,
            made=self._pictures,
            skipped=self._skipped + self._intake.skipped,
            lost=self._intake.lost,
            behind_ms=round(self._behind_ms, 1),
        )
        self._behind_ms = 0.0
        self._line.send(encode_control("beat", **beat.fields()))


def warm_up() -> None:
    """Bring encoders and decoders into memory, before the first picture has to be in time."""
    rendition = Rendition("warm", 64, 50_000, 15, "veryfast")
    encoder = RenditionEncoder(rendition)
    picture = encoder.scaled(VideoFrame(128, 128, "yuv420p"))
    Decoder(Codec.H264, 128 * 128).decode(encoder.encode(picture, 0, rate=15, is_keyframe=True), 0)
