"""One playable on disk: init sections, segments and its playlist."""

import logging
from pathlib import Path

import av.error

from recorder.io.muxer import SectionMuxer
from recorder.io.store import write_whole
from recorder.plan import naming
from recorder.plan.playlist import Playlist
from recorder.plan.program import Cut
from recorder.plan.segmenter import Section, Segment, ShownPicture, parts_of

log = logging.getLogger("recorder.hls")
_MOST_PARTS = 8
"""Of a segment; fragments are numbered so."""


class HlsFolder:
    """Writes what is not there yet. Files are complete or absent, and never change: the same
    records give the same segments, so after a restart only the new ones are made."""

    def __init__(self, path: Path, zero_wall_ms: int) -> None:
        self.path = path
        self.bytes_written = 0
        self._zero_wall_ms = zero_wall_ms
        self._playlist = Playlist()
        self._is_changed = False
        self._section = 0
        self._muxer: SectionMuxer | None = None
        self._is_blank = False
        self._listed = (0, 0)
        """Number and section of the newest segment that is listed."""
        self._begun: list[bytes] = []
        path.mkdir(parents=True, exist_ok=True)

    def write(self, cut: Cut) -> None:
        """Make the files of a segment. Raises OSError; call it again then."""
        name = naming.segment_file(cut.number)
        init_name = naming.init_file(cut.segment.section.number)
        if not (self.path / name).exists() or not (self.path / init_name).exists():
            self._make(cut, name, init_name)
        start_ms, end_ms = cut.segment.start_ms, cut.segment.end_ms
        self._playlist.add(name, init_name, end_ms - start_ms, self._zero_wall_ms + start_ms)
        self._is_changed = True
        self._listed = (cut.number, cut.segment.section.number)
        self._begun = []
        (self.path / naming.begun_file(cut.number)).unlink(missing_ok=True)

    def write_begun(self, cut: Cut) -> None:
        """Show readers what is certain of the segment after the last one: whoever reads it goes on
        at the same byte when it is complete. Raises OSError."""
        if (cut.number - 1, cut.segment.section.number) != self._listed:
            return
        muxer = self._section_muxer(cut.segment.section)
        parts = [] if self._is_blank else parts_of(cut.segment)
        if len(parts) <= len(self._begun):
            return
        for place in range(len(self._begun), len(parts)):
            self._begun.append(muxer.media(parts[place], _fragment(cut.number, place)))
        name = naming.begun_file(cut.number)
        write_whole(self.path / name, b"".join(self._begun), sync=False)

    def publish(self) -> None:
        """Show readers the segments written since the last time. Raises OSError."""
        if self._is_changed:
            write_whole(self.path / naming.PLAYLIST, self._playlist.text().encode(), sync=False)
            self._is_changed = False

    def end(self) -> None:
        """Make the playlist final. Raises OSError."""
        self._playlist.end()
        write_whole(self.path / naming.PLAYLIST, self._playlist.text().encode())
        self.close()

    def close(self) -> None:
        """Free what the muxer holds."""
        if self._muxer is not None:
            self._muxer.close()
            self._muxer = None

    def _make(self, cut: Cut, name: str, init_name: str) -> None:
        init, media = self._muxed(cut)
        if not (self.path / init_name).exists():
            write_whole(self.path / init_name, init)
        write_whole(self.path / name, media)
        self.bytes_written += len(media)

    def _muxed(self, cut: Cut) -> tuple[bytes, bytes]:
        section = cut.segment.section
        muxer = self._section_muxer(section)
        segment = _blanked(cut.segment) if self._is_blank else cut.segment
        parts = enumerate(parts_of(segment))
        media = [muxer.media(part, _fragment(cut.number, place)) for place, part in parts]
        return muxer.init, b"".join(media)

    def _section_muxer(self, section: Section) -> SectionMuxer:
        if self._muxer is not None and self._section == section.number:
            return self._muxer
        self.close()
        self._section = section.number
        self._is_blank = False
        try:
            self._muxer = SectionMuxer(section)
        except (av.error.FFmpegError, ValueError) as error:
            log.warning("x picture can't be muxed, blank instead: %s", error)
            self._is_blank = True
            self._muxer = SectionMuxer(Section(section.number, b"", b"", section.has_voice))
        return self._muxer


def _fragment(number: int, place: int) -> int:
    """Sequence number of a fragment: grows from each to the next (ISO/IEC 14496-12 §8.8.5)."""
    return _MOST_PARTS * number + place


def _blanked(segment: Segment) -> Segment:
    """The same time with a blank picture: what came was none."""
    length_ms = segment.end_ms - segment.start_ms
    blank = ShownPicture(segment.start_ms, length_ms, b"", True)
    return Segment(segment.section, segment.start_ms, segment.end_ms, (blank,), segment.voice)
