"""The parent's side: one track's transcoder, its child process kept alive and fed.

    publication's packets ─► Transcoder ─► Unix socket ─► child process
       lower renditions  ◄─      ▲               ▲            │
                                 └───────────────┴────────────┘

The parent listens and the child connects, so a child that is there is a connection that is there.
Whatever happens to the child, nothing is asked of the caller but a key frame of the source.
"""

import asyncio
import logging
import os
import secrets
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from relay.metrics import TRANSCODER_PICTURES_SKIPPED, TRANSCODER_RESTARTS
from relay.transcode.plan import messages
from relay.transcode.plan.renditions import Rendition
from relay.transcode.ports import ChildProcess, RenditionSink, SuperviseChild, TranscoderState
from relay.transcode.settings import TranscodeSettings
from streamsvc.base.clock import Clock
from streamsvc.base.errors import ProtocolError
from streamsvc.base.log import IdAdapter
from streamsvc.base.media import Codec
from streamsvc.base.tap import TapControl, TapPacket, TapReader, encode_control, encode_packet
from streamsvc.base.tasks import TaskScope

log = logging.getLogger("relay.transcode")

READ_BYTES = 1 << 16
MOST_UNTAKEN_BYTES = 1 << 18
"""Of the source, waiting for the child: about half a second of 4 Mbit/s. Beyond, packets are
dropped until it has taken them all; it goes on with the next key frame."""
SHORTEST_BYTES, LONGEST_BYTES = 12, 1_500
"""Of a packet that comes back: a child that decodes what strangers send may be anybody's."""
MARKER = 0x80
HELD_SECONDS = 0.02
"""So long at most a picture's first packets wait for its last."""
SOURCE = 0
"""Track number of what the child is fed."""
MOST_NUMBERS = 0xFFFF
"""Track numbers of what comes back, round and round: as many as the line can say."""
WATCH_SECONDS = 0.5
SILENCE_SECONDS = 3.0
"""A child beats twice a second; one that did not for so long hangs."""
ARRIVAL_SECONDS = 10.0
"""A child that did not connect within this time hangs."""


@dataclass
class _Numbers:
    """Of one rendition, over the lives of all children."""

    number: int
    """On the line; another one each time it begins anew: what the child still made for its former
    life is nobody's, and leaves no gap in `next_seq`."""
    ssrc: int
    next_seq: int


