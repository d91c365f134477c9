"""What a publisher is told it may send (REMB), where transport-cc was not agreed.

Starts high, because a browser without feedback falls to a crawl, and follows loss as mediasoup
and Galene do: down by half the loss above 10 %, up by 8 % below 2 %.
"""

START_BPS = 2_500_000
MAX_BPS = 5_000_000
MIN_BPS = 100_000
_HIGH_LOSS = 0.10
_LOW_LOSS = 0.02
_GROWTH = 1.08


class Uplink:
    """Call `update` about once a second with what arrived since the last call."""

    def __init__(self) -> None:
        self.bps = START_BPS

    def update(self, fraction_lost: float, received_bps: int) -> int:
        """The new allowance in bits per second."""
        if fraction_lost > _HIGH_LOSS:
            base = min(self.bps, max(received_bps, MIN_BPS))
            self.bps = max(MIN_BPS, int(base * (1 - fraction_lost / 2)))
        elif fraction_lost < _LOW_LOSS:
            # no more than twice what really came, so that a fall later starts from the truth
            ceiling = min(MAX_BPS, max(START_BPS, 2 * received_bps))
            self.bps = max(self.bps, min(ceiling, int(self.bps * _GROWTH)))
        return self.bps
