"""The tap: the relay's sink, which gives each recorded lesson's packets to the recorder process.

relay ─► TapWriter ─► RecordingTap (ring) ─► Unix socket ─► recorder
              ▲                                 │ synced, keyframe, status
              └─────────────────────────────────┘
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from relay.io.recording_tap import OnStatus, RecordingTap
from streamsvc.base.clock import Clock
from streamsvc.base.ids import LessonId, RecordingId
from streamsvc.base.media import Track
from streamsvc.base.tasks import TaskScope

OnKeyframe = Callable[[LessonId, int], None]


class SetTapped(Protocol):
    """Turns a lesson's tap on or off (`Relay.set_tapped`)."""

    def __call__(self, lesson_id: LessonId, *, is_tapped: bool) -> None: ...


class TapWriter:
    """A `PacketSink`. `listen` and `start` before use, `close_all` at the end."""

    def __init__(self, socket_path: Path, clock: Clock) -> None:
        self._path = socket_path
        self._clock = clock
        self._scope = TaskScope("tap")
        self._by_recording: dict[RecordingId, RecordingTap] = {}
        self._by_lesson: dict[LessonId, RecordingTap] = {}
        self._by_track: dict[int, RecordingTap] = {}
        self._on_status: OnStatus = lambda fields: None
        self._on_keyframe: OnKeyframe = lambda lesson_id, track_number: None
        self._set_tapped: SetTapped = _nobody_taps

    def listen(self, on_status: OnStatus, on_keyframe: OnKeyframe, set_tapped: SetTapped) -> None:
        """Give the recorder's status messages (their fields) and key frame requests away, and
        turn the relay's tap on while a lesson is recorded."""
        self._on_status = on_status
        self._on_keyframe = on_keyframe
        self._set_tapped = set_tapped

    # ---- recordings

    def open(self, recording_id: RecordingId, lesson_id: LessonId, title: str) -> None:
        """Record a lesson from now on. Harmless to repeat."""
        if recording_id in self._by_recording:
            return
        tap = RecordingTap(
            self._path,
            self._clock,
            (recording_id, lesson_id, title),
            self._status,
            lambda track_number: self._on_keyframe(lesson_id, track_number),
        )
        self._by_recording[recording_id] = self._by_lesson[lesson_id] = tap
        self._scope.start(recording_id, self._run(tap))
        self._set_tapped(lesson_id, is_tapped=True)

    def close(self, recording_id: RecordingId) -> None:
        """The lesson ended; what is still in the ring goes out first. Harmless to repeat."""
        tap = self._by_recording.get(recording_id)
        if tap is None or self._by_lesson.get(tap.lesson_id) is not tap:
            return
        self._set_tapped(tap.lesson_id, is_tapped=False)  # closes its tracks
        del self._by_lesson[tap.lesson_id]
        tap.close(self._clock.wall_ms())

    def unsynced_frames(self, recording_id: RecordingId) -> int:
        """Frames the recorder has not confirmed yet."""
        tap = self._by_recording.get(recording_id)
        return tap.unsynced_frames if tap is not None else 0

    async def start(self) -> None:
        """Nothing to prepare: each recording connects by itself."""

    async def close_all(self) -> None:
        """Let go of the recorder, which keeps what it has. Harmless to repeat."""
        await self._scope.close()

    async def _run(self, tap: RecordingTap) -> None:
        try:
            await tap.run()
        finally:
            self._by_recording.pop(tap.recording_id, None)

    def _status(self, fields: dict[str, Any]) -> None:
        self._on_status(fields)

    # ---- the sink

    def track_opened(self, track: Track, wall_ms: int) -> None:
        """See `PacketSink`."""
        tap = self._by_lesson.get(track.lesson_id)
        if tap is not None and track.rid is None:
            self._by_track[track.number] = tap
            tap.track_opened(track, wall_ms)

    def packet(self, track_number: int, wall_ms: int, packet: bytes) -> None:
        """See `PacketSink`."""
        tap = self._by_track.get(track_number)
        if tap is not None:
            tap.packet(track_number, wall_ms, packet)

    def track_closed(self, track_number: int, wall_ms: int) -> None:
        """See `PacketSink`."""
        tap = self._by_track.pop(track_number, None)
        if tap is not None:
            tap.track_closed(track_number, wall_ms)


def _nobody_taps(lesson_id: LessonId, *, is_tapped: bool) -> None:
    return None
