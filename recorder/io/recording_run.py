"""One recording run: a tap's packets into the journal, the live remux behind it. Thrown away at the
end of the connection; what it made stays on disk."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from recorder.io.journal_writer import JournalWriter
from recorder.io.manifest import LIVE, Manifest
from recorder.io.remux import Remux, drop_outdated
from recorder.io.remux_thread import RemuxThread
from recorder.io.store import RecordingFolder, free_bytes
from recorder.plan.journal import ControlRecord, PacketRecord
from recorder.plan.keyframes import KeyframeTimer
from recorder.settings import RecorderSettings
from streamsvc.base.clock import Clock
from streamsvc.base.ids import LessonId, RecordingId
from streamsvc.base.media import Codec, MediaKind
from streamsvc.base.recordings import RecordingState
from streamsvc.base.tap import TapPacket

Say = Callable[[str, dict[str, Any]], None]
"""Sends one control message (type, fields) to the relay."""


@dataclass(frozen=True, slots=True)
class RunPlace:
    """Where a run is written."""

    folder: RecordingFolder
    manifest: Manifest
    run: Path


def begin_run(settings: RecorderSettings, opened: dict[str, Any]) -> RunPlace:
    """Make the run's folder and the manifest: the recording is listed whatever comes. Blocking;
    raises OSError, KeyError or ValueError for a manifest that is none."""
    folder = RecordingFolder(settings.data_dir, RecordingId(opened["recording_id"]))
    known = folder.manifest()
    if known is None:
        manifest = Manifest(
            recording_id=folder.recording_id,
            lesson_id=LessonId(opened["lesson_id"]),
            title=str(opened["title"]),
            started_at_ms=int(opened["wall_ms"]),
        )
    else:
        manifest = Manifest.from_json(known)
        drop_outdated(folder, manifest)
    manifest.state, manifest.tracks, manifest.transcode_attempts = LIVE, [], 0
    run = folder.begin_run()
    folder.write_manifest(manifest.to_json())
    return RunPlace(folder, manifest, run)


class RecordingRun:
    """From `open` to `close`, or to the end of the connection. Lives on the event loop."""

    def __init__(
        self,
        settings: RecorderSettings,
        clock: Clock,
        place: RunPlace,
        opened: dict[str, Any],
        say: Say,
    ) -> None:
        self.folder = place.folder
        self._settings = settings
        self._say = say
        self._loop = asyncio.get_running_loop()
        self._fault: str | None = None
        self._next_number = int(opened["next_packet"])
        self._timers: dict[int, KeyframeTimer] = {}
        self._opened = opened
        self._journal = JournalWriter(
            place.run,
            settings,
            clock,
            on_synced=lambda number: self._later(self._on_synced, number),
            on_fault=lambda fault: self._later(self._on_fault, fault),
        )
        self._remux_thread = RemuxThread(
            self.folder,
            Remux(self.folder, place.manifest, limit=self._journal.sound_bytes),
            lambda number: self._later(self._ask_for_keyframe, number),
        )

    def start(self) -> None:
        """Begin to write."""
        self._journal.append(ControlRecord("open", self._opened))
        self._journal.start()
        self._remux_thread.start()
        self.report()

    def packet(self, frame: TapPacket) -> None:
        """One packet of a track."""
        number = self._next_number
        self._next_number += 1
        self._journal.append(
            PacketRecord(number, frame.track_number, frame.arrival_ms, frame.packet)
        )
        timer = self._timers.get(frame.track_number)
        if timer is not None and timer.is_due(frame.packet, frame.arrival_ms):
            self._ask_for_keyframe(frame.track_number)

    def control(self, type: str, fields: dict[str, Any]) -> None:
        """`track`, `track_closed` or `lost`."""
        self._journal.append(ControlRecord(type, fields))
        number = fields.get("number")
        if type == "track" and fields["kind"] == MediaKind.VIDEO:
            every_ms = self._settings.keyframe_seconds * 1000
            self._timers[int(fields["number"])] = KeyframeTimer(Codec(fields["codec"]), every_ms)
        elif type == "track_closed" and number is not None:
            self._timers.pop(int(number), None)

    async def close(self, closed: dict[str, Any] | None) -> Remux | None:
        """End the run; `closed` are the fields of `close` if the lesson ended. Returns the remux,
        which knows everything up to here, for the finishing; None if it failed."""
        if closed is not None:
            self._journal.append(ControlRecord("close", closed))
        await asyncio.to_thread(self._journal.close)
        await asyncio.to_thread(self._remux_thread.stop)
        if self._remux_thread.failure is None:
            return self._remux_thread.remux
        self._remux_thread.remux.close()
        return None

    def report(self) -> None:
        """Say how it is."""
        reason = self._fault or self._remux_thread.failure
        state = RecordingState.STOPPED if self._fault else RecordingState.RECORDING
        self._say(
            "status",
            {
                "recording_id": self.folder.recording_id,
                "state": state.value,
                "reason": reason,
                "progress": None,
                "bytes": self._journal.bytes_written + self._remux_thread.remux.bytes_written,
                "disk_free_bytes": free_bytes(self.folder.path),
            },
        )

    def _later(self, action: Callable[..., None], *values: Any) -> None:
        """From a thread: act on the loop, if it still runs."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(action, *values)

    def _on_synced(self, number: int) -> None:
        self._say("synced", {"packet": number})

    def _on_fault(self, fault: str | None) -> None:
        self._fault = fault
        self.report()

    def _ask_for_keyframe(self, number: int) -> None:
        self._say("keyframe", {"number": number})
