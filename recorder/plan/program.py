"""A recording's records to the segments of its playables: the whole remux, without bytes or disk.

The outcome depends on the records alone, so it is the same live, after a crash and years later.
"""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field

from recorder.plan.journal import ControlRecord, PacketRecord, Record
from recorder.plan.publication import Publication
from recorder.plan.runs import BOUNDARY, CLOSE, ENDED
from recorder.plan.segmenter import Segment
from recorder.plan.timeline import ArrivalAxis
from recorder.plan.tracks import PictureTranscoder
from streamsvc.base.media import Codec, MediaKind, Slot

ADVANCE_MS = 100.0
"""How often, on the axis, it is looked whether a segment is complete."""
SAME_VISIT_MS = 30_000.0
"""A room that comes back to the stage this soon continues its visit."""


@dataclass(slots=True)
class Playable:
    """One synchronised track group of the recording."""

    name: str
    slot: Slot
    label: str
    kinds: set[MediaKind] = field(default_factory=set)
    must_transcode: bool = False
    """VP8 came in: it can't be played as it is."""
    end_ms: float = 0.0
    segments: int = 0
    sections: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))
    publication: Publication | None = None
    last_participant: str = ""
    last_seen_ms: float = 0.0


@dataclass(frozen=True, slots=True)
class Cut:
    """Segment `number` of a playable, ready to be written."""

    playable: str
    number: int
    segment: Segment


