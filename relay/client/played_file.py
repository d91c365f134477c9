"""Plays a file for ever as aiortc tracks, in step with a shared pace.

    file ─► demux ─┬─ as it is (H.264, Opus) ──┐
                   └─ recode.py ───────────────┴─► FileTrack ─► RTCRtpSender

Reading happens in a thread, a few items at a time; nothing is read ahead of that.
"""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice

import av
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack
from av.bitstream import BitStreamFilterContext
from av.container import InputContainer
from av.stream import Stream

from relay.client.file_plan import EncodedPacket, FilePlan, StreamPlan
from relay.client.recode import recoded
from streamsvc.base.media import MediaKind

VIDEO_TIME_BASE = Fraction(1, 90_000)
AUDIO_TIME_BASE = Fraction(1, 48_000)
ITEMS_PER_READ = 8
STALL_SECONDS = 1.0
"""Later than this we do not hurry to catch up, we go on from here."""


class Pace:
    """Which second of its files a lesson is at; shared by its tracks, so that they stay in step."""

    def __init__(self, begin: float = 0.0) -> None:
        """`begin`: the second of the files that it starts with."""
        self._begin = begin
        self._origin: float | None = None

    def position(self, now: float) -> float:
        """Seconds since the beginning; the first question starts the clock."""
        if self._origin is None:
            self._origin = now - self._begin
        return now - self._origin

    def delay(self, seconds: float, now: float) -> float:
        """How long to wait until `seconds` is due."""
        late = self.position(now) - seconds
        if late > STALL_SECONDS and self._origin is not None:
            self._origin += late
        return max(0.0, -late)


@dataclass(frozen=True, slots=True)
class Item:
    """An encoded packet, and when it is due on the endless time axis."""

    seconds: float
    packet: EncodedPacket


class FileTrack(MediaStreamTrack):
    """One stream of the file."""

    def __init__(self, kind: MediaKind, items: Iterator[Item], pace: Pace) -> None:
        super().__init__()
        self.kind = kind.value
        self._items = items
        self._read: list[Item] = []
        self._pace = pace
        self.at_seconds = 0.0
        """Of the item that was given last."""
        self._time_base = VIDEO_TIME_BASE if kind is MediaKind.VIDEO else AUDIO_TIME_BASE

    async def recv(self) -> EncodedPacket:
        """The next item when it is due. Raises MediaStreamError at the end."""
        if self.readyState != "live":
            raise MediaStreamError
        if not self._read:
            self._read = await asyncio.to_thread(lambda: list(islice(self._items, ITEMS_PER_READ)))
        if not self._read:
            self.stop()
            raise MediaStreamError
        item = self._read.pop(0)
        self.at_seconds = item.seconds
        await asyncio.sleep(self._pace.delay(item.seconds, time.monotonic()))
        item.packet.time_base = self._time_base
        item.packet.pts = round(item.seconds / self._time_base)
        return item.packet


def open_tracks(plan: FilePlan, pace: Pace) -> list[FileTrack]:
    """A new track for each stream, beginning at the pace's present position."""
    begin = pace.position(time.monotonic())
    return [
        FileTrack(stream.kind, endless_items(plan, stream, begin), pace) for stream in plan.streams
    ]


def endless_items(plan: FilePlan, stream: StreamPlan, begin: float) -> Iterator[Item]:
    """Items from `begin` seconds on (video: from the next key frame), over and over; blocks."""
    round_number, offset = divmod(begin, plan.period_seconds)
    while True:
        start = round_number * plan.period_seconds
        is_empty = True
        for item in _one_round(plan, stream, offset):
            is_empty = False
            yield Item(start + item.seconds, item.packet)
        if is_empty and offset == 0:
            return
        round_number, offset = round_number + 1, 0.0


def _one_round(plan: FilePlan, stream: StreamPlan, offset: float) -> Iterator[Item]:
    with av.open(str(plan.path)) as container:
        source = container.streams[stream.index]
        if offset > 0:
            container.seek(int(offset * av.time_base))
        items = _packets if stream.is_sent_as_is else _recoded
        is_begun = False
        for item in items(container, source, offset):
            if item.seconds >= plan.period_seconds:
                return
            is_begun = is_begun or (item.seconds >= offset and item.packet.is_keyframe)
            if is_begun:
                yield item


def _recoded(container: InputContainer, source: Stream, begin: float) -> Iterator[Item]:
    return (Item(made.seconds, made.packet) for made in recoded(container, source, begin))


def _packets(container: InputContainer, source: Stream, begin: float) -> Iterator[Item]:
    """Packets as they are; H.264 with start codes and parameter sets, as RTP senders want it."""
    annex_b = BitStreamFilterContext("h264_mp4toannexb", source) if source.type == "video" else None
    first: Fraction | None = None
    for packet in container.demux(source):
        if packet.pts is None or packet.time_base is None:
            continue
        at = packet.pts * packet.time_base
        # Opus begins a few milliseconds before zero: the decoder's run-up.
        first = min(at, Fraction(0)) if first is None else first
        for sendable in annex_b.filter(packet) if annex_b is not None else [packet]:
            yield Item(float(at - first), sendable)
