"""What arrived of one source: loss and jitter as RFC 3550 §6.4.1, A.3 and A.8 define them."""

from relay.rtp.rtcp_reports import ReportBlock
from relay.rtp.seqnum import ts_delta

_MAX_LOST = (1 << 23) - 1


class ReceiveStats:
    """Counts one SSRC. Feed every packet once; `report()` closes an interval."""

    def __init__(self, clock_rate: int) -> None:
        self._clock_rate = clock_rate
        self._first_ext_seq: int | None = None
        self._highest_ext_seq = 0
        self._received = 0
        self._jitter = 0.0
        self._last_ts = 0
        self._last_arrival: float | None = None
        self._expected_before = 0
        self._received_before = 0
        self._last_sr = 0
        self._last_sr_at = 0.0

    def received(self, ext_seq: int, ts: int, now: float, *, is_repaired: bool) -> None:
        """Count one packet; a repaired one stays lost here, since the link did lose it."""
        if is_repaired:
            return
        if self._first_ext_seq is None:
            self._first_ext_seq = self._highest_ext_seq = ext_seq
        self._received += 1
        self._highest_ext_seq = max(self._highest_ext_seq, ext_seq)
        self._measure_jitter(ts, now)

    def _measure_jitter(self, ts: int, now: float) -> None:
        if self._last_arrival is not None:
            transit = (now - self._last_arrival) * self._clock_rate - ts_delta(ts, self._last_ts)
            self._jitter += (abs(transit) - self._jitter) / 16
        self._last_ts = ts
        self._last_arrival = now

    def sender_report(self, ntp_time: int, now: float) -> None:
        """Remember the source's clock, to be sent back as LSR and DLSR."""
        self._last_sr = ntp_time >> 16 & 0xFFFFFFFF
        self._last_sr_at = now

    @property
    def expected(self) -> int:
        """Packets from the first to the highest number."""
        if self._first_ext_seq is None:
            return 0
        return self._highest_ext_seq - self._first_ext_seq + 1

    @property
    def lost(self) -> int:
        """Packets the link lost; negative when it doubled some."""
        return self.expected - self._received

    @property
    def received_packets(self) -> int:
        """Packets counted."""
        return self._received

    @property
    def jitter_ticks(self) -> int:
        """Interarrival jitter in timestamp units."""
        return int(self._jitter)

    def report(self, ssrc: int, now: float) -> ReportBlock:
        """A report block for the interval since the last call."""
        expected = self.expected - self._expected_before
        lost = expected - (self._received - self._received_before)
        self._expected_before, self._received_before = self.expected, self._received
        fraction = min(255, (lost << 8) // expected) if expected > 0 and lost > 0 else 0
        delay = int((now - self._last_sr_at) * 65536) if self._last_sr else 0
        return ReportBlock(
            ssrc=ssrc,
            fraction_lost=fraction,
            packets_lost=max(-_MAX_LOST, min(_MAX_LOST, self.lost)),
            highest_seq=self._highest_ext_seq & 0xFFFFFFFF,
            jitter_ticks=self.jitter_ticks,
            last_sr=self._last_sr,
            delay_since_last_sr=min(delay, 0xFFFFFFFF),
        )