class Transcoder:
    """`await start()`, then `make`, `packet` and `request_keyframe` in any order; `await close()`
    at the end. Calls after that are harmless."""

    def __init__(
        self,
        socket_path: Path,
        *,
        source: tuple[Codec, int],
        settings: TranscodeSettings,
        clock: Clock,
        supervise: SuperviseChild,
        sink: RenditionSink,
    ) -> None:
        """`socket_path` is ours alone, in a folder that nobody else can read, 107 bytes at most.
        `source`: codec of what comes, and the payload type of what is given back."""
        self.state = TranscoderState.STARTING
        self.beat: messages.Beat | None = None
        """The child's latest figures."""
        self.dropped = 0
        """Packets of the source that no child took."""
        self._path = socket_path
        self._settings = settings
        self._clock = clock
        self._sink = sink
        self._codec, self._payload_type = source
        self._log = IdAdapter(log, {"transcoder": socket_path.stem})
        self._tasks = TaskScope(f"transcode/{socket_path.stem}")
        self._child: ChildProcess = supervise(socket_path.stem, self._command(), self._ended)
        self._server: asyncio.Server | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._line: asyncio.Task[None] | None = None
        self._heard_at = clock.now()
        self._batch = bytearray()
        self._is_dropping = self._is_flushing = False
        self._held: asyncio.TimerHandle | None = None
        self._wanted: tuple[Rendition, ...] = ()
        self._numbers: dict[str, _Numbers] = {}
        self._rids: dict[int, str] = {}
        """Of those that are wanted, by number."""
        self._begun = 0
        """Lives of all renditions: so many numbers were given out, round and round."""

    def _command(self) -> list[str]:
        settings = self._settings
        return [sys.executable, "-m", "relay.transcode", "--socket", str(self._path)] + [
            f"--memory-bytes={settings.memory_bytes}",
            f"--niceness={settings.niceness}",
            *(["--voice"] if self._codec is Codec.OPUS else []),
        ]

    # ---- life

    async def start(self) -> None:
        """Listen, and start the child; returns before it is there. OSError: no socket."""
        self._path.unlink(missing_ok=True)
        server = await asyncio.start_unix_server(self._connected, str(self._path))
        if self.state is TranscoderState.CLOSED:  # meanwhile
            server.close()
            self._path.unlink(missing_ok=True)
            return
        self._server = server
        self._path.chmod(0o600)
        self._heard_at = self._clock.now()
        self._child.start()
        self._tasks.start("watch", self._watch())

    async def close(self) -> None:
        """End the child. Harmless to repeat, also while it ends, and after it was canceled."""
        self._become(TranscoderState.CLOSED)
        if self._held is not None:
            self._held.cancel()
        if self._server is not None:
            self._server.close()
        await self._child.close()
        if self._line is not None:
            await asyncio.wait([self._line])  # the child's end of it is closed
        await self._tasks.close()
        self._path.unlink(missing_ok=True)

    def _become(self, state: TranscoderState) -> None:
        if state is self.state or self.state is TranscoderState.CLOSED:
            return
        self.state = state
        self._log.info("= %s", state.value)
        self._sink.state_changed(state)

    def _ended(self) -> None:
        """The child's process is gone; its supervisor starts another one."""
        if self.state is TranscoderState.CLOSED:
            return
        TRANSCODER_RESTARTS.inc()
        self._heard_at, self.beat = self._clock.now(), None
        self._become(TranscoderState.RESTARTING)

    async def _watch(self) -> None:
        was_silent = False
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            bound = SILENCE_SECONDS if self._writer is not None else ARRIVAL_SECONDS
            is_silent = self._clock.now() - self._heard_at > bound
            pid = self._child.pid
            # twice in a row: what it said may wait to be read, where this loop was busy so long
            if pid is not None and is_silent and was_silent:
                self._log.warning("! hangs, killed")
                self._heard_at = self._clock.now()
                os.kill(pid, signal.SIGKILL)
            was_silent = is_silent

    @property
    def behind_ms(self) -> float:
        """How late the latest pictures were made, at most; 0 where nothing is made."""
        return self.beat.behind_ms if self.beat is not None else 0.0

    # ---- what the caller wants

    def make(self, renditions: Sequence[Rendition]) -> None:
        """All that is wanted from now on; what is not among them ends. One that begins does so
        with the next picture, and needs no key frame of the source."""
        before = set(self._rids.values())
        for rid in (rendition.rid for rendition in renditions if rendition.rid not in before):
            numbers = self._numbers.setdefault(
                rid, _Numbers(0, secrets.randbits(32), secrets.randbits(15))
            )
            numbers.number = self._begun % MOST_NUMBERS + 1
            self._begun += 1
        self._rids = {self._numbers[one.rid].number: one.rid for one in renditions}
        self._wanted = tuple(renditions)
        if self._writer is not None:
            self._writer.write(self._renditions())

    def packet(self, packet: bytes) -> None:
        """One RTP or RTCP packet of the source, as it came. What can't be taken is dropped."""
        writer = self._writer
        if writer is None:
            self.dropped += 1
            return
        untaken = writer.transport.get_write_buffer_size() + len(self._batch)
        self._is_dropping = untaken > (0 if self._is_dropping else MOST_UNTAKEN_BYTES)
        if self._is_dropping:
            self.dropped += 1
            return
        if not self._batch and self._codec is not Codec.OPUS:
            self._held = asyncio.get_running_loop().call_later(HELD_SECONDS, self._flush)
        self._batch += encode_packet(SOURCE, int(self._clock.now() * 1000), packet)
        is_whole = self._codec is Codec.OPUS or (len(packet) > 1 and bool(packet[1] & MARKER))
        if is_whole and not self._is_flushing:
            self._is_flushing = True
            asyncio.get_running_loop().call_soon(self._flush)

    def _flush(self) -> None:
        """A picture goes out as one, and all that came in this turn of the loop with it: the child
        wakes up once, when there is something to decode."""
        if self._held is not None:
            self._held.cancel()
        self._held, self._is_flushing = None, False
        batch, self._batch = self._batch, bytearray()
        if self._writer is not None:
            self._writer.write(batch)

    def request_keyframe(self, rid: str) -> None:
        """The rendition's next picture is to be a key frame. One that is not made is ignored."""
        numbers = self._numbers.get(rid)
        if self._writer is not None and numbers is not None and numbers.number in self._rids:
            self._writer.write(encode_control("keyframe", number=numbers.number))

    # ---- the line

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.state is TranscoderState.CLOSED:
            writer.close()
            return
        self._writer, self._line = writer, asyncio.current_task()
        self._heard_at = self._clock.now()
        self._is_dropping = False
        writer.write(encode_control("open", **self._opened().fields()))
        writer.write(self._renditions())
        self._become(TranscoderState.WAITING)
        try:
            await self._receive(reader)
        except (OSError, ProtocolError) as error:
            self._log.warning("x line: %s", error)
        finally:
            writer.close()
            if self._writer is writer:
                self._writer = None

    def _opened(self) -> messages.Opened:
        settings = self._settings
        return messages.Opened(
            self._codec,
            self._payload_type,
            settings.patience_ms,
            settings.keyframe_seconds,
            settings.largest_pixels,
        )

    def _renditions(self) -> bytes:
        wanted = []
        for rendition in self._wanted:
            known = self._numbers[rendition.rid]
            wanted.append(messages.Wanted(known.number, known.ssrc, known.next_seq, rendition))
        return encode_control("renditions", **messages.wanted_fields(wanted))

    async def _receive(self, reader: asyncio.StreamReader) -> None:
        frames = TapReader()
        while data := await reader.read(READ_BYTES):
            for frame in frames.feed(data):
                if isinstance(frame, TapPacket):
                    self._take_packet(frame)
                else:
                    self._take_control(frame)

    def _was_given(self, number: int) -> bool:
        return 0 < number <= min(self._begun, MOST_NUMBERS)

    def _take_packet(self, frame: TapPacket) -> None:
        is_known = self._was_given(frame.track_number)
        if not is_known or not SHORTEST_BYTES <= len(frame.packet) <= LONGEST_BYTES:
            raise ProtocolError("tap-frame-malformed", size=len(frame.packet))
        rid = self._rids.get(frame.track_number)
        if self.state is TranscoderState.CLOSED or rid is None:
            return
        self._numbers[rid].next_seq = (int.from_bytes(frame.packet[2:4], "big") + 1) & 0xFFFF
        self._become(TranscoderState.RUNNING)
        self._sink.rendition_packet(rid, frame.packet)

    def _take_control(self, control: TapControl) -> None:
        match control.type:
            case "keyframe":
                self._become(TranscoderState.WAITING)
                self._sink.source_keyframe_wanted()
            case "rendition":
                self._take_size(control)
            case "beat":
                self._take_beat(messages.beat(control.fields))

    def _take_size(self, control: TapControl) -> None:
        fields = control.fields
        try:
            number = int(fields["number"])
            width, height = int(fields["width"]), int(fields["height"])
        except (KeyError, TypeError, ValueError) as error:
            raise ProtocolError("tap-control-malformed") from error
        if not self._was_given(number):
            raise ProtocolError("tap-control-malformed")
        if (rid := self._rids.get(number)) is not None:
            self._sink.rendition_opened(rid, width, height)

    def _take_beat(self, beat: messages.Beat) -> None:
        before = self.beat.skipped if self.beat is not None else 0
        TRANSCODER_PICTURES_SKIPPED.inc(max(0, beat.skipped - before))
        self.beat = beat
        self._heard_at = self._clock.now()
