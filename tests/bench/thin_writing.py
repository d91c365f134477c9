"""The lead at the board while rooms watch: a page every few seconds and strokes on it, by the
lesson's own protocol; and how soon the board of a room showed each.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import ceil
from statistics import median
from typing import Any

from websockets.exceptions import WebSocketException

from tests.bench.thin_rows import Figures
from tests.support import papers
from tests.support.demo import DemoLesson
from tests.support.lesson_client import LessonClient, lesson_client
from tests.support.waiting import until

PAGES = 6
STROKES = 4
"""On each page, one a second."""
BATCHES = 5
BATCH_SECONDS = 0.2
PAUSE_SECONDS = 1.0
"""Before she writes on a new page, and before she turns it."""
LATEST_SECONDS = 3.0
"""What was done so shortly before the end may still be on its way."""
SAID_WITHIN_MS = 1_500
AGAIN_SECONDS = 1.0
_PEN = {"tool": "pen", "color": 0, "width": 50, "text": ""}
_LINE = [40, -60, 30, 55, 41, -70, 28, 66, 35, -40]

Slide = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Deed:
    """A page turned to, or a stroke begun on it."""

    at: float
    """When it left the lead, in ms since 1970."""
    slide: str
    strokes: int = 0
    """On the slide from then on; 0: it was turned to."""


@dataclass
class Writing:
    """`prepare`, then `go_on` beside everything else; what was done is in `deeds`."""

    demo: DemoLesson
    deeds: list[Deed] = field(default_factory=list)
    _courseware_id: str = ""

    async def prepare(self) -> None:
        """Slides for the lesson."""
        path = f"/api/lessons/{self.demo.lesson()['lesson_id']}/courseware"
        pages = papers.pdf(PAGES)
        added = self.demo.teacher.post(path, params={"name": "thin.pdf"}, content=pages)
        added.raise_for_status()
        self._courseware_id = str(added.json()["courseware_id"])
        ready = lambda: self.demo.teacher.get(path).json()[0]["status"] == "ready"  # noqa: E731
        await until(ready, 60, "the slides are made")

    async def go_on(self) -> None:
        """Page by page, without an end."""
        lesson_id = self.demo.lesson()["lesson_id"]
        address = f"127.0.0.1:{self.demo.service.port}"
        while True:
            try:
                async with lesson_client(address, lesson_id) as lead:
                    await lead.hello(self.demo.grant()["grant"])
                    await self._write(lead)
            except (WebSocketException, OSError):
                await asyncio.sleep(AGAIN_SECONDS)

    async def _write(self, lead: LessonClient) -> None:
        while True:
            for number in range(1, PAGES + 1):
                await self._page(lead, {"courseware_id": self._courseware_id, "number": number})
                lead.got.clear()

    async def _page(self, lead: LessonClient, slide: Slide) -> None:
        name = f"{slide['courseware_id']}/{slide['number']}"
        self.deeds.append(Deed(1000 * time.time(), name))
        await lead.ask("turn_slide", slide=slide)
        await asyncio.sleep(PAUSE_SECONDS)
        for stroke in range(1, STROKES + 1):
            self.deeds.append(Deed(1000 * time.time(), name, stroke))
            await _stroke(lead, slide, f"s{stroke}")
        await asyncio.sleep(PAUSE_SECONDS)
        await lead.ask("clear_board")


async def _stroke(lead: LessonClient, slide: Slide, stroke_id: str) -> None:
    """As a hand draws for a second: five batches of six points."""
    for batch in range(BATCHES):
        is_new = batch == 0
        start = [300 * int(stroke_id[1:]), 4_000] if is_new else [30, 50]
        draw = {"type": "draw", "stroke_id": stroke_id, "slide": slide, "offset": 6 * batch}
        style = _PEN if is_new else None
        await lead.say({**draw, "style": style, "points": start + _LINE})
        await asyncio.sleep(BATCH_SECONDS)


def board_figures(
    board: Sequence[Sequence[Any]], deeds: Sequence[Deed], begin: float, end: float
) -> Figures:
    """Of the deeds between `begin` and `end`. `board`: each change of what a room showed, as
    (when, slide, `sharp`, `preview` or `none`, strokes). What never came is as late as the end; a
    player that never showed a board has none."""
    until_ms = end - 1000 * LATEST_SECONDS
    has_board = any(slide for _, slide, *_ in board)
    done = [deed for deed in deeds if has_board and begin <= deed.at <= until_ms]
    turns = [deed for deed in done if not deed.strokes]
    strokes = [deed for deed in done if deed.strokes]
    seen = [_late(deed, board, ("sharp", "preview"), end) for deed in turns]
    sharp = [_late(deed, board, ("sharp",), end) for deed in turns]
    ink = [_late(deed, board, ("sharp", "preview"), end) for deed in strokes]
    return {
        "page_turn_ms": _share(seen, 0.5),
        "page_turn_p95_ms": _share(seen, 0.95),
        "page_sharp_p95_ms": _share(sharp, 0.95),
        "ink_ms": _share(ink, 0.5),
        "ink_p95_ms": _share(ink, 0.95),
        "board_deeds": len(done),
    }


def catching_up_figures(
    board: Sequence[Sequence[Any]], behind: Sequence[tuple[float, float]], deeds: Sequence[Deed]
) -> Figures:
    """While a room plays what it missed, each page should come as late as the voice. `behind`:
    when, and how many ms the page said it was behind."""
    turns = [deed for deed in deeds if not deed.strokes]
    apart = []
    for at, slide, *_ in _turned(board):
        said = [late for moment, late in behind if abs(moment - at) < SAID_WITHIN_MS]
        times = [deed.at for deed in turns if deed.slide == slide]
        if said and times:
            apart.append(min(abs(at - said[-1] - moment) for moment in times))
    return {"catch_up_step_p95_ms": _share(apart, 0.95), "caught_up_pages": len(apart)}


def _turned(board: Sequence[Sequence[Any]]) -> list[Sequence[Any]]:
    """Where another page came."""
    pairs = zip(board, board[1:], strict=False)
    return [after for before, after in pairs if after[1] and before[1] != after[1]]


def _late(deed: Deed, board: Sequence[Sequence[Any]], pictures: Sequence[str], end: float) -> float:
    shown = (
        at
        for at, slide, picture, strokes in board
        if at >= deed.at - 1 and slide == deed.slide and picture in pictures
        if strokes >= deed.strokes
    )
    return max(0.0, next(shown, end) - deed.at)


def _share(values: Sequence[float], share: float) -> float | None:
    if not values:
        return None
    if share == 0.5:
        return median(values)
    return sorted(values)[min(len(values), ceil(share * len(values))) - 1]
