"""How many watch one live lesson by LL-HLS, how far behind, and what that costs.

A demo service teaches, and its teacher turns pages and writes on them; viewers in a process of
their own follow its lowest picture with the board's files, the slides and their beats, first
without nginx and then behind it (`deploy/nginx.conf`). Latency: from the end of the newest part,
as the playlist dates it, until a viewer has all of that part; a player adds three parts
(PART-HOLD-BACK). `clock` is what a picture is behind the clock that was drawn into it
(`audience_clock.py`), `data` what one viewer's lesson of 40 minutes takes at the least picture,
by ten minutes of it. Parts: direct, nginx, clock, data.
"""

import asyncio
import json
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import httpx

from recorder.broadcast.plan import signed
from tests.bench.audience_clock import clocked
from tests.bench.figures import arguments, tell
from tests.bench.recorder_cpu import cpu_seconds
from tests.bench.thin_writing import Writing
from tests.support.demo import DemoLesson, demo_lesson
from tests.support.live_nginx import live_nginx, why_not

SECRET = "a-secret-of-the-bench"
STREAM = "low-aac/live.m3u8"
DIRECT, BEHIND = (100, 300), (500, 1000, 2000)
COOKIES = 10
SETTLE_SECONDS = 15
"""The transcoder's layers come some seconds after the first."""
VARIANT = re.compile(r"STREAM-INF:BANDWIDTH=(\d+).*\n(\S+)")
LESSON_SECONDS = 40 * 60
Figures = dict[str, float | int | str]


class Cpu:
    """What processes spend of a core."""

    def __init__(self, pids: dict[str, list[int]]) -> None:
        self._pids = pids
        self._began = time.monotonic()
        self._before = self._now()

    def _now(self) -> dict[str, float]:
        return {name: sum(map(spent, pids)) for name, pids in self._pids.items()}

    def percent(self) -> dict[str, float]:
        """Since the beginning, 100 for a whole core."""
        took, now = time.monotonic() - self._began, self._now()
        return {name: 100 * (now[name] - self._before[name]) / took for name in now}


def spent(pid: int) -> float:
    """Seconds of a core; none of a process that is gone, as nginx' cache loader soon is."""
    try:
        return cpu_seconds(pid)
    except FileNotFoundError:
        return 0.0


def children(pid: int) -> list[int]:
    """Of a process."""
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(one) for one in found]


def pids_of(demo: DemoLesson, nginx: int | None) -> dict[str, list[int]]:
    """Whose time is looked at."""
    process = demo.service.process
    assert process is not None
    packagers = [
        one
        for one in children(process.pid)
        if b"recorder.broadcast" in Path(f"/proc/{one}/cmdline").read_bytes()
    ]
    pids = {"service": [process.pid], "packager": packagers}
    return pids if nginx is None else pids | {"nginx": [nginx, *children(nginx)]}


@dataclass
class Site:
    """Where viewers watch, and whose time that takes."""

    base: str
    origin: str
    """Of its pages; nginx of deploy/ passes on no port, for there is none where it is used."""
    path: str
    """A media playlist, signed."""
    lesson_id: str
    cookies: list[str]
    pids: dict[str, list[int]]


def watched(site: Site, viewers: int, seconds: float) -> tuple[Figures, dict[str, float]]:
    """What viewers saw, and what it cost meanwhile."""
    command = [sys.executable, "-m", "tests.bench.audience_viewers", site.base + site.path]
    command += ["--viewers", str(viewers), "--seconds", str(seconds)]
    command += [
        "--beat",
        f"{site.base}/api/watch/lessons/{site.lesson_id}/beat",
        "--origin",
        site.origin,
    ]
    for cookie in site.cookies:
        command += ["--cookie", cookie]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        cpu = Cpu(site.pids)
        process.stdout.readline()
        percent = cpu.percent()
        return dict(json.loads(process.stdout.readline())), percent


def measured(name: str, site: Site, counts: Sequence[int], seconds: float) -> Figures:
    """One way to the lesson, for each number of viewers."""
    idle, told = Cpu(site.pids), Figures()
    time.sleep(5)
    before = idle.percent()
    for viewers in counts:
        seen, percents = watched(site, viewers, seconds)
        place = f"{name}_{viewers}"
        for figure, value in seen.items():
            told[f"{place}_{figure}"] = value
        for who, percent in percents.items():
            told[f"{place}_{who}_cpu_percent"] = percent
        more = percents["service"] - before["service"]
        told[f"{place}_origin_cpu_percent_per_100"] = 100 * max(0.0, more) / viewers
    told[f"{name}_idle_service_cpu_percent"] = before["service"]
    return told


