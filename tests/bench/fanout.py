"""CPU of forwarding one packet to one viewer: our service, Janus, and the floor of this machine.

The same swarm watches each of them in the same run, with what Chrome sends back (reports, REMB, one
per cent NACKs); the CPU is that of the server's process. The floor only encrypts and sends: in a
tight loop, whose caches are always warm, and at the pace of a lesson's packets, as a server must.
Janus runs as installed (a thread for each viewer) and with event loops, until it loses packets.

Of ours also `server_cpu_ms_per_join`, by a bell: the server's CPU from the first POST until all
have left again, without that of forwarding to them meanwhile, for each viewer; and
`memory_bytes_per_viewer`: by how much the server grew between the first interval of the largest
swarm and its end, for each viewer who came in between.
"""

import asyncio
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from relay.client.swarm.door import Door
from relay.client.swarm.plan import Joins, SwarmPlan
from relay.client.swarm.report import SwarmReport
from relay.client.swarm.server_process import read_processes
from relay.client.swarm.swarm import run
from streamsvc.rehearsal import Account, rehearsal
from tests.bench import floor, janus_room
from tests.bench.figures import arguments, tell
from tests.support.demo import ADMINISTRATOR, CLIPS, NO_CLIP, TEACHER, DemoLesson
from tests.support.service import running

QUICK = (200,)
WHOLE = (100, 200, 400, 1000, 2000, 3000)
THIN_BPS = 350_000
"""Of the picture from so many viewers on: what this machine can send in all is the limit then."""
THIN_FROM = 2000
LOST_AT_MOST = 0.001
"""A server that loses more has collapsed; it is not measured with more viewers."""
EVENT_LOOPS = 2
FLOOR_RUNS = (1, 2)
"""Packets in a message of the floor; an average frame of 1 Mbit/s has four, voice one."""

BELL_BPS = 50_000
"""Of the picture while joins are measured, so that little is to be taken off for it."""
BELL_SECONDS = 4.0

PACKETS_PER_SECOND = 200
"""To each viewer: voice, and a picture of 1 Mbit/s."""

Figures = dict[str, float | int | str]


@dataclass(frozen=True, slots=True)
class Served:
    """A running server."""

    name: str
    watch: Door
    publish: Door
    pid: int


@dataclass(frozen=True, slots=True)
class Lengths:
    """How long to measure."""

    joins_per_second: float
    steady_seconds: float
    floor_seconds: float


SHORT = Lengths(joins_per_second=50, steady_seconds=4, floor_seconds=1)
LONG = Lengths(joins_per_second=50, steady_seconds=15, floor_seconds=3)


def plan_for(served: Served, viewers: int, lengths: Lengths) -> SwarmPlan:
    """Spread joins, then the steady part."""
    return SwarmPlan(
        watch=served.watch,
        publish=served.publish,
        receivers=viewers,
        joins_per_second=lengths.joins_per_second,
        seconds=viewers / lengths.joins_per_second + lengths.steady_seconds + 2,
        interval_seconds=lengths.steady_seconds / 2,
        bitrate_bps=THIN_BPS if viewers >= THIN_FROM else 1_000_000,
        cache=CLIPS,
        server_pids=(served.pid,),
    )


def figures_of(served: Served, viewers: int, report: SwarmReport) -> Figures:
    """Of the part after everybody had come."""
    name = f"{served.name}_{viewers}"
    whole, steady = report.whole().figures(), report.steady()
    found: Figures = {f"{name}_failed": sum(report.failures().values())}
    if steady is not None:
        told = steady.figures()
        for figure in (
            "server_us_per_packet", "server_cores", "server_memory_bytes", "arrived_datagrams",
            "lost_packets", "not_forwarded_packets", "expected_packets", "delay_p50_ms",
            "delay_p99_ms", "swarm_cores",
        ):  # fmt: skip
            value = told.get(figure)
            if value is not None:
                found[f"{name}_{figure}"] = value
    for figure in ("join_p50_ms", "join_p95_ms", "join_p99_ms"):
        value = whole[figure]
        if value is not None:
            found[f"{name}_{figure}"] = value
    return found | memory_grown(report)


def memory_grown(report: SwarmReport) -> Figures:
    """Where viewers came after the first interval, which the publisher and first uses fill."""
    known = [one for one in report.intervals if one.server is not None and one.viewers.connected]
    most = max(known, key=lambda one: one.viewers.connected, default=None)
    if most is None or most.server is None or known[0].server is None:
        return {}
    more = most.viewers.connected - known[0].viewers.connected
    grown = most.server.memory_bytes - known[0].server.memory_bytes
    return {"memory_bytes_per_viewer": grown / more} if more else {}


def share_lost(figures: Figures, name: str) -> float:
    """Lost on the way or never sent on, of what was published; 1 when nobody told."""
    expected = figures.get(f"{name}_expected_packets", 0)
    gone = sum(
        float(figures.get(f"{name}_{kind}_packets", 0)) for kind in ("lost", "not_forwarded")
    )
    return gone / float(expected) if expected else 1.0


async def measured(served: Served, viewers: int, lengths: Lengths) -> Figures:
    """One swarm at one server."""
    report = await run(plan_for(served, viewers, lengths))
    return figures_of(served, viewers, report)


