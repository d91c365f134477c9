"""The recorder process: a Unix socket, one connection per recording, and what is left to finish."""

import asyncio
import logging
from typing import Any

from recorder.io import manifest as manifests
from recorder.io.finisher import Finishing
from recorder.io.journal_writer import fault_id
from recorder.io.recording_run import RecordingRun, begin_run
from recorder.io.remux import Remux
from recorder.io.retention import delete_old_journals
from recorder.io.store import RecordingFolder, recording_ids
from recorder.settings import RecorderSettings
from streamsvc.base.clock import Clock
from streamsvc.base.errors import EnvironmentFault, ProtocolError, StreamsvcError
from streamsvc.base.ids import RecordingId
from streamsvc.base.recordings import UNREADABLE, RecordingState
from streamsvc.base.tap import TapControl, TapPacket, TapReader, encode_control
from streamsvc.base.tasks import TaskScope

log = logging.getLogger("recorder.service")
READ_BYTES = 1 << 18
REPORT_SECONDS = 2.0
RETENTION_SECONDS = 3600.0
UNSENT_LIMIT_BYTES = 1 << 18
"""To a relay that does not read, nothing more is said: status and `synced` come again."""


class RecorderService:
    """Serves taps until `close()`; finishes recordings nobody opens again."""

    def __init__(self, settings: RecorderSettings, clock: Clock) -> None:
        self.settings = settings
        self.clock = clock
        self.runs: dict[RecordingId, TapConnection] = {}
        self._finishing: dict[RecordingId, tuple[Finishing, asyncio.Task[bool]]] = {}
        self._one_at_a_time = asyncio.Semaphore(1)
        self._scope = TaskScope("recorder")
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen, and look for recordings that were cut off. Raises OSError."""
        (self.settings.data_dir / "recordings").mkdir(parents=True, exist_ok=True)
        self.settings.socket_path.unlink(missing_ok=True)
        self._server = await asyncio.start_unix_server(
            self._connected, path=str(self.settings.socket_path)
        )
        for recording_id in await asyncio.to_thread(self._unfinished):
            self.finish_later(recording_id)
        self._scope.start("retention", self._retain())
        log.info("= listening on %s", self.settings.socket_path)

    async def close(self) -> None:
        """Sync and leave everything as it is; the next process goes on. Harmless when repeated."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for connection in list(self.runs.values()):
            await connection.abandon()
        for finishing, _ in self._finishing.values():
            finishing.cancel()
        await self._scope.close()

    def finish_later(self, recording_id: RecordingId) -> None:
        """Finish it unless it is opened again soon."""
        self._scope.start(f"wait {recording_id}", self._finish_unclaimed(recording_id))

    async def finish(
        self, recording_id: RecordingId, remux: Remux | None, say: Any
    ) -> RecordingState | None:
        """Finish it now. `say` gets the progress. READY; STOPPED when no files can be made of it,
        which is tried again at the recorder's next start; None when somebody opened it again."""
        folder = RecordingFolder(self.settings.data_dir, recording_id)
        finishing = Finishing(folder, remux, say)
        task = self._scope.start(f"finish {recording_id}", self._in_turn(finishing))
        self._finishing[recording_id] = (finishing, task)
        try:
            is_ready = await asyncio.shield(task)
        finally:
            if self._finishing.get(recording_id, (None,))[0] is finishing:
                del self._finishing[recording_id]
        if is_ready:
            return RecordingState.READY
        return None if finishing.is_canceled else RecordingState.STOPPED

    async def claim(self, recording_id: RecordingId, connection: "TapConnection") -> None:
        """`connection` records this from now on: whoever did before, or was finishing it, ends."""
        before = self.runs.get(recording_id)
        self.runs[recording_id] = connection
        if before is not None:
            await before.abandon()
        finishing, task = self._finishing.get(recording_id, (None, None))
        if finishing is not None and task is not None:
            finishing.cancel()
            await asyncio.wait([task])

    async def _in_turn(self, finishing: Finishing) -> bool:
        async with self._one_at_a_time:
            return await finishing.run()

    async def _finish_unclaimed(self, recording_id: RecordingId) -> None:
        await asyncio.sleep(self.settings.reopen_seconds)
        if not await asyncio.to_thread(self._is_unfinished, recording_id):
            return  # opened and finished in between, or nothing came of it
        if recording_id not in self.runs and recording_id not in self._finishing:
            await self.finish(recording_id, None, lambda progress: None)

    async def _retain(self) -> None:
        while True:
            await asyncio.sleep(RETENTION_SECONDS)
            await asyncio.to_thread(
                delete_old_journals,
                self.settings.data_dir,
                self.settings.keep_journal_days,
                self.clock.wall_ms(),
            )

    def _unfinished(self) -> list[RecordingId]:
        """Blocking."""
        return [one for one in recording_ids(self.settings.data_dir) if self._is_unfinished(one)]

    def _is_unfinished(self, recording_id: RecordingId) -> bool:
        """Blocking. One whose manifest can't be read counts: finishing it says what is wrong."""
        folder = RecordingFolder(self.settings.data_dir, recording_id)
        state = (folder.manifest() or {}).get("state")
        return folder.has_manifest and state != manifests.READY

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._scope.start("tap", self._serve(reader, writer))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = TapConnection(self, reader, writer)
        try:
            await connection.run()
        finally:
            writer.close()


