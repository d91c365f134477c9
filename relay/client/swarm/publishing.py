"""The publisher's process: on air before the receivers come, off air after they left."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from relay.client.swarm.door import Leave
from relay.client.swarm.dtls_client import Certificate
from relay.client.swarm.lean_socket import local_address
from relay.client.swarm.messages import Counted
from relay.client.swarm.peer import Peer, settle
from relay.client.swarm.plan import SwarmPlan
from relay.client.swarm.pool import Pool
from relay.client.swarm.publisher import Publisher
from relay.client.swarm.swarm_clip import load_layers
from relay.client.swarm.worker import own_cpu_seconds
from streamsvc.base.errors import InvariantBroken, PeerGone
from streamsvc.base.tasks import TaskScope

CONNECT_SECONDS = 20.0


class OnAir:
    """See `Role`."""

    def __init__(self, publisher: Publisher, leave: Leave) -> None:
        self._publisher = publisher
        self._leave = leave
        self._cpu_before = own_cpu_seconds()

    def begin(self, started_at: float) -> None:
        """It sends already; what it sent before is not counted."""
        self._publisher.take()

    def take(self, interval: int) -> Counted:
        """See `Role`."""
        counts = self._publisher.take()
        cpu = own_cpu_seconds()
        counts.cpu_seconds, self._cpu_before = cpu - self._cpu_before, cpu
        return Counted(interval, None, counts)

    async def leave(self) -> None:
        """See `Role`."""
        await self._leave()


@asynccontextmanager
async def publishing(plan: SwarmPlan) -> AsyncIterator[OnAir]:
    """On air. Raises what the door raises, PeerGone `media-not-connected`."""
    if plan.publish is None:
        raise InvariantBroken("a publisher without a door")
    clips = await asyncio.to_thread(load_layers, plan.cache, plan.bitrate_bps, plan.layers)
    pool, scope = Pool(time.monotonic), TaskScope("publisher")
    host = local_address(plan.publish.host)
    rids = tuple(clips) if plan.layers > 1 else ()
    peer = Peer(Certificate(), host, is_sender=True, clock=time.monotonic, rids=rids)
    publisher = Publisher(peer, clips, is_stamped=plan.is_stamped, clock=time.monotonic)
    scope.start("pool", pool.run())
    try:
        async with plan.publish.opened() as entrance:
            leave = await entrance.enter(peer)
            await _connected(pool, publisher)
            scope.start("sending", publisher.run())
            yield OnAir(publisher, leave)
    finally:
        await scope.close()
        pool.remove(publisher)
        peer.close()
        pool.close()


async def _connected(pool: Pool, publisher: Publisher) -> None:
    connected: asyncio.Future[float] = asyncio.get_running_loop().create_future()
    publisher.peer.on_failed = partial(settle, connected)
    publisher.peer.on_connected = partial(settle, connected)
    pool.add(publisher)
    try:
        await asyncio.wait_for(connected, CONNECT_SECONDS)
    except TimeoutError as error:
        raise PeerGone("media-not-connected") from error
