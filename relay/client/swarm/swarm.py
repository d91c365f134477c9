"""Runs a swarm: its processes, their counts put together, the report.

               ┌─ Job, Go ──► publisher process ──┐
run(plan) ─────┼─ Job, Go ──► worker process 0 ───┼─ Counted ──► Interval ──► on_interval
+ /proc        └─ Job, Go ──► worker process n ───┘              SwarmReport
"""

import asyncio
import time
from collections.abc import Callable, Sequence

from relay.client.swarm.child import Child
from relay.client.swarm.counts import ServerFigures
from relay.client.swarm.messages import Counted, Go, Job
from relay.client.swarm.plan import SwarmPlan
from relay.client.swarm.report import Interval, SwarmReport, merged
from relay.client.swarm.server_process import read_processes
from streamsvc.base.errors import EnvironmentFault, PeerGone, StreamsvcError
from streamsvc.base.tasks import TaskScope

LEAD_SECONDS = 0.2
"""From Go to the start: every process has it by then."""
END_SECONDS = 15.0
_SHORTEST_SECONDS = 0.4


async def run(
    plan: SwarmPlan,
    *,
    on_interval: Callable[[Interval], None] | None = None,
    stop: asyncio.Event | None = None,
) -> SwarmReport:
    """Run until `plan.seconds` are over or `stop` is set; all sessions are ended then.

    Raises StreamsvcError when the swarm itself can't go on (the publisher was refused, a door
    can't be opened, a worker died: PeerGone `swarm-process-lost`); a receiver that can't get in is
    only counted.
    """
    swarm = _Swarm(plan, on_interval)
    try:
        await swarm.start()
        await swarm.measure(stop or asyncio.Event())
    finally:
        await swarm.close()
    return swarm.report


class _Swarm:
    def __init__(self, plan: SwarmPlan, on_interval: Callable[[Interval], None] | None) -> None:
        self.report = SwarmReport(plan.receivers if plan.watch else 0)
        self._plan = plan
        self._on_interval = on_interval
        self._children: list[Child] = []
        self._scope = TaskScope("swarm")
        self._started_at = 0.0
        self._server_cpu = 0.0
        self._connected: dict[int, int] = {}
        """By process, as it told last: at the end they do not all tell equally often."""

    async def start(self) -> None:
        """The publisher first: receivers should find something to see."""
        plan = self._plan
        if plan.publish is not None:
            await self._start_children([None])
        if plan.watch is not None:
            await self._start_children(range(plan.workers))
        self._started_at = time.monotonic() + LEAD_SECONDS
        for child in self._children:
            child.send(Go(self._started_at))

    async def _start_children(self, workers: Sequence[int | None]) -> None:
        begun = [Child(Job(self._plan, worker)) for worker in workers]
        self._children += begun
        for child in begun:
            await child.start()
        await asyncio.gather(*(child.ready() for child in begun))

    async def measure(self, stop: asyncio.Event) -> None:
        """Intervals until the end, the last one as long as it comes to be."""
        counting = self._scope.start("intervals", self._intervals())
        stopped = self._scope.start("stop", stop.wait())
        length = self._started_at + self._plan.seconds - time.monotonic()
        await asyncio.wait([counting, stopped], timeout=length, return_when=asyncio.FIRST_COMPLETED)
        for child in self._children:
            child.finish()
        try:
            error = await asyncio.wait_for(counting, END_SECONDS)
        except TimeoutError:
            error = PeerGone("swarm-process-lost")
        if error is not None:
            raise error

    async def _intervals(self) -> StreamsvcError | None:
        """Until all processes have ended, or one can't go on: why."""
        try:
            await self._count()
        except StreamsvcError as error:
            return error
        return None

    async def _count(self) -> None:
        """An interval is whole when every process told its part."""
        self._server_cpu = self._read_server()[0]
        begins = 0.0
        while True:
            told = await asyncio.gather(*(child.next_counts() for child in self._children))
            if not any(told):
                return
            begins = self._add(begins, told)

    def _add(self, begins: float, told: Sequence[Counted | None]) -> float:
        ends = time.monotonic() - self._started_at
        interval = Interval(begins, ends, self._plan.sampling())
        for number, counted in enumerate(told):
            if counted is not None and counted.viewers is not None:
                interval.viewers.merge(counted.viewers, is_later=False)
                self._connected[number] = counted.viewers.connected
            if counted is not None and counted.publisher is not None:
                interval.publisher = counted.publisher
        interval.viewers.connected = sum(self._connected.values())
        interval.server = self._server_figures()
        interval.count_silence()
        self._keep(interval)
        return ends

    def _server_figures(self) -> ServerFigures | None:
        if not self._plan.server_pids:
            return None
        try:
            cpu_seconds, memory_bytes = self._read_server()
        except EnvironmentFault:  # it ended during the run; what the receivers saw still counts
            return None
        used, self._server_cpu = cpu_seconds - self._server_cpu, cpu_seconds
        return ServerFigures(used, memory_bytes)

    def _keep(self, interval: Interval) -> None:
        """A rest after the last whole interval belongs to that."""
        intervals = self.report.intervals
        if intervals and interval.seconds < _SHORTEST_SECONDS:
            intervals[-1] = merged([intervals[-1], interval])
            return
        intervals.append(interval)
        if self._on_interval is not None:
            self._on_interval(interval)

    def _read_server(self) -> tuple[float, int]:
        return read_processes(self._plan.server_pids)

    async def close(self) -> None:
        """Whatever happened before: no process stays."""
        await self._scope.close()
        await asyncio.gather(*(child.close() for child in self._children))