class TapConnection:
    """One tap: frames in, one recording run; control messages out."""

    def __init__(
        self, service: RecorderService, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._service = service
        self._reader = reader
        self._writer = writer
        self._run: RecordingRun | None = None
        self._is_over = False
        self._scope = TaskScope("tap")

    async def run(self) -> None:
        """Until the recording is finished, or the other side is gone."""
        try:
            await self._read_frames()
        except (ProtocolError, ConnectionError) as error:
            log.warning("x tap dropped: %s", error)
        except (StreamsvcError, OSError) as error:
            log.error("! recording can't be opened: %s", error)
        finally:
            await self.abandon()
            await self._scope.close()

    async def abandon(self) -> None:
        """End the run without an end of the lesson; somebody may open it again."""
        run, self._run = self._run, None
        if run is None:
            return
        remux = await run.close(None)
        if remux is not None:
            remux.close()
        self._give_up(run.folder.recording_id)
        self._writer.close()

    def say(self, type: str, fields: dict[str, Any]) -> None:
        """Send one control message, if the other side reads."""
        if self._writer.is_closing():
            return
        if self._writer.transport.get_write_buffer_size() < UNSENT_LIMIT_BYTES:
            self._writer.write(encode_control(type, **fields))

    async def _read_frames(self) -> None:
        frames = TapReader()
        while not self._is_over and (data := await self._reader.read(READ_BYTES)):
            for frame in frames.feed(data):
                await self._take(frame)

    async def _take(self, frame: TapPacket | TapControl) -> None:
        if isinstance(frame, TapPacket):
            if self._run is not None:
                self._run.packet(frame)
            return
        match frame.type:
            case "open":
                await self._open(frame.fields)
            case "close":
                await self._close(frame.fields)
            case "track" | "track_closed" | "lost":
                if self._run is not None:
                    self._run.control(frame.type, frame.fields)

    async def _open(self, fields: dict[str, Any]) -> None:
        if self._run is not None:
            raise ProtocolError("tap-already-open")
        recording_id = RecordingId(fields["recording_id"])
        await self._service.claim(recording_id, self)
        try:
            self._run = await self._begun(recording_id, fields)
        except Exception:
            self._give_up(recording_id)
            raise
        self._run.start()
        self._scope.start("report", self._report())

    async def _begun(self, recording_id: RecordingId, fields: dict[str, Any]) -> RecordingRun:
        settings, clock = self._service.settings, self._service.clock
        try:
            place = await asyncio.to_thread(begin_run, settings, fields)
        except OSError as error:
            reason = fault_id(error)
            self._say_status(recording_id, RecordingState.STOPPED, reason=reason)
            raise EnvironmentFault(reason, recording_id=recording_id) from error
        if self._service.runs.get(recording_id) is not self:
            raise ConnectionAbortedError("another tap opened it meanwhile")
        return RecordingRun(settings, clock, place, fields, self.say)

    async def _close(self, fields: dict[str, Any]) -> None:
        run, self._run = self._run, None
        self._is_over = True
        if run is None:
            return
        recording_id = run.folder.recording_id
        self._say_status(recording_id, RecordingState.FINISHING, progress=0.0)
        remux = await run.close(fields)
        self._release(recording_id)
        ended = await self._service.finish(
            recording_id,
            remux,
            lambda share: self._say_status(recording_id, RecordingState.FINISHING, progress=share),
        )
        if ended is not None:
            reason = UNREADABLE if ended is RecordingState.STOPPED else None
            self._say_status(recording_id, ended, reason=reason)

    def _give_up(self, recording_id: RecordingId) -> None:
        """Release it, to be finished unless somebody opens it again."""
        if self._release(recording_id):
            self._service.finish_later(recording_id)

    def _release(self, recording_id: RecordingId) -> bool:
        """Give the recording back; False if another connection has it already."""
        is_mine = self._service.runs.get(recording_id) is self
        if is_mine:
            del self._service.runs[recording_id]
        return is_mine

    def _say_status(
        self,
        recording_id: RecordingId,
        state: RecordingState,
        *,
        progress: float | None = None,
        reason: str | None = None,
    ) -> None:
        known = {"recording_id": recording_id, "state": state.value, "progress": progress}
        self.say("status", {**known, "reason": reason, "bytes": None, "disk_free_bytes": None})

    async def _report(self) -> None:
        while self._run is not None:
            await asyncio.sleep(REPORT_SECONDS)
            if self._run is not None:
                self._run.report()
