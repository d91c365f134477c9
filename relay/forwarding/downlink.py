"""What one subscriber's link can take, from its own reports.

REMB alone is neither a probe (it stays near what is sent) nor a loss signal, so it counts only
when loss or a growing round trip confirms it. The estimate falls at once and climbs by trials,
each failed trial doubling the wait for the next.
"""

START_BPS = 4_000_000
MAX_BPS = 6_000_000
MIN_BPS = 40_000
HIGH_LOSS = 0.12
"""Less than this with a steady round trip is a bad radio, not a full link."""
CONFIRMING_LOSS = 0.05
ROUND_TRIP_GROWTH = 1.5
ROUND_TRIP_SLACK_SECONDS = 0.1
HOLD_SECONDS = 8.0
MAX_HOLD_SECONDS = 120.0
CLIMB = 1.5
_BACKOFF = 0.85
_SETTLE_SECONDS = 1.0
_TRIAL_SECONDS = 5.0
_REMB_VALID_SECONDS = 5.0


class Downlink:
    """Feed reports as they come; read `bps`, `round_trip`."""

    def __init__(self, now: float) -> None:
        self.bps = START_BPS
        self.round_trip = 0.1
        """Seconds, smoothed; a guess until the first report."""
        self.is_measured = False
        """Whether a round trip was ever measured."""
        self._least_round_trip: float | None = None
        self._remb_bps: int | None = None
        self._remb_at = now
        self._loss = 0.0
        self._changed_at = now
        self._hold = HOLD_SECONDS
        self._climbed_at = float("-inf")

    def remb(self, bitrate_bps: int, now: float) -> None:
        """The receiver's own estimate."""
        self._remb_bps = bitrate_bps
        self._remb_at = now

    def measured_round_trip(self, seconds: float) -> None:
        """A round trip from LSR and DLSR (RFC 3550 §6.4.1)."""
        weight = 0.25 if self.is_measured else 1.0
        self.round_trip += (seconds - self.round_trip) * weight
        self.is_measured = True
        if self._least_round_trip is None or seconds < self._least_round_trip:
            self._least_round_trip = seconds

    def reported_loss(self, fraction: float, sent_bps: int, now: float) -> bool:
        """A report's worst loss over the tracks; True if the estimate fell because of it."""
        self._loss = fraction
        if not self._is_congested(sent_bps, now) or now - self._changed_at < _SETTLE_SECONDS:
            return False
        if now - self._climbed_at < _TRIAL_SECONDS:
            self._hold = min(MAX_HOLD_SECONDS, 2 * self._hold)
        self.bps = max(MIN_BPS, min(self.bps, self._fallen(sent_bps, now)))
        self._changed_at = now
        return True

    def _is_congested(self, sent_bps: int, now: float) -> bool:
        if self._loss > HIGH_LOSS or self._has_queue():
            return True
        remb = self._fresh_remb(now)
        return remb is not None and remb < sent_bps and self._loss > CONFIRMING_LOSS

    def _has_queue(self) -> bool:
        if self._least_round_trip is None:
            return False
        steady = self._least_round_trip * ROUND_TRIP_GROWTH + ROUND_TRIP_SLACK_SECONDS
        return self.round_trip > steady

    def _fallen(self, sent_bps: int, now: float) -> int:
        arrived = int(sent_bps * (1 - self._loss) * _BACKOFF)
        remb = self._fresh_remb(now)
        return min(arrived, remb) if remb is not None else arrived

    def _fresh_remb(self, now: float) -> int | None:
        return self._remb_bps if now - self._remb_at < _REMB_VALID_SECONDS else None

    def climb(self, now: float) -> None:
        """Call about once a second: a link that was well for a while may try more."""
        if self._loss > HIGH_LOSS or self._has_queue() or self.bps >= MAX_BPS:
            return
        if now - self._changed_at < self._hold:
            return
        self.bps = min(MAX_BPS, int(self.bps * CLIMB))
        self._changed_at = self._climbed_at = now
