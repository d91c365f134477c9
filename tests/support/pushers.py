"""Encoders that are not ours, pushing by RTMP; and what may stand between them and us."""

import asyncio
import subprocess
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import imageio_ffmpeg
import pytest

from streamsvc.base.tasks import TaskScope
from tests.support.rtsp_servers import PYTHON

SCRIPT = Path(__file__).with_name("gst_push.py")
SIZE, RATE = "320x240", "15"
FFMPEG = [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-nostdin"]
H264 = ["-c:v", "libx264", "-preset", "ultrafast", "-profile:v", "baseline", "-g", "30"]
H264 += ["-pix_fmt", "yuv420p", "-b:v", "300k"]
H265 = ["-c:v", "libx265", "-preset", "ultrafast", "-g", "30", "-pix_fmt", "yuv420p"]
AAC = ["-c:a", "aac", "-ac", "1", "-ar", "48000"]
_LOOK = """
import gi
gi.require_version("Gst", "1.0")
from gi.repository import Gst
Gst.init(None)
assert all(map(Gst.ElementFactory.find, ["rtmp2sink", "flvmux", "qtdemux", "h264parse"]))
"""


@cache
def has_rtmp2sink() -> bool:
    """Whether Debian's GStreamer can push."""
    try:
        run = subprocess.run([PYTHON, "-c", _LOOK], capture_output=True, timeout=60, check=False)
    except OSError:
        return False
    return run.returncode == 0


needs_rtmp2sink = pytest.mark.skipif(
    not has_rtmp2sink(), reason="apt-get install python3-gi gstreamer1.0-plugins-bad"
)


def scene(color: tuple[int, int, int], tone_hz: int, *, live: bool = True) -> list[str]:
    """ffmpeg's inputs: one color, and one tone."""
    shown = "0x" + bytes(color).hex()
    pace = ["-re"] if live else []
    picture = [*pace, "-f", "lavfi", "-i", f"color={shown}:size={SIZE}:rate={RATE}"]
    return [*picture, *pace, "-f", "lavfi", "-i", f"sine=frequency={tone_hz}:sample_rate=48000"]


def write_scene(
    path: Path, color: tuple[int, int, int], tone_hz: int, video: Sequence[str] = H264
) -> Path:
    """A minute of it as an MP4."""
    tag = ["-tag:v", "hvc1"] if "libx265" in video else []
    made = scene(color, tone_hz, live=False)
    command = [*FFMPEG, "-y", *made, *video, *tag, *AAC, "-t", "60", str(path)]
    subprocess.run(command, capture_output=True, check=True, timeout=120)
    return path


@dataclass
class Pusher:
    """One process that pushes."""

    process: asyncio.subprocess.Process
    log: Path

    async def kill(self) -> None:
        """At this instant: its connection is cut."""
        if self.process.returncode is None:
            self.process.kill()
        await self.process.wait()


@asynccontextmanager
async def pushing(command: Sequence[str], log: Path) -> AsyncIterator[Pusher]:
    """Until the end of the block."""
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            *command, stdin=asyncio.subprocess.DEVNULL, stdout=output, stderr=output
        )
    pusher = Pusher(process, log)
    try:
        yield pusher
    finally:
        await pusher.kill()


def by_ffmpeg(
    url: str, color: tuple[int, int, int], tone_hz: int, video: Sequence[str] = H264
) -> list[str]:
    return [*FFMPEG, *scene(color, tone_hz), *video, *AAC, "-f", "flv", url]


def by_gstreamer(url: str, film: Path) -> list[str]:
    return [PYTHON, str(SCRIPT), str(film), url]


@dataclass
class Way:
    """Stands between an encoder and us."""

    port: int = 0
    is_stalled: bool = False
    """Nothing arrives any more; the connection stays."""
    is_bad: bool = False
    """What arrives has one byte in a hundred wrong."""


@asynccontextmanager
async def way(port: int) -> AsyncIterator[Way]:
    """Where the service of `port` is reached, too."""
    state, scope = Way(), TaskScope("way")

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
        scope.start("said", _pour(reader, far_writer, state))
        scope.start("answered", _pour(far_reader, writer, Way()))

    door = await asyncio.start_server(serve, "127.0.0.1", 0)
    state.port = int(door.sockets[0].getsockname()[1])
    try:
        yield state
    finally:
        door.close()
        await scope.close()


async def _pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, state: Way) -> None:
    try:
        while data := await reader.read(65_536):
            while state.is_stalled:  # noqa: ASYNC110  nobody tells when it ends
                await asyncio.sleep(0.1)
            writer.write(_spoilt(data) if state.is_bad else data)
    except OSError:
        pass
    finally:
        writer.transport.abort()


def _spoilt(data: bytes) -> bytes:
    out = bytearray(data)
    for place in range(0, len(out), 97):
        out[place] ^= 0x55
    return bytes(out)
