"""A film that is played as a lesson, as the service's parts speak of it."""

from dataclasses import dataclass
from enum import StrEnum

from streamsvc.base.ids import LessonId, RecordingId


class PremiereState(StrEnum):
    """Where it stands."""

    WAITING = "waiting"
    """For the lesson's planned time."""
    ON_AIR = "on_air"
    OVER = "over"
    """Played to its last second, or its lesson ended before."""
    TAKEN_OVER = "taken_over"
    """A teacher teaches in its place."""
    MISSED = "missed"
    """Its lesson did not begin by its planned end; planned anew, it is played then."""
    FAILED = "failed"
    """It could not be played; `Premiere.error_id` says why."""


@dataclass(frozen=True, slots=True)
class Premiere:
    """One lesson's film."""

    lesson_id: LessonId
    title: str
    seconds: float
    recording_id: RecordingId | None = None
    """A recording of ours; None: a file of its own."""
    ends_lesson: bool = True
    """With its last second; else the lesson waits for a teacher."""
    state: PremiereState = PremiereState.WAITING
    at_seconds: float = 0.0
    error_id: str | None = None
    upload_id: str | None = None
    """It came in pieces, by this name."""


@dataclass(frozen=True, slots=True)
class FilmUpload:
    """A film that comes in pieces."""

    id: str
    lesson_id: LessonId
    title: str
    total_bytes: int
    ends_lesson: bool = True
    offset: int = 0
    """Bytes that are here."""

    @property
    def is_whole(self) -> bool:
        """All of it is here."""
        return self.offset == self.total_bytes
