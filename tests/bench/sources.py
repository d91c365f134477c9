"""What a source costs that is passed on as it is: many encoders push, one process takes them.

Prints CPU (share of a core) and memory of the process that takes pushes, per source and for 55 of
them, and how many that would fill a core. The encoders (ffmpeg, copying a film) and the relay are
other processes and are not counted. Ends within a minute with `--quick`. `... sources 55 3`: so
many, in three processes. Says how busy the machine was: without a core to spare, sources are late.
"""

import asyncio
import os
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import uvicorn
from fastapi import FastAPI, Request

from relay.io.relay import Relay
from relay.settings import RelaySettings
from signaling.io.media_router import media_router
from streamsvc.base.clock import SystemClock
from streamsvc.base.media import Slot
from tests.bench.figures import arguments, tell
from tests.bench.thin_memory import resident_bytes
from tests.support.media_doors import Events, EverybodyMay, NobodyRecords, _problem
from tests.support.pushers import AAC, FFMPEG
from tests.support.service import free_tcp_port

SOURCES = 16
QUICK_SOURCES = 6
SECONDS = 30.0
QUICK_SECONDS = 12.0
SETTLE_SECONDS = 6.0
OPEN_SECONDS = 120.0
AGAIN_SECONDS = 2.0
"""An encoder that is refused, or cut, comes again: as recorder hosts do."""
LEAD_ROOMS = 55
BITRATE_BPS = 2_000_000
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Cost:
    """Of a process, over some seconds."""

    cores: float
    resident_bytes: int


def write_film(path: Path) -> Path:
    """1280x720 as a recorder host makes it: 25 pictures a second, a key frame every two seconds."""
    scene = ["-f", "lavfi", "-i", "testsrc2=size=1280x720:rate=25"]
    scene += ["-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000"]
    rate = str(BITRATE_BPS)
    made = ["-c:v", "libx264", "-preset", "ultrafast", "-profile:v", "high", "-bf", "0", "-g", "50"]
    made += ["-pix_fmt", "yuv420p", "-b:v", rate, "-minrate", rate, "-maxrate", rate]
    made += ["-bufsize", rate, "-x264-params", "nal-hrd=cbr"]
    command = [*FFMPEG, "-y", *scene, *made, *AAC, "-b:a", "96k", "-t", "10", str(path)]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    return path


@asynccontextmanager
async def service(opened: set[str]) -> AsyncIterator[str]:
    """A relay with its doors, and a desk that lets every key in as a lesson of its own."""
    settings = RelaySettings(media_host="127.0.0.1", advertise=("127.0.0.1",), media_by_tcp=False)
    relay = Relay(settings, SystemClock(), NobodyRecords())
    relay.listen(Events())
    await relay.start()
    app = FastAPI()

    @app.post("/api/pushes", status_code=201)
    async def _open(request: Request) -> dict[str, str]:
        key = str((await request.json())["key"])
        opened.add(key)
        whip = f"/whip/{key}/{Slot.LEAD}"
        return {"push_id": key, "lesson_id": key, "grant": key, "whip": whip}

    @app.put("/api/pushes/{push_id}")
    async def _news(push_id: str) -> dict[str, str]:
        return {"grant": push_id}

    app.include_router(media_router(relay, EverybodyMay(), _problem, ice_servers=lambda *_: []))
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))
    serving = asyncio.ensure_future(server.serve(sockets=[listener]))
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        await serving
        await relay.close_all()


@contextmanager
def taker(server: str, port: int) -> Iterator[int]:
    """The process that takes pushes."""
    command = [sys.executable, "-m", "relay.ingest", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--server", server, "--log-level", "error", "--log-words", "--shares-port"]
    process = subprocess.Popen(command, env={**os.environ, "STREAMSVC_PUSH_SECRET": "bench"})
    try:
        yield process.pid
    finally:
        process.terminate()
        process.wait(20)


@contextmanager
def encoder(film: Path, url: str) -> Iterator[None]:
    """A film, over and over, at its own pace."""
    play = ["-re", "-stream_loop", "-1", "-i", str(film), "-c", "copy", "-f", "flv", url]
    again = f"while :; do {shlex.join([*FFMPEG, *play])}; sleep {AGAIN_SECONDS}; done"
    process = subprocess.Popen(
        ["sh", "-c", again],
        stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def cpu_seconds(pid: int) -> float:
    """User and system time so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


async def cost(pids: Sequence[int], seconds: float) -> Cost:
    """Of the processes from now on."""
    before, began = sum(map(cpu_seconds, pids)), time.monotonic()
    await asyncio.sleep(seconds)
    cores = (sum(map(cpu_seconds, pids)) - before) / (time.monotonic() - began)
    return Cost(cores, sum(map(resident_bytes, pids)))


async def measured(count: int, seconds: float, processes: int = 1) -> dict[str, float | int | str]:
    """So many sources, in so many processes."""
    opened: set[str] = set()
    port = free_tcp_port()
    with TemporaryDirectory() as folder, ExitStack() as stack:
        film = await asyncio.to_thread(write_film, Path(folder) / "film.mp4")
        async with service(opened) as server:
            pids = [stack.enter_context(taker(server, port)) for _ in range(processes)]
            await _listens(port)
            idle = await cost(pids, 2.0)
            for number in range(count):
                stack.enter_context(encoder(film, f"rtmp://127.0.0.1:{port}/live/s{number}"))
                await asyncio.sleep(0.3)  # not all ask for their handshakes at once
            async with asyncio.timeout(OPEN_SECONDS):
                while len(opened) < count:  # noqa: ASYNC110
                    await asyncio.sleep(0.2)
            await asyncio.sleep(SETTLE_SECONDS)
            busy = await cost(pids, seconds)
            stack.close()
    return {"processes": processes, **_figures(count, idle, busy)}


def _figures(count: int, idle: Cost, busy: Cost) -> dict[str, float | int | str]:
    each = (busy.cores - idle.cores) / count
    each_bytes = (busy.resident_bytes - idle.resident_bytes) / count
    return {
        "sources": count,
        "machine_load": os.getloadavg()[0],
        "machine_cores": os.cpu_count() or 1,
        "bitrate_bps": BITRATE_BPS,
        "core_share_of_source": each,
        "sources_that_fill_a_core": 1 / each,
        "cores_for_55": each * LEAD_ROOMS,
        "megabytes_of_source": each_bytes / 1e6,
        "megabytes_without_sources": idle.resident_bytes / 1e6,
        "megabytes_for_55": (idle.resident_bytes + each_bytes * LEAD_ROOMS) / 1e6,
    }


async def _listens(port: int) -> None:
    while True:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.1)
        else:
            writer.close()
            return


def main() -> None:
    """Measure and tell."""
    given = arguments("What a source costs that is passed on.", positional=True)
    count, seconds = (QUICK_SOURCES, QUICK_SECONDS) if given.quick else (SOURCES, SECONDS)
    asked = [int(word) for word in given.what]
    count, processes = (asked + [count, 1][len(asked) :])[:2]
    tell(asyncio.run(measured(count, seconds, processes)), given.json)


if __name__ == "__main__":
    main()