async def measure_bell(served: Served, viewers: int, lengths: Lengths) -> Figures:
    """All come in the same instant and leave again."""
    plan = replace(
        plan_for(served, viewers, lengths),
        joins=Joins.BELL,
        seconds=BELL_SECONDS,
        interval_seconds=1.0,
        bitrate_bps=BELL_BPS,
    )
    before, _ = read_processes(plan.server_pids)
    report = await run(plan)
    after, _ = read_processes(plan.server_pids)
    came, steady = report.whole().viewers.came, report.steady()
    if not came or steady is None or steady.server is None:
        return {}
    forwarding = steady.server.cpu_seconds / steady.seconds / steady.viewers.connected
    present = sum(one.seconds * one.viewers.connected for one in report.intervals)
    return {"server_cpu_ms_per_join": 1e3 * (after - before - forwarding * present) / came}


def measure_ours(counts: tuple[int, ...], lengths: Lengths) -> Figures:
    """The service with its demo lesson; a fresh one for each number of viewers."""
    figures: Figures = {}
    for viewers in counts:
        with our_service(viewers) as (url, password, pid):
            figures |= asyncio.run(_watch_ours(url, password, pid, viewers, lengths))
    return figures


async def _watch_ours(url: str, password: str, pid: int, viewers: int, lengths: Lengths) -> Figures:
    people = Account(ADMINISTRATOR, password), Account(TEACHER, password)
    async with rehearsal(url, *people, "", takes_over=True) as doors:
        assert doors.publish is not None
        served = Served("ours", doors.watch, doors.publish, pid)
        figures = await measured(served, viewers, lengths)
        if viewers == QUICK[-1]:
            figures |= await measure_bell(served, viewers, lengths)
        return figures


@contextmanager
def our_service(most: int) -> Iterator[tuple[str, str, int]]:
    """Address, password of all demo accounts, process id."""
    settings = NO_CLIP | {"STREAMSVC_RELAY__MAX_PEERS": str(most + 100)}
    with (
        TemporaryDirectory() as folder,
        running(Path(folder) / "data", "--demo", environment=settings) as service,
        closing(DemoLesson(service)) as demo,
    ):
        assert service.process is not None
        yield service.url, demo.password, service.process.pid


def measure_janus(
    name: str, counts: tuple[int, ...], lengths: Lengths, event_loops: int
) -> Figures:
    """Until it collapses."""
    figures: Figures = {}
    for viewers in counts:
        with janus_room.running_janus(event_loops=event_loops) as janus:
            served = Served(name, janus.watch, janus.publish, janus.pid)
            found = asyncio.run(measured(served, viewers, lengths))
            figures |= {
                name: value for name, value in found.items() if name.startswith(served.name)
            }
        if share_lost(figures, f"{name}_{viewers}") > LOST_AT_MOST:
            break
    return figures


def measure_floor(counts: tuple[int, ...], lengths: Lengths) -> Figures:
    """One packet in a message, as many as pictures bring at once, and these at a lesson's pace."""
    figures: Figures = {}
    for viewers in counts:
        for packets in FLOOR_RUNS:
            found = floor.measure(viewers, run=packets, seconds=lengths.floor_seconds)
            figures[f"floor_{viewers}_run_{packets}_us_per_packet"] = found.us_per_packet
        paced = floor.measure(
            viewers,
            run=FLOOR_RUNS[-1],
            seconds=lengths.floor_seconds,
            packets_per_second=PACKETS_PER_SECOND,
        )
        figures[f"floor_{viewers}_paced_us_per_packet"] = paced.us_per_packet
    return figures


def ratios(figures: Figures) -> Figures:
    """Ours to Janus with event loops at 200, to the floor at 1000 (or what was measured), and how
    the cost of a packet grows with the number of viewers."""
    found: Figures = {}
    ours = {n: figures.get(f"ours_{n}_server_us_per_packet") for n in WHOLE}
    known = {n: float(value) for n, value in ours.items() if value is not None}
    janus = figures.get("janus_loops_200_server_us_per_packet")
    if janus and 200 in known:
        found["ratio_to_janus"] = known[200] / float(janus)
    for viewers in (1000, 200):
        single = figures.get(f"floor_{viewers}_run_1_us_per_packet")
        if single and viewers in known:
            found["ratio_to_floor"] = known[viewers] / float(single)
            found["ratio_to_floor_viewers"] = viewers
            paced = float(figures[f"floor_{viewers}_paced_us_per_packet"])
            found["ratio_to_paced_floor"] = known[viewers] / paced
            break
    if 100 in known and 3000 in known:
        found["growth_100_to_3000"] = known[3000] / known[100]
    return found


def main() -> None:
    """Run and print."""
    options = arguments(__doc__ or "")
    counts, lengths = (QUICK, SHORT) if options.quick else (WHOLE, LONG)
    figures = measure_floor(counts, lengths) | measure_ours(counts, lengths)
    if janus_room.is_installed():
        figures |= measure_janus("janus_loops", counts, lengths, EVENT_LOOPS)
        if not options.quick:
            figures |= measure_janus("janus_installed", counts, lengths, 0)
    else:
        print("Janus is not installed: sudo apt-get install janus")
    tell(figures | ratios(figures), options.json)


if __name__ == "__main__":
    main()
