"""One rendition: parts in, files out. A folder for each form of the voice."""

import logging
from dataclasses import dataclass
from typing import Protocol

import av.error

from recorder.broadcast.io.live_folder import LiveFolder
from recorder.broadcast.io.muxer import PictureMuxer, VoiceMuxer
from recorder.broadcast.io.playlists import join_last, write_playlists
from recorder.broadcast.io.voices import LessonVoice
from recorder.broadcast.plan import naming
from recorder.broadcast.plan.cutter import CutPart
from recorder.broadcast.plan.shelf import DateRange, Newest, Shelf, report_line
from recorder.broadcast.plan.variants import Variant, h264_name
from recorder.plan.samples import VoiceSample
from recorder.plan.segmenter import Section

log = logging.getLogger("recorder.broadcast")
SMALLEST_BPS = 30_000


class Muxer(Protocol):
    """PictureMuxer or VoiceMuxer."""

    @property
    def init(self) -> bytes: ...
    @property
    def size(self) -> tuple[int, int]: ...
    def media(self, part: CutPart, voice: tuple[VoiceSample, ...], number: int) -> bytes: ...
    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Place:
    """What all streams of a lesson have in common."""

    folder: LiveFolder
    part_ms: float
    zero_wall_ms: int
    """Wall time of the axis' zero."""
    run: int
    """How many packagers the lesson has had, with this one."""


class Stream:
    """One folder of segments: a rendition with one form of the voice."""

    def __init__(self, place: Place, name: str, audio: str) -> None:
        self.name = f"{name}-{audio}"
        self.audio = audio
        text = place.folder.playlist(self.name)
        part_ms = place.part_ms
        self.shelf = Shelf.restored(part_ms, text) if text else Shelf(part_ms)
        self.variant: Variant | None = None
        self._folder = place.folder
        self._zero_wall_ms = place.zero_wall_ms
        self._run = place.run
        self._muxer: Muxer | None = None
        self._section: Section | None = None
        self._init = ""
        self._fragments = 0
        self._segment_bytes = 0
        self._bytes, self._seconds, self._most_bps = 0, 0.0, 0.0
        self._repair()

    def _repair(self) -> None:
        """The segment that a packager was at when it died is whole now; its file is not there."""
        join_last(self._folder, self.name, self.shelf)

    def add(self, part: CutPart, voice: tuple[VoiceSample, ...], now: float) -> Newest:
        """Write one part, and its segment if that ends here. Raises OSError."""
        if part.section is not self._section:
            self._begin_section(part.section)
        data = self._media(part, voice)
        seconds = (part.end_ms - part.start_ms) / 1000
        number, index = self.shelf.next_name()
        self._folder.write_part(f"{self.name}/{naming.part_file(number, index)}", data, now)
        newest = self.shelf.add(
            self._zero_wall_ms + part.start_ms,
            seconds,
            self._init,
            is_independent=part.is_independent or not self._has_picture,
            ends_segment=part.ends_segment,
        )
        self._segment_bytes += len(data)
        if part.ends_segment:
            self._end_segment()
        return newest

    @property
    def reached(self) -> tuple[int, int, bool]:
        """Number and part of the newest part, and whether its segment ends with it."""
        newest = self.shelf.newest
        assert newest is not None
        return newest.number, newest.part, self.shelf.segments[-1].is_complete

    @property
    def _has_picture(self) -> bool:
        return not isinstance(self._muxer, VoiceMuxer)

    def _begin_section(self, section: Section) -> None:
        if self._muxer is not None:
            self._muxer.close()
        try:
            self._muxer = self._muxer_of(section)
        except (av.error.FFmpegError, ValueError) as error:
            log.warning("! %s: its key frame can't be read, blank instead: %s", self.name, error)
            self._muxer = PictureMuxer(Section(section.number, b"", b"", True), self.audio)
        self._section, self._init = section, ""

    def _muxer_of(self, section: Section) -> Muxer:
        if self.name.startswith("voice-"):
            return VoiceMuxer(section, self.audio)
        return PictureMuxer(section, self.audio)

    def _media(self, part: CutPart, voice: tuple[VoiceSample, ...]) -> bytes:
        assert self._muxer is not None
        self._fragments += 1
        data = self._muxer.media(part, voice, self._fragments)
        if not self._init:
            self._init = naming.init_file(self._run, part.section.number)
            self._folder.write(f"{self.name}/{self._init}", self._muxer.init)
        return data

    def _end_segment(self) -> None:
        """Its file, and what it tells of the rate."""
        segment = self.shelf.segments[-1]
        names = [f"{self.name}/{part.uri}" for part in segment.parts]
        self._folder.join(f"{self.name}/{naming.segment_file(segment.number)}", names)
        self._bytes += self._segment_bytes
        self._seconds += segment.seconds
        self._most_bps = max(self._most_bps, 8 * self._segment_bytes / max(0.1, segment.seconds))
        self._segment_bytes = 0

    def describe(self) -> Variant | None:
        """Its line of the multivariant playlist; None before there is a part."""
        if self._muxer is None or self._section is None or not self.shelf.segments:
            return None
        width, height = self._muxer.size
        seconds = self._seconds or sum(one.seconds for one in self.shelf.segments[-1].parts)
        average = 8 * (self._bytes or self._segment_bytes) / max(0.1, seconds)
        most = max(self._most_bps, average)
        return Variant(
            folder=self.name,
            audio=self.audio,
            bps=round(max(most, SMALLEST_BPS)),
            average_bps=round(max(average, SMALLEST_BPS)),
            video=h264_name(self._section.config) if width else "",
            width=width,
            height=height,
        )

    def write_playlists(
        self, dates: list[DateRange], others: list["Stream"], *, is_whole: bool
    ) -> None:
        """The end of the playlist, and where that `is_whole` all of it. Raises OSError."""
        reports = [
            report_line(one.name, one.shelf.newest)
            for one in others
            if one is not self and one.audio == self.audio and one.shelf.newest is not None
        ]
        write_playlists(self._folder, self.name, self.shelf, dates, reports, is_whole=is_whole)

    def end(self) -> None:
        """Nothing more comes. Raises OSError."""
        if self.shelf.segments and not self.shelf.segments[-1].is_complete:
            self.shelf.end()
            self._end_segment()
        self.shelf.end()

    def close(self) -> None:
        """Free the muxer."""
        if self._muxer is not None:
            self._muxer.close()
            self._muxer = None


STREAMS = tuple(LessonVoice.TEMPLATES)
