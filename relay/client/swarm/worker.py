"""A worker's receivers: they come when the plan says, are counted, and leave at the end."""

import asyncio
import gc
import os
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial

from relay.client.swarm.counts import ViewerCounts
from relay.client.swarm.door import Entrance, Leave
from relay.client.swarm.dtls_client import Certificate
from relay.client.swarm.lean_socket import local_address
from relay.client.swarm.messages import Counted
from relay.client.swarm.peer import Peer, settle
from relay.client.swarm.plan import SwarmPlan, join_times, share_of
from relay.client.swarm.pool import Pool
from relay.client.swarm.receiver import Receiver
from streamsvc.base.errors import InvariantBroken, StreamsvcError
from streamsvc.base.tasks import TaskScope

JOIN_SECONDS = 20.0
"""From the POST to the first packet; later is a failure."""
MOST_JOINING = 64
"""In one worker at once; who comes then waits, and is measured from the POST on."""
LEAVE_SECONDS = 10.0
ABANDON_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class _Seat:
    receiver: Receiver
    leave: Leave


@asynccontextmanager
async def working(plan: SwarmPlan, worker: int) -> AsyncIterator["Worker"]:
    """An opened door, a pool that moves. Raises what the door raises."""
    if plan.watch is None:
        raise InvariantBroken("a worker without a door")
    async with plan.watch.opened() as entrance:
        crew = Worker(plan, worker, entrance, local_address(plan.watch.host))
        try:
            yield crew
        finally:
            await crew.close()


class Worker:
    """One process's receivers."""

    def __init__(self, plan: SwarmPlan, worker: int, entrance: Entrance, host: str) -> None:
        self._plan = plan
        self._worker = worker
        self._entrance = entrance
        self._host = host
        self._certificate = Certificate()
        self._pool = Pool(time.monotonic)
        self._scope = TaskScope("receivers")
        self._joining = asyncio.Semaphore(MOST_JOINING)
        self._seats: list[_Seat] = []
        self._join_seconds: list[float] = []
        self._failed: Counter[str] = Counter()
        self._cpu_before = own_cpu_seconds()

    def begin(self, started_at: float) -> None:
        """See `Role`."""
        gc.freeze()
        plan = self._plan
        times = join_times(plan.receivers, plan.joins, plan.joins_per_second)
        self._scope.start("pool", self._pool.run())
        for at in share_of(times, self._worker, plan.workers):
            self._scope.start("join", self._come(started_at + at))

    async def _come(self, at: float) -> None:
        await asyncio.sleep(max(0.0, at - time.monotonic()))
        async with self._joining:
            try:
                async with asyncio.timeout(JOIN_SECONDS):
                    await self._join()
            except TimeoutError:
                self._failed["media-not-connected"] += 1
            except StreamsvcError as error:
                self._failed[error.error_id] += 1

    async def _join(self) -> None:
        came: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        peer = Peer(self._certificate, self._host, is_sender=False, clock=time.monotonic)
        peer.on_failed = partial(settle, came)
        plan, on_packet = self._plan, partial(settle, came)
        receiver = Receiver(peer, plan.feedback, plan.sampling(), on_packet)
        seat: _Seat | None = None
        leave: Leave | None = None
        posted_at = time.monotonic()
        try:
            leave = await self._entrance.enter(peer)
            self._pool.add(receiver)
            self._join_seconds.append(await came - posted_at)
            seat = _Seat(receiver, leave)
            self._seats.append(seat)
        finally:
            if seat is None:
                await self._abandon(receiver, leave)

    async def _abandon(self, receiver: Receiver, leave: Leave | None) -> None:
        """Too late, refused, or the run is over: nothing stays behind at the server."""
        self._drop(receiver)
        if leave is not None:
            with suppress(StreamsvcError, TimeoutError):
                async with asyncio.timeout(ABANDON_SECONDS):
                    await leave()

    def _drop(self, receiver: Receiver) -> None:
        self._pool.remove(receiver)
        receiver.peer.close()

    def take(self, interval: int) -> Counted:
        """See `Role`."""
        now = time.monotonic()
        counts = ViewerCounts(
            came=len(self._join_seconds), join_seconds=self._join_seconds, failed=self._failed
        )
        self._join_seconds, self._failed = [], Counter()
        for seat in self._seats:
            counts.merge(seat.receiver.take(now), is_later=False)
        cpu = own_cpu_seconds()
        counts.cpu_seconds, self._cpu_before = cpu - self._cpu_before, cpu
        return Counted(interval, counts, None)

    async def leave(self) -> None:
        """See `Role`: tell the server, a few at a time, and not for longer than a moment."""
        at_once = asyncio.Semaphore(MOST_JOINING)

        async def one(seat: _Seat) -> None:
            async with at_once:
                try:
                    await seat.leave()
                except StreamsvcError:
                    return  # the server ends it by itself after its silence

        try:
            async with asyncio.timeout(LEAVE_SECONDS):
                await asyncio.gather(*(one(seat) for seat in self._seats))
        except TimeoutError:
            return

    async def close(self) -> None:
        """End everything here."""
        await self._scope.close()
        for seat in self._seats:
            self._drop(seat.receiver)
        self._seats.clear()
        self._pool.close()


def own_cpu_seconds() -> float:
    """Of this process so far."""
    times = os.times()
    return times.user + times.system
