"""The recorder as the main process sees it: taps to open, and what the child says of them."""

import asyncio
from collections.abc import Callable
from typing import Any

from streamsvc.base.clock import Clock
from streamsvc.base.errors import EnvironmentFault
from streamsvc.base.ids import LessonId, RecordingId
from streamsvc.base.recordings import UNREADABLE, RecordingState, RecordingStatus

START_SECONDS = 3.0
"""How long `start()` waits for the child's first word."""
SILENT_SECONDS = 8.0
"""The child reports every 2 s; after this much silence nothing is known to be recorded."""
DISK_FULL = "disk-full"
RECORDER_DOWN = "recorder-down"
RECORDER_RESTARTING = "recorder-restarting"

StatusListener = Callable[[RecordingStatus], None]


class Recorder:
    """Implements signaling's RecorderPort; keeps the last word on each recording of this process.

    The root feeds it: `on_status()` with the fields of each `status` message of the tap, and
    `on_process_ended()` when the child died. Everything on the event loop.
    """

    def __init__(
        self,
        open_tap: Callable[[RecordingId, LessonId, str], None],
        close_tap: Callable[[RecordingId], None],
        clock: Clock,
    ) -> None:
        self._open_tap = open_tap
        self._close_tap = close_tap
        self._clock = clock
        self._listener: StatusListener = lambda status: None
        self._statuses: dict[RecordingId, RecordingStatus] = {}
        self._heard_at: dict[RecordingId, float] = {}
        self._changed: dict[RecordingId, asyncio.Event] = {}

    def listen(self, listener: StatusListener) -> None:
        """Report each change of state to `listener`."""
        self._listener = listener

    async def start(self, recording_id: RecordingId, lesson_id: LessonId, title: str) -> None:
        """Record this lesson from now on. Raises EnvironmentFault `disk-full`, `recorder-down`;
        the tap stays open then, and recording begins as soon as it can."""
        if recording_id in self._changed:
            return
        changed = self._changed[recording_id] = asyncio.Event()
        self._say(RecordingStatus(recording_id, lesson_id, RecordingState.STARTING))
        self._open_tap(recording_id, lesson_id, title)
        try:
            async with asyncio.timeout(START_SECONDS):
                await changed.wait()
        except TimeoutError:
            self._stop(recording_id, RECORDER_DOWN)
        status = self._statuses[recording_id]
        if status.state is RecordingState.STOPPED:
            raise EnvironmentFault(status.reason or RECORDER_DOWN, recording_id=recording_id)

    async def end(self, recording_id: RecordingId) -> None:
        """The lesson ended; the child finishes the files. Harmless if it is already ended."""
        if self._changed.pop(recording_id, None) is None:
            return
        lesson_id = self._statuses[recording_id].lesson_id
        self._say(RecordingStatus(recording_id, lesson_id, RecordingState.FINISHING, progress=0.0))
        self._close_tap(recording_id)

    def status(self, recording_id: RecordingId) -> RecordingStatus:
        """Last known state; OFF for a recording that was not started here."""
        status = self._statuses.get(recording_id)
        if status is None:
            return RecordingStatus(recording_id, LessonId(""), RecordingState.OFF)
        silent_seconds = self._clock.now() - self._heard_at[recording_id]
        if status.state is RecordingState.RECORDING and silent_seconds > SILENT_SECONDS:
            self._stop(recording_id, RECORDER_DOWN)
        return self._statuses[recording_id]

    def on_status(self, fields: dict[str, Any]) -> None:
        """The child says how a recording is. Unknown recordings are ignored."""
        recording_id = RecordingId(fields["recording_id"])
        known = self._statuses.get(recording_id)
        if known is None:
            return
        self._heard_at[recording_id] = self._clock.now()
        state = RecordingState(fields["state"])
        is_last = fields.get("reason") == UNREADABLE
        if recording_id not in self._changed and state in _LIVE_STATES and not is_last:
            return  # said before the child knew of the end
        said = RecordingStatus(
            recording_id, known.lesson_id, state, fields.get("reason"), fields.get("progress")
        )
        self._say(said)
        if recording_id in self._changed:
            self._changed[recording_id].set()

    def on_process_ended(self) -> None:
        """The child died; it is being started again and the taps will reconnect."""
        for recording_id in self._changed:
            self._stop(recording_id, RECORDER_RESTARTING)

    def _stop(self, recording_id: RecordingId, reason: str) -> None:
        lesson_id = self._statuses[recording_id].lesson_id
        self._say(RecordingStatus(recording_id, lesson_id, RecordingState.STOPPED, reason))

    def _say(self, status: RecordingStatus) -> None:
        self._heard_at.setdefault(status.recording_id, self._clock.now())
        if self._statuses.get(status.recording_id) != status:
            self._statuses[status.recording_id] = status
            self._listener(status)


_LIVE_STATES = frozenset(
    (RecordingState.STARTING, RecordingState.RECORDING, RecordingState.STOPPED)
)
