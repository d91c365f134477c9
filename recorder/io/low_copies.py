"""Low copies of recordings, as the main process sees them: made once, when somebody asks first.

One at a time, by a child at the lowest priority; whoever asks meanwhile waits in a row. What fails
twice in the life of this process is left.
"""

import asyncio
import json
import logging
import sys
from collections import deque
from pathlib import Path

from recorder.io.store import RecordingFolder, folder_bytes
from recorder.plan import naming
from streamsvc.base.ids import RecordingId
from streamsvc.base.recordings import LowCopy
from streamsvc.base.tasks import TaskScope

log = logging.getLogger("recorder.low")
MOST_WAITING = 200
"""Recordings in the row; more are made when they are asked for again."""
MOST_TRIES = 2
END_SECONDS = 5.0
"""From its kill to a child's end."""
LEAD = naming.low_copy("lead")


class LowCopies:
    """Implements signaling's LowCopiesPort. `find` blocks; the rest is for the event loop."""

    def __init__(self, data_dir: Path, python: str = sys.executable) -> None:
        self._data_dir = data_dir
        self._python = python
        self._row: deque[RecordingId] = deque()
        self._progress: dict[RecordingId, float] = {}
        self._tries: dict[RecordingId, int] = {}
        self._scope = TaskScope("low copies")
        self._working: asyncio.Task[None] | None = None
        self._child: asyncio.subprocess.Process | None = None
        self._is_closed = False

    def find(self, recording_id: RecordingId) -> LowCopy:
        """How far it is."""
        folder = RecordingFolder(self._data_dir, recording_id)
        if not (folder.hls / LEAD / naming.PLAYLIST).exists():
            return LowCopy(None, self._progress.get(recording_id))
        copies = folder.hls.glob(f"*{naming.LOW_SUFFIX}")
        return LowCopy(sum(folder_bytes(copy) for copy in copies if copy.name[0] != "."), None)

    def ask(self, recording_id: RecordingId) -> None:
        """Make it, unless it is there or under way. Harmless to repeat."""
        is_tried = self._tries.get(recording_id, 0) >= MOST_TRIES
        if (
            self._is_closed
            or recording_id in self._progress
            or is_tried
            or len(self._row) >= MOST_WAITING
        ):
            return
        self._progress[recording_id] = 0.0
        self._row.append(recording_id)
        if self._working is None or self._working.done():
            self._working = self._scope.start("row", self._work())

    async def close(self) -> None:
        """What is half made is begun anew another time."""
        self._is_closed = True
        self._row.clear()
        if self._child is not None and self._child.returncode is None:
            self._child.kill()
        if self._working is not None:  # canceled, it would leave the child's pipe open
            await asyncio.wait([self._working], timeout=END_SECONDS)
        await self._scope.close()

    async def _work(self) -> None:
        while self._row:
            await self._make(self._row.popleft())

    async def _make(self, recording_id: RecordingId) -> None:
        self._tries[recording_id] = self._tries.get(recording_id, 0) + 1
        try:
            path = RecordingFolder(self._data_dir, recording_id).path
            self._child = await asyncio.create_subprocess_exec(
                *(self._python, "-m", "recorder.io.low_copy", str(path)),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
            )
            if self._is_closed:
                self._child.kill()
            assert self._child.stdout is not None
            async for line in self._child.stdout:
                self._progress[recording_id] = float(json.loads(line)["progress"])
            if await self._child.wait() != 0 and not self._is_closed:
                log.warning("! no low copy of %s", recording_id)
        except (OSError, ValueError, KeyError, TypeError) as error:
            log.warning("! no low copy of %s: %r", recording_id, error)
        finally:
            if self._child is not None and self._child.returncode is None:
                self._child.kill()  # one at a time
                await self._child.wait()
            self._progress.pop(recording_id, None)
