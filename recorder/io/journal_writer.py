"""The journal on disk: a thread that writes what it is given and syncs it every second."""

import errno
import logging
import os
import threading
from collections import deque
from collections.abc import Callable
from pathlib import Path

from recorder.io.store import free_bytes
from recorder.plan import naming
from recorder.plan.journal import HEADER, ControlRecord, PacketRecord, Record, encode
from recorder.settings import RecorderSettings
from streamsvc.base.clock import Clock

log = logging.getLogger("recorder.journal")
FLUSH_SECONDS = 0.1
"""How long a packet waits for others to be written with."""
RETRY_SECONDS = 1.0
"""Between looks whether a full disk has space again."""
DISK_FULL = "disk-full"
WRITE_FAILED = "recording-write-failed"


def fault_id(error: OSError) -> str:
    """The error id that says why the disk does not take what it should."""
    return DISK_FULL if error.errno in (errno.ENOSPC, errno.EDQUOT) else WRITE_FAILED


class JournalWriter:
    """Appends to the journal of one run. `append()` never blocks; the thread does the rest.

    While the disk can't take them, records wait in memory up to a bound; beyond it the oldest
    packets are dropped, counted, and a `lost` record says so in their place.

    on_synced(number): every packet up to this one is on the disk.
    on_fault(error id | None): writing stopped, or goes on. Both are called on the thread.
    """

    def __init__(
        self,
        run: Path,
        settings: RecorderSettings,
        clock: Clock,
        *,
        on_synced: Callable[[int], None],
        on_fault: Callable[[str | None], None],
    ) -> None:
        self.bytes_written = 0
        self.sound: tuple[Path | None, int] = (None, 0)
        """The file being written, and how much of it will not be taken back."""
        self._run = run
        self._settings = settings
        self._clock = clock
        self._on_synced = on_synced
        self._on_fault = on_fault
        # shared with the thread, under the lock
        self._lock = threading.Lock()
        self._pending: deque[Record] = deque()
        self._pending_bytes = 0
        self._being_written = 0
        """So many of the pending ones, the oldest."""
        self._dropped: list[PacketRecord] = []
        self._is_closing = False
        # the thread's own
        self._wake = threading.Event()
        self._file: int | None = None
        self._file_number = 0
        self._file_bytes = 0
        self._file_since = 0.0
        self._newest_number = -1
        self._synced_number = -1
        self._synced_at = clock.now()
        self._looked_at = float("-inf")
        self._fault: str | None = None
        self._thread = threading.Thread(target=self._work, name=f"journal {run.name}", daemon=True)

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def append(self, record: Record) -> None:
        """Take a record. Returns at once."""
        with self._lock:
            self._pending.append(record)
            if isinstance(record, PacketRecord):
                self._pending_bytes += len(record.packet)
            while self._pending_bytes > self._settings.pending_bytes and self._drop_oldest():
                pass

    def sound_bytes(self, path: Path) -> int | None:
        """How much of `path` may be read now; None for a file that is not being written."""
        sound_path, size = self.sound
        return size if path == sound_path else None

    def close(self, timeout_seconds: float = 5.0) -> None:
        """Write and sync what is pending, then end. Blocks; harmless when repeated."""
        with self._lock:
            self._is_closing = True
        self._wake.set()
        if self._thread.ident is not None:
            self._thread.join(timeout_seconds)

    def _drop_oldest(self) -> bool:
        """Of those that are not being written at this moment: they are not lost."""
        for position in range(self._being_written, len(self._pending)):
            record = self._pending[position]
            if isinstance(record, PacketRecord):
                del self._pending[position]
                self._pending_bytes -= len(record.packet)
                self._dropped = [*self._dropped[:1], record]
                return True
        return False

    # ---- the thread

    def _work(self) -> None:
        while not self._is_closing:
            self._wake.wait(RETRY_SECONDS if self._fault else FLUSH_SECONDS)
            self._turn(self._clock.now())
        self._turn(self._clock.now(), is_last=True)
        self._close_file()

    def _turn(self, now: float, *, is_last: bool = False) -> None:
        try:
            self._check_space(now)
            self._write_pending(now)
            if is_last or now - self._synced_at >= self._settings.sync_seconds:
                self._sync(now)
            self._set_fault(None)
        except OSError as error:
            self._set_fault(fault_id(error))
        except Exception:  # a bug of ours must show: a thread that dies says nothing
            log.exception("! journal %s", self._run)
            self._set_fault(WRITE_FAILED)

    def _check_space(self, now: float) -> None:
        """Raises OSError ENOSPC while there is less free space than the settings ask for."""
        if self._fault is None and now - self._looked_at < RETRY_SECONDS:
            return
        self._looked_at = now
        if free_bytes(self._run) < self._settings.min_free_bytes:
            raise OSError(errno.ENOSPC, "less than min_free_bytes is left")

    def _write_pending(self, now: float) -> None:
        if self._file is None or now - self._file_since >= self._settings.journal_file_seconds:
            self._open_next(now)
        with self._lock:
            dropped, self._dropped = self._dropped, []
            batch = [*self._lost_records(dropped), *self._pending]
            self._being_written = len(self._pending)
        is_written = False
        try:
            if batch:
                self._write(b"".join(encode(record) for record in batch))
            is_written = True
        finally:
            with self._lock:
                self._being_written = 0
                if is_written:
                    self._forget(batch)
                else:
                    self._dropped = [*dropped, *self._dropped]

    def _lost_records(self, dropped: list[PacketRecord]) -> list[Record]:
        if not dropped:
            return []
        lost_ms = dropped[-1].arrival_ms - dropped[0].arrival_ms
        return [ControlRecord("lost", {"reason": self._fault or "overload", "ms": lost_ms})]

    def _forget(self, batch: list[Record]) -> None:
        """Take what was written out of the pending ones."""
        written = {id(record) for record in batch}
        while self._pending and id(self._pending[0]) in written:
            record = self._pending.popleft()
            if isinstance(record, PacketRecord):
                self._pending_bytes -= len(record.packet)
        numbers = [record.number for record in batch if isinstance(record, PacketRecord)]
        self._newest_number = max(numbers, default=self._newest_number)

    def _write(self, data: bytes) -> None:
        """All of `data` or nothing: a piece is cut off again. Raises OSError."""
        if self._file is None:
            raise OSError(errno.EBADF, "journal is not open")
        view = memoryview(data)
        try:
            while view:
                view = view[os.write(self._file, view) :]
        except OSError:
            os.ftruncate(self._file, self._file_bytes)
            raise
        self._file_bytes += len(data)
        self.sound = (self.sound[0], self._file_bytes)
        self.bytes_written += len(data)

    def _sync(self, now: float) -> None:
        if self._file is not None and self._newest_number > self._synced_number:
            os.fdatasync(self._file)
            self._synced_number = self._newest_number
            self._on_synced(self._synced_number)
        self._synced_at = now

    def _open_next(self, now: float) -> None:
        if self._file is not None:
            self._sync(now)
        self._close_file()
        path = self._run / naming.journal_file(self._file_number + 1)
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_TRUNC
        self.sound = (path, 0)
        self._file = os.open(path, flags, 0o644)
        self._file_bytes = 0
        self._file_since = now
        try:
            self._write(HEADER)
        except OSError:
            self._close_file()
            raise
        self._file_number += 1

    def _close_file(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _set_fault(self, fault: str | None) -> None:
        if fault == self._fault:
            return
        self._fault = fault
        log.warning("! journal %s: %s", self._run, fault or "written again")
        self._on_fault(fault)
