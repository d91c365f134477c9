"""Real Chromium rooms behind emulated thin links: what each sees and hears of the same lesson, in
our room page, in a bare player of our WHEP endpoint and in one of a Janus VideoRoom.

Prints a line for each row and player, what did not hold, and at the end the table. Needs root
(network namespaces and TUN devices). Whole: 20 s of warm-up, 90 s measured, median of three.
`--quick`: three rows at once, shorter, ours only, within a minute.
"""

import argparse
import asyncio
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.bench.thin_bench import Bench, Lengths, bench
from tests.bench.thin_rows import QUICK, ROWS, Figures, Row, is_held, lasting, named
from tests.support.demo import demo_lesson
from tests.support.firefox import is_firefox_there
from tests.support.link.places import places, why_not
from tests.support.old_chromium import BINARY

PLAYERS = ("ours", "whep", "janus")
MOST_AT_ONCE = 3
"""Rooms; the demo county has no more."""
TOLD = (
    "voice_concealed_percent", "voice_clock_percent", "longest_voice_gap_ms", "mouth_to_ear_ms",
    "page_turn_ms", "page_turn_p95_ms", "page_sharp_p95_ms", "ink_ms", "ink_p95_ms",
    "frames_per_second", "freeze_percent", "longest_freeze_ms", "height_p50", "joined_s",
    "first_picture_s", "to_top_s", "polled_s", "back_s", "back_at_top_s", "caught_up_s",
    "catch_up_step_p95_ms",
    "says_no_picture", "delay_growth_ms", "heap_growth_mb", "rss_growth_mb", "voice_kbps",
    "picture_kbps", "link_down_kbps", "queue_dropped",
)  # fmt: skip
COLUMNS = {
    "voice_concealed_percent": "concealed %",
    "mouth_to_ear_ms": "mouth to ear ms",
    "frames_per_second": "frames/s",
    "freeze_percent": "frozen %",
    "page_turn_p95_ms": "page turn ms",
    "ink_ms": "ink ms",
    "ink_p95_ms": "ink p95 ms",
}
"""Of the table."""
SHORT = Lengths(warm_up=6, measured=15, repeats=1)

Result = dict[str, Any]


def lengths_of(options: argparse.Namespace) -> Lengths:
    """As the command line says."""
    repeats = options.repeat or (1 if options.quick else 3)
    if options.quick:
        return Lengths(SHORT.warm_up, options.seconds or SHORT.measured, repeats)
    return Lengths(warm_up=20, measured=options.seconds, repeats=repeats)


async def measure(options: argparse.Namespace, rows: Sequence[Row]) -> list[Result]:
    """One result for each row and player."""
    groups = [await _measure(options, group) for group in sharing(rows)]
    return [result for group in groups for result in group]


def sharing(rows: Sequence[Row]) -> list[list[Row]]:
    """Those that share a service. Rows whose links pass one port alone have one of their own, since
    others would be sent to that port as well; rows of several rooms, since the code that opens a
    room ends the one before, which another row may be about to use; rows with a room on stage,
    since all others would see and hear it; and rows whose lead sends one layer."""
    keys = [(row.link.port, row.rooms > 1, row.who, row.is_one_layer) for row in rows]
    return [
        [row for row, its in zip(rows, keys, strict=True) if its == key]
        for key in dict.fromkeys(keys)
    ]


async def _measure(options: argparse.Namespace, rows: Sequence[Row]) -> list[Result]:
    lengths = lengths_of(options)
    default = "ours" if options.quick else ",".join(PLAYERS)
    players = (options.players or default).split(",")
    at_once = options.at_once or (MOST_AT_ONCE if options.quick else 1)
    count = min(at_once, MOST_AT_ONCE, len(rows))
    with places(count) as (center, rooms), center.entered():
        if options.trace:
            center.links.trace(_trace(options.trace, rows[0].link.port))
        with flags_for(rows[0].link.port) as flags, demo_lesson(*flags, is_taught=False) as demo:
            teaching = bench(
                center,
                rooms,
                demo,
                lengths,
                has_janus="janus" in players,
                is_one_layer=rows[0].is_one_layer,
            )
            async with teaching as running:
                return await _results(running, rows, players)


def _trace(file: Path, port: int) -> Path:
    return file.with_stem(f"{file.stem}-{port}") if port else file


@contextmanager
def flags_for(port: int) -> Iterator[list[str]]:
    """Of the service: where links pass one port, browsers are told that media is there."""
    with TemporaryDirectory() as folder:
        settings = Path(folder) / "settings.toml"
        outer = f"outer_tcp_port = {port}\n" if port else ""
        settings.write_text(f"[media]\ntranscode = true\n{outer}")
        yield ["--config", str(settings)]


async def _results(running: Bench, rows: Sequence[Row], players: Sequence[str]) -> list[Result]:
    """All that are wanted, as places become free."""

    async def result(row: Row, player: str) -> Result:
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


def _told(row: Row, player: str, figures: Figures) -> Result:
    return {
        "row": row.name,
        "link": row.words,
        "player": player,
        "held": is_held(row, figures) if player == "ours" else None,
        "unmet": [str(demand) for demand in row.demands if not demand.is_met(figures)],
        "figures": figures,
        "settings": asdict(row.link),
    }


def _line(told: Result) -> str:
    figures = told["figures"]
    known = [(name, figures[name]) for name in TOLD if figures.get(name) is not None]
    values = ", ".join(f"{name} {value:.3g}" for name, value in known)
    why = "; ".join(told["unmet"])
    head = f"{told['row']} ({told['link']}) {told['player']}: {_held(told)}"
    return f"{head}{why and f' [{why}]'}\n  {values}"


def _held(told: Result) -> str:
    return {True: "held", False: "NOT held", None: "rival"}[told["held"]]


def table(results: Sequence[Result]) -> str:
    """All rows, in Markdown."""
    lines = [["row", "link", "player", *COLUMNS.values(), "held"]]
    lines.append(["---"] * len(lines[0]))
    for told in results:
        values = [told["figures"].get(name) for name in COLUMNS]
        shown = ["" if value is None else f"{value:.3g}" for value in values]
        lines.append([told["row"], told["link"], told["player"], *shown, _held(told)])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def possible(rows: Sequence[Row]) -> list[Row]:
    """Rows whose browser is here; the others are said to be left out."""
    there = {"chromium": True, "chromium-80": BINARY.exists(), "firefox": is_firefox_there()}
    for row in rows:
        if not there[row.browser]:
            print(f"{row.name}: left out, there is no {row.browser} here")
    return [row for row in rows if there[row.browser]]


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="three rows at once, within a minute")
    parser.add_argument("--json", type=Path, help="write the results to this file")
    names = ", ".join(row.name for row in ROWS)
    parser.add_argument("--row", "--rows", help=f"some rows, with commas between; of {names}")
    parser.add_argument("--repeat", type=int, help="median of so many: 3, quick 1")
    parser.add_argument("--seconds", type=float, help="measured of each row, not as it says")
    parser.add_argument("--minutes", type=float, help="of the lesson in the row long-lesson: 40")
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
    every = [row.name for row in ROWS if not row.is_own_run]
    rows = named(options.row or ",".join(QUICK if options.quick else every))
    if options.minutes:
        rows = [lasting(row, 60 * options.minutes) for row in rows]
    results = asyncio.run(measure(options, possible(rows)))
    print(table(results))
    if options.json:
        options.json.write_text(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    main()
