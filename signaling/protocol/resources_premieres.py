"""Bodies about films that are played as lessons."""

from typing import Literal

from signaling.protocol.wire import Wire

PremiereStateName = Literal["waiting", "on_air", "over", "taken_over", "missed", "failed"]


class ChosenPremiere(Wire):
    """PUT /api/lessons/{lesson_id}/premiere."""

    recording_id: str
    ends_lesson: bool = True


class PremiereView(Wire):
    """What is played as this lesson, and where it stands."""

    title: str
    recording_id: str | None
    seconds: float
    at_seconds: float
    ends_lesson: bool
    state: PremiereStateName
    error_id: str | None
    upload_id: str | None = None
    """It came in pieces, by this name."""
