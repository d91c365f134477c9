"""`python -m tests.bench.audience_viewers URL --viewers N --seconds S`: viewers of one live lesson.

Each has one connection: it waits for the playlist that holds the next part, takes that part, what
happened on the board meanwhile and the slide that was turned to, and goes on. Beside them go the
viewers' beats, one of each in a minute (`--beat`, `--cookie`). What is the same for all is
understood once, so that the machine's time is the server's. Prints a line of JSON.
"""

import argparse
import asyncio
import gzip
import json
import re
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import cast
from urllib.parse import urlsplit

import httpx
import uvloop

from tests.bench.figures import percentile

CONNECTS_PER_SECOND = 250
LATE_SECONDS = 4.0
"""A viewer who has nothing newer than this at the end is not held."""
BEAT_SECONDS = 60.0
_LIST, _PIECE, _FILE = "list", "piece", "file"
"""What was asked for."""
_HINT = re.compile(r'TYPE=PART,URI="(\d+)\.(\d+)\.m4s"')
_DATE = re.compile(r"#EXT-X-PROGRAM-DATE-TIME:(\S+)\n((?:#EXT-X-PART:.*\n)+)(#EXTINF)?")
_BOARD = re.compile(r'X-FILE="(board/[^"]+)"')
_SLIDE = re.compile(r'"courseware_id":"([\w-]+)","number":(\d+)')
_PART = re.compile(r'DURATION=([0-9.]+),URI="([^"]+)"')


@dataclass(frozen=True)
class Heard:
    """What a playlist says: its newest part, when that ends (wall seconds), and what follows."""

    uri: str
    ends_at: float
    number: int
    part: int
    board: tuple[str, ...] = ()
    """Files of the board that it names, the newest last."""


@dataclass
class Figures:
    """Of all viewers."""

    measured: bool = False
    parts: int = 0
    received: int = 0
    latencies: list[float] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    """From a part's end to its playlist's arrival."""
    statuses: Counter[int] = field(default_factory=Counter)
    broken: int = 0
    board_files: int = 0
    slides: int = 0
    beats: list[float] = field(default_factory=list)
    """What each took, in seconds."""
    heard: dict[bytes, Heard] = field(default_factory=dict)

    def understand(self, body: bytes) -> Heard:
        """Each playlist once."""
        known = self.heard.get(body)
        if known is None:
            if len(self.heard) > 200:
                self.heard.clear()
            known = self.heard[body] = read(body)
        return known


def read(body: bytes) -> Heard:
    """The end of a playlist. ValueError if it is none."""
    text = (gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body).decode()
    hint, dates = _HINT.search(text), list(_DATE.finditer(text))
    if hint is None or not dates:
        raise ValueError("no live playlist")
    parts = _PART.findall(dates[-1][2])
    began = datetime.fromisoformat(dates[-1][1]).timestamp()
    ends_at = began + sum(float(seconds) for seconds, _ in parts)
    board = tuple(_BOARD.findall(text))
    return Heard(parts[-1][1], ends_at, int(hint[1]), int(hint[2]), board)


class Viewer(asyncio.Protocol):
    """One connection that asks one thing after the other."""

    def __init__(self, path: str, host: str, figures: Figures) -> None:
        self.newest_at = 0.0
        self._path = path
        self._root = path.rpartition("/")[0]
        self._seen: set[str] = set()
        self._wishes: list[str] = []
        """Files of the board and slides that are still to be taken."""
        self._plain = f" HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()
        self._packed = self._plain[:-2] + b"Accept-Encoding: gzip\r\n\r\n"
        self._figures = figures
        self._buffer = bytearray()
        self._wanted = -1
        self._asked = _LIST
        self._heard: Heard | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._ask(_LIST, "live.m3u8")

    def connection_lost(self, error: Exception | None) -> None:
        self._transport = None

    def close(self) -> None:
        """Leave."""
        if self._transport is not None:
            self._transport.abort()

    def _ask(self, kind: str, file: str) -> None:
        self._asked = kind
        if self._transport is not None:
            # nginx packs a file while it is sent, in pieces of unknown length
            head = self._packed if "?" in file else self._plain
            place = self._root if kind == _FILE else self._path
            self._transport.write(f"GET {place}/{file}".encode() + head)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if self._wanted < 0:
            end = self._buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            self._begin(bytes(self._buffer[: end + 2]).lower(), end + 4)
        if self._wanted >= 0 and len(self._buffer) >= self._wanted:
            body = bytes(self._buffer[self._from : self._wanted])
            del self._buffer[: self._wanted]
            self._wanted = -1
            self._take(body)

    def _begin(self, head: bytes, body_at: int) -> None:
        self._status = int(head[9:12])
        place = head.find(b"\r\ncontent-length:")
        if place < 0:
            self._fail()
            return
        length = int(head[place + 17 : head.index(b"\r\n", place + 2)])
        self._from, self._wanted = body_at, body_at + length

    def _fail(self) -> None:
        self._figures.broken += 1
        self.close()

    def _take(self, body: bytes) -> None:
        figures = self._figures
        if figures.measured or self._status != 200:
            figures.statuses[self._status] += 1
            figures.received += len(body) + self._from
        if self._status != 200:
            asyncio.get_running_loop().call_later(1.0, self._ask, _LIST, "live.m3u8")
            return
        now = time.time()
        if self._asked == _LIST:
            self._heard = figures.understand(body)
            if figures.measured:
                figures.waits.append(now - self._heard.ends_at)
            self._note_board(self._heard.board)
            self._ask(_PIECE, self._heard.uri)
            return
        assert self._heard is not None
        if self._asked == _FILE:
            self._note_file(body)
        else:
            self.newest_at = now
            if figures.measured:
                figures.parts += 1
                figures.latencies.append(now - self._heard.ends_at)
        if self._wishes:
            self._ask(_FILE, self._wishes.pop(0))
            return
        wish = f"_HLS_msn={self._heard.number}&_HLS_part={self._heard.part}&_HLS_skip=v2"
        self._ask(_LIST, f"live.m3u8?{wish}")

    def _note_board(self, files: tuple[str, ...]) -> None:
        """Who has just come takes the whole board as it was last written down, and goes on."""
        fresh = [file for file in files if file not in self._seen]
        if not self._seen and fresh:
            states = [file for file in fresh if "state-" in file]
            fresh = fresh[fresh.index(states[-1]) :] if states else fresh
        self._seen.update(files)
        self._wishes += fresh

    def _note_file(self, body: bytes) -> None:
        """A slide that was turned to is taken once."""
        if self._figures.measured:
            self._figures.board_files += body[:1] in b"[{"
            self._figures.slides += body[:4] == b"RIFF"
        if body[:1] not in b"[{":
            return
        for courseware, number in _SLIDE.findall(body.decode()):
            slide = f"slides/{courseware}/{number}-small.webp"
            if slide not in self._seen:
                self._seen.add(slide)
                self._wishes.append(slide)


