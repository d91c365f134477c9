"""The board of a lesson that is broadcast: told in files, in step with the picture.

Events are gathered for a second and told as one file; the whole board when the broadcast begins,
and once a minute while it changes. A slide's pictures are put beside them when its courseware is
shown.
"""

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from pydantic import BaseModel

from signaling.io.outbox import text_of
from signaling.io.services import Services
from signaling.protocol.board import Board
from signaling.protocol.board_messages import (
    InkCleared,
    InkShown,
    SlideTurned,
    StrokeDrawn,
    StrokeErased,
)
from signaling.protocol.lesson_views import CaptionView
from signaling.protocol.messages import CaptionSaid
from streamsvc.base.courseware import Slide
from streamsvc.base.errors import StreamsvcError
from streamsvc.base.ids import CoursewareId, LessonId

_TOLD = (SlideTurned, InkShown, StrokeDrawn, StrokeErased, InkCleared, CaptionSaid)
SIZES = ("small", "medium", "large")
"""As `Slide.pictures` gives them."""
STATE_MS = 60_000
LINES = 20
"""Of captions in one file."""
MOST_CHARS = 60_000
"""Of one file: the line to the packager takes 64 kB at once."""


class BroadcastBoard:
    """`announced` for each event of the lesson, `poll` once a second."""

    def __init__(self, services: Services, lesson_id: LessonId) -> None:
        self._services = services
        self._audience = services.audience
        self._lesson_id = lesson_id
        self._events: list[tuple[int, str]] = []
        self._state_ms: int | None = None
        """When the whole board was told last; None: not since the broadcast began."""
        self._is_changed = False
        self._linked: set[str] = set()
        self._captions: list[CaptionView] = []

    def announced(self, event: BaseModel) -> None:
        """Something happened in the lesson."""
        if not isinstance(event, _TOLD) or not self._audience.is_broadcast(self._lesson_id):
            return
        if isinstance(event, CaptionSaid):
            self._captions.append(event.caption)
            return
        self._events.append((event.at_ms, text_of(event)))
        self._is_changed = True

    async def poll(self, board: Board, now_ms: int) -> None:
        """A second has passed; `board` is how it stands."""
        if not self._audience.is_broadcast(self._lesson_id):
            self._state_ms = None
            self._events.clear()
            self._captions.clear()
            return
        self._tell_events()
        self._tell_captions(now_ms)
        is_due = self._is_changed and now_ms - (self._state_ms or 0) >= STATE_MS
        if self._state_ms is None or is_due:
            self._state_ms, self._is_changed = now_ms, False
            state = text_of(board.view(with_ink=True))
            self._audience.board(self._lesson_id, now_ms, state, is_state=True)
        slide = board.slide
        if slide is not None and slide.courseware_id is not None:
            await self._link(slide.courseware_id)

    def _tell_events(self) -> None:
        while self._events:
            at_ms, chars = self._events[0][0], 0
            told: list[str] = []
            while self._events and (not told or chars + len(self._events[0][1]) < MOST_CHARS):
                told.append(self._events.pop(0)[1])
                chars += len(told[-1])
            words = f"[{','.join(told)}]"
            self._audience.board(self._lesson_id, at_ms, words, is_state=False)

    def _tell_captions(self, now_ms: int) -> None:
        while self._captions:
            told, self._captions = self._captions[:LINES], self._captions[LINES:]
            lines = f"[{','.join(map(text_of, told))}]"
            self._audience.captions(self._lesson_id, now_ms, lines)

    async def _link(self, courseware_id: str) -> None:
        """Once for each; a courseware whose files are gone is tried again next second."""
        if courseware_id in self._linked:
            return
        listed = await self._services.school.courseware.listed(self._lesson_id)
        files: dict[str, Path] = {}
        for one in listed:
            if one.id == CoursewareId(courseware_id):
                files = await asyncio.to_thread(self._files_of, one.slides)
                if len(one.slides) == one.total_slides:
                    self._linked.add(courseware_id)
        await self._audience.add_slides(self._lesson_id, courseware_id, files)

    def _files_of(self, slides: Iterable[Slide]) -> dict[str, Path]:
        found: dict[str, Path] = {}
        for slide in slides:
            for size, picture in zip(SIZES, slide.pictures, strict=True):
                with suppress(StreamsvcError):
                    path = self._services.courseware.file(picture.sha256)
                    found[f"{slide.number}-{size}.webp"] = path
        return found
