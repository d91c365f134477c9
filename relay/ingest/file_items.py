"""A file's packets once, from a second on: as they are, or encoded again; blocks.

The rules are those of any other source (`streams.py`); only where a camera's order is seen as it
flows, a file may be looked at before.
"""

from collections.abc import Iterator
from pathlib import Path

import av
from av.audio.stream import AudioStream
from av.bitstream import BitStreamFilterContext
from av.container import InputContainer
from av.video.stream import VideoStream

from relay.client.file_plan import EncodedPacket
from relay.client.played_file import Item
from relay.client.recode import recoded
from relay.ingest.file_check import opened
from streamsvc.base.media import MediaKind

SCANNED_SECONDS = 60.0
LONGEST_KEYFRAME_GAP_SECONDS = 4.5
_PASSED_PROFILES = ("Baseline", "Constrained Baseline", "Main", "High", "Constrained High")


def kinds_of(path: Path) -> list[MediaKind]:
    """Picture first. Blocks; raises PyAV's errors."""
    with opened(path) as container:
        found = [MediaKind.VIDEO] if container.streams.video else []
        return [*found, MediaKind.AUDIO] if container.streams.audio else found


def is_passed_on(path: Path, kind: MediaKind) -> bool:
    """Whether browsers take it as it is. Blocks; raises PyAV's errors."""
    with opened(path) as container:
        if kind is MediaKind.AUDIO:
            return container.streams.audio[0].codec_context.name in ("opus", "libopus")
        return _is_usable(container, container.streams.video[0])


def items_once(path: Path, kind: MediaKind, begin: float, *, is_as_is: bool) -> Iterator[Item]:
    """From `begin` seconds after the file's first moment (a picture: from the key frame before) to
    its end. Times count from that first moment; none is before `begin`. A recording's playlist goes
    on with its next segment, four seconds later at most."""
    with opened(path) as container:
        streams = container.streams
        stream = streams.video[0] if kind is MediaKind.VIDEO else streams.audio[0]
        origin = (container.start_time or 0) / av.time_base
        if begin > 0:
            container.seek(int((origin + begin) * av.time_base))
        made = _packets if is_as_is else _recoded
        for item in made(container, stream, origin):
            # what a seek brings too early is not due late, but at once
            yield Item(max(begin, item.seconds), item.packet)


def _recoded(
    container: InputContainer, stream: VideoStream | AudioStream, origin: float
) -> Iterator[Item]:
    for made in recoded(container, stream, 0.0):
        yield Item(made.seconds - origin, made.packet)


def _packets(
    container: InputContainer, stream: VideoStream | AudioStream, origin: float
) -> Iterator[Item]:
    is_picture = isinstance(stream, VideoStream)
    annex_b = BitStreamFilterContext("h264_mp4toannexb", stream) if is_picture else None
    is_begun = not is_picture
    for packet in container.demux(stream):
        if packet.pts is None or packet.time_base is None:
            continue
        is_begun = is_begun or bool(packet.is_keyframe)
        if not is_begun:
            continue
        at = float(packet.pts * packet.time_base) - origin
        for sendable in annex_b.filter(packet) if annex_b is not None else [packet]:
            yield Item(at, sendable)


def _is_usable(container: InputContainer, stream: VideoStream) -> bool:
    context = stream.codec_context
    if context.name != "h264" or context.pix_fmt not in ("yuv420p", "yuvj420p"):
        return False
    if context.has_b_frames or context.profile not in _PASSED_PROFILES:
        return False
    return _flows_well(container.demux(stream))


def _flows_well(packets: Iterator[EncodedPacket]) -> bool:
    """In the order of showing, and with a key frame often enough for who joins."""
    first: float | None = None
    latest = keyframe_at = 0.0
    for packet in packets:
        if packet.pts is None or packet.time_base is None:
            continue
        at = float(packet.pts * packet.time_base)
        first = at if first is None else first
        if at < latest and at > first:
            return False
        latest = at
        if packet.is_keyframe or at == first:
            keyframe_at = at
        if at - keyframe_at > LONGEST_KEYFRAME_GAP_SECONDS:
            return False
        if at - first > SCANNED_SECONDS:
            break
    return True