@dataclass(frozen=True)
class Beats:
    """Where the viewers' pages beat, as whom, and from which origin."""

    url: str
    cookies: Sequence[str]
    origin: str


async def beat(beats: Beats, viewers: int, figures: Figures) -> None:
    """As so many pages do, evenly over a minute, until it is canceled."""
    async with httpx.AsyncClient(timeout=30) as client, asyncio.TaskGroup() as group:
        for number in count():
            cookie = beats.cookies[number % len(beats.cookies)]
            headers = {"Cookie": cookie, "Origin": beats.origin}
            group.create_task(_beat_once(client, beats.url, headers, figures))
            await asyncio.sleep(BEAT_SECONDS / viewers)


async def _beat_once(
    client: httpx.AsyncClient, url: str, headers: dict[str, str], figures: Figures
) -> None:
    began = time.monotonic()
    try:
        answer = await client.post(url, headers=headers)
    except httpx.HTTPError:
        figures.broken += figures.measured
        return
    if figures.measured:
        figures.statuses[answer.status_code] += 1
        figures.received += len(answer.content)
        figures.beats.append(time.monotonic() - began)


async def watch(
    url: str, viewers: int, seconds: float, beats: Beats | None = None
) -> dict[str, float | int]:
    """All of them, for so long after the last has come."""
    parts, figures = urlsplit(url), Figures()
    path = parts.path.rpartition("/")[0]
    loop = asyncio.get_running_loop()
    all_: list[Viewer] = []
    for number in range(viewers):
        _, viewer = await loop.create_connection(
            lambda: Viewer(path, parts.netloc, figures), parts.hostname or "", parts.port or 80
        )
        all_.append(viewer)
        if number % 10 == 9:
            await asyncio.sleep(10 / CONNECTS_PER_SECOND)
    beating = None
    if beats is not None:
        beating = asyncio.create_task(beat(beats, viewers, figures))
    await asyncio.sleep(3)
    figures.measured, began, cpu = True, time.time(), time.process_time()
    print(json.dumps({"measuring": True}), flush=True)
    await asyncio.sleep(seconds)
    figures.measured, took = False, time.time() - began
    spent = time.process_time() - cpu
    print(json.dumps({"measuring": False}), flush=True)
    if beating is not None:
        beating.cancel()
    held = sum(time.time() - viewer.newest_at < LATE_SECONDS for viewer in all_)
    for viewer in all_:
        viewer.close()
    return {
        "viewers": viewers,
        "held": held,
        "seconds": took,
        "parts_per_second": figures.parts / took,
        "requests_per_second": sum(figures.statuses.values()) / took,
        "refused": sum(n for status, n in figures.statuses.items() if status != 200),
        "broken": figures.broken,
        "mbit_per_second": 8 * figures.received / took / 1e6,
        "playlist_p50_ms": 1000 * percentile(figures.waits or [0.0], 0.5),
        "playlist_p95_ms": 1000 * percentile(figures.waits or [0.0], 0.95),
        "latency_p50_ms": 1000 * percentile(figures.latencies or [0.0], 0.5),
        "latency_p95_ms": 1000 * percentile(figures.latencies or [0.0], 0.95),
        "board_files": figures.board_files,
        "slides": figures.slides,
        "beats": len(figures.beats),
        "beat_p95_ms": 1000 * percentile(figures.beats or [0.0], 0.95),
        "client_cpu_percent": 100 * spent / took,
    }


def main() -> None:
    """Print what they saw."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url", help="a media playlist, signed")
    parser.add_argument("--viewers", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--beat", help="where the viewers' pages beat")
    parser.add_argument("--cookie", action="append", default=[], help="of one that may beat")
    parser.add_argument("--origin", default="", help="of their pages")
    options = parser.parse_args()
    uvloop.install()
    beats = Beats(options.beat, options.cookie, options.origin) if options.beat else None
    seen = watch(options.url, options.viewers, options.seconds, beats)
    print(json.dumps(asyncio.run(seen)))


if __name__ == "__main__":
    main()
