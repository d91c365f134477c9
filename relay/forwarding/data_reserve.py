"""Room that pictures leave on a link for data on its way beside them (slides, ink), which has no
rate that we could set: it takes what it can, from voice too.
"""

SHARE = 1 / 3
MOST_BPS = 150_000
"""More would be no sooner seen."""
MOST_SECONDS = 30.0
"""What takes longer has been given up, or is not needed now."""
INK_BPS = 8_000
"""Events of a lesson while somebody draws."""


class DataReserve:
    """`expect` when a fetch begins, then ask `bps` about once a second."""

    def __init__(self, now: float) -> None:
        self._left_bytes = 0.0
        self._asked_at = now

    def expect(self, byte_count: int) -> None:
        """So much is about to go to this room."""
        self._left_bytes += byte_count

    def bps(self, link_bps: int, now: float) -> int:
        """To keep free now."""
        rate_bps = data_share_bps(link_bps)
        elapsed = max(0.0, now - self._asked_at)
        most_bytes = MOST_SECONDS * rate_bps / 8
        self._left_bytes = max(0.0, min(self._left_bytes, most_bytes) - elapsed * rate_bps / 8)
        self._asked_at = now
        return INK_BPS + (rate_bps if self._left_bytes else 0)


def data_share_bps(link_bps: int) -> int:
    """The most that data may take of a link."""
    return int(min(MOST_BPS, SHARE * link_bps))
