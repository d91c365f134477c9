"""One lesson and the places from which its rows are watched, each row with a page of its own."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import httpx
from playwright.async_api import Browser

from streamsvc.base.tasks import TaskScope
from streamsvc.desk import TeacherDesk
from tests.bench import janus_room, thin_memory
from tests.bench.thin_figures import Window, figures_of, growth_of, page_figures
from tests.bench.thin_players import (
    Place,
    Players,
    Viewer,
    Watch,
    at_port,
    holds,
    teach,
    trust,
)
from tests.bench.thin_rows import Figures, Row
from tests.bench.thin_stage import heard_from_stage
from tests.bench.thin_writing import PAGES, Writing, board_figures, catching_up_figures
from tests.support import talking_teacher
from tests.support.browser import chromium, in_namespace
from tests.support.demo import CLIPS, TEACHER, DemoLesson
from tests.support.link.carrier import DEVICE
from tests.support.link.places import Center, FarRoom
from tests.support.link.shared_port import shared_port

LONGEST_JOIN_SECONDS = 60.0
FETCH_SECONDS = 60.0
LOOK_SECONDS = 10.0
SHARED_PORT = 443
OFFER_SECONDS = 60.0
TAKE_OFFER = """(() => {
  const yes = document.querySelector('.say .answer .yes');
  if (yes) yes.click();
  return document.querySelector('[data-behind]') !== null;
})()"""
FETCHED = "caches.open('streamsvc-slides').then(all => all.keys()).then(keys => keys.length)"
KEPT = ("ticks", "pictures", "marks", "spoken", "board", "behind")


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


@dataclass
class Diary:
    """All that a page's observer saw, taken from it now and then, so that it need not keep it."""

    viewer: Viewer
    seen: dict[str, Any] = field(default_factory=lambda: {name: [] for name in KEPT})

    async def read(self) -> dict[str, Any]:
        """Up to now."""
        report = await self.viewer.evaluate("bench.report()")
        for name, value in report.items():
            self.seen[name] = self.seen[name] + value if name in KEPT else value
        return self.seen


class Bench:
    """A live lesson, its lead, and free places behind links."""

    def __init__(self, players: Players, lead: Diary, writing: Writing, lengths: Lengths) -> None:
        self.players = players
        self._lead = lead
        self._writing = writing
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
        place = await self._taken()
        try:
            return await self._watched(row, self.players.by_name()[player], place)
        finally:
            async with self._freed:
                self._free.append(place)
                self._freed.notify_all()

    async def _taken(self) -> Place:
        async with self._freed:
            await self._freed.wait_for(lambda: self._free)
            return self._free.pop(0)

    async def _watched(self, row: Row, watch: Watch, place: Place) -> Figures:
        place.room.set(**(row.opened_on or row.link).settings())
        async with AsyncExitStack() as stack:
            began = time.monotonic()
            viewers = [
                await watch(stack, place, row, number if row.rooms > 1 else place.room.number)
                for number in range(row.rooms)
            ]
            await asyncio.gather(*(_joined(viewer) for viewer in viewers))
            joined: Figures = {"joined_s": time.monotonic() - began}
            if row.opened_on is not None:
                await asyncio.gather(*(_fetched(viewer) for viewer in viewers))
                place.room.set(**row.link.settings())
            diaries, spoken = [Diary(viewer) for viewer in viewers], self._lead
            if row.who == "stage":
                spoken = diaries[0]
                near = await heard_from_stage(stack, self.players, place, viewers[0])
                diaries = [Diary(near)]
            await asyncio.sleep(self._lengths.warm_up)
            return joined | await self._measured(row, place, diaries, spoken)

    async def _measured(
        self, row: Row, place: Place, diaries: Sequence[Diary], spoken: Diary
    ) -> Figures:
        before = place.room.links.figures()[place.room.number, "down"]
        window = await self._window(row, place, diaries)
        after = place.room.links.figures()[place.room.number, "down"]
        said = (await spoken.read())["spoken" if row.who == "stage" else "marks"]
        rooms = [await diary.read() for diary in diaries]
        every = [
            figures_of(room, said, window)
            | self._of_board(row, room, window)
            | page_figures(room, window)
            | (growth_of(room, said, window) if row.slowdown > 1 else {})
            for room in rooms
        ]
        return _worst(row, every) | _of_link(before, after, window)

    def _of_board(self, row: Row, room: dict[str, Any], window: Window) -> Figures:
        deeds = self._writing.deeds
        live = board_figures(room["board"], deeds, window.begin, window.end)
        return live | catching_up_figures(room["board"], room["behind"], deeds)

    async def _window(self, row: Row, place: Place, diaries: Sequence[Diary]) -> Window:
        begin, seconds = time.time(), self._lengths.of(row)
        window = Window(1000 * begin, 1000 * (begin + seconds), [], [])
        for change in row.changes:
            await self._until(begin + change.at_share * seconds, place, diaries, window)
            place.room.set(**change.settings)
            window.changed.append(1000 * time.time())
        if row.is_offered:
            taken = (holds(diary.viewer, TAKE_OFFER, OFFER_SECONDS) for diary in diaries)
            await asyncio.gather(*taken)
        await self._until(begin + seconds, place, diaries, window)
        return window

    async def _until(
        self, end: float, place: Place, diaries: Sequence[Diary], window: Window
    ) -> None:
        """Looks now and then, that no page has to remember much."""
        while (left := end - time.time()) > 0:
            await asyncio.sleep(min(left, LOOK_SECONDS))
            if left > LOOK_SECONDS:
                for diary in (self._lead, *diaries):
                    await diary.read()
                rss = await asyncio.to_thread(thin_memory.renderer_bytes, place.room.name)
                window.rss.append((1000 * time.time(), rss))


