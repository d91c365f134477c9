"""The window of a live lesson: what a room reads that missed something, or that nothing else
reaches. Times are ms since the epoch, by the server's clock."""

from typing import Literal

from signaling.protocol.board_messages import BoardEvent
from signaling.protocol.lesson_views import CaptionView
from signaling.protocol.wire import Wire


class WindowTrack(Wire):
    """A publication of the lesson as HLS."""

    name: str
    slot: Literal["lead", "screen", "stage"]
    label: str
    start_ms: int
    end_ms: int
    """So far."""
    playlist: str
    """Add `?from_ms=`: a segment holds picture and voice."""
    voice_playlist: str
    """The same without pictures; empty where it has no voice."""


class LiveAddress(Wire):
    """Where a room follows the live lesson by HTTP that no live path reaches (LL-HLS)."""

    playlist: str
    """Multivariant playlist of the teacher; voice.m3u8 and screen.m3u8 are beside it. Empty: only
    the recording can be followed."""


class LessonWindow(Wire):
    """What can be played of a live lesson now."""

    now_ms: int
    started_at_ms: int
    """Zero of the segments' own times."""
    tracks: list[WindowTrack]
    """Empty while nothing is recorded."""
    board: list[BoardEvent]
    """What stood on the board at `from_ms`, and what happened on it since."""
    captions: list[CaptionView] = []
    """The lines that were said since `from_ms`; with the board."""
