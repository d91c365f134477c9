"""VP8 pictures to H.264 ones, after the lesson. Decodes what a stranger sent: only ever run in the
transcode process (transcode.py)."""

from fractions import Fraction

import av
import av.error
import av.video.frame

from recorder.io.muxer import PICTURE_RATE
from recorder.plan.samples import Picture
from streamsvc.base.depacketize.h264 import NAL_PPS, NAL_SPS, START_CODE

KEYFRAME_MS = 2_000.0
_BASE = Fraction(1, PICTURE_RATE)
_ENCODER_OPTIONS = {
    "preset": "veryfast",
    "tune": "zerolatency",
    "crf": "23",
    "bf": "0",
    "g": "600",
    "forced-idr": "1",
    "threads": "1",
}


class Vp8Transcoder:
    """One picture in, one out, with its time. A picture that can't be decoded is left out."""

    def __init__(self) -> None:
        self.failed = 0
        self._decoder = av.CodecContext.create("vp8", "r")
        self._encoder: av.VideoCodecContext | None = None
        self._times: dict[int, float] = {}
        self._keyframe_at_ms = float("-inf")

    def push(self, picture: Picture) -> list[Picture]:
        """Transcode one VP8 frame."""
        packet = av.Packet(picture.data)
        packet.time_base, packet.pts = _BASE, round(picture.at_ms * PICTURE_RATE / 1000)
        try:
            frames = self._decoder.decode(packet)
        except av.error.FFmpegError:
            self.failed += 1
            return []
        pictures = []
        for frame in frames:
            pictures += self._encode(frame, picture.at_ms)
        return pictures

    def flush(self) -> list[Picture]:
        """What the encoder still holds."""
        return self._pictures(self._encoder.encode(None)) if self._encoder else []

    def _encode(self, frame: av.VideoFrame, at_ms: float) -> list[Picture]:
        pictures = []
        width, height = frame.width & ~1, frame.height & ~1
        if self._encoder is None or (self._encoder.width, self._encoder.height) != (width, height):
            pictures += self.flush()
            self._encoder = self._open_encoder(width, height)
            self._keyframe_at_ms = float("-inf")
        frame = frame.reformat(width=width, height=height, format="yuv420p")
        frame.pts, frame.time_base = round(at_ms * PICTURE_RATE / 1000), _BASE
        frame.pict_type = av.video.frame.PictureType.NONE
        if at_ms - self._keyframe_at_ms >= KEYFRAME_MS:
            frame.pict_type = av.video.frame.PictureType.I
            self._keyframe_at_ms = at_ms
        self._times[frame.pts] = at_ms
        return pictures + self._pictures(self._encoder.encode(frame))

    def _open_encoder(self, width: int, height: int) -> av.VideoCodecContext:
        encoder = av.CodecContext.create("libx264", "w")
        encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuv420p"
        encoder.time_base = _BASE
        encoder.options = _ENCODER_OPTIONS
        return encoder

    def _pictures(self, packets: "list[av.Packet[av.VideoStream]]") -> list[Picture]:
        pictures = []
        for packet in packets:
            at_ms = self._times.pop(packet.pts or 0, 0.0)
            data = bytes(packet)
            config = _parameter_sets(data) if packet.is_keyframe else b""
            pictures.append(Picture(at_ms, data, packet.is_keyframe, config))
        return pictures


def _parameter_sets(data: bytes) -> bytes:
    """SPS and PPS of an Annex B keyframe, to see when they change."""
    units = data.replace(START_CODE, START_CODE[1:]).split(START_CODE[1:])
    kept = [unit for unit in units if unit and unit[0] & 0x1F in (NAL_SPS, NAL_PPS)]
    return b"".join(START_CODE + unit for unit in kept)
