"""One source's timestamps on the wall clock, from its sender reports (RFC 3550 §6.4.1).

The sources of one publisher share its clock, so one offset to ours serves them all: their voice
and picture stay together whatever the network does.
"""

from relay.rtp.seqnum import ts_delta
from streamsvc.base.clock import wall_ms_from_ntp

MAX_DRIFT_MS = 500
"""A publisher's clock that moved further than this was set; follow it."""


class WallOffset:
    """What to add to a publisher's clock to get ours, in ms; the least delayed report decides."""

    def __init__(self) -> None:
        self.ms: float | None = None

    def sender_report(self, ntp_time: int, wall_ms: int) -> None:
        """Learn from a report that arrived at `wall_ms`."""
        seen = wall_ms - wall_ms_from_ntp(ntp_time)
        if self.ms is None or abs(seen - self.ms) > MAX_DRIFT_MS:
            self.ms = seen
        elif seen < self.ms:
            # slowly, since every step of it moves all tracks on the receiver's clock
            self.ms -= min(1.0, self.ms - seen)


class MediaClock:
    """Maps one source's RTP timestamps to wall ms; by arrival until a report came."""

    def __init__(self, clock_rate: int, offset: WallOffset) -> None:
        self.clock_rate = clock_rate
        self._offset = offset
        self._rtp_time = 0
        self._sender_ms: int | None = None

    def sender_report(self, ntp_time: int, rtp_time: int) -> None:
        """Both clocks of the source at one instant."""
        self._sender_ms = wall_ms_from_ntp(ntp_time)
        self._rtp_time = rtp_time

    def wall_ms(self, ts: int) -> float | None:
        """When `ts` was captured, on our wall clock; None before the first report."""
        if self._sender_ms is None or self._offset.ms is None:
            return None
        elapsed_ms = ts_delta(ts, self._rtp_time) * 1000 / self.clock_rate
        return self._sender_ms + self._offset.ms + elapsed_ms

    def ts_at(self, wall_ms: float) -> int | None:
        """Timestamp of the instant `wall_ms`; the inverse of `wall_ms`."""
        if self._sender_ms is None or self._offset.ms is None:
            return None
        elapsed_ms = wall_ms - self._sender_ms - self._offset.ms
        return (self._rtp_time + round(elapsed_ms * self.clock_rate / 1000)) & 0xFFFFFFFF
