"""All sockets of one process on one epoll, and one heap of what is due when."""

import asyncio
import heapq
import select
from collections.abc import Callable
from typing import Protocol

TICK_SECONDS = 0.02
_EVENTS = 512
_NEVER = float("inf")


class Member(Protocol):
    """What a pool moves."""

    @property
    def next_at(self) -> float:
        """When `tick` has something to do; infinity: not at all."""

    def fileno(self) -> int:
        """Its socket."""

    def readable(self, now: float) -> None:
        """Read what came."""

    def tick(self, now: float) -> None:
        """Do what is due."""


class Pool:
    """Members come and go at any time. `run` moves them until it is cancelled."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._epoll = select.epoll()
        self._members: dict[int, Member] = {}
        self._due: list[tuple[float, int]] = []
        self._scheduled: dict[int, float] = {}
        """When each member's one valid entry of the heap is due; other entries are stale."""

    def add(self, member: Member) -> None:
        """From now on it is moved."""
        self._members[member.fileno()] = member
        self._epoll.register(member.fileno(), select.EPOLLIN)
        self.wake(member)

    def wake(self, member: Member) -> None:
        """Its `next_at` may have come nearer."""
        number, at = member.fileno(), member.next_at
        if at < self._scheduled.get(number, _NEVER):
            self._scheduled[number] = at
            heapq.heappush(self._due, (at, number))

    def remove(self, member: Member) -> None:
        """No more; its socket must still be open. Harmless to repeat."""
        number = member.fileno()
        self._scheduled.pop(number, None)
        if self._members.pop(number, None) is not None:
            self._epoll.unregister(number)

    async def run(self) -> None:
        """Read and tick."""
        loop = asyncio.get_running_loop()
        loop.add_reader(self._epoll.fileno(), self._read)
        try:
            while True:
                self._tick()
                await asyncio.sleep(TICK_SECONDS)
        finally:
            loop.remove_reader(self._epoll.fileno())

    def close(self) -> None:
        """After all members left."""
        self._epoll.close()

    def _read(self) -> None:
        now = self._clock()
        for number, _ in self._epoll.poll(0, _EVENTS):
            member = self._members.get(number)
            if member is not None:
                member.readable(now)
                self.wake(member)

    def _tick(self) -> None:
        now = self._clock()
        while self._due and self._due[0][0] <= now:
            at, number = heapq.heappop(self._due)
            member = self._members.get(number)
            if member is None or self._scheduled.get(number) != at:
                continue
            del self._scheduled[number]
            if member.next_at <= now:
                member.tick(now)
            self.wake(member)
