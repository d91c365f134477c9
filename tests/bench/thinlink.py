"""Real Chromium rooms behind emulated thin links: what each sees and hears of the same lesson, in
our room page, in a bare player of our WHEP endpoint and in one of a Janus VideoRoom.

Prints a line for each row and player, and what did not hold. Needs root (network namespaces and TUN
devices). Whole: 20 s of warm-up, 90 s measured, median of three. `--quick`: three rows at once,
shorter, ours only, within a minute.
"""

import argparse
import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import httpx
from playwright.async_api import Browser, BrowserContext, Page

from streamsvc.base.tasks import TaskScope
from streamsvc.desk import TeacherDesk
from tests.bench import janus_room
from tests.bench.thin_figures import Window, figures_of
from tests.bench.thin_players import Players, Watch, far_context, teach
from tests.bench.thin_rows import QUICK, ROWS, Figures, Row, is_held, named
from tests.support import talking_teacher
from tests.support.browser import chromium, in_namespace
from tests.support.demo import CLIPS, TEACHER, DemoLesson, demo_lesson
from tests.support.link.places import Center, FarRoom, places, why_not

PLAYERS = ("ours", "whep", "janus")
MOST_AT_ONCE = 3
"""Rooms; the demo county has no more."""
LONGEST_JOIN_SECONDS = 30.0
TOLD = (
    "voice_concealed_percent", "voice_clock_percent", "longest_voice_gap_ms", "mouth_to_ear_ms",
    "frames_per_second", "freeze_percent", "longest_freeze_ms", "height_p50", "first_picture_s",
    "to_top_s", "back_s", "back_at_top_s", "voice_kbps", "picture_kbps", "link_down_kbps",
    "queue_dropped",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Lengths:
    """How long, how often."""

    warm_up: float
    measured: float | None
    """None: as the row says."""
    repeats: int

    def of(self, row: Row) -> float:
        """Seconds that a row is measured."""
        return row.seconds if self.measured is None else max(self.measured, row.least_seconds)


SHORT = Lengths(warm_up=6, measured=15, repeats=1)
LONG = Lengths(warm_up=20, measured=None, repeats=3)


@dataclass(frozen=True, slots=True)
class Place:
    """A far room and the browser in it."""

    room: FarRoom
    browser: Browser


class Bench:
    """A live lesson, its teacher, and free places behind links."""

    def __init__(self, players: Players, teacher: Page, lengths: Lengths) -> None:
        self.players = players
        self._teacher = teacher
        self._lengths = lengths
        self._free: list[Place] = []
        self._freed = asyncio.Condition()

    def add(self, place: Place) -> None:
        """Somewhere to watch from."""
        self._free.append(place)

    async def median_of(self, row: Row, player: str) -> Figures:
        """Over the repeats; a figure that one of them lacks is lacking."""
        runs = [await self._run(row, player) for _ in range(self._lengths.repeats)]
        return {name: _median([run.get(name) for run in runs]) for name in runs[0]}

    async def _run(self, row: Row, player: str) -> Figures:
        place = await self._taken(player)
        try:
            return await self._watched(row, self.players.by_name()[player], place)
        finally:
            async with self._freed:
                self._free.append(place)
                self._freed.notify_all()

    async def _taken(self, player: str) -> Place:
        """A free place; Janus reaches the first one only, by the interface that it forwards on."""
        async with self._freed:
            while True:
                for place in self._free:
                    if player != "janus" or place.room.number == 0:
                        self._free.remove(place)
                        return place
                await self._freed.wait()

    async def _watched(self, row: Row, watch: Watch, place: Place) -> Figures:
        place.room.set(**row.link.settings())
        async with AsyncExitStack() as stack:
            pages = [
                await self._opened(stack, watch, row, place, number) for number in range(row.rooms)
            ]
            await asyncio.gather(*(_joined(page) for page in pages))
            await asyncio.sleep(self._lengths.warm_up)
            before = place.room.links.figures()[place.room.number, "down"]
            window = await self._window(row, place)
            after = place.room.links.figures()[place.room.number, "down"]
            spoken = (await self._teacher.evaluate("bench.report()"))["marks"]
            reports = [await page.evaluate("bench.report()") for page in pages]
        every = [figures_of(report, spoken, window) for report in reports]
        return _worst(row, every) | _of_link(before, after, window)

    async def _opened(
        self, stack: AsyncExitStack, watch: Watch, row: Row, place: Place, number: int
    ) -> Page:
        context = await far_context(place.browser)
        stack.push_async_callback(_closed, context)
        return await watch(context, row, number if row.rooms > 1 else place.room.number)

    async def _window(self, row: Row, place: Place) -> Window:
        begin, seconds = time.time(), self._lengths.of(row)
        changed = []
        for change in row.changes:
            await asyncio.sleep(begin + change.at_share * seconds - time.time())
            place.room.set(**change.settings)
            changed.append(1000 * time.time())
        await asyncio.sleep(begin + seconds - time.time())
        return Window(1000 * begin, 1000 * time.time(), changed)


async def _joined(page: Page) -> None:
    """It hears something, or never will."""
    await page.evaluate("ms => bench.joined(ms)", 1000 * LONGEST_JOIN_SECONDS)


async def _closed(context: BrowserContext) -> None:
    """What it still says must not wait for a thin link."""
    await context.close()


def _median(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return median(known) if len(known) == len(values) else None


def _worst(row: Row, rooms: Sequence[Figures]) -> Figures:
    """Of rooms on one link the one that is worst off, figure by figure."""
    low = {demand.figure for demand in row.demands if demand.is_least} | {"frames_per_second"}
    told: Figures = {}
    for name in rooms[0]:
        values = [room[name] for room in rooms]
        known = [value for value in values if value is not None]
        pick: Callable[[list[float]], float] = min if name in low else max
        told[name] = pick(known) if len(known) == len(values) else None
    return told


def _of_link(before: dict[str, int], after: dict[str, int], window: Window) -> Figures:
    def more(name: str) -> int:
        return after.get(name, 0) - before.get(name, 0)

    return {
        "link_down_kbps": 8 * more("bytes") / window.seconds / 1000,
        "queue_dropped": more("queue_dropped"),
        "lost": more("lost"),
    }


@asynccontextmanager
async def live_lesson(demo: DemoLesson) -> AsyncIterator[None]:
    """Started as soon as its lead is on air."""
    scope = TaskScope("thinlink")
    try:
        async with httpx.AsyncClient(timeout=15) as http:
            desk = TeacherDesk(demo.service.url, http)
            await desk.sign_in(TEACHER, demo.password)
            scope.start("lesson", desk.keep_started(await desk.lesson_now()))
            yield
    finally:
        await scope.close()


@asynccontextmanager
async def bench(
    center: Center, rooms: Sequence[FarRoom], demo: DemoLesson, lengths: Lengths, has_janus: bool
) -> AsyncIterator[Bench]:
    """Everything that all rows share."""
    async with AsyncExitStack() as stack:
        janus = None
        if has_janus and janus_room.is_installed():
            starting = janus_room.running_janus(address=center.address, interface="tun0")
            janus = await asyncio.to_thread(stack.enter_context, starting)
        folder = Path(stack.enter_context(TemporaryDirectory()))
        origin = f"http://{center.address}:{demo.service.port}"
        trusted = f"--unsafely-treat-insecure-origin-as-secure={origin}"
        clip = await asyncio.to_thread(talking_teacher.flags, CLIPS)
        lead = await stack.enter_async_context(chromium(*clip))
        teacher = await teach(lead, demo, janus)
        await stack.enter_async_context(live_lesson(demo))
        players = Players(demo, origin, janus)
        made = Bench(players, teacher, lengths)
        for room in rooms:
            executable = in_namespace(room.name, folder)
            far = await stack.enter_async_context(chromium(trusted, executable=executable))
            made.add(Place(room, far))
        await asyncio.to_thread(demo.wait_live)
        yield made


async def measure(options: argparse.Namespace, rows: Sequence[Row]) -> list[dict[str, Any]]:
    """One result for each row and player."""
    lengths = SHORT if options.quick else LONG
    default = "ours" if options.quick else ",".join(PLAYERS)
    players = (options.players or default).split(",")
    at_once = options.at_once or (MOST_AT_ONCE if options.quick else 1)
    count = min(at_once, MOST_AT_ONCE, len(rows))
    with places(count) as (center, rooms), center.entered():
        if options.trace:
            center.links.trace(options.trace)
        with demo_lesson(is_taught=False) as demo:
            async with bench(center, rooms, demo, lengths, "janus" in players) as running:
                return await _results(running, rows, players)


async def _results(
    running: Bench, rows: Sequence[Row], players: Sequence[str]
) -> list[dict[str, Any]]:
    """All that are wanted, as places become free."""

    async def result(row: Row, player: str) -> dict[str, Any]:
        figures = await running.median_of(row, player)
        told = _told(row, player, figures)
        print(_line(told), flush=True)
        return told

    wanted = [player for player in running.players.by_name() if player in players]
    return await asyncio.gather(
        *(
            result(row, player)
            for row in rows
            for player in wanted
            if row.rivals or player == "ours"
        )
    )


def _told(row: Row, player: str, figures: Figures) -> dict[str, Any]:
    return {
        "row": row.name,
        "link": str(row.link),
        "player": player,
        "held": is_held(row, figures) if player == "ours" else None,
        "unmet": [str(demand) for demand in row.demands if not demand.is_met(figures)],
        "not_measured": list(row.not_measured),
        "figures": figures,
        "settings": asdict(row.link),
    }


def _line(told: dict[str, Any]) -> str:
    figures = told["figures"]
    known = [(name, figures[name]) for name in TOLD if figures.get(name) is not None]
    values = ", ".join(f"{name} {value:.3g}" for name, value in known)
    words = {True: "held", False: "NOT held", None: "rival"}[told["held"]]
    unmeasured = [f"not measured: {what}" for what in told["not_measured"]]
    why = "; ".join([*told["unmet"], *unmeasured])
    head = f"{told['row']} ({told['link']}) {told['player']}: {words}"
    return f"{head}{why and f' [{why}]'}\n  {values}"


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="three rows at once, within a minute")
    parser.add_argument("--json", type=Path, help="write the results to this file")
    names = ", ".join(row.name for row in ROWS)
    parser.add_argument("--rows", help=f"some rows, with commas between; of {names}")
    parser.add_argument("--at-once", type=int, help="rooms watched at once: 1, quick 3")
    parser.add_argument("--players", help="of ours, whep, janus; all, quick ours alone")
    parser.add_argument("--trace", type=Path, help="write what each packet met to this file (CSV)")
    return parser.parse_args()


def main() -> None:
    """Run and print."""
    options = arguments()
    why = why_not()
    if why:
        print(f"skipped: {why}")
        return
    default = ",".join(QUICK) if options.quick else ",".join(row.name for row in ROWS)
    results = asyncio.run(measure(options, named(options.rows or default)))
    if options.json:
        options.json.write_text(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    main()
