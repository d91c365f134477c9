"""The child's work where its publication is a voice: packets in, packets of a small voice out."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from relay.transcode.io.line import Line
from relay.transcode.io.voice import VoiceEncoder
from relay.transcode.plan import messages
from relay.transcode.plan.outgoing import Outgoing
from relay.transcode.plan.voice_intake import Sound, VoiceIntake
from streamsvc.base.errors import ProtocolError
from streamsvc.base.tap import TapControl, TapPacket, encode_control, encode_packet

BEAT_SECONDS = 0.5
WAIT_SECONDS = 0.1


@dataclass
class Made:
    """A small voice at work."""

    wanted: messages.Wanted
    encoder: VoiceEncoder
    outgoing: Outgoing


class VoiceChild:
    """`run()` until the parent is gone. Nothing waits here but for packets that are missing."""

    def __init__(self, line: Line, now: Callable[[], float] = time.monotonic) -> None:
        self._line = line
        self._now = now
        self._opened: messages.Opened | None = None
        self._intake = VoiceIntake()
        self._made: list[Made] = []
        self._beat_at = float("-inf")
        self._decoded = self._given = self._skipped = 0

    def run(self) -> None:
        """Raises ProtocolError when the parent says what it should not."""
        while not self._line.is_over:
            self.work()

    def work(self) -> None:
        """One round: everything that came."""
        self._line.wait(WAIT_SECONDS)
        for frame in self._line.receive():
            if isinstance(frame, TapPacket):
                self._take(self._intake.push(frame.packet, frame.arrival_ms))
            else:
                self._control(frame)
        self._take(self._intake.expire(self._now() * 1000))
        self._beat()

    def _control(self, control: TapControl) -> None:
        if control.type == "open":
            self._opened = messages.opened(control.fields)
        elif control.type == "renditions":
            self._want(messages.wanted(control.fields))

    def _want(self, wanted: list[messages.Wanted]) -> None:
        if self._opened is None:
            raise ProtocolError("tap-control-malformed", type="renditions")
        there = {made.wanted.number: made for made in self._made}
        self._made = [there.get(one.number) or self._begin(one, self._opened) for one in wanted]

    @staticmethod
    def _begin(wanted: messages.Wanted, opened: messages.Opened) -> Made:
        its = wanted.ssrc, opened.payload_type, wanted.seq, wanted.rendition.codec
        return Made(wanted, VoiceEncoder(wanted.rendition), Outgoing(*its))

    def _take(self, sounds: Iterable[Sound]) -> None:
        for sound in sounds:
            self._decoded += 1
            for made in self._made:
                for ts, data in made.encoder.push(sound):
                    self._send(made, ts, data, int(sound.arrival_ms))

    def _send(self, made: Made, ts: int, data: bytes, arrival_ms: int) -> None:
        number, seq = made.wanted.number, made.outgoing.seq
        packets = made.outgoing.packets(data, ts)
        if self._line.send(b"".join(encode_packet(number, arrival_ms, one) for one in packets)):
            self._given += 1
            return
        made.outgoing.seq = seq  # nobody has seen this number
        self._skipped += 1

    def _beat(self) -> None:
        now = self._now()
        if self._opened is None or now - self._beat_at < BEAT_SECONDS:
            return
        self._beat_at = now
        beat = messages.Beat(
            is_waiting=False,
            decoded=self._decoded,
            made=self._given,
            skipped=self._skipped + sum(made.encoder.failed for made in self._made),
            lost=self._intake.lost,
            behind_ms=0.0,
        )
        self._line.send(encode_control("beat", **beat.fields()))
