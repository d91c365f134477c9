"""Renumbers packets so that a receiver sees one continuous stream whatever feeds it.

A *segment* is a stretch of packets from one source. The source's losses stay visible and can be
repaired; what is left out on purpose leaves no gap, because what follows is shifted by so much
less. A late packet gets the number that was kept for it and no other. Between segments the sequence
goes on without a gap and the timestamp by the time that passed.
"""

from dataclasses import dataclass

from relay.rtp.seqnum import ts_delta

_MIN_STEP_SECONDS = 0.01
"""Timestamps grow at least this much across segments, also when two sources overlap."""
_MAX_HINT_ERROR_SECONDS = 1.0
MAX_RUNS = 32
"""What was left out before so many runs is forgotten, and late packets from there with it."""


@dataclass(slots=True)
class _LeftOut:
    """Source numbers that were left out one after the other."""

    start: int
    end: int
    pictures: int


class Munger:
    """Numbers of one outbound SSRC. Begin each segment with `switch`, then `munge` its packets."""

    def __init__(self, clock_rate: int, first_seq: int, first_ts: int) -> None:
        self._clock_rate = clock_rate
        self._next_ext_seq = first_seq + 0x10000
        self.last_ts = first_ts
        """Outbound timestamp of the newest packet."""
        self._last_arrival: float | None = None
        self._segment_start: int | None = None
        self._seq_shift = 0
        self._left_out: list[_LeftOut] = []
        """In the present segment."""
        self._left_out_ts = 0
        self._skipped = 0
        self.ts_shift = 0
        """Added to the source's timestamps in the present segment."""

    def switch(self, ext_seq: int, ts: int, arrival: float, hint: int | None = None) -> None:
        """Begin a segment with the packet that has these numbers.

        `hint` is its outbound timestamp by the sources' own clocks, used when it is plausible.
        """
        self._segment_start = ext_seq
        self._left_out = []
        self._seq_shift = self._next_ext_seq - ext_seq
        self.ts_shift = (self._start_ts(arrival, hint) - ts) & 0xFFFFFFFF

    def _start_ts(self, arrival: float, hint: int | None) -> int:
        if self._last_arrival is None:
            return self.last_ts
        least = self.last_ts + int(_MIN_STEP_SECONDS * self._clock_rate)
        elapsed = int((arrival - self._last_arrival) * self._clock_rate)
        by_arrival = max(least, self.last_ts + elapsed)
        if hint is None:
            return by_arrival
        error = ts_delta(hint, by_arrival & 0xFFFFFFFF)
        is_plausible = abs(error) < _MAX_HINT_ERROR_SECONDS * self._clock_rate
        return max(least, by_arrival + error) if is_plausible else by_arrival

    @property
    def _left_out_packets(self) -> int:
        return sum(run.end - run.start for run in self._left_out)

    @property
    def _next_source(self) -> int:
        return self._next_ext_seq - self._seq_shift + self._left_out_packets

    def is_late(self, ext_seq: int) -> bool:
        """Whether newer packets of the segment were numbered or left out already."""
        return ext_seq < self._next_source

    def leave_out(self, ext_seq: int, ts: int) -> None:
        """Leave out a packet that is not late."""
        if self._segment_start is None:
            return
        start, runs = self._next_source, self._left_out
        is_after_one = bool(runs) and runs[-1].end == start
        is_same_picture = is_after_one and self._left_out_ts == ts
        self._left_out_ts = ts
        if is_same_picture:  # what is missing inside it belongs to it
            runs[-1].end = ext_seq + 1
            return
        self._skipped += ext_seq - start
        self._next_ext_seq += ext_seq - start
        if is_after_one and ext_seq == start:
            runs[-1].end, runs[-1].pictures = ext_seq + 1, runs[-1].pictures + 1
            return
        runs.append(_LeftOut(ext_seq, ext_seq + 1, 1))
        if len(runs) > MAX_RUNS:
            self._segment_start = max(self._segment_start, runs[-MAX_RUNS - 1].end)

    def pictures_left_out(self, ext_seq: int) -> int:
        """In the present segment, before this packet."""
        return sum(run.pictures for run in self._left_out if run.end <= ext_seq)

    def munge(self, ext_seq: int, ts: int, arrival: float) -> tuple[int, int] | None:
        """Outbound extended sequence number and timestamp; None for a packet from before the
        present segment, and for one that was left out or is older than what we remember."""
        if self._segment_start is None or ext_seq < self._segment_start:
            return None
        if any(run.start <= ext_seq < run.end for run in self._left_out):
            return None
        before = sum(run.end - run.start for run in self._left_out if run.end <= ext_seq)
        out_ext_seq = ext_seq + self._seq_shift - before
        out_ts = (ts + self.ts_shift) & 0xFFFFFFFF
        if out_ext_seq < self._next_ext_seq:
            self._skipped -= 1
        else:
            self._skipped += out_ext_seq - self._next_ext_seq
            self._next_ext_seq = out_ext_seq + 1
            self.last_ts = out_ts
            self._last_arrival = arrival
        return out_ext_seq, out_ts

    def take_skipped(self) -> int:
        """Outbound numbers never used since the last call: the source lost those packets.
        Negative when some of them came late after all."""
        skipped, self._skipped = self._skipped, 0
        return skipped

    @property
    def is_started(self) -> bool:
        """Whether anything was numbered yet."""
        return self._last_arrival is not None

    @property
    def last_arrival(self) -> float | None:
        """When the newest packet had arrived."""
        return self._last_arrival
