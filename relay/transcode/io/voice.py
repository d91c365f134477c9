"""A voice made as small as speech can be: Opus in, Opus of 60 ms out."""

from fractions import Fraction

import av
import av.error
from av.audio.codeccontext import AudioCodecContext
from av.audio.frame import AudioFrame

from relay.transcode.plan.renditions import Rendition
from relay.transcode.plan.voice_intake import Sound, silence_before

SAMPLE_RATE = 48_000
FRAME_SAMPLES = 2_880
"""60 ms: 17 packets a second, whose headers cost less than the voice in them."""
EXPECTED_LOSS_PERCENT = 10
"""For in-band FEC (RFC 6716 section 2.1.7): each packet has the one before once more, coarsely.
libopus has no room for it in packets of 60 ms below 16 kbit/s, whatever is said here (measured)."""


class VoiceEncoder:
    """Opus packets in order in, (RTP time, packet) of each full frame out."""

    def __init__(self, rendition: Rendition) -> None:
        self.failed = 0
        """Packets that could not be decoded; they are silence."""
        self._rendition = rendition
        self._decoder = av.CodecContext.create("libopus", "r")
        self._resampler = av.AudioResampler(format="s16", layout="mono", rate=SAMPLE_RATE)
        self._fifo = av.AudioFifo()
        self._encoder = opened_encoder(rendition)
        self._start_ts: int | None = None
        """Of the first sample in the fifo."""
        self._end_ts = 0
        self._given = 0

    def push(self, sound: Sound) -> list[tuple[int, bytes]]:
        """Take the next packet."""
        missing = 0 if self._start_ts is None else silence_before(sound.ts, self._end_ts)
        if self._start_ts is None or missing is None:
            self._begin(sound.ts)
            missing = 0
        if missing:
            self._write(_silence(missing))
        for frame in self._decoded(sound.data):
            self._write(frame)
        return self._encoded()

    def _begin(self, ts: int) -> None:
        self._fifo = av.AudioFifo()
        self._start_ts = self._end_ts = ts

    def _write(self, frame: AudioFrame) -> None:
        frame.pts = None
        self._fifo.write(frame)
        self._end_ts = (self._end_ts + frame.samples) & 0xFFFFFFFF

    def _decoded(self, data: bytes) -> list[AudioFrame]:
        try:
            frames = self._decoder.decode(av.Packet(data))
            return [one for frame in frames for one in self._resampler.resample(frame)]
        except av.error.FFmpegError:
            self.failed += 1
            return []

    def _encoded(self) -> list[tuple[int, bytes]]:
        made = []
        while self._start_ts is not None:
            whole = self._fifo.read(FRAME_SAMPLES)
            if whole is None:
                break
            whole.pts, whole.time_base = self._given, Fraction(1, SAMPLE_RATE)
            self._given += FRAME_SAMPLES
            data = b"".join(bytes(packet) for packet in self._encoder.encode(whole))
            if data:
                made.append((self._start_ts, data))
            self._start_ts = (self._start_ts + FRAME_SAMPLES) & 0xFFFFFFFF
        return made


def opened_encoder(rendition: Rendition) -> AudioCodecContext:
    """libopus for speech; what is made of each frame comes out before the next goes in."""
    context = av.CodecContext.create("libopus", "w")
    assert isinstance(context, AudioCodecContext)
    context.sample_rate, context.layout, context.format = SAMPLE_RATE, "mono", "s16"
    context.bit_rate, context.time_base = rendition.bps, Fraction(1, SAMPLE_RATE)
    context.options = {
        "application": "voip",
        "frame_duration": "60",
        "vbr": "constrained",
        "fec": "1",
        "packet_loss": str(EXPECTED_LOSS_PERCENT),
    }
    return context


def _silence(samples: int) -> AudioFrame:
    frame = AudioFrame(format="s16", layout="mono", samples=samples)
    frame.sample_rate = SAMPLE_RATE
    for plane in frame.planes:
        plane.update(bytes(plane.buffer_size))
    return frame