@contextmanager
def written(demo: DemoLesson) -> Iterator[None]:
    """Pages are turned and written on meanwhile."""
    scope = threading.Event()

    async def write() -> None:
        writing = Writing(demo)
        await writing.prepare()
        task = asyncio.create_task(writing.go_on())
        while not scope.is_set():  # noqa: ASYNC110  set by another thread
            await asyncio.sleep(0.2)
        task.cancel()

    thread = threading.Thread(target=lambda: asyncio.run(write()))
    thread.start()
    try:
        yield
    finally:
        scope.set()
        thread.join()


def viewers_of(demo: DemoLesson) -> list[str]:
    """Cookies of a class's parents: a few for all, since who comes by a link is throttled."""
    room = demo.rooms()[0]["room_id"]
    made = demo.administrator.post(f"/api/rooms/{room}/watch-link", json={"has_replay": False})
    key = made.raise_for_status().json()["path"].rpartition("/")[2]
    cookies = []
    for _ in range(COOKIES):
        client = demo.browser()
        client.post("/api/watch/enter", json={"key": key}).raise_for_status()
        cookies.append("; ".join(f"{name}={value}" for name, value in client.cookies.items()))
    return cookies


def data_of(site: Site, seconds: float) -> Figures:
    """What one viewer of the least picture receives, headers and all, in a lesson of 40 minutes."""
    time.sleep(SETTLE_SECONDS)
    main = httpx.get(site.base + site.path.replace(STREAM, "main.m3u8"), timeout=30).text
    _, smallest = min((int(bps), uri) for bps, uri in VARIANT.findall(main))
    seen, _ = watched(replace(site, path=site.path.replace(STREAM, smallest)), 1, seconds)
    megabytes = float(seen["mbit_per_second"]) / 8 * LESSON_SECONDS
    return {"low_data_40_minutes_mb": megabytes, "low_data_measured_seconds": seconds}


def held(parts: Sequence[str], *, is_quick: bool) -> Figures:
    """All that a service and nginx are asked for by viewers."""
    seconds, ten_minutes = (8.0, 20.0) if is_quick else (25.0, 600.0)
    direct, behind = (DIRECT[:1], BEHIND[:1]) if is_quick else (DIRECT, BEHIND)
    figures, secret = Figures(), {"STREAMSVC_AUDIENCE__SECRET": SECRET}
    with (
        demo_lesson(environment=secret) as demo,
        tempfile.TemporaryDirectory() as folder,
        written(demo),
    ):
        lesson, until = demo.lesson()["lesson_id"], round(time.time()) + 3600
        path = signed.address(SECRET, lesson, until, STREAM)
        httpx.get(demo.service.url + path.replace(STREAM, "main.m3u8"), timeout=30)
        pids = pids_of(demo, None)
        site = Site(demo.service.url, demo.service.url, path, lesson, viewers_of(demo), pids)
        if "data" in parts:
            figures |= data_of(site, ten_minutes)
        if "direct" in parts:
            figures |= measured("direct", site, direct, seconds)
        if "nginx" in parts and why_not():
            print(why_not(), file=sys.stderr)
        elif "nginx" in parts:
            live = demo.service.data / "live"
            port = demo.service.port
            with live_nginx(Path(folder), service_port=port, live=live, secret=SECRET) as nginx:
                base = f"http://127.0.0.1:{nginx.port}"
                behind_it = replace(
                    site, base=base, origin="http://127.0.0.1", pids=pids_of(demo, nginx.pid)
                )
                figures |= measured("nginx", behind_it, behind, seconds)
    return figures


def main() -> None:
    """Print the figures."""
    options = arguments(__doc__ or "", positional=True)
    parts = options.what or ["direct", "nginx", "clock"]
    figures = Figures()
    if set(parts) & {"direct", "nginx", "data"}:
        figures |= held(parts, is_quick=options.quick)
    if "clock" in parts:
        figures |= asyncio.run(clocked(SECRET, is_quick=options.quick))
    tell(figures, options.json)


if __name__ == "__main__":
    main()
