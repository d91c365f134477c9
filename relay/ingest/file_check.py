"""What a file of a lesson is, found out in a process of its own (`-m relay.ingest.file_check`).

Every packet is looked at and the first pictures are decoded, since a file's own words (its length,
its times, its codecs) may be wrong or meant ill. Prints one line of JSON: a `FileReport`'s fields,
or `{"error": id}`. The process gives itself little memory and time, and no network.
"""

import json
import os
import resource
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path

import av
from av.container import InputContainer
from av.video.stream import VideoStream

LONGEST_SECONDS = 4 * 3600.0
SHORTEST_SECONDS = 1.0
LARGEST_JUMP_SECONDS = 10.0
"""Between two packets of a stream, in either direction."""
MOST_PIXELS = 3840 * 2160
DECODED_PICTURES = 10
MEMORY_BYTES = 1_500_000_000
CPU_SECONDS = 60
OPEN_FILES = 64
NICENESS = 15
FORMATS = ("mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm", "mpegts")


@dataclass(frozen=True, slots=True)
class FileReport:
    """A file that can be played as a lesson."""

    seconds: float
    has_picture: bool
    has_sound: bool
    width: int
    height: int
    picture_codec: str
    sound_codec: str


class FileRefusedError(Exception):
    """Its text is the error's id."""


def check(path: Path) -> FileReport:
    """Look at all of it; blocks. Raises FileRefusedError."""
    try:
        with opened(path) as container:
            _decode(container)
        with opened(path) as container:  # anew: a playlist can't go back to its beginning
            return _report(container)
    except (OSError, ValueError) as error:  # PyAV's errors are one or the other, or both
        raise FileRefusedError("file-unreadable") from error
    except MemoryError as error:
        raise FileRefusedError("file-too-demanding") from error


def opened(path: Path) -> InputContainer:
    """Of the formats that people have lessons in, or (a folder of ours) a recording's playlist.
    Nothing that it names elsewhere is opened."""
    if path.name == "index.m3u8":
        options = {"protocol_whitelist": "file", "allowed_extensions": "m4s,mp4,m3u8"}
        return av.open(str(path), format="hls", options=options)
    container = av.open(str(path), options={"protocol_whitelist": "file", "enable_drefs": "0"})
    if container.format.name not in FORMATS:
        container.close()
        raise FileRefusedError("file-unreadable")
    return container


def _report(container: InputContainer) -> FileReport:
    pictures, sounds = container.streams.video[:1], container.streams.audio[:1]
    if not pictures and not sounds:
        raise FileRefusedError("file-without-media")
    seconds = _walked(container, [stream.index for stream in (*pictures, *sounds)])
    if seconds < SHORTEST_SECONDS:
        raise FileRefusedError("file-without-media")
    return FileReport(
        seconds=seconds,
        has_picture=bool(pictures),
        has_sound=bool(sounds),
        width=pictures[0].codec_context.width if pictures else 0,
        height=pictures[0].codec_context.height if pictures else 0,
        picture_codec=pictures[0].codec_context.name if pictures else "",
        sound_codec=sounds[0].codec_context.name if sounds else "",
    )


def _decode(container: InputContainer) -> None:
    """Raises FileRefusedError where none of the first pictures can be shown."""
    for picture in container.streams.video[:1]:
        _check_size(picture)
        if not any(True for _ in islice(container.decode(picture), DECODED_PICTURES)):
            raise FileRefusedError("file-unreadable")


def _check_size(picture: VideoStream) -> None:
    context = picture.codec_context
    if context is None or not 0 < context.width * context.height <= MOST_PIXELS:
        raise FileRefusedError("file-too-demanding")


def _walked(container: InputContainer, wanted: list[int]) -> float:
    """Seconds from the first packet to the end of the last. Raises FileRefusedError."""
    first: float | None = None
    end, last = 0.0, dict[int, float]()
    for index, at, duration in _times(container, wanted):
        before = last.get(index, at)
        if abs(at - before) > LARGEST_JUMP_SECONDS:
            raise FileRefusedError("file-clock-jumps")
        last[index] = at
        first = at if first is None else min(first, at)
        end = max(end, at + duration)
        if end - first > LONGEST_SECONDS:
            raise FileRefusedError("file-too-long")
    return 0.0 if first is None else end - first


def _times(container: InputContainer, wanted: list[int]) -> Iterator[tuple[int, float, float]]:
    for packet in container.demux():
        if packet.stream_index not in wanted or packet.time_base is None:
            continue
        stamp = packet.dts if packet.dts is not None else packet.pts
        if stamp is not None:
            seconds = float(packet.time_base)
            yield packet.stream_index, stamp * seconds, (packet.duration or 0) * seconds


def _confine() -> None:
    os.nice(NICENESS)
    for what, most in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, OPEN_FILES),
    ):
        resource.setrlimit(what, (most, most))


if __name__ == "__main__":
    _confine()
    av.logging.set_level(None)
    try:
        print(json.dumps(asdict(check(Path(sys.argv[1])))))
    except FileRefusedError as refused:
        print(json.dumps({"error": str(refused)}))
