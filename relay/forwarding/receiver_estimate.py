"""What the receiver estimates of its link (REMB, draft-alvestrand-rmcat-remb-03)."""

VALID_SECONDS = 5.0
PEAK_SECONDS = 3.0


class ReceiverEstimate:
    """The newest one, as long as it is fresh, and the highest of late."""

    def __init__(self, now: float) -> None:
        self.at = self._peak_at = now
        self.last_bps: int | None = None
        self.peak_bps = 0

    def told(self, bitrate_bps: int, now: float) -> None:
        """A new one."""
        if bitrate_bps >= self.peak_bps or now - self._peak_at > PEAK_SECONDS:
            self.peak_bps, self._peak_at = bitrate_bps, now
        self.last_bps, self.at = bitrate_bps, now

    def fresh(self, now: float) -> int | None:
        """bit/s; None where it is old, or there was none."""
        return self.last_bps if now - self.at < VALID_SECONDS else None
