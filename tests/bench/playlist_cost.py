"""What a packager writes, and what it costs, after hours of drawing: a made folder of a long
lesson, then a while of camera, voice and a stroke each second, in the lesson's own time.

`python -m tests.bench.playlist_cost [--hours H] [--seconds S]`
"""

import argparse
import json
import tempfile
import time
from pathlib import Path
from typing import Any

from recorder.broadcast.io.live_folder import LiveFolder
from recorder.broadcast.plan import naming
from recorder.broadcast.plan.shelf import Shelf
from streamsvc.base.tap import TapControl
from tests.support.broadcasting import PART_MS, ZERO_MS, Broadcast, camera, microphone

SEGMENT_MS, PARTS = 3_500, 8
STREAMS = ("low-aac", "low-opus", "middle-aac", "middle-opus", "voice-aac", "voice-opus")


class Counted(LiveFolder):
    """Counts what is written of playlists and dates."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.playlist_bytes = 0

    def write(self, name: str, data: bytes) -> None:
        if name.endswith((".m3u8", ".dates")):
            self.playlist_bytes += len(data)
        super().write(name, data)


def make_folder(folder: Path, hours: float) -> None:
    """What a lesson of so many hours has left, with a stroke each second."""
    begin_ms = ZERO_MS - hours * 3_600_000
    lines = [
        f"board-{n} {round(begin_ms + 1000 * n)} board/{n:06}.json"
        for n in range(int(3600 * hours))
    ]
    (folder / "board").mkdir(parents=True)
    (folder / naming.BOARD_DATES).write_text("\n".join(lines))
    shelf = Shelf(PART_MS)
    for number in range(int(hours * 3_600_000 / SEGMENT_MS)):
        for part in range(PARTS):
            at_ms = begin_ms + number * SEGMENT_MS + part * SEGMENT_MS / PARTS
            shelf.add(
                at_ms, SEGMENT_MS / PARTS / 1000, "init-1-1.mp4",
                is_independent=part == 0, ends_segment=part == PARTS - 1,
            )  # fmt: skip
    text = shelf.text()
    for stream in STREAMS:
        (folder / stream).mkdir()
        (folder / stream / naming.PLAYLIST).write_text(text)
        (folder / stream / naming.segment_file(shelf.segments[-1].number)).write_bytes(b"")


def measured(hours: float, seconds: float) -> dict[str, float]:
    """A packager that goes on with such a lesson."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_folder(folder, hours)
        broadcast = Broadcast(folder)
        counted: Any = Counted(folder)
        broadcast.packager.close()
        broadcast.packager = type(broadcast.packager)(
            counted, PART_MS, ZERO_MS, lambda type_, **fields: None
        )
        voice = microphone(seconds + 10)
        low, high = camera(2, 160, 90, seconds + 10, fps=15), camera(3, 320, 180, seconds + 10)
        for source, rid in ((voice, ""), (low, "q"), (high, "h")):
            broadcast.open(source, rid=rid)
        broadcast.run(5, voice, low, high)
        counted.playlist_bytes, cpu = 0, time.process_time()
        for _ in range(int(seconds)):
            now_ms = ZERO_MS + round(broadcast.now_ms)
            stroke = {"at_ms": now_ms, "events": "[]", "is_state": False}
            broadcast.packager.control(TapControl("board", stroke))
            broadcast.run(1, voice, low, high)
        spent = time.process_time() - cpu
        broadcast.packager.close()
    return {
        "hours": hours,
        "streams": len(STREAMS),
        "playlist_kb_per_second": counted.playlist_bytes / seconds / 1000,
        "packager_cpu_percent": 100 * spent / seconds,
    }


def main() -> None:
    """Print both."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=float, default=3.0)
    parser.add_argument("--seconds", type=float, default=20.0)
    options = parser.parse_args()
    for hours in (0.02, options.hours):
        print(json.dumps(measured(hours, options.seconds)))


if __name__ == "__main__":
    main()
