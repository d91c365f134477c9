"""`python -m recorder.io.low_copy FOLDER`: makes the low copy of a finished recording: lead and
screen with small pictures, for who watches again on a phone and pays for each megabyte.

A process of its own, at the lowest priority: it decodes what publishers sent, and may die of it.
Segments, their times and the voice stay as they are; only pictures are made anew, and fewer.
Prints a JSON line with `progress`, 0 to 1, now and then.
"""

import io
import json
import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import av.error
import av.video.frame

from recorder.io.manifest import ManifestTrack
from recorder.io.muxer import SectionMuxer
from recorder.io.remux import read_manifest
from recorder.io.store import RecordingFolder, write_whole
from recorder.plan import naming
from recorder.plan.opus import SAMPLE_RATE
from recorder.plan.playlist import Listed, Playlist, listed
from recorder.plan.samples import VoiceSample
from recorder.plan.segmenter import Section, Segment, ShownPicture
from streamsvc.base.ids import RecordingId
from streamsvc.base.media import Slot

NICENESS = 19
"""Everything else comes first."""
REPORT_STEP = 0.02
_BASE = Fraction(1, 1000)


@dataclass(frozen=True, slots=True)
class Small:
    """How small a picture becomes."""

    height: int
    per_second: int
    bps: int


SMALL = {Slot.LEAD: Small(180, 8, 44_000), Slot.SCREEN: Small(540, 4, 60_000)}
"""A face, and words that can be read on a phone; with the voice some 16 MB in 40 minutes."""


class SmallPictures:
    """Pictures of one section in, small ones out; `segment` for each segment in order. What can't
    be decoded is left out, and the picture before it stays."""

    def __init__(self, small: Small, extradata: bytes | None) -> None:
        self._small = small
        self._decoder = av.CodecContext.create("h264", "r")
        self._decoder.extradata = extradata
        self._decoder.thread_count = 1
        self._encoder: av.VideoCodecContext | None = None
        self._kept: av.VideoFrame | None = None
        self.keyframe = b""
        """The first one: what the init section is made from."""

    def segment(
        self, packets: "list[av.Packet[av.VideoStream]]", start_ms: float, end_ms: float
    ) -> tuple[ShownPicture, ...]:
        """Those of one segment; it begins with a key frame."""
        frames = self._thinned(packets, start_ms)
        if not frames and self._kept is not None:
            frames = [(start_ms, self._kept)]
        pictures: list[ShownPicture] = []
        for place, (decoded_ms, frame) in enumerate(frames):
            until_ms = frames[place + 1][0] if place + 1 < len(frames) else end_ms
            at_ms = start_ms if place == 0 else decoded_ms
            data = self._encoded(frame, at_ms, is_first=place == 0)
            if data:
                pictures.append(ShownPicture(at_ms, until_ms - at_ms, data, place == 0))
        if pictures and not self.keyframe:
            self.keyframe = pictures[0].data
        return tuple(pictures) or (ShownPicture(start_ms, end_ms - start_ms, b"", True),)

    def _thinned(
        self, packets: "list[av.Packet[av.VideoStream]]", start_ms: float
    ) -> list[tuple[float, av.VideoFrame]]:
        step_ms = 1000 / self._small.per_second
        kept: list[tuple[float, av.VideoFrame]] = []
        next_ms = start_ms
        for packet in packets:
            try:
                frames = self._decoder.decode(packet)
            except av.error.FFmpegError:
                continue
            for frame in frames:
                at_ms = 1000 * float(frame.pts * packet.time_base) if frame.pts else start_ms
                self._kept = frame
                if at_ms >= next_ms - 1:
                    kept.append((at_ms, frame))
                    next_ms = max(next_ms + step_ms, at_ms + step_ms / 2)
        return kept

    def _encoded(self, frame: av.VideoFrame, at_ms: float, *, is_first: bool) -> bytes:
        if self._encoder is None:
            self._encoder = self._opened(frame)
        encoder = self._encoder
        scaled = frame.reformat(encoder.width, encoder.height, "yuv420p")
        scaled.pts, scaled.time_base = round(at_ms), _BASE
        kinds = av.video.frame.PictureType
        scaled.pict_type = kinds.I if is_first else kinds.NONE
        return b"".join(bytes(packet) for packet in encoder.encode(scaled))

    def _opened(self, frame: av.VideoFrame) -> av.VideoCodecContext:
        small, encoder = self._small, av.CodecContext.create("libx264", "w")
        height = min(small.height, frame.height) & ~1
        encoder.width = max(2, round(frame.width * height / frame.height / 2) * 2)
        encoder.height, encoder.pix_fmt = height, "yuv420p"
        encoder.time_base, encoder.framerate = _BASE, Fraction(small.per_second)
        encoder.options = {
            "preset": "medium",
            "tune": "zerolatency",
            "crf": "29",
            "maxrate": str(small.bps),
            "bufsize": str(4 * small.bps),
            "bf": "0",
            "g": "600",
            "forced-idr": "1",
            "threads": "1",
        }
        return encoder


