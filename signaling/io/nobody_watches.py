"""No lesson is broadcast: `audience.mode = "off"`."""

from collections.abc import Mapping
from pathlib import Path

from signaling.ports import LiveOrigin
from streamsvc.base.errors import UserError
from streamsvc.base.ids import LessonId


class NobodyWatches:
    """Implements `LiveBroadcast`."""

    def playlist(self, lesson_id: LessonId, until: int) -> str | None:
        """No lesson has one."""
        return None

    def withdraw(self, lesson_id: LessonId, until: int) -> None:
        """There was none."""

    def begin(self, lesson_id: LessonId) -> None:
        """Nothing begins."""

    def end(self, lesson_id: LessonId) -> None:
        """Nothing ends."""

    def is_broadcast(self, lesson_id: LessonId) -> bool:
        """Never."""
        return False

    def reason(self, lesson_id: LessonId) -> str | None:
        """Nothing ails it."""
        return None

    def board(self, lesson_id: LessonId, at_ms: int, events: str, *, is_state: bool) -> None:
        """Nobody sees it."""

    def captions(self, lesson_id: LessonId, at_ms: int, lines: str) -> None:
        """Nobody reads them."""

    async def add_slides(
        self, lesson_id: LessonId, courseware_id: str, files: Mapping[str, Path]
    ) -> None:
        """Nobody sees them."""

    def origin(self, lesson_id: LessonId, pass_: str, path: str) -> LiveOrigin:
        """There is none. Raises UserError `live-file-unknown`."""
        raise UserError("live-file-unknown")
