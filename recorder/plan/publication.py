"""One publication: what a publisher sent into a slot between going on and going off."""

from collections.abc import Iterator

from recorder.plan.samples import VoiceSample
from recorder.plan.segmenter import WAIT_MS, Segment, Segmenter
from recorder.plan.timeline import PublicationClock
from recorder.plan.tracks import PictureTrack, PictureTranscoder, VoiceTrack
from recorder.plan.voice import VoiceLine
from streamsvc.base.media import Codec, MediaKind

SILENT_MS = 6_000.0
"""A microphone that sent nothing for this long is silent; its place is filled."""


class Publication:
    """Tracks of one publisher in one slot; gives segments that hold them together.

    Drive rule: `open_track()`, `packet()` and `close_track()` as they come, `advance()` whenever
    time has passed, `finish()` at the end.
    """

    def __init__(
        self, participant_id: str, has_voice: bool, sections: Iterator[int], not_before_ms: float
    ) -> None:
        self.participant_id = participant_id
        self.track_numbers: dict[MediaKind, int] = {}
        self.closed_at_ms: float | None = None
        self._has_voice = has_voice
        self._open: set[int] = set()
        self._clocks: dict[str, PublicationClock] = {}
        """Of the publisher (empty), and of each camera that stood in its picture's place."""
        self._line = VoiceLine()
        self._lost_before_ms = 0.0
        self._voice: VoiceTrack | None = None
        self._picture: PictureTrack | None = None
        self._segmenter = Segmenter(has_voice, sections, not_before_ms)

    @property
    def lost_ms(self) -> float:
        """Voice that never arrived."""
        return self._lost_before_ms + (self._voice.lost_ms if self._voice else 0.0)

    def has_open(self, kind: MediaKind) -> bool:
        """Its track of this kind has begun, and has not ended."""
        return self.track_numbers.get(kind) in self._open

    def open_track(
        self,
        number: int,
        kind: MediaKind,
        codec: Codec,
        transcoder: PictureTranscoder | None,
        source: str = "",
    ) -> None:
        """A track of this publication begins; `source`: whose clock it is by."""
        self.track_numbers[kind] = number
        self._open.add(number)
        clock = self._clocks.setdefault(source, PublicationClock())
        if kind is MediaKind.VIDEO:
            self._end_pictures()
            self._picture = PictureTrack(codec, clock, transcoder)
        elif self._has_voice:
            if self._voice is not None:
                self._voice.flush()
                self._collect_voice(self._voice)
                self._lost_before_ms += self._voice.lost_ms
            self._voice = VoiceTrack(clock, self._line)

    def packet(self, number: int, packet: bytes, arrival_ms: float) -> None:
        """One packet of one of its tracks."""
        if self._picture is not None and number == self.track_numbers.get(MediaKind.VIDEO):
            self._picture.push(packet, arrival_ms)
            self._collect_pictures(self._picture)
        elif self._voice is not None and number == self.track_numbers.get(MediaKind.AUDIO):
            self._voice.push(packet, arrival_ms)
            self._collect_voice(self._voice)

    def close_track(self, number: int, now_ms: float) -> bool:
        """A track ended. True if it was the last one."""
        self._open.discard(number)
        if not self._open:
            self.closed_at_ms = now_ms
        return not self._open

    def wants_keyframe(self) -> int | None:
        """Number of the track that can't go on without one."""
        if self._picture is None or not self._picture.is_waiting:
            return None
        return self.track_numbers[MediaKind.VIDEO]

    def advance(self, now_ms: float) -> list[Segment]:
        """It is `now_ms` on the axis; return what is complete."""
        if self._picture is not None:
            self._picture.advance(now_ms)
            self._collect_pictures(self._picture)
        if self._voice is not None:
            self._voice.advance(now_ms)
            self._collect_voice(self._voice)
        self._fill_voice(now_ms)
        return self._segmenter.drain(now_ms)

    def begun(self) -> Segment | None:
        """What is certain of the next segment. After `advance()`."""
        return self._segmenter.begun()

    def finish(self) -> list[Segment]:
        """Nothing more comes; return the rest."""
        self._end_pictures()
        if self._voice is not None:
            self._voice.flush()
            self._collect_voice(self._voice)
        if self._has_voice:
            if self._segmenter.start_ms is not None:
                self._line.begin_at(self._segmenter.start_ms)
            self._add_voice(self._line.fill_to(self._segmenter.end_of_media()))
        return self._segmenter.flush()

    def _end_pictures(self) -> None:
        if self._picture is not None:
            self._picture.flush()
            self._collect_pictures(self._picture)

    def _fill_voice(self, now_ms: float) -> None:
        start_ms = self._segmenter.start_ms
        if not self._has_voice or start_ms is None:
            return
        self._line.begin_at(start_ms)
        self._add_voice(self._line.fill_to(now_ms - (SILENT_MS if self._voice else WAIT_MS)))

    def _collect_pictures(self, track: PictureTrack) -> None:
        for picture in track.pictures:
            self._segmenter.add_picture(picture)
        track.pictures.clear()

    def _collect_voice(self, track: VoiceTrack) -> None:
        self._add_voice(track.samples)
        track.samples = []

    def _add_voice(self, samples: list[VoiceSample]) -> None:
        self._segmenter.add_voice(samples)
