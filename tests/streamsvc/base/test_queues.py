from streamsvc.base.queues import BoundedQueue, Drop


def test_oldest_gives_way() -> None:
    queue = BoundedQueue[int](2, Drop.OLDEST)
    assert [queue.put(n) for n in (1, 2, 3)] == [True, True, False]
    assert (list(queue.drain()), queue.dropped, len(queue)) == ([2, 3], 1, 0)


def test_newest_gives_way() -> None:
    queue = BoundedQueue[int](2, Drop.NEWEST)
    assert [queue.put(n) for n in (1, 2, 3)] == [True, True, False]
    assert (list(queue.drain()), queue.dropped) == ([1, 2], 1)