class LowTrack:
    """One playable, small, in a folder that takes its name when it is whole."""

    def __init__(self, hls: Path, track: ManifestTrack) -> None:
        self._source = hls / track.name
        self._folder = hls / naming.low_copy(track.name)
        self._making = self._folder.with_name(f".{self._folder.name}")
        self._small = SMALL[track.slot]
        self._playlist = Playlist()
        self._init = ""
        self._pictures: SmallPictures | None = None
        self._muxer: SectionMuxer | None = None

    @property
    def is_made(self) -> bool:
        """Nothing is left to do."""
        return (self._folder / naming.PLAYLIST).exists()

    def segments(self) -> list[Listed]:
        """All of the playable. Raises OSError."""
        return listed((self._source / naming.PLAYLIST).read_text())

    def make(self, found: list[Listed]) -> Iterator[None]:
        """A segment at each step. Raises OSError, av.error.FFmpegError."""
        shutil.rmtree(self._making, ignore_errors=True)
        self._making.mkdir(parents=True)
        for number, one in enumerate(found, 1):
            self._make(number, one)
            yield
        self._playlist.end()
        write_whole(self._making / naming.PLAYLIST, self._playlist.text().encode())
        shutil.rmtree(self._folder, ignore_errors=True)
        self._making.rename(self._folder)

    def _make(self, number: int, one: Listed) -> None:
        data = (self._source / one.init).read_bytes() + (self._source / one.name).read_bytes()
        with av.open(io.BytesIO(data), "r", format="mp4") as container:
            picture = container.streams.video[0]
            sounds = container.streams.audio
            packets: list[av.Packet[av.VideoStream]] = []
            voice: list[VoiceSample] = []
            for packet in container.demux():
                if packet.dts is None or packet.pts is None or packet.time_base is None:
                    continue
                if packet.stream.type == "video":
                    packets.append(packet)  # type: ignore[arg-type]
                elif packet.stream.type == "audio":
                    voice.append(_sample(packet))  # type: ignore[arg-type]
            if one.init != self._init or self._pictures is None:
                self._begin(one.init, picture.codec_context.extradata)
            assert self._pictures is not None
            start_ms = _start_ms(packets, voice)
            end_ms = start_ms + one.duration_ms
            shown = self._pictures.segment(packets, start_ms, end_ms)
        if self._muxer is None:
            has_voice = bool(sounds)
            section = Section(self._section, self._pictures.keyframe, b"", has_voice)
            self._muxer = SectionMuxer(section)
        else:
            section = Section(self._section, self._pictures.keyframe, b"", bool(sounds))
        segment = Segment(section, start_ms, end_ms, shown, tuple(voice))
        media = self._muxer.media(segment, number)
        init_name, name = naming.init_file(self._section), naming.segment_file(number)
        if not (self._making / init_name).exists():
            write_whole(self._making / init_name, self._muxer.init, sync=False)
        write_whole(self._making / name, media, sync=False)
        self._playlist.add(name, init_name, one.duration_ms, one.wall_ms)

    def _begin(self, init: str, extradata: bytes | None) -> None:
        """What the source's init section begins, begins here."""
        if self._muxer is not None:
            self._muxer.close()
        self._init, self._muxer = init, None
        self._pictures = SmallPictures(self._small, extradata)

    @property
    def _section(self) -> int:
        return int(self._init.removeprefix("init-").removesuffix(".mp4"))


def _sample(packet: "av.Packet[av.AudioStream]") -> VoiceSample:
    assert packet.pts is not None and packet.time_base is not None
    position = round(packet.pts * packet.time_base * SAMPLE_RATE)
    samples = round((packet.duration or 0) * packet.time_base * SAMPLE_RATE)
    return VoiceSample(position, samples, bytes(packet))


def _start_ms(packets: "list[av.Packet[av.VideoStream]]", voice: list[VoiceSample]) -> float:
    """Where the segment begins on the axis."""
    if packets and packets[0].pts is not None and packets[0].time_base is not None:
        return 1000 * float(packets[0].pts * packets[0].time_base)
    return 1000 * voice[0].position / SAMPLE_RATE if voice else 0.0


def main(path: Path) -> None:
    """Make what is missing of the low copy of `path`."""
    os.nice(NICENESS)
    folder = RecordingFolder(path.parent.parent, RecordingId(path.name))
    tracks = [
        LowTrack(folder.hls, track)
        for track in read_manifest(folder).tracks
        if track.slot in SMALL and track.ready
    ]
    waiting = [(track, track.segments()) for track in tracks if not track.is_made]
    total = sum(len(found) for _, found in waiting)
    done, said = 0, 0.0
    for track, found in waiting:
        for _ in track.make(found):
            done += 1
            if done / total - said >= REPORT_STEP:
                said = done / total
                print(json.dumps({"progress": round(said, 3)}), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
