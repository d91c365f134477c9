"""Recordings as recorder and signaling both see them: the state of one, and what can be played."""

from dataclasses import dataclass, field
from enum import StrEnum

from streamsvc.base.ids import LessonId, RecordingId
from streamsvc.base.media import MediaKind, Slot

UNREADABLE = "recording-unreadable"
"""Error id: no files can be made of what was recorded. The recorder tries again when it starts."""


class RecordingState(StrEnum):
    """Whether a live lesson is being recorded, as the console shows it."""

    OFF = "off"
    STARTING = "starting"
    RECORDING = "recording"
    STOPPED = "stopped"
    """It should be recording and is not; `reason` is an error id."""
    FINISHING = "finishing"
    """The lesson ended; files are being closed or transcoded."""
    READY = "ready"


@dataclass(frozen=True, slots=True)
class RecordingStatus:
    """State of one recording."""

    recording_id: RecordingId
    lesson_id: LessonId
    state: RecordingState
    reason: str | None = None
    """Error id, e.g. `disk-full`, `recorder-restarting`."""
    progress: float | None = None
    """0 to 1 while FINISHING."""


@dataclass(frozen=True, slots=True)
class LowCopy:
    """How far the low copy of a recording is."""

    bytes: int | None
    """Of all its files; None while it is not there."""
    progress: float | None
    """0 to 1 while it is made; None while it is not."""


@dataclass(frozen=True, slots=True)
class PlayableTrack:
    """One synchronised track group of a recording: what one <video> plays."""

    name: str
    """File-safe, unique in the recording: `lead`, `screen`, `stage-1`, ..."""
    slot: Slot
    label: str
    kinds: tuple[MediaKind, ...]
    start_ms: int
    """Where it begins on the recording's time axis."""
    duration_ms: int
    playlist: str
    """Path of the media playlist inside the recording: `lead/index.m3u8`; empty until playable."""
    ready: bool
    """False while it must still be transcoded (VP8)."""
    progress: float = 1.0


@dataclass(frozen=True, slots=True)
class PlayableRecording:
    """What is on disk for one recording, growing or whole."""

    recording_id: RecordingId
    lesson_id: LessonId
    started_at_ms: int
    """Wall time of the axis' zero."""
    duration_ms: int
    is_live: bool
    bytes: int
    lost_ms: int
    """Media known to be missing (publisher gone is not missing)."""
    tracks: tuple[PlayableTrack, ...] = field(default_factory=tuple)
