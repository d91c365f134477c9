"""How far a room is behind the lesson: what it says of itself, and what others are told.

A room that was cut off plays what it missed, or offers to; one that no live path reaches follows
the recording. Its helper chooses on the screen, or from a phone (`catch_up`).
It reports every 2 s; told is only what can't be counted on from what was told last, so that a
hundred rooms that catch up cost the lesson's events hardly anything.
"""

from typing import Literal

from pydantic import Field

from signaling.protocol.wire import Wire

NEWS_MS = 3_000
"""Further off than this from what was told, it is told anew."""
PICTURES_FROM_MS = 6_000
"""So near the live lesson its pictures begin again; before, nobody would see them. A link that
brought what was missed without pictures has no room for live ones beside it: there they wait until
the room is live."""
MOST_MS = 86_400_000

BehindState = Literal["offered", "catching", "following"]
"""offered: it sees the lesson live, and may play what it missed. catching: it plays that, and
becomes live. following: no live path reaches it."""
CatchUpChoice = Literal["play", "live"]
"""play: what was missed. live: the lesson as it is now, and no offer any more."""


class BehindReport(Wire):
    """A room's own word."""

    ms: int = Field(ge=0, le=MOST_MS)
    """Behind the live lesson; while it is offered, how much was missed."""
    speed: float = Field(ge=0, le=2)
    """It plays so much faster than it was; 0 while it waits for data."""
    state: BehindState


class BehindView(Wire):
    """How far a room was behind at `at_ms`; since then it changed by 1 - `speed` a second."""

    ms: int
    at_ms: int
    speed: float
    state: BehindState


class ToldBehind:
    """`feed` what the room says; read `value`."""

    def __init__(self) -> None:
        self.value: BehindView | None = None

    def feed(self, report: BehindReport | None, now_ms: int) -> None:
        """Take one report; None: it is live, or nothing is heard of it."""
        if report is None:
            self.value = None
        elif self.value is None or self._is_news(self.value, report, now_ms):
            self.value = BehindView(
                ms=report.ms, at_ms=now_ms, speed=report.speed, state=report.state
            )

    def _is_news(self, told: BehindView, report: BehindReport, now_ms: int) -> bool:
        if told.state != report.state or told.speed != report.speed:
            return True
        counted_ms = told.ms + (now_ms - told.at_ms) * (1 - told.speed)
        return abs(counted_ms - report.ms) > NEWS_MS
