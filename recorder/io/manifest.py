"""What the manifest says: the recording's facts that its playlists don't carry."""

from dataclasses import dataclass, field
from typing import Any

from recorder.plan.program import Playable, Program
from streamsvc.base.ids import LessonId, RecordingId
from streamsvc.base.media import MediaKind, Slot

VERSION = 1
REMUX_VERSION = 1
"""Raised when the same journal would be cut otherwise: what was made before is made again."""
LIVE, FINISHING, READY = "live", "finishing", "ready"


@dataclass(slots=True)
class ManifestTrack:
    """One playable. It is `ready` when its playlist holds all of it."""

    name: str
    slot: Slot
    label: str
    kinds: tuple[MediaKind, ...]
    ready: bool
    progress: float = 1.0


@dataclass(slots=True)
class Manifest:
    """Facts of one recording."""

    recording_id: RecordingId
    lesson_id: LessonId
    title: str
    started_at_ms: int
    state: str = LIVE
    lost_ms: int = 0
    bytes: int = 0
    transcode_attempts: int = 0
    remux_version: int = REMUX_VERSION
    tracks: list[ManifestTrack] = field(default_factory=list)

    def describe(self, program: Program) -> None:
        """Take over what the program knows by now."""
        progress = {track.name: track for track in self.tracks}
        self.lost_ms = program.lost_ms
        self.tracks = [
            _track(playable, progress.get(playable.name)) for playable in program.playables.values()
        ]

    def to_json(self) -> dict[str, Any]:
        """As it is on disk."""
        facts = {name: getattr(self, name) for name in _PLAIN}
        tracks = [
            {
                "name": track.name,
                "slot": track.slot.value,
                "label": track.label,
                "kinds": [kind.value for kind in track.kinds],
                "ready": track.ready,
                "progress": track.progress,
            }
            for track in self.tracks
        ]
        return {"version": VERSION, **facts, "tracks": tracks}

    @classmethod
    def from_json(cls, loaded: dict[str, Any]) -> "Manifest":
        """From disk. Raises KeyError or ValueError if it is none of ours."""
        manifest = cls(**{name: loaded[name] for name in _PLAIN})
        manifest.tracks = [
            ManifestTrack(
                name=track["name"],
                slot=Slot(track["slot"]),
                label=track["label"],
                kinds=tuple(MediaKind(kind) for kind in track["kinds"]),
                ready=track["ready"],
                progress=track["progress"],
            )
            for track in loaded["tracks"]
        ]
        return manifest


_PLAIN = (
    "recording_id",
    "lesson_id",
    "title",
    "started_at_ms",
    "state",
    "lost_ms",
    "bytes",
    "transcode_attempts",
    "remux_version",
)


def _track(playable: Playable, known: ManifestTrack | None) -> ManifestTrack:
    kinds = tuple(kind for kind in MediaKind if kind in playable.kinds)
    is_done = known is not None and known.ready
    ready = is_done or not playable.must_transcode
    progress = 1.0 if ready else (known.progress if known and not known.ready else 0.0)
    return ManifestTrack(playable.name, playable.slot, playable.label, kinds, ready, progress)
