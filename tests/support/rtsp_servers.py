"""RTSP sources for tests: GStreamer's server as a process, and one that misbehaves by order."""

import asyncio
import ssl
import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import av
import numpy as np
import pytest
from av.audio.frame import AudioFrame
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from streamsvc.base.tasks import TaskScope

PYTHON = "/usr/bin/python3"
SCRIPT = Path(__file__).with_name("gst_rtsp_server.py")
USER, PASSWORD = "teacher", "p:ss w%rd"
WIDTH, HEIGHT, FRAME_RATE = 320, 240, 15
_LOOK = """
import gi
gi.require_version("GstRtspServer", "1.0")
from gi.repository import Gst, GstRtspServer
Gst.init(None)
assert all(map(Gst.ElementFactory.find, ["qtdemux", "rtph264pay", "mulawenc"]))
"""
PACKAGES = "gir1.2-gst-rtsp-server-1.0 python3-gi gstreamer1.0-plugins-{base,good}"
TONE = "audiotestsrc is-live=true freq=440 ! audio/x-raw,rate={rate},channels=1 ! "
G711 = TONE.format(rate=8000) + "mulawenc ! rtppcmupay pt=0"


@cache
def has_gstreamer() -> bool:
    """Whether Debian's GStreamer and its RTSP server are installed."""
    try:
        run = subprocess.run([PYTHON, "-c", _LOOK], capture_output=True, timeout=60, check=False)
    except OSError:
        return False
    return run.returncode == 0


needs_gstreamer = pytest.mark.skipif(not has_gstreamer(), reason=f"apt-get install {PACKAGES}")


def write_film(
    path: Path,
    codec: str = "libx264",
    *,
    seconds: int = 40,
    with_sound: bool = False,
    options: dict[str, str] | None = None,
) -> Path:
    """Colors that change each second, as an MP4; with AAC sound or none."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=FRAME_RATE)
        assert isinstance(stream, VideoStream)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.options = {"preset": "ultrafast", "g": str(2 * FRAME_RATE), **(options or {})}
        if codec == "libx264":
            stream.options |= {"sc_threshold": "0"}  # no key frames but those
        if codec == "libx265":
            stream.codec_context.codec_tag = "hvc1"
        sound = container.add_stream("aac", rate=48_000, layout="mono") if with_sound else None
        for number in range(seconds * FRAME_RATE):
            picture = np.full((HEIGHT, WIDTH, 3), (number // FRAME_RATE * 40) % 256, np.uint8)
            picture[:, number * 4 % WIDTH] = (255, 255, 0)
            container.mux(stream.encode(VideoFrame.from_ndarray(picture, format="rgb24")))
            if sound is not None:
                container.mux(sound.encode(_tone(number)))
        container.mux(stream.encode())
        if sound is not None:
            container.mux(sound.encode())
    return path


def _tone(number: int) -> AudioFrame:
    """One picture's worth of 440 Hz."""
    count = 48_000 // FRAME_RATE
    times = (number * count + np.arange(count)) / 48_000
    samples = (0.4 * np.sin(2 * np.pi * 440 * times)).astype(np.float32)
    frame = AudioFrame.from_ndarray(samples[np.newaxis], format="fltp", layout="mono")
    frame.sample_rate, frame.pts = 48_000, number * count
    return frame


def launch(film: Path, payloader: str = "rtph264pay", sound: str = G711) -> str:
    """The pipeline of a stream: a film's picture and a tone."""
    picture = f"filesrc location={film} ! qtdemux ! {payloader} name=pay0 pt=96"
    return f"( {picture}  {sound} name=pay1 )" if sound else f"( {picture} )"


def launch_with_sound(film: Path, payloader: str, sound: str) -> str:
    """The pipeline of a film that has sound."""
    picture = f"d.video_0 ! queue ! {payloader} name=pay0 pt=96"
    heard = f"d.audio_0 ! queue ! {sound} name=pay1 pt=97"
    return f"( filesrc location={film} ! qtdemux name=d  {picture}  {heard} )"


