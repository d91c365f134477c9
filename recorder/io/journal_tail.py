"""Reads a recording's journals in order, while they grow."""

from collections import deque
from collections.abc import Callable, Iterator
from io import FileIO
from pathlib import Path

from recorder.io.store import RecordingFolder
from recorder.plan.journal import JournalReader, Record
from recorder.plan.runs import RunJoin

READ_BYTES = 1 << 18


class JournalTail:
    """All records that are there, then those that come; runs are joined (plan/runs.py).

    `limit(path)` is how much of a file may be read: a writer that meets a full disk takes back
    what it could not finish. None: all of it.
    """

    def __init__(
        self, folder: RecordingFolder, limit: Callable[[Path], int | None] = lambda path: None
    ) -> None:
        self.bytes_read = 0
        self._limit = limit
        self._position = 0
        self._folder = folder
        self._join = RunJoin()
        self._path: Path | None = None
        self._file: FileIO | None = None
        self._reader = JournalReader()
        self._unyielded: deque[Record] = deque()

    def poll(self) -> Iterator[Record]:
        """Yield what can be read now; call again when more was written. Who stops in the middle
        gets the rest at the next call."""
        while True:
            while self._unyielded:
                yield self._unyielded.popleft()
            # looked up before reading: a file that has a successor grows no more
            following = self._unread()
            data = self._read()
            for record in self._reader.feed(data):
                self._unyielded.extend(self._join.push(record))
            if data:
                continue
            if not following:
                return
            self._open(following[0])

    def close(self) -> None:
        """Let go of the open file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _read(self) -> bytes:
        if self._file is None or self._path is None:
            return b""
        limit = self._limit(self._path)
        size = READ_BYTES if limit is None else min(READ_BYTES, limit - self._position)
        data = self._file.read(size)
        self._position += len(data)
        self.bytes_read += len(data)
        return data

    def _unread(self) -> list[Path]:
        return [p for p in self._folder.journals() if self._path is None or p > self._path]

    def _open(self, path: Path) -> None:
        if self._path is None or path.parent != self._path.parent:
            self._join.begin_run()
        self.close()
        self._path = path
        self._file = path.open("rb", buffering=0)  # nothing read ahead of the limit
        self._position = 0
        self._reader = JournalReader()
