"""RTP time to the recording's one media time axis (milliseconds since its zero).

A publisher's sender reports say which instant of the publisher's clock an RTP time is: sound and
picture of one publication are laid beside each other by them. The publisher's clock is laid on the
axis by the arrival of its packets, of which the fastest tell the truth. Crystals drift: both
mappings follow slowly, so that nothing is heard or seen of it.

    media = ntp(RTP time, sender report) + offset(publication) + correction, which fades
"""

from streamsvc.base.depacketize.rtp import SenderReport, Unwrapper
from streamsvc.base.media import MediaKind

FADE_MS_PER_SECOND = 0.5
"""A correction fades, and the publisher's clock is followed, at this pace: 1 ms/s together."""
DEAD_BAND_MS = 20.0
"""The publisher's clock is followed when it is further off than this."""
WINDOW_MS = 30_000.0
"""Over which the fastest packet is sought."""
STEP_MS = 250.0
"""A sender report further off than this is no drift: the clock was set, or the source paused."""
AHEAD_LIMIT_MS = 2_000.0
"""Media can't be this much younger than its arrival; RTP time jumped."""


class PublicationClock:
    """The publisher's clock (NTP, ms) on the axis. Shared by the tracks of one publication."""

    def __init__(self) -> None:
        self.offset_ms: float | None = None
        self.anchored_by: MediaKind | None = None
        self._fastest = [float("inf"), float("inf")]
        self._window_start = float("-inf")
        self._observed_at = 0.0

    def anchor(self, offset_ms: float, kind: MediaKind, now_ms: float) -> None:
        """Lay the clock on the axis for the first time, or anew because sound decides."""
        self.offset_ms = offset_ms
        self.anchored_by = kind
        self._observed_at = now_ms

    def observe(self, ntp_ms: float, arrival_ms: float) -> None:
        """One packet taken at `ntp_ms` arrived; follow the clock a little."""
        if self.offset_ms is None:
            return
        if arrival_ms - self._window_start > WINDOW_MS:
            self._fastest = [self._fastest[1], float("inf")]
            self._window_start = arrival_ms
        self._fastest[1] = min(self._fastest[1], arrival_ms - ntp_ms)
        step_ms = max(0.0, arrival_ms - self._observed_at) / 1000 * FADE_MS_PER_SECOND
        self._observed_at = max(arrival_ms, self._observed_at)
        away_ms = min(self._fastest) - self.offset_ms
        if abs(away_ms) > DEAD_BAND_MS:
            self.offset_ms += max(-step_ms, min(step_ms, away_ms))


class SourceClock:
    """One SSRC's RTP time on the axis.

    Drive rule: `media_ms()` for packets or frames in order, `report()` for each sender report when
    it arrives. Until the first report, time runs from the first packet's arrival.
    """

    def __init__(self, clock_rate: int, kind: MediaKind, publication: PublicationClock) -> None:
        self._ticks_per_ms = clock_rate / 1000
        self._kind = kind
        self._publication = publication
        self._unwrap = Unwrapper(32)
        # the line through the last sender report, or through the first arrival
        self._is_reported = False
        self._line_ts: int | None = None
        self._line_ms = 0.0
        self._ntp_bias_ms = 0.0
        # what is left of the difference between this line and the one before
        self._correction_ms = 0.0
        self._correction_ts = 0

    def media_ms(self, ts: int, arrival_ms: float) -> float:
        """Where on the axis the sample with RTP time `ts` belongs."""
        ext_ts = self._unwrap(ts)
        if self._line_ts is None:
            self._anchor_by_arrival(ext_ts, arrival_ms)
        if self._is_reported:
            self._publication.observe(self._line(ext_ts), arrival_ms)
        media_ms = self._media(ext_ts)
        if media_ms - arrival_ms > AHEAD_LIMIT_MS:
            self._anchor_by_arrival(ext_ts, arrival_ms)
            media_ms = arrival_ms
        return media_ms

    def report(self, report: SenderReport, arrival_ms: float) -> None:
        """Take a sender report of this SSRC."""
        if self._line_ts is None:
            return  # before any packet: the next report is a second away
        ext_ts = self._unwrap(report.ts)
        old_ms = self._media(ext_ts)
        was_reported = self._is_reported
        self._is_reported = True
        self._line_ts, self._line_ms = ext_ts, report.ntp_ms + self._ntp_bias_ms
        self._correction_ms, self._correction_ts = 0.0, ext_ts
        self._lay_publication(old_ms, arrival_ms)
        self._smooth(ext_ts, old_ms, arrival_ms, was_reported)

    def _lay_publication(self, old_ms: float, arrival_ms: float) -> None:
        """The first report of a publication lays its clock; of sound and picture, sound stays."""
        clock = self._publication
        sound_decides = self._kind is MediaKind.AUDIO and clock.anchored_by is MediaKind.VIDEO
        far_ms = abs(self._line_ms + (clock.offset_ms or 0.0) - old_ms)
        if clock.offset_ms is None or (sound_decides and far_ms < STEP_MS):
            clock.anchor(old_ms - self._line_ms, self._kind, arrival_ms)

    def _smooth(self, ext_ts: int, old_ms: float, arrival_ms: float, was_reported: bool) -> None:
        """Fade from the old line into the new one; across a step, take the one that is true."""
        new_ms = self._media(ext_ts)
        away_ms = old_ms - new_ms
        if abs(away_ms) < STEP_MS:
            self._correction_ms = away_ms if was_reported else 0.0
        elif abs(new_ms - arrival_ms) >= abs(old_ms - arrival_ms):
            self._ntp_bias_ms += away_ms
            self._line_ms += away_ms

    def _anchor_by_arrival(self, ext_ts: int, arrival_ms: float) -> None:
        self._is_reported = False
        self._line_ts, self._line_ms = ext_ts, arrival_ms
        self._ntp_bias_ms = self._correction_ms = 0.0

    def _line(self, ext_ts: int) -> float:
        return self._line_ms + (ext_ts - (self._line_ts or 0)) / self._ticks_per_ms

    def _media(self, ext_ts: int) -> float:
        line_ms = self._line(ext_ts)
        if not self._is_reported or self._publication.offset_ms is None:
            return line_ms
        return line_ms + self._publication.offset_ms + self._faded(ext_ts)

    def _faded(self, ext_ts: int) -> float:
        seconds = max(0.0, (ext_ts - self._correction_ts) / self._ticks_per_ms / 1000)
        left_ms = max(0.0, abs(self._correction_ms) - seconds * FADE_MS_PER_SECOND)
        return left_ms if self._correction_ms > 0 else -left_ms


class ArrivalAxis:
    """Wall time of arrivals to the axis. The wall clock may be set back; the axis goes on."""

    def __init__(self, zero_wall_ms: int) -> None:
        self._zero_wall_ms = zero_wall_ms
        self.now_ms = 0.0

    def __call__(self, wall_ms: int) -> float:
        now_ms = float(wall_ms - self._zero_wall_ms)
        if now_ms < self.now_ms:
            self._zero_wall_ms -= int(self.now_ms - now_ms)
            return self.now_ms
        self.now_ms = now_ms
        return now_ms
