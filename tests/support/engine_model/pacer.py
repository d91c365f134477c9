"""How fast one subscriber is sent what can wait, readable: a bucket that everything drains."""

MIN_RATE = 150_000 / 8
DEPTH_SECONDS = 0.08


class Pacer:
    """Times in seconds, rates in bytes a second."""

    def __init__(self, bps: int, now: float) -> None:
        self.rate = max(bps / 8, MIN_RATE)
        self.tokens = self.rate * DEPTH_SECONDS
        self._filled_at = now
        self._sent_bytes = 0

    def set(self, bps: int) -> None:
        """Another pace from now on."""
        self.rate = max(bps / 8, MIN_RATE)

    def room(self, sent_bytes: int, least: float, now: float) -> float:
        """Bytes that may go now, after `sent_bytes` in total."""
        rate = max(self.rate, least)
        depth = rate * DEPTH_SECONDS
        filled = self.tokens + rate * (now - self._filled_at) - (sent_bytes - self._sent_bytes)
        self.tokens = max(-depth, min(depth, filled))
        self._filled_at, self._sent_bytes = now, sent_bytes
        return self.tokens
