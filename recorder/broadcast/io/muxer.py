"""Parts to fMP4 bytes: with pictures by the recorder's muxer, the voice alone likewise."""

import io
from fractions import Fraction

import av
import av.container

from recorder.broadcast.io.voices import LessonVoice
from recorder.broadcast.plan.cutter import CutPart
from recorder.io.muxer import OPTIONS, SectionMuxer, media_boxes
from recorder.plan.opus import SAMPLE_RATE
from recorder.plan.samples import VoiceSample
from recorder.plan.segmenter import Section, Segment

_BASE = Fraction(1, SAMPLE_RATE)


class PictureMuxer:
    """One section of a rendition with pictures."""

    def __init__(self, section: Section, audio: str) -> None:
        """Raises av.error.FFmpegError or ValueError if the key frame is not sound."""
        self._muxer = SectionMuxer(section, LessonVoice.TEMPLATES[audio])

    @property
    def init(self) -> bytes:
        """The init section, after the first `media`."""
        return self._muxer.init

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the pictures."""
        return self._muxer.size

    def media(self, part: CutPart, voice: tuple[VoiceSample, ...], number: int) -> bytes:
        """`moof` and `mdat`, as fragment `number`."""
        section = Segment(part.section, part.start_ms, part.end_ms, part.pictures, voice)
        return self._muxer.media(section, number)

    def close(self) -> None:
        """Free what it holds."""
        self._muxer.close()


class VoiceMuxer:
    """The voice alone."""

    size = (0, 0)

    def __init__(self, section: Section, audio: str) -> None:
        self._template = LessonVoice.TEMPLATES[audio]
        self.init = b""

    def media(self, part: CutPart, voice: tuple[VoiceSample, ...], number: int) -> bytes:
        """`moof` and `mdat`, as fragment `number`."""
        output = io.BytesIO()
        options = {**OPTIONS, "fragment_index": str(number)}
        with av.open(output, "w", format="mp4", options=options) as container:
            template = self._template().streams.audio[0]
            stream = container.add_stream_from_template(template, opaque=True)
            container.start_encoding()
            for sample in voice:
                packet = av.Packet(sample.data)
                packet.stream, packet.time_base = stream, _BASE
                packet.pts = packet.dts = sample.position
                packet.duration, packet.is_keyframe = sample.samples, True
                container.mux_one(packet)
        self.init, media = media_boxes(output.getvalue())
        return media

    def close(self) -> None:
        """Nothing is held."""