async def _joined(viewer: Viewer) -> None:
    """It hears something, or never will."""
    await holds(viewer, "bench.hasVoice", LONGEST_JOIN_SECONDS)


async def _fetched(viewer: Viewer) -> None:
    """It has the slides, or has no place for them."""
    if await viewer.evaluate("location.pathname === '/room' && 'caches' in window"):
        await holds(viewer, f"{FETCHED}.then(n => n >= {PAGES})", FETCH_SECONDS)


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
async def live_lesson(demo: DemoLesson, writing: Writing) -> AsyncIterator[None]:
    """Started as soon as its lead is on air; she writes from then on."""
    async with httpx.AsyncClient(timeout=15) as http:
        scope = TaskScope("thinlink")
        try:
            desk = TeacherDesk(demo.service.url, http)
            await desk.sign_in(TEACHER, demo.password)
            scope.start("lesson", desk.keep_started(await desk.lesson_now()))
            await asyncio.to_thread(demo.wait_live)
            scope.start("writing", writing.go_on())
            yield
        finally:
            await scope.close()


@asynccontextmanager
async def bench(
    center: Center,
    rooms: Sequence[FarRoom],
    demo: DemoLesson,
    lengths: Lengths,
    *,
    has_janus: bool,
    is_one_layer: bool,
) -> AsyncIterator[Bench]:
    """Everything that all rows share."""
    async with AsyncExitStack() as stack:
        janus = None
        if has_janus and janus_room.is_installed():
            starting = janus_room.running_janus(address=center.address, interface=DEVICE)
            janus = await asyncio.to_thread(stack.enter_context, starting)
        pages, media = (
            (center.address, demo.service.port),
            (center.address, demo.service.media_port),
        )
        await stack.enter_async_context(shared_port((center.address, SHARED_PORT), pages, media))
        folder = Path(stack.enter_context(TemporaryDirectory()))
        origin = f"http://{center.address}:{demo.service.port}"
        clip = await asyncio.to_thread(talking_teacher.flags, CLIPS)
        near = await stack.enter_async_context(chromium(*clip))
        writing = Writing(demo)
        await writing.prepare()
        lead = Diary(await teach(near, demo, janus, is_one_layer=is_one_layer))
        await stack.enter_async_context(live_lesson(demo, writing))
        players = Players(demo, origin, janus, near)
        made = Bench(players, lead, writing, lengths)
        flags = (trust(origin, at_port(origin, SHARED_PORT)), *clip)
        for browser, room in await _browsers(stack, rooms, folder, flags):
            made.add(Place(room, browser))
        yield made


async def _browsers(
    stack: AsyncExitStack, rooms: Sequence[FarRoom], folder: Path, flags: Sequence[str]
) -> list[tuple[Browser, FarRoom]]:
    """One in each room."""
    found = []
    for room in rooms:
        executable = in_namespace(room.name, folder)
        far = await stack.enter_async_context(chromium(*flags, executable=executable))
        found.append((far, room))
    return found