@dataclass
class GstServer:
    """One server process on a port that stays when it is started again."""

    pipeline: str
    sign_in: str = ""
    port: int = 0
    process: asyncio.subprocess.Process | None = None

    @property
    def url(self) -> str:
        return f"rtsp://127.0.0.1:{self.port}/lesson"

    async def start(self) -> None:
        command = [PYTHON, str(SCRIPT), self.pipeline, "--port", str(self.port)]
        if self.sign_in:
            command += ["--sign-in", self.sign_in]
        self.process = await asyncio.create_subprocess_exec(
            *command, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE
        )
        assert self.process.stdout is not None
        async with asyncio.timeout(60):
            self.port = int(await self.process.stdout.readline())

    async def kill(self) -> None:
        if self.process is not None and self.process.returncode is None:
            self.process.kill()
            await self.process.communicate()


@asynccontextmanager
async def gst_server(pipeline: str, sign_in: str = "") -> AsyncIterator[GstServer]:
    """A running server."""
    server = GstServer(pipeline, sign_in)
    try:
        await server.start()
        yield server
    finally:
        await server.kill()


@dataclass
class Middle:
    """Stands between a source and who pulls it."""

    port: int = 0
    is_bad: bool = False
    """What the source says arrives with one byte in a thousand wrong."""
    is_stalled: bool = False
    """Nothing it says arrives any more; the connection stays."""

    @property
    def url(self) -> str:
        return f"rtsp://127.0.0.1:{self.port}/lesson"

    def passed(self, data: bytes) -> bytes:
        if not self.is_bad:
            return data
        out = bytearray(data)
        for place in range(0, len(out), 997):
            out[place] ^= 0x55
        return bytes(out)


@asynccontextmanager
async def middle(port: int, context: ssl.SSLContext | None = None) -> AsyncIterator[Middle]:
    """Where the server of `port` is reached, too; with a context, by TLS."""
    state, scope = Middle(), TaskScope("middle")

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        behind_reader, behind_writer = await asyncio.open_connection("127.0.0.1", port)
        scope.start("asked", _pour(reader, behind_writer, bytes, Middle()))
        scope.start("answered", _pour(behind_reader, writer, state.passed, state))

    door = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    state.port = int(door.sockets[0].getsockname()[1])
    try:
        yield state
    finally:
        door.close()
        await scope.close()


async def _pour(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    passed: Callable[[bytes], bytes],
    state: Middle,
) -> None:
    try:
        while data := await reader.read(65_536):
            while state.is_stalled:  # noqa: ASYNC110  nobody tells when it ends
                await asyncio.sleep(0.1)
            writer.write(passed(data))
    except OSError:
        pass
    finally:
        writer.transport.abort()


Answer = Callable[[str], bytes]
"""From a request's first line and headers to what is sent back."""


@dataclass
class BadServer:
    """Says what it is told to."""

    url: str = ""
    connections: int = 0
    requests: list[str] = field(default_factory=list)


@asynccontextmanager
async def bad_server(answer: Answer, host: str = "127.0.0.1") -> AsyncIterator[BadServer]:
    """Each request is answered by `answer`; b"" says nothing and stays."""
    state = BadServer()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        state.connections += 1
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                state.requests.append(head.decode())
                writer.write(answer(state.requests[-1]))
        except (asyncio.IncompleteReadError, OSError):
            pass
        finally:
            writer.transport.abort()

    door = await asyncio.start_server(serve, host, 0)
    state.url = f"rtsp://{host}:{door.sockets[0].getsockname()[1]}/lesson"
    try:
        yield state
    finally:
        door.close()


def cseq(request: str) -> str:
    """The number of a request."""
    lines = request.splitlines()
    return next(line.split(":")[1].strip() for line in lines if line.lower().startswith("cseq"))
