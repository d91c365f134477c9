"""A source's RTP times on a line that only grows, for encoders, and back. Pure."""

from relay.rtp.seqnum import ts_delta

LONGEST_JUMP_TICKS = 10 * 90_000
STEP_TICKS = 3_000
"""A picture whose time can't be believed is put so far after the last one: 1/30 s."""
REMEMBERED = 64
"""Pictures a decoder may hold back; it holds back 16 at most (H.264 Annex C)."""


class SourceTime:
    """`ticks()` for each picture that goes into a decoder, `came_as()` for each that comes out."""

    def __init__(self) -> None:
        self._ts: int | None = None
        self._ticks = 0
        self._known: dict[int, tuple[int, float]] = {}

    def ticks(self, ts: int, arrival_ms: float) -> int:
        """The picture's place. A jump of more than 10 s is another source, or a broken one: its
        pictures follow the last without a gap."""
        step = 0 if self._ts is None else ts_delta(ts, self._ts)
        self._ticks += step if abs(step) <= LONGEST_JUMP_TICKS else STEP_TICKS
        self._ts = ts
        self._known[self._ticks] = (ts, arrival_ms)
        if len(self._known) > REMEMBERED:
            self._known.pop(next(iter(self._known)))
        return self._ticks

    def came_as(self, ticks: int) -> tuple[int, float] | None:
        """RTP time and arrival of the picture at this place; None if it is not known."""
        return self._known.get(ticks)
