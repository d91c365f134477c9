"""How many bits per second went by in the last second, in ten buckets."""

from collections import deque

WINDOW_SECONDS = 1.0
_BUCKET_SECONDS = 0.1


class RateMeter:
    """Add bytes as they pass; ask for the rate at any time."""

    def __init__(self) -> None:
        self._buckets: deque[list[float]] = deque()  # [bucket number, bytes], at most eleven
        self.total_bytes = 0

    def add(self, size_bytes: int, now: float) -> None:
        """Count a packet."""
        self.total_bytes += size_bytes
        bucket = now // _BUCKET_SECONDS
        if self._buckets and self._buckets[-1][0] == bucket:
            self._buckets[-1][1] += size_bytes
            return
        self._buckets.append([bucket, size_bytes])
        self._forget(bucket)

    def bps(self, now: float) -> int:
        """Bits per second over the window."""
        self._forget(now // _BUCKET_SECONDS)
        return int(sum(size for _, size in self._buckets) * 8 / WINDOW_SECONDS)

    def _forget(self, bucket: float) -> None:
        oldest = bucket - WINDOW_SECONDS / _BUCKET_SECONDS
        while self._buckets and self._buckets[0][0] < oldest:
            self._buckets.popleft()
