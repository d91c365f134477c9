"""What was sent in the last seconds: a probe, or a layer that changes, says nothing of a link."""

from collections import deque

from relay.forwarding.loss_window import MAX_REPORTS

SENT_SECONDS = 3.0


class SentRate:
    """Note the rate with each report, in bit/s."""

    def __init__(self) -> None:
        self._sent: deque[tuple[float, int]] = deque(maxlen=MAX_REPORTS)

    def note(self, sent_bps: int, now: float) -> None:
        """What is sent dips while a layer changes; that says nothing about the link."""
        self._sent.append((now, sent_bps))
        while now - self._sent[0][0] > SENT_SECONDS:
            self._sent.popleft()

    @property
    def most_bps(self) -> int:
        """The highest that was noted; 0: nothing was."""
        return max((sent for _, sent in self._sent), default=0)

    def steady_bps(self, sent_bps: int) -> int:
        """What was sent all the time: a receiver's estimate does not follow a probe."""
        return min((sent for _, sent in self._sent), default=sent_bps)
