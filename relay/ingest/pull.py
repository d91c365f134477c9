"""FFmpeg at work on one connection, in a thread: a source's media is parsed nowhere else."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace

import av
from av.container import InputContainer

from relay.client.file_plan import EncodedPacket
from relay.ingest.live_track import LiveItem, LivePace, LiveTrack
from relay.ingest.streams import LARGEST_JUMP_SECONDS, PictureStream, SoundStream
from streamsvc.base.errors import PeerGone
from streamsvc.base.room_sources import SourceLook

OPEN_SECONDS = 12.0
PUSH_OPEN_SECONDS = 25.0
"""Of these ten are for the words up to the stream key, which the gate counts."""
SILENCE_SECONDS = 5.0
HEADROOM_SECONDS = 1.0
_PROBED_MICROSECONDS = "2000000"
_PROBED_BYTES = "5000000"
"""Whichever comes first: how much is looked at to find out what a source sends."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How FFmpeg gets at a source."""

    form: str
    options: Mapping[str, str]
    open_seconds: float


PULLED = Manner(
    "rtsp",
    {
        "rtsp_transport": "tcp",
        "allowed_media_types": "video+audio",
        "protocol_whitelist": "rtsp,tcp",
        "analyzeduration": _PROBED_MICROSECONDS,
        "probesize": _PROBED_BYTES,
        "fflags": "nobuffer",
    },
    OPEN_SECONDS,
)
PUSHED = Manner(
    "flv",
    {
        "listen": "1",
        "protocol_whitelist": "rtmp,tcp",
        "analyzeduration": _PROBED_MICROSECONDS,
        "probesize": _PROBED_BYTES,
        # What was looked at is kept: an encoder's next key frame may be ten seconds away.
        "fpsprobesize": "0",
    },
    PUSH_OPEN_SECONDS,
)


@dataclass(slots=True)
class _Line:
    """A stream of the source, and the track it feeds."""

    stream: PictureStream | SoundStream
    track: LiveTrack


class Pull:
    """`run()` blocks until the source ends or something is wrong; close the gate to end it."""

    def __init__(
        self,
        url: str,
        loop: asyncio.AbstractEventLoop,
        *,
        manner: Manner = PULLED,
        may_pass: bool = True,
    ) -> None:
        """`may_pass`: a picture that browsers take is passed on as it is."""
        self.opened = asyncio.Event()
        """`tracks` are known, and filled from now on."""
        self._url = url
        self._manner = manner
        self._may_pass = may_pass
        self._loop = loop
        self._lines: dict[int, _Line] = {}
        self._origin: float | None = None
        self._latest: dict[int, float] = {}

    @property
    def tracks(self) -> list[LiveTrack]:
        """Picture first."""
        return [line.track for line in self._lines.values()]

    def renew_tracks(self) -> None:
        """Fresh ones, for those of before ended with their publication; on the event loop."""
        pace = LivePace()
        for line in self._lines.values():
            line.track = LiveTrack(line.stream.kind, pace)

    @property
    def is_recoding(self) -> bool:
        """The picture is encoded again."""
        return any(
            isinstance(line.stream, PictureStream) and not line.stream.is_as_is
            for line in self._lines.values()
        )

    def look(self) -> SourceLook:
        """What the source sends, once it is `opened`."""
        found = SourceLook("", 0, 0, "", is_recoded=self.is_recoding)
        for line in self._lines.values():
            if isinstance(line.stream, PictureStream):
                name, width, height = line.stream.looks
                found = replace(found, picture=name, width=width, height=height)
            else:
                found = replace(found, sound=line.stream.codec)
        return found

    def run(self) -> None:
        """Find out what the source sends, and feed the tracks until it ends.

        Raises PyAV's errors, PeerGone `source-no-media`, `source-clock-jumped`,
        `source-unreadable`.
        """
        manner = self._manner
        with av.open(
            self._url,
            format=manner.form,
            options=dict(manner.options),
            timeout=(manner.open_seconds, SILENCE_SECONDS),
        ) as container:
            self._find_streams(container)
            self._loop.call_soon_threadsafe(self.opened.set)
            for packet in container.demux():
                self._take(packet)

    def _find_streams(self, container: InputContainer) -> None:
        pace = LivePace()
        streams = container.streams
        for picture in streams.video[:1]:
            if picture.codec_context is not None and picture.codec_context.width:
                kept = PictureStream(picture, may_pass=self._may_pass)
                self._lines[picture.index] = _Line(kept, LiveTrack(kept.kind, pace))
        for sound in streams.audio[:1]:
            if sound.codec_context is not None:
                heard = SoundStream(sound)
                self._lines[sound.index] = _Line(heard, LiveTrack(heard.kind, pace))
        if not self._lines:
            raise PeerGone("source-no-media")

    def _take(self, packet: EncodedPacket) -> None:
        line = self._lines.get(packet.stream_index)
        if line is None or packet.pts is None or packet.time_base is None:
            return
        at = float(packet.pts * packet.time_base)
        self._check_clock(packet.stream_index, at)
        # Sound may be a little before the first picture; no time is below zero.
        self._origin = at - HEADROOM_SECONDS if self._origin is None else self._origin
        for item in line.stream.items(packet, at - self._origin, self._origin):
            self._loop.call_soon_threadsafe(self._offer, line, item)

    def _offer(self, line: _Line, item: LiveItem) -> None:
        """On the event loop: to the track that is fed now."""
        line.track.offer(item)

    def _check_clock(self, index: int, at: float) -> None:
        """A camera that sets its clock begins a new time axis: so do we, with a new connection."""
        latest = self._latest.get(index, at)
        if abs(at - latest) > LARGEST_JUMP_SECONDS:
            raise PeerGone("source-clock-jumped")
        self._latest[index] = at
