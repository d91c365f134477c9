"""`python -m tests.bench.audience_viewers URL --viewers N --seconds S`: viewers of one live lesson.

Each has one connection: it waits for the playlist that holds the next part, takes that part, and
goes on. What is the same for all is understood once, so that the machine's time is the server's.
Prints a line of JSON.
"""

import argparse
import asyncio
import gzip
import json
import re
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import cast
from urllib.parse import urlsplit

import uvloop

from tests.bench.figures import percentile

CONNECTS_PER_SECOND = 250
LATE_SECONDS = 4.0
"""A viewer who has nothing newer than this at the end is not held."""
SILENCE_SECONDS = 15.0
_HINT = re.compile(r'TYPE=PART,URI="(\d+)\.(\d+)\.m4s"')
_DATE = re.compile(r"#EXT-X-PROGRAM-DATE-TIME:(\S+)\n((?:#EXT-X-PART:.*\n)+)(#EXTINF)?")
_PART = re.compile(r'DURATION=([0-9.]+),URI="([^"]+)"')


@dataclass(frozen=True)
class Heard:
    """What a playlist says: its newest part, when that ends (wall seconds), and what follows."""

    uri: str
    ends_at: float
    number: int
    part: int


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
    return Heard(parts[-1][1], ends_at, int(hint[1]), int(hint[2]))


class Viewer(asyncio.Protocol):
    """One connection that asks one thing after the other."""

    def __init__(self, path: str, host: str, figures: Figures) -> None:
        self.newest_at = 0.0
        self._path = path
        self._plain = f" HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()
        self._packed = self._plain[:-2] + b"Accept-Encoding: gzip\r\n\r\n"
        self._figures = figures
        self._buffer = bytearray()
        self._wanted = -1
        self._is_playlist = True
        self._heard: Heard | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._ask("live.m3u8")

    def connection_lost(self, error: Exception | None) -> None:
        self._transport = None

    def close(self) -> None:
        """Leave."""
        if self._transport is not None:
            self._transport.abort()

    def _ask(self, file: str) -> None:
        if self._transport is not None:
            # nginx packs a file while it is sent, in pieces of unknown length
            head = self._plain if file == "live.m3u8" else self._packed
            self._transport.write(f"GET {self._path}/{file}".encode() + head)

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
            figures.received += len(body)
        if self._status != 200:
            asyncio.get_running_loop().call_later(1.0, self._ask, "live.m3u8")
            self._is_playlist = True
            return
        now = time.time()
        if self._is_playlist:
            self._heard = figures.understand(body)
            if figures.measured:
                figures.waits.append(now - self._heard.ends_at)
            self._is_playlist = False
            self._ask(self._heard.uri)
            return
        assert self._heard is not None
        self.newest_at = now
        if figures.measured:
            figures.parts += 1
            figures.latencies.append(now - self._heard.ends_at)
        self._is_playlist = True
        next_ = self._heard
        wish = f"_HLS_msn={next_.number}&_HLS_part={next_.part}&_HLS_skip=YES"
        self._ask(f"live.m3u8?{wish}")


async def watch(url: str, viewers: int, seconds: float) -> dict[str, float | int]:
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
    await asyncio.sleep(3)
    figures.measured, began, cpu = True, time.time(), time.process_time()
    print(json.dumps({"measuring": True}), flush=True)
    await asyncio.sleep(seconds)
    figures.measured, took = False, time.time() - began
    spent = time.process_time() - cpu
    print(json.dumps({"measuring": False}), flush=True)
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
        "client_cpu_percent": 100 * spent / took,
    }


def main() -> None:
    """Print what they saw."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url", help="a media playlist, signed")
    parser.add_argument("--viewers", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=20)
    options = parser.parse_args()
    uvloop.install()
    print(json.dumps(asyncio.run(watch(options.url, options.viewers, options.seconds))))


if __name__ == "__main__":
    main()
