"""How a file will be played: which streams, and whether their packets can be sent as they are."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import av
from av.container import InputContainer
from av.packet import Packet
from av.stream import Stream
from av.video.stream import VideoStream

from streamsvc.base.errors import EnvironmentFault
from streamsvc.base.media import MediaKind

if TYPE_CHECKING:
    EncodedPacket = Packet[Any]
else:  # generic for the type checker only
    EncodedPacket = Packet

SCANNED_SECONDS = 20.0
LONGEST_KEYFRAME_GAP_SECONDS = 4.0
"""Encoded packets can't answer a key frame request: who joins waits for the next one."""

_SIMPLE_PROFILES = ("Baseline", "Constrained Baseline", "Main")


@dataclass(frozen=True, slots=True)
class StreamPlan:
    """One stream of the file."""

    index: int
    kind: MediaKind
    is_sent_as_is: bool
    """H.264 or Opus that a browser can take; otherwise it is decoded and encoded again."""


@dataclass(frozen=True, slots=True)
class FilePlan:
    """The file as a whole."""

    path: Path
    period_seconds: float
    """After this it begins again."""
    streams: tuple[StreamPlan, ...]


def plan_file(path: Path) -> FilePlan:
    """Look into the file; blocks. Raises EnvironmentFault `media-file-unreadable`."""
    try:
        with av.open(str(path)) as container:
            return _plan(path, container)
    except (OSError, ValueError) as error:  # PyAV's errors are one or the other, or both
        raise EnvironmentFault("media-file-unreadable", path=str(path)) from error


def _plan(path: Path, container: InputContainer) -> FilePlan:
    streams = []
    if container.streams.video:
        video = container.streams.video[0]
        streams.append(StreamPlan(video.index, MediaKind.VIDEO, _is_plain_h264(container, video)))
    if container.streams.audio:
        audio = container.streams.audio[0]
        is_opus = audio.codec_context.name in ("opus", "libopus")
        streams.append(StreamPlan(audio.index, MediaKind.AUDIO, is_opus))
    period = _period_seconds(container)
    if not streams or period <= 0:
        raise EnvironmentFault("media-file-unreadable", path=str(path))
    return FilePlan(path, period, tuple(streams))


def _period_seconds(container: InputContainer) -> float:
    """The picture's length where it is known, so that a clip of whole seconds stays whole."""
    for stream in container.streams.video:
        if stream.duration is not None and stream.time_base is not None:
            return float(stream.duration * stream.time_base)
    return (container.duration or 0) / av.time_base


def _is_plain_h264(container: InputContainer, video: VideoStream) -> bool:
    context = video.codec_context
    if context.name != "h264" or context.pix_fmt != "yuv420p":
        return False
    if context.has_b_frames or context.profile not in _SIMPLE_PROFILES:
        return False
    return _longest_keyframe_gap(_scanned(container, video)) <= LONGEST_KEYFRAME_GAP_SECONDS


def _scanned(container: InputContainer, stream: Stream) -> Iterator[EncodedPacket]:
    for packet in container.demux(stream):
        if packet.pts is None or packet.time_base is None:
            return
        if packet.pts * packet.time_base > SCANNED_SECONDS:
            return
        yield packet


def _longest_keyframe_gap(packets: Iterator[EncodedPacket]) -> float:
    longest, since = 0.0, 0.0
    for packet in packets:
        seconds = float((packet.pts or 0) * (packet.time_base or 0))
        if packet.is_keyframe:
            since = seconds
        longest = max(longest, seconds - since)
    return longest
