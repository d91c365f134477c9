"""The voice in the forms that players take: Opus as it came, and AAC, encoded once a lesson."""

import io
from collections.abc import Callable
from fractions import Fraction
from functools import cache

import av
import av.container
import av.error

from recorder.broadcast.plan.row import VoiceRow
from recorder.io.muxer import opus_template
from recorder.plan.opus import SAMPLE_RATE
from recorder.plan.samples import VoiceSample

AAC_BPS = 64_000
_BASE = Fraction(1, SAMPLE_RATE)
_FRAME_SAMPLES = 1_024

Template = Callable[[], av.container.InputContainer]


class AacVoice:
    """Opus packets in, AAC packets out, on the same sample positions."""

    def __init__(self) -> None:
        self.failed = 0
        self._decoder = av.CodecContext.create("libopus", "r")
        self._encoder = _encoder()
        self._resampler = av.AudioResampler(format="fltp", layout="stereo", rate=SAMPLE_RATE)
        self._fifo = av.AudioFifo()
        self._position: int | None = None
        """Of the next sample that goes to the encoder."""
        self._end = 0
        """Of what it was given."""

    def push(self, sample: VoiceSample) -> list[VoiceSample]:
        """The next packet of the row; a packet that can't be decoded is silence, and so is a hole
        in the row: were it left out, all that follows would be too early for ever."""
        if self._position is None:
            self._position = self._end = sample.position
        if sample.end <= self._end:
            return []
        missing = max(0, sample.position - self._end)
        frames = [_silence(missing)] if missing else []
        for frame in frames + self._decoded(sample):
            frame.pts = None
            self._fifo.write(frame)
        self._end += missing + sample.samples
        return self._encoded(self._position)

    def _encoded(self, position: int) -> list[VoiceSample]:
        out: list[VoiceSample] = []
        while (whole := self._fifo.read(_FRAME_SAMPLES)) is not None:
            whole.pts, whole.time_base = position, _BASE
            position += _FRAME_SAMPLES
            for packet in self._encoder.encode(whole):
                out.append(VoiceSample(packet.pts or 0, _FRAME_SAMPLES, bytes(packet)))
        self._position = position
        return out

    def _decoded(self, sample: VoiceSample) -> list[av.AudioFrame]:
        """Exactly the packet's samples: else all that follows would shift."""
        try:
            decoded = self._decoder.decode(av.Packet(sample.data))
            frames = [one for frame in decoded for one in self._resampler.resample(frame)]
        except av.error.FFmpegError:
            self.failed += 1
            frames = []
        if sum(frame.samples for frame in frames) == sample.samples:
            return frames
        return [_silence(sample.samples)]


def _silence(samples: int) -> av.AudioFrame:
    frame = av.AudioFrame(format="fltp", layout="stereo", samples=samples)
    frame.sample_rate = SAMPLE_RATE
    for plane in frame.planes:
        plane.update(bytes(plane.buffer_size))
    return frame


def _encoder() -> av.AudioCodecContext:
    encoder = av.CodecContext.create("aac", "w")
    assert isinstance(encoder, av.AudioCodecContext)
    encoder.sample_rate, encoder.layout, encoder.format = SAMPLE_RATE, "stereo", "fltp"
    encoder.bit_rate, encoder.time_base = AAC_BPS, _BASE
    encoder.options = {"aac_coder": "fast"}
    return encoder


@cache
def aac_template() -> av.container.InputContainer:
    """A stereo AAC-LC stream, whose header the init section takes over."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as container:
        stream = container.add_stream("aac", rate=SAMPLE_RATE)
        stream.layout, stream.bit_rate = "stereo", AAC_BPS
        frame = _silence(_FRAME_SAMPLES)
        frame.pts = 0
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return av.open(io.BytesIO(buffer.getvalue()), "r")


class LessonVoice:
    """Both rows of one lesson. `extend` with the Opus packets, in order and without holes."""

    TEMPLATES: dict[str, Template] = {"aac": aac_template, "opus": opus_template}

    def __init__(self) -> None:
        self.rows = {audio: VoiceRow() for audio in self.TEMPLATES}
        self._aac = AacVoice()

    def extend(self, samples: list[VoiceSample]) -> None:
        """Take the next piece."""
        self.rows["opus"].extend(samples)
        for sample in samples:
            self.rows["aac"].extend(self._aac.push(sample))

    @property
    def end_ms(self) -> float:
        """Both are there up to here. The AAC encoder is a packet behind."""
        return min(row.end_ms for row in self.rows.values())
