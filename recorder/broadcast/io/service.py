"""The packager process: a Unix socket, one connection of the service, one lesson."""

import asyncio
import errno
import logging
from typing import Any

from recorder.broadcast.io.live_folder import LiveFolder
from recorder.broadcast.io.packager import Packager
from recorder.broadcast.settings import BroadcastSettings
from streamsvc.base.clock import Clock
from streamsvc.base.errors import ProtocolError
from streamsvc.base.tap import TapControl, TapReader, encode_control
from streamsvc.base.tasks import TaskScope

log = logging.getLogger("recorder.broadcast")
READ_BYTES = 1 << 18
STEP_SECONDS = 0.03
SPACE_SECONDS = 5.0
UNSENT_LIMIT_BYTES = 1 << 18
DISK_FULL = "disk-full"


class BroadcastService:
    """`start`; `ended` is set when the lesson is over or the service is gone; `close`."""

    def __init__(self, settings: BroadcastSettings, clock: Clock) -> None:
        self.ended = asyncio.Event()
        self._settings = settings
        self._clock = clock
        self._folder = LiveFolder(settings.folder)
        self._packager: Packager | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._server: asyncio.Server | None = None
        self._scope = TaskScope("broadcast", on_failure=self._failed)
        self._looked_at = float("-inf")
        self.is_failed = False
        """A fault of ours or of the disk: another process goes on from what the disk has."""

    async def start(self) -> None:
        """Listen. Raises OSError."""
        self._settings.folder.mkdir(parents=True, exist_ok=True)
        self._settings.socket_path.unlink(missing_ok=True)
        path = str(self._settings.socket_path)
        self._server = await asyncio.start_unix_server(self._connected, path=path)
        self._scope.start("steps", self._step_on())

    async def close(self) -> None:
        """Leave the files as they are."""
        if self._server is not None:
            self._server.close()
        await self._scope.close()
        if self._packager is not None:
            self._packager.close()

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._writer is not None:
            self._writer.close()  # the service has connected anew
        self._writer = writer
        self._scope.start("line", self._serve(reader, writer))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        frames = TapReader()
        try:
            while data := await reader.read(READ_BYTES):
                for frame in frames.feed(data):
                    self._take(frame)
        except (ProtocolError, ConnectionError, KeyError, ValueError) as error:
            log.warning("x line dropped: %r", error)
        finally:
            writer.close()
            self._writer = None if self._writer is writer else self._writer

    def _take(self, frame: Any) -> None:
        if isinstance(frame, TapControl):
            if frame.type == "open":
                self._open(frame)
            elif self._packager is not None:
                self._packager.control(frame)
        elif self._packager is not None:
            self._packager.packet(frame)

    def _open(self, frame: TapControl) -> None:
        """The first word; on a second connection what was made before goes on."""
        if self._packager is not None:
            self._packager.reopened()
            return
        part_ms = 1000 * self._settings.part_seconds
        zero_ms = int(frame.fields["zero_ms"])
        self._packager = Packager(self._folder, part_ms, zero_ms, self._say)

    async def _step_on(self) -> None:
        while not self.ended.is_set():
            await asyncio.sleep(STEP_SECONDS)
            packager = self._packager
            if packager is None:
                continue
            self._check_space()
            if packager.is_ended:
                packager.finish(self._clock.wall_ms(), self._clock.now())
                self.ended.set()
            else:
                packager.advance(self._clock.wall_ms(), self._clock.now())

    def _check_space(self) -> None:
        """Raises OSError ENOSPC while there is less free space than the settings ask for."""
        now = self._clock.now()
        if now - self._looked_at < SPACE_SECONDS:
            return
        self._looked_at = now
        if self._folder.free_bytes() < self._settings.min_free_bytes:
            raise OSError(errno.ENOSPC, "less than min_free_bytes is left")

    def _failed(self, task: str, error: BaseException) -> None:
        """A playlist must name no file that is not whole, so this process ends."""
        is_full = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
        self._say("state", reason=DISK_FULL if is_full else "broadcast-failed")
        self.is_failed = True
        self.ended.set()

    def _say(self, type: str, **fields: Any) -> None:
        writer = self._writer
        if writer is None or writer.is_closing():
            return
        if writer.transport.get_write_buffer_size() < UNSENT_LIMIT_BYTES:
            writer.write(encode_control(type, **fields))
