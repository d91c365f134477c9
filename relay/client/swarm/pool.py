"""All sockets of one process, and one heap of what is due when.

Who is joining or publishing is read at once; viewers who have joined are read together, some fifty
times a second, because to wake for each of their datagrams would cost more than all else they do.
What is measured of them tells its time by the kernel's stamps.
"""

import asyncio
import heapq
import select
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

TICK_SECONDS = 0.02
_EVENTS = 4096
_ROUNDS = 32
_NEVER = float("inf")


class Member(Protocol):
    """What a pool moves."""

    @property
    def next_at(self) -> float:
        """When `tick` has something to do; infinity: not at all."""

    @property
    def is_settled(self) -> bool:
        """What it gets can wait for the next tick; once true, for good."""

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
        self._prompt = select.epoll()
        self._settled = select.epoll()
        self._members: dict[int, Member] = {}
        self._due: list[tuple[float, int]] = []
        self._scheduled: dict[int, float] = {}
        """When each member's one valid entry of the heap is due; other entries are stale."""

    def add(self, member: Member) -> None:
        """From now on it is moved."""
        self._members[member.fileno()] = member
        self._prompt.register(member.fileno(), select.EPOLLIN)
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
            for epoll in (self._prompt, self._settled):
                with suppress(FileNotFoundError):
                    epoll.unregister(number)

    async def run(self) -> None:
        """Read and tick."""
        loop = asyncio.get_running_loop()
        loop.add_reader(self._prompt.fileno(), self._read_prompt)
        try:
            while True:
                self._read_settled()
                self._tick()
                await asyncio.sleep(TICK_SECONDS)
        finally:
            loop.remove_reader(self._prompt.fileno())

    def close(self) -> None:
        """After all members left."""
        self._prompt.close()
        self._settled.close()

    def _read_prompt(self) -> None:
        for member in self._read(self._prompt):
            if member.is_settled and member.fileno() in self._members:
                self._prompt.unregister(member.fileno())
                self._settled.register(member.fileno(), select.EPOLLIN)

    def _read_settled(self) -> None:
        """A member reads one datagram at a time, so those with more are asked again."""
        for _ in range(_ROUNDS):
            if not self._read(self._settled):
                return

    def _read(self, epoll: select.epoll) -> list[Member]:
        now = self._clock()
        ready = (self._members.get(number) for number, _ in epoll.poll(0, _EVENTS))
        found = [member for member in ready if member is not None]
        for member in found:
            member.readable(now)
            self.wake(member)
        return found

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