class Program:
    """Drive rule: `feed()` each record in order; each call returns the segments it completes.

    `transcoder` makes VP8 playable; without it such publications give nothing.
    """

    def __init__(
        self, zero_wall_ms: int, transcoder: Callable[[], PictureTranscoder] | None = None
    ) -> None:
        self.playables: dict[str, Playable] = {}
        self.is_ended = False
        self._axis = ArrivalAxis(zero_wall_ms)
        self._transcoder = transcoder
        self._by_track: dict[int, Playable] = {}
        self._stage_visits = 0
        self._lost_voice_ms = 0.0
        self._unkept_ms = 0.0
        self._advanced_at_ms = 0.0

    @property
    def lost_ms(self) -> int:
        """Media known to be missing: voice packets that never came, or what could not be kept
        (which also shows as voice packets that never came, where there is voice)."""
        open_ms = sum(p.publication.lost_ms for p in self.playables.values() if p.publication)
        return round(max(self._lost_voice_ms + open_ms, self._unkept_ms))

    def feed(self, record: Record) -> list[Cut]:
        """Take one record."""
        if isinstance(record, PacketRecord):
            return self._packet(record)
        if record.type == BOUNDARY.type:
            return self._finish_all()
        if "wall_ms" in record.fields:
            self._axis(record.fields["wall_ms"])
        return self._control(record)

    def begun(self) -> list[Cut]:
        """Of each playable what is certain of its next segment, where that is something."""
        cuts = []
        for playable in self.playables.values():
            if playable.publication is None or (playable.must_transcode and not self._transcoder):
                continue
            if segment := playable.publication.begun():
                cuts.append(Cut(playable.name, playable.segments + 1, segment))
        return cuts

    def wanted_keyframes(self) -> list[int]:
        """Tracks that show nothing until a keyframe comes."""
        publications = [p.publication for p in self.playables.values() if p.publication]
        wanted = [publication.wants_keyframe() for publication in publications]
        return [number for number in wanted if number is not None]

    # ---- records

    def _packet(self, record: PacketRecord) -> list[Cut]:
        now_ms = self._axis(record.arrival_ms)
        playable = self._by_track.get(record.track_number)
        if playable is not None and playable.publication is not None:
            playable.publication.packet(record.track_number, record.packet, now_ms)
            playable.last_seen_ms = now_ms
        if now_ms - self._advanced_at_ms < ADVANCE_MS:
            return []
        self._advanced_at_ms = now_ms
        return self._advance_all(now_ms)

    def _control(self, record: ControlRecord) -> list[Cut]:
        match record.type:
            case "open":
                self.is_ended = False
            case "track":
                return self._open_track(record)
            case "track_closed":
                return self._close_track(record.fields["number"])
            case "lost":
                self._unkept_ms += float(record.fields.get("ms", 0.0))
            case _ if record.type in (CLOSE, ENDED):
                self.is_ended = True
                return self._finish_all()
        return []

    def _open_track(self, record: ControlRecord) -> list[Cut]:
        fields = record.fields
        number, slot = int(fields["number"]), Slot(fields["slot"])
        kind, codec = MediaKind(fields["kind"]), Codec(fields["codec"])
        participant_id = str(fields["participant_id"])
        playable = self._playable(slot, participant_id, str(fields["label"]))
        cuts = self._make_room(playable, participant_id, kind)
        if slot is Slot.SCREEN and kind is MediaKind.AUDIO:
            return cuts
        if playable.publication is None:
            has_voice = slot is not Slot.SCREEN
            playable.publication = Publication(
                participant_id, has_voice, playable.sections, playable.end_ms
            )
        playable.last_participant = participant_id
        playable.kinds.add(kind)
        playable.must_transcode |= codec is Codec.VP8
        transcoder = self._transcoder() if self._transcoder and codec is Codec.VP8 else None
        source = str(fields.get("source", ""))
        playable.publication.open_track(number, kind, codec, transcoder, source)
        self._by_track[number] = playable
        return cuts

    def _make_room(self, playable: Playable, participant_id: str, kind: MediaKind) -> list[Cut]:
        """A publisher that began anew, or another one: the publication before ends here. One whose
        track of this kind has ended goes on: another layer, or another camera of its room."""
        before = playable.publication
        if before is None:
            return []
        if before.participant_id == participant_id and not before.has_open(kind):
            return []
        return self._finish(playable)

    def _playable(self, slot: Slot, participant_id: str, label: str) -> Playable:
        name = slot.value if slot is not Slot.STAGE else self._stage_visit(participant_id)
        return self.playables.setdefault(name, Playable(name, slot, label))

    def _stage_visit(self, participant_id: str) -> str:
        current = self.playables.get(f"{Slot.STAGE.value}-{self._stage_visits}")
        recently = current and self._axis.now_ms - current.last_seen_ms < SAME_VISIT_MS
        if current is None or not recently or current.last_participant != participant_id:
            self._stage_visits += 1
        return f"{Slot.STAGE.value}-{self._stage_visits}"

    def _close_track(self, number: int) -> list[Cut]:
        playable = self._by_track.pop(number, None)
        if playable is None or playable.publication is None:
            return []
        is_last = playable.publication.close_track(number, self._axis.now_ms)
        return self._finish(playable) if is_last else []

    # ---- segments

    def _advance_all(self, now_ms: float) -> list[Cut]:
        cuts = []
        for playable in self.playables.values():
            if playable.publication is not None:
                cuts += self._cuts(playable, playable.publication.advance(now_ms))
        return cuts

    def _finish_all(self) -> list[Cut]:
        cuts = [cut for playable in self.playables.values() for cut in self._finish(playable)]
        self._by_track.clear()
        return cuts

    def _finish(self, playable: Playable) -> list[Cut]:
        publication, playable.publication = playable.publication, None
        if publication is None:
            return []
        self._by_track = {n: p for n, p in self._by_track.items() if p is not playable}
        cuts = self._cuts(playable, publication.finish())
        self._lost_voice_ms += publication.lost_ms
        return cuts

    def _cuts(self, playable: Playable, segments: list[Segment]) -> list[Cut]:
        if playable.must_transcode and self._transcoder is None:
            return []
        cuts = []
        for segment in segments:
            playable.segments += 1
            playable.end_ms = max(playable.end_ms, segment.end_ms)
            cuts.append(Cut(playable.name, playable.segments, segment))
        return cuts
