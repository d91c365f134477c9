"""One encoder's RTMP connection: screened up to its stream key, then handed to FFmpeg.

    encoder ── TCP ──► PushGate ── 127.0.0.1, one connection ──► FFmpeg, which listens
                  RtmpScreen until the key is known ┘

FFmpeg answers the encoder; the word that begins the push is held back until the key is good.
"""

import asyncio
import socket
from contextlib import suppress

from relay.ingest.rtmp_words import RtmpScreen, refusal
from streamsvc.base.errors import PeerGone
from streamsvc.base.tasks import TaskScope

WORDS_SECONDS = 10.0
"""From the first byte to the stream key."""
LISTEN_SECONDS = 5.0
"""FFmpeg, in a thread that has just been started, listens."""
_READ_BYTES = 65_536
_FAR_BYTES = 16_384
_LOOK_SECONDS = 0.02


class PushGate:
    """Used for one connection. Closing twice is harmless."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.port = _free_port()
        """Where FFmpeg must listen."""
        self.is_cut = False
        """The encoder ended the connection, not FFmpeg."""
        self._reader = reader
        self._writer = writer
        self._screen = RtmpScreen()
        self._scope = TaskScope("push gate")
        self._near: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._has_hung_up = False

    @property
    def url(self) -> str:
        """What FFmpeg opens."""
        return f"rtmp://127.0.0.1:{self.port}/live/stream"

    async def first_words(self) -> bytes:
        """What an encoder begins with; nothing was started for it yet. Raises ProtocolError
        `source-unreadable`, PeerGone `source-cut`."""
        async with asyncio.timeout(WORDS_SECONDS):
            data = await self._read()
        return self._screen.receive(data)

    async def key(self, words: bytes) -> str:
        """Let FFmpeg and the encoder talk until the stream key is said; it. Raises as
        `first_words`, and PeerGone `source-silent`."""
        try:
            async with asyncio.timeout(WORDS_SECONDS):
                near_reader, near = self._near = await self._dialed()
                self._scope.start("answers", self._answer(near_reader))
                near.write(words)
                while self._screen.key is None:
                    near.write(self._screen.receive(await self._read()))
        except (TimeoutError, OSError) as error:
            raise PeerGone("source-silent") from error
        return self._screen.key

    def let_in(self) -> None:
        """The key is good: FFmpeg hears it, and all that follows."""
        assert self._near is not None
        self._near[1].write(self._screen.rest())
        self._scope.start("media", self._pass(self._near[1]))

    async def refuse(self, sentence: str) -> None:
        """Tell the encoder why not."""
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(2):
                self._writer.write(refusal(sentence))
                await self._writer.drain()
                self._writer.close()
                await self._writer.wait_closed()

    def abort(self) -> None:
        """Cut an encoder off for which FFmpeg was not started."""
        self._writer.transport.abort()

    async def close(self) -> None:
        """Cut the connection on both sides; FFmpeg finds the end of the stream."""
        if self._near is None:  # FFmpeg may still wait for somebody
            with suppress(OSError, TimeoutError):
                async with asyncio.timeout(LISTEN_SECONDS):
                    self._near = await self._dialed()
        await self._scope.close()
        for writer in (self._writer, self._near[1] if self._near is not None else None):
            if writer is not None:
                writer.transport.abort()

    async def _dialed(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """FFmpeg, as soon as it listens."""
        async with asyncio.timeout(LISTEN_SECONDS):
            while True:
                with suppress(ConnectionRefusedError):
                    return await asyncio.open_connection("127.0.0.1", self.port, limit=_FAR_BYTES)
                await asyncio.sleep(_LOOK_SECONDS)

    async def _read(self) -> bytes:
        try:
            data = await self._reader.read(_READ_BYTES)
        except OSError:
            data = b""
        if not data:
            raise PeerGone("source-cut")
        return data

    async def _answer(self, near: asyncio.StreamReader) -> None:
        """What FFmpeg says to the encoder."""
        with suppress(OSError):
            while data := await near.read(_FAR_BYTES):
                self._writer.write(data)
                await self._writer.drain()
        self._has_hung_up = True

    async def _pass(self, near: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await self._reader.read(_READ_BYTES):
                near.write(data)
                await near.drain()
        self.is_cut = not self._has_hung_up
        near.close()


def _free_port() -> int:
    """FFmpeg can listen at a number only. Were somebody of this machine quicker than it or than
    us, this one push would fail, and the encoder comes again."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
