"""A limit on how often something may happen: a bucket of tokens that fills with time. Pure."""


class TokenBucket:
    """Full at first; `take` what a deed costs, as often as there is enough."""

    def __init__(self, per_second: float, most: float, now_ms: int) -> None:
        self._per_second = per_second
        self._most = most
        self._tokens = most
        self._filled_ms = now_ms

    def take(self, now_ms: int, cost: float = 1) -> bool:
        """Whether there was enough; a clock that jumps back fills nothing."""
        passed_ms = max(0, now_ms - self._filled_ms)
        self._filled_ms = now_ms
        self._tokens = min(self._most, self._tokens + passed_ms * self._per_second / 1000)
        if self._tokens < cost:
            return False
        self._tokens -= cost
        return True
