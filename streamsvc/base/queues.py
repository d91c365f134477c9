"""Queues with a bound and a written drop rule. Pure: the io side waits on its own event."""

from collections import deque
from collections.abc import Iterator
from enum import Enum
from typing import Generic, TypeVar

T = TypeVar("T")


class Drop(Enum):
    """What gives way when the queue is full."""

    OLDEST = "oldest"
    NEWEST = "newest"


class BoundedQueue(Generic[T]):
    """First in, first out; at most `size` items; counts what it dropped."""

    def __init__(self, size: int, drop: Drop) -> None:
        self.size = size
        self.drop = drop
        self.dropped = 0
        self._items: deque[T] = deque()

    def put(self, item: T) -> bool:
        """Add `item`; False if something (it, or the oldest) was dropped for it."""
        if len(self._items) < self.size:
            self._items.append(item)
            return True
        self.dropped += 1
        if self.drop is Drop.OLDEST:
            self._items.popleft()
            self._items.append(item)
        return False

    def drain(self) -> Iterator[T]:
        """Take everything out, oldest first."""
        while self._items:
            yield self._items.popleft()

    def __len__(self) -> int:
        return len(self._items)
