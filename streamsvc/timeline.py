"""The lessons' events on disk: `<data>/lessons/<lesson_id>/timeline.jsonl`, appended and synced.

A line is on disk before anybody is told of it, so a lesson can be rebuilt after `kill -9`.
"""

import errno
import os
from pathlib import Path

from streamsvc.base.errors import EnvironmentFault
from streamsvc.base.ids import LessonId


class FileTimeline:
    """TimelineLog over a folder. One writer per lesson: the lesson's runner."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, lesson_id: LessonId) -> Path:
        """Where a lesson's timeline is."""
        return self._folder / lesson_id / "timeline.jsonl"

    def append(self, lesson_id: LessonId, line: str) -> None:
        """Write one line and sync it. Raises EnvironmentFault `disk-full` or `disk-unwritable`."""
        path = self.path(lesson_id)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("ab") as file:
                start = file.tell()
                try:
                    file.write(line.encode() + b"\n")
                    file.flush()
                    os.fdatasync(file.fileno())
                except OSError:
                    os.truncate(path, start)  # no torn line in front of the next one
                    raise
        except OSError as error:
            full = error.errno in (errno.ENOSPC, errno.EDQUOT)
            raise EnvironmentFault(
                "disk-full" if full else "disk-unwritable", path=str(path.parent)
            ) from error

    def read(self, lesson_id: LessonId) -> list[str]:
        """All whole lines; a torn last one is cut off, so that the next append starts clean."""
        path = self.path(lesson_id)
        if not path.exists():
            return []
        data = path.read_bytes()
        whole = data[: data.rfind(b"\n") + 1]
        if len(whole) < len(data):
            os.truncate(path, len(whole))
        return whole.decode("utf-8", "replace").splitlines()
