"""Whether the service grows: viewers come to a lesson and leave it, again and again, for minutes.

Prints what of the service is in memory after each round, when its viewers have left, and how much
it grew from the second round (the first fills what is filled once) to the last. Its recorder is
counted with it. Ends within a minute with `--quick`.
"""

import argparse
import asyncio
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from relay.client.swarm.plan import Joins, SwarmPlan
from relay.client.swarm.swarm import run
from streamsvc.rehearsal import Account, rehearsal
from tests.bench.fanout import our_service
from tests.bench.figures import tell
from tests.bench.thin_memory import resident_bytes
from tests.support.demo import ADMINISTRATOR, CLIPS, TEACHER

VIEWERS = 40
ROUND_SECONDS = 8.0
AFTER_SECONDS = 2.0
"""Until what viewers leave behind is tidied up."""
MEGABYTE = 1_000_000


def family(pid: int) -> list[int]:
    """A process and its children."""
    listed = ["ps", "-o", "pid=", "--ppid", str(pid)]
    told = subprocess.run(listed, capture_output=True, text=True, check=False).stdout
    return [pid, *(int(child) for child in told.split())]


async def one_round(url: str, password: str) -> int:
    """Viewers come all at once, watch and leave; how many came."""
    people = Account(ADMINISTRATOR, password), Account(TEACHER, password)
    async with rehearsal(url, *people, "", takes_over=True) as doors:
        plan = SwarmPlan(
            watch=doors.watch,
            publish=doors.publish,
            receivers=VIEWERS,
            joins=Joins.BELL,
            seconds=ROUND_SECONDS,
            interval_seconds=ROUND_SECONDS / 2,
            bitrate_bps=300_000,
            cache=CLIPS,
        )
        return (await run(plan)).whole().viewers.came


def measured(minutes: float) -> dict[str, float | int | str]:
    """Round by round."""
    rounds: list[list[float]] = []
    came = 0
    with our_service(VIEWERS) as (url, password, pid):
        ends_at = time.monotonic() + 60 * minutes
        while time.monotonic() < ends_at:
            came += asyncio.run(one_round(url, password))
            time.sleep(AFTER_SECONDS)
            sizes = [resident_bytes(each) / MEGABYTE for each in family(pid)]
            rounds.append([sizes[0], sum(sizes[1:])])
            own, others = rounds[-1]
            print(f"{came} joins: {own:.1f} MB, its recorder {others:.1f} MB", flush=True)
    return {"joins": came, "memory_mb": sum(rounds[-1])} | _growth(rounds, came)


def _growth(rounds: Sequence[Sequence[float]], came: int) -> dict[str, float | int | str]:
    if len(rounds) < 3:
        return {}
    own, others = (last - second for last, second in zip(rounds[-1], rounds[1], strict=True))
    joins = came * (len(rounds) - 2) / len(rounds)
    return {
        "grown_mb": own,
        "recorder_grown_mb": others,
        "grown_bytes_per_join": own * MEGABYTE / joins,
    }


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="end within a minute")
    parser.add_argument("--minutes", type=float, default=5.0, help="how long: 5")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    options = parser.parse_args()
    tell(measured(0.5 if options.quick else options.minutes), options.json)


if __name__ == "__main__":
    main()
