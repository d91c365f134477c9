"""The lessons' events on disk: `<data>/lessons/<lesson_id>/timeline.jsonl`, appended and synced.

A line is on disk before anybody is told of it, so a lesson can be rebuilt after `kill -9`.
"""

import errno
import os
from pathlib import Path
from typing import BinaryIO

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
        """Write one line, or several joined by line feeds, and sync them. Raises EnvironmentFault
        `disk-full` or `disk-unwritable`."""
        path = self.path(lesson_id)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("a+b") as file:
                start = _cut_torn_line(file)
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
        """All whole lines. A torn last one is left out and left alone: readers of a live lesson
        must not cut off what its writer is just writing."""
        path = self.path(lesson_id)
        return whole_lines(path.read_bytes()) if path.exists() else []


def whole_lines(data: bytes) -> list[str]:
    """Lines that end in a line feed, which is never inside one: JSON writes it as an escape. Other
    ends of lines (U+2028, U+0085) stand in a message as they were typed."""
    return data.decode("utf-8", "replace").split("\n")[:-1]


def _cut_torn_line(file: BinaryIO) -> int:
    """Remove what a crash left of a last line; returns the size then."""
    size = file.seek(0, os.SEEK_END)
    if size == 0:
        return 0
    file.seek(size - 1)
    if file.read(1) == b"\n":
        return size
    file.seek(0)
    whole = file.read().rfind(b"\n") + 1
    return file.truncate(whole)
