"""The service's side of one packager's line: connects, sends, and connects again.

What can't be sent now is of no use later: a packager that does not read is left, and told anew
which tracks there are when it can be reached again. Bound: UNSENT_BYTES not taken by the kernel.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from recorder.broadcast.plan.board import board_frames
from streamsvc.base.errors import ProtocolError
from streamsvc.base.ids import LessonId
from streamsvc.base.log import IdAdapter
from streamsvc.base.media import Track
from streamsvc.base.tap import TapControl, TapReader, encode_control, encode_packet
from streamsvc.base.tasks import TaskScope

log = logging.getLogger("recorder.broadcast")
RETRY_SECONDS = 0.1
UNSENT_BYTES = 4 << 20
READ_BYTES = 1 << 16
LINGER_SECONDS = 10.0
"""For the packager to say that it has ended."""

OnWord = Callable[[TapControl], None]


class LessonLine:
    """`run` until `end()` was told and taken, or it is canceled."""

    def __init__(self, path: Path, lesson_id: LessonId, zero_ms: int, on_word: OnWord) -> None:
        self._path = path
        self._zero_ms = zero_ms
        self._on_word = on_word
        self._tracks: dict[int, bytes] = {}
        """What was said of the tracks that are open."""
        self._board: list[bytes] = []
        """What was said of the board while nobody heard it."""
        self._writer: asyncio.StreamWriter | None = None
        self._ending, self._over = asyncio.Event(), asyncio.Event()
        self._log = IdAdapter(log, {"lesson": lesson_id})

    def track_opened(self, track: Track) -> None:
        """A layer begins."""
        data = encode_control(
            "track",
            number=track.number % 65_536,
            slot=track.slot.value,
            kind=track.kind.value,
            codec=track.codec.value,
            rid=track.rid or "",
            source=track.source,
        )
        self._tracks[track.number] = data
        self._send(data)

    def packet(self, track_number: int, wall_ms: int, packet: bytes) -> None:
        """A packet of an open track."""
        if self._writer is not None:
            self._send(encode_packet(track_number % 65_536, wall_ms, packet))

    def track_closed(self, track_number: int) -> None:
        """It ended."""
        if self._tracks.pop(track_number, None) is not None:
            self._send(encode_control("track_closed", number=track_number % 65_536))

    def board(self, at_ms: int, events: str, *, is_state: bool) -> None:
        """Something happened on the board, or all that stands on it. What a packager did not take
        is lost but for the newest state."""
        data = board_frames(at_ms, events, is_state=is_state)
        if self._writer is None:
            self._board = [data] if is_state else [*self._board, data][-100:]
        self._send(data)

    def captions(self, at_ms: int, lines: str) -> None:
        """Lines that were said. What a packager did not take is lost."""
        self._send(encode_control("captions", at_ms=at_ms, lines=lines))

    def end(self) -> None:
        """The lesson is over."""
        self._ending.set()
        self._send(encode_control("end"))

    async def run(self) -> None:
        """Connect again and again; after `end()` until the packager has ended too, or for a
        while."""
        scope = TaskScope("live line")
        scope.start("connect", self._connect_again())
        try:
            await self._ending.wait()
            with suppress(TimeoutError):
                async with asyncio.timeout(LINGER_SECONDS):
                    await self._over.wait()
        finally:
            await scope.close()

    async def _connect_again(self) -> None:
        while True:
            try:
                reader, self._writer = await asyncio.open_unix_connection(str(self._path))
            except OSError:
                await asyncio.sleep(RETRY_SECONDS)
                continue
            try:
                self._greet()
                await self._read(reader)
            except (OSError, ProtocolError) as error:
                self._log.warning("! line to the packager: %r", error)
            finally:
                self._writer.close()
                self._writer = None
            await asyncio.sleep(RETRY_SECONDS)

    def _greet(self) -> None:
        self._send(encode_control("open", zero_ms=self._zero_ms))
        for data in [*self._tracks.values(), *self._board]:
            self._send(data)
        self._board.clear()
        if self._ending.is_set():
            self._send(encode_control("end"))

    async def _read(self, reader: asyncio.StreamReader) -> None:
        frames = TapReader()
        while data := await reader.read(READ_BYTES):
            for frame in frames.feed(data):
                if isinstance(frame, TapControl):
                    self._hear(frame)

    def _hear(self, word: TapControl) -> None:
        if word.type == "ended":
            self._over.set()
        try:
            self._on_word(word)
        except (KeyError, TypeError, ValueError) as error:
            raise ProtocolError("tap-control-malformed") from error

    def _send(self, data: bytes) -> None:
        writer = self._writer
        if writer is None or writer.is_closing():
            return
        if writer.transport.get_write_buffer_size() > UNSENT_BYTES:
            self._log.warning("! the packager does not read, left")
            writer.transport.abort()
            return
        writer.write(data)
