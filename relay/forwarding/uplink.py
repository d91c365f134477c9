"""What a publisher is told it may send (REMB), where transport-cc was not agreed.

Starts high, because a browser without feedback falls to a crawl, and follows loss as mediasoup
and Galene do: down by half the loss above 10 %, up by 8 % below 2 %.
"""

from relay.forwarding.loss_window import LossWindow

START_BPS = 2_500_000
MAX_BPS = 5_000_000
MIN_BPS = 250_000
_HIGH_LOSS = 0.10
_LOW_LOSS = 0.02
_GROWTH = 1.08


class Uplink:
    """Call `update` about once a second with what arrived since the last call."""

    def __init__(self) -> None:
        self.bps = START_BPS
        self._loss = LossWindow()

    def update(self, expected: int, lost: int, received_bps: int, now: float) -> int:
        """The new allowance in bits per second."""
        self._loss.add(expected, lost, now)
        fraction = self._loss.fraction(now)
        if fraction > _HIGH_LOSS:
            self.bps = max(MIN_BPS, int(self.bps * (1 - fraction / 2)))
        elif fraction < _LOW_LOSS:
            # no more than twice what really comes, so that a later fall begins near the truth
            ceiling = min(MAX_BPS, max(START_BPS, 2 * received_bps))
            self.bps = max(self.bps, min(ceiling, int(self.bps * _GROWTH)))
        return self.bps
