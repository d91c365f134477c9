"""One recording's line to the recorder: connects, sends, and connects again, for ever.

The recorder may die and come back at any time; what it had not on its disk is sent again.
"""

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

from relay.io.tap_ring import RingFrame, TapRing
from relay.metrics import TAP_PACKETS_LOST
from streamsvc.base.clock import Clock
from streamsvc.base.errors import ProtocolError
from streamsvc.base.ids import LessonId, RecordingId
from streamsvc.base.log import IdAdapter
from streamsvc.base.media import Track
from streamsvc.base.recordings import RecordingState
from streamsvc.base.tap import TapControl, TapReader, encode_control, encode_packet

log = logging.getLogger("relay.tap")

RETRY_SECONDS = 0.2
MAX_RETRY_SECONDS = 2.0
STEADY_SECONDS = 5.0
"""A connection that lasted this long was a good one; the next try may come soon."""
BATCH_BYTES = 1 << 16
READ_BYTES = 1 << 16
_OVER = frozenset({RecordingState.READY.value, RecordingState.STOPPED.value})

OnStatus = Callable[[dict[str, Any]], None]
OnKeyframe = Callable[[int], None]


class RecordingTap:
    """`run` until the recorder says that the recording is finished, or it is canceled."""

    def __init__(
        self,
        path: Path,
        clock: Clock,
        opened: tuple[RecordingId, LessonId, str],
        on_status: OnStatus,
        on_keyframe: OnKeyframe,
    ) -> None:
        self.recording_id, self.lesson_id, self.title = opened
        self._path = path
        self._clock = clock
        self._opened_ms = clock.wall_ms()
        self._on_status = on_status
        self._on_keyframe = on_keyframe
        self._ring = TapRing()
        self._has_news = asyncio.Event()
        self._numbers: dict[int, int] = {}
        self._closed_ms: int | None = None
        self._is_finished = False
        self._log = IdAdapter(log, {"recording": self.recording_id, "lesson": self.lesson_id})

    @property
    def unsynced_frames(self) -> int:
        """Frames the recorder has not confirmed yet."""
        return self._ring.unsynced_frames

    # ---- what happens in the lesson

    def track_opened(self, track: Track, wall_ms: int) -> None:
        """A track begins. The recorder knows it by a number of this recording's own, which stays
        small however long the node runs."""
        number = self._numbers[track.number] = len(self._numbers) + 1
        data = encode_control(
            "track",
            number=number,
            slot=track.slot.value,
            kind=track.kind.value,
            codec=track.codec.value,
            label=track.label,
            participant_id=track.participant_id,
            source=track.source,
            wall_ms=wall_ms,
        )
        self._append(RingFrame(data, None, announces=number))

    def packet(self, track_number: int, wall_ms: int, packet: bytes) -> None:
        """A packet of a track."""
        number = self._numbers[track_number]
        lost_before = self._ring.lost_packets
        self._append(RingFrame(encode_packet(number, wall_ms, packet), number))
        if self._ring.lost_packets > lost_before:
            TAP_PACKETS_LOST.inc(self._ring.lost_packets - lost_before)

    def track_closed(self, track_number: int, wall_ms: int) -> None:
        """A track ended."""
        number = self._numbers[track_number]
        data = encode_control("track_closed", number=number, wall_ms=wall_ms)
        self._append(RingFrame(data, None, ends=number))

    def close(self, wall_ms: int) -> None:
        """The lesson ended. Closing twice is harmless."""
        if self._closed_ms is None:
            self._closed_ms = wall_ms
            self._append(self._end(wall_ms))

    def _end(self, wall_ms: int) -> RingFrame:
        return RingFrame(
            encode_control("close", recording_id=self.recording_id, wall_ms=wall_ms), None
        )

    def _append(self, frame: RingFrame) -> None:
        self._ring.append(frame)
        self._has_news.set()

    # ---- the line

    async def run(self) -> None:
        """Connect again and again, with growing pauses."""
        pause = RETRY_SECONDS
        while not self._is_finished:
            try:
                reader, writer = await asyncio.open_unix_connection(str(self._path))
            except OSError:
                await asyncio.sleep(pause)
                pause = min(MAX_RETRY_SECONDS, 2 * pause)
                continue
            connected_at = self._clock.now()
            self._log.info("= tap connected")
            await self._connected(reader, writer)
            self._log.info("= tap disconnected")
            if self._clock.now() - connected_at > STEADY_SECONDS:
                pause = RETRY_SECONDS
            await asyncio.sleep(0 if self._is_finished else pause)
            pause = min(MAX_RETRY_SECONDS, 2 * pause)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._greet(writer)
        try:
            async with asyncio.TaskGroup() as both:
                sending = both.create_task(self._send(writer))
                both.create_task(self._receive(reader, sending))
        except* (OSError, ProtocolError) as group:
            self._log.warning("x tap: %s", group.exceptions[0])
        finally:
            writer.close()

    def _greet(self, writer: asyncio.StreamWriter) -> None:
        if self._closed_ms is not None and self._ring.unsynced_frames == 0:
            # on the disk already, but nobody made files of it: the recorder has to hear it again
            self._append(self._end(self._closed_ms))
        first = self._ring.restart()
        writer.write(
            encode_control(
                "open",
                recording_id=self.recording_id,
                lesson_id=self.lesson_id,
                title=self.title,
                wall_ms=self._opened_ms,
                next_packet=first,
            )
        )
        for announcement in self._ring.announced.values():
            writer.write(announcement)

    async def _send(self, writer: asyncio.StreamWriter) -> None:
        while not self._ring.needs_reconnect:
            self._has_news.clear()
            for track, packets in self._ring.take_lost().items():
                writer.write(encode_control("lost", track=track, packets=packets))
            batch = bytearray()
            while len(batch) < BATCH_BYTES and (data := self._ring.next_frame()) is not None:
                batch += data
            writer.write(batch)
            await writer.drain()
            if len(batch) < BATCH_BYTES:
                await self._has_news.wait()
        raise ProtocolError("tap-out-of-step")

    async def _receive(self, reader: asyncio.StreamReader, sending: asyncio.Task[None]) -> None:
        frames = TapReader()
        while data := await reader.read(READ_BYTES):
            for frame in frames.feed(data):
                if isinstance(frame, TapControl):
                    self._take_checked(frame)
        sending.cancel()

    def _take_checked(self, control: TapControl) -> None:
        try:
            self._take(control)
        except (KeyError, TypeError, ValueError) as error:
            raise ProtocolError("tap-control-malformed") from error

    def _take(self, control: TapControl) -> None:
        match control.type:
            case "synced":
                self._ring.synced(int(control.fields["packet"]))
            case "keyframe":
                self._ask_for_keyframe(int(control.fields["number"]))
            case "status":
                is_ending = self._closed_ms is not None
                self._is_finished = is_ending and control.fields.get("state") in _OVER
                self._on_status(control.fields)

    def _ask_for_keyframe(self, number: int) -> None:
        for track_number, its in self._numbers.items():
            if its == number:
                self._on_keyframe(track_number)
