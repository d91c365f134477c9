"""How many watch one live lesson by LL-HLS, how far behind, and what that costs.

A demo service teaches; viewers in a process of their own follow its lowest picture, first without
nginx and then behind it (`deploy/nginx.conf`). Latency: from the end of the newest part, as the
playlist dates it, until a viewer has all of that part; a player adds three parts (PART-HOLD-BACK).
Parts: direct, nginx.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import httpx

from recorder.broadcast.plan import signed
from tests.bench.figures import arguments, tell
from tests.bench.recorder_cpu import cpu_seconds
from tests.support.demo import DemoLesson, demo_lesson
from tests.support.live_nginx import live_nginx, why_not

SECRET = "a-secret-of-the-bench"
STREAM = "low-aac/live.m3u8"
DIRECT, BEHIND = (100, 300), (500, 1000, 2000)
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


def watched(
    url: str, viewers: int, seconds: float, pids: dict[str, list[int]]
) -> tuple[Figures, dict[str, float]]:
    """What viewers saw, and what it cost meanwhile."""
    command = [sys.executable, "-m", "tests.bench.audience_viewers", url]
    command += ["--viewers", str(viewers), "--seconds", str(seconds)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        cpu = Cpu(pids)
        process.stdout.readline()
        percent = cpu.percent()
        return dict(json.loads(process.stdout.readline())), percent


def measured(
    name: str, url: str, counts: Sequence[int], seconds: float, pids: dict[str, list[int]]
) -> Figures:
    """One way to the lesson, for each number of viewers."""
    idle, told = Cpu(pids), Figures()
    time.sleep(5)
    before = idle.percent()
    for viewers in counts:
        seen, percents = watched(url, viewers, seconds, pids)
        place = f"{name}_{viewers}"
        for figure, value in seen.items():
            told[f"{place}_{figure}"] = value
        for who, percent in percents.items():
            told[f"{place}_{who}_cpu_percent"] = percent
        more = percents["service"] - before["service"]
        told[f"{place}_origin_cpu_percent_per_100"] = 100 * max(0.0, more) / viewers
    told[f"{name}_idle_service_cpu_percent"] = before["service"]
    return told


def main() -> None:
    """Print the figures."""
    options = arguments(__doc__ or "", positional=True)
    parts = options.what or ["direct", "nginx"]
    seconds = 8.0 if options.quick else 25.0
    direct, behind = (DIRECT[:1], BEHIND[:1]) if options.quick else (DIRECT, BEHIND)
    figures: Figures = {}
    secret = {"STREAMSVC_AUDIENCE__SECRET": SECRET}
    with demo_lesson(environment=secret) as demo, tempfile.TemporaryDirectory() as folder:
        lesson, until = demo.lesson()["lesson_id"], round(time.time()) + 3600
        path = signed.address(SECRET, lesson, until, STREAM)
        httpx.get(demo.service.url + path.replace(STREAM, "main.m3u8"), timeout=30)
        if "direct" in parts:
            url = demo.service.url + path
            figures |= measured("direct", url, direct, seconds, pids_of(demo, None))
        if "nginx" in parts and why_not():
            print(why_not(), file=sys.stderr)
        elif "nginx" in parts:
            live = demo.service.data / "live"
            port = demo.service.port
            with live_nginx(Path(folder), service_port=port, live=live, secret=SECRET) as nginx:
                url = f"http://127.0.0.1:{nginx.port}{path}"
                figures |= measured("nginx", url, behind, seconds, pids_of(demo, nginx.pid))
    tell(figures, options.json)


if __name__ == "__main__":
    main()
