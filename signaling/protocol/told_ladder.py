"""A room's place on the ladder as it is told: what lasts, so that words don't flicker.

The relay drops pictures at once and raises them only after proof. A drop that is over in a moment
is not worth a word, and a word that was said stays long enough to be read.
"""

from functools import cache

from signaling.protocol.lesson_views import LadderView, LinkSignal
from streamsvc.base.media import LadderLevel
from streamsvc.base.sessions import HeldBy, LadderPlace

REDUCED_AFTER_MS = 10_000
"""A picture that got worse."""
STOPPED_AFTER_MS = 6_000
"""A picture that stopped."""
BETTER_AFTER_MS = 4_000
STAYS_MS = 20_000
"""Since it was told that things got worse."""


def seen_place(place: LadderPlace, report: LinkSignal) -> LadderPlace:
    """What of it reaches the room by its own word."""
    level = place.level
    if report.picture == "none" and level.rank > LadderLevel.SLIDES.rank:
        level = LadderLevel.SLIDES
    if report.slides == "none" and level is LadderLevel.SLIDES:
        level = LadderLevel.VOICE
    return place if level is place.level else LadderPlace(level, place.top, place.held_by)


class ToldLadder:
    """`feed` about once a second; read `value`."""

    def __init__(self) -> None:
        self.value: LadderView | None = None
        self._other_since_ms: int | None = None
        self._is_other_worse = False
        self._worsened_at_ms: int | None = None

    def jump(self, value: LadderView | None) -> None:
        """Change at once: the room left, or the service came back."""
        self.value = value
        self._other_since_ms = self._worsened_at_ms = None

    def feed(self, seen: LadderPlace | None, now_ms: int) -> None:
        """Take one observation."""
        if seen is None:
            return
        held = self._held(seen)
        if seen.level is held or _is_forbidden(seen):
            self._tell(seen.level, seen, now_ms)
            return
        is_worse = seen.level.rank < held.rank
        if self._other_since_ms is None or is_worse is not self._is_other_worse:
            self._other_since_ms, self._is_other_worse = now_ms, is_worse
        if abs(now_ms - self._other_since_ms) >= self._lasts_ms(seen, is_worse, now_ms):
            self._tell(seen.level, seen, now_ms)
        elif self.value is None or self.value.top != seen.top.value:
            self.value = _view(held, seen)

    def _held(self, seen: LadderPlace) -> LadderLevel:
        """What was told, as far as it goes now; who had everything has everything."""
        value = self.value
        if value is None or value.level == value.top:
            return seen.top
        return min(LadderLevel(value.level), seen.top, key=lambda level: level.rank)

    def _lasts_ms(self, seen: LadderPlace, is_worse: bool, now_ms: int) -> int:
        if is_worse:
            is_stopped = seen.level.rank <= LadderLevel.SLIDES.rank
            return STOPPED_AFTER_MS if is_stopped else REDUCED_AFTER_MS
        told_at_ms = self._worsened_at_ms
        is_fresh = told_at_ms is not None and abs(now_ms - told_at_ms) < STAYS_MS
        return STAYS_MS if is_fresh else BETTER_AFTER_MS

    def _tell(self, level: LadderLevel, seen: LadderPlace, now_ms: int) -> None:
        if level.rank < self._held(seen).rank:
            self._worsened_at_ms = now_ms
        self._other_since_ms = None
        self.value = _view(level, seen)


def _is_forbidden(seen: LadderPlace) -> bool:
    """An administrator's word is no weather."""
    return seen.held_by is HeldBy.SETTING and seen.level.rank <= LadderLevel.SLIDES.rank


def _view(level: LadderLevel, seen: LadderPlace) -> LadderView:
    return _cached_view(level, seen.top, HeldBy.LINK if level is seen.top else seen.held_by)


@cache
def _cached_view(level: LadderLevel, top: LadderLevel, held_by: HeldBy) -> LadderView:
    """One of the few there are: a thousand rooms ask each second."""
    return LadderView(level=level.value, top=top.value, held_by=held_by.value)
