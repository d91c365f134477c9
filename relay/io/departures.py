"""Who left a lesson lately: a room that reloads its page or lost its link is no newcomer."""

from streamsvc.base.ids import LessonId, ParticipantId

PLACE_SECONDS = 120.0
"""So long is the place kept of who was there."""

_Party = tuple[LessonId, ParticipantId]


class Departures:
    """Bound: those who left within `PLACE_SECONDS`."""

    def __init__(self) -> None:
        self._left_at: dict[_Party, float] = {}
        """In the order of time."""

    def left(self, party: _Party, now: float) -> None:
        """Its last session ended."""
        self._forget(now)
        self._left_at.pop(party, None)
        self._left_at[party] = now

    def has_place(self, party: _Party, now: float) -> bool:
        """Whether it was there a moment ago."""
        self._forget(now)
        return party in self._left_at

    def _forget(self, now: float) -> None:
        while self._left_at:
            party, left_at = next(iter(self._left_at.items()))
            if now - left_at <= PLACE_SECONDS:
                return
            del self._left_at[party]
