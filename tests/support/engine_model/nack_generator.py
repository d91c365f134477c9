"""Upstream NACK: which packets of a publisher are missing, and when to ask for them (again).

Each is asked for at most MAX_TRIES times, no faster than the repairs take to arrive; then the
generator gives up and the caller asks for a key frame.
"""

from dataclasses import dataclass

MAX_TRIES = 10
RETRY_SECONDS = 0.04
"""Never faster than this, as mediasoup does."""
REORDER_SECONDS = 0.01
"""A packet this late is only out of order."""
MAX_MISSING = 512
"""More is not loss but an outage; nothing of it is worth repairing."""
_FIRST_ROUND_TRIP_SECONDS = 0.1


@dataclass(slots=True)
class _Missing:
    tries: int
    due_at: float
    asked_at: float = 0.0


class NackGenerator:
    """Feed each new extended number to `received`, then drain `due` at least every 20 ms."""

    def __init__(self) -> None:
        self.round_trip_seconds = _FIRST_ROUND_TRIP_SECONDS
        """From a request to its repair, smoothed."""
        self.given_up = 0
        """Packets that never came, in total."""
        self._missing: dict[int, _Missing] = {}
        self._highest: int | None = None

    def received(self, ext_seq: int, now: float) -> bool:
        """Note a packet; numbers skipped on the way to it are missing. Whether it was asked for."""
        if self._highest is None or ext_seq > self._highest:
            self._skip_to(ext_seq, now)
            return False
        missing = self._missing.pop(ext_seq, None)
        if missing is not None and missing.tries == 1:
            sample = now - missing.asked_at
            self.round_trip_seconds += (sample - self.round_trip_seconds) / 4
        return missing is not None and missing.tries > 0

    def _skip_to(self, ext_seq: int, now: float) -> None:
        first = ext_seq if self._highest is None else self._highest + 1
        self._highest = ext_seq
        if len(self._missing) + ext_seq - first > MAX_MISSING:
            self.given_up += len(self._missing) + ext_seq - first
            self._missing.clear()
            return
        for skipped in range(first, ext_seq):
            self._missing[skipped] = _Missing(tries=0, due_at=now + REORDER_SECONDS)

    def due(self, now: float) -> list[int]:
        """Extended numbers to ask for now, ascending. Those tried often enough are given up."""
        if not self._missing:
            return []
        asking = []
        retry = max(RETRY_SECONDS, 1.2 * self.round_trip_seconds)
        for ext_seq, missing in list(self._missing.items()):
            if missing.due_at > now:
                continue
            if missing.tries == MAX_TRIES:
                del self._missing[ext_seq]
                self.given_up += 1
                continue
            missing.tries += 1
            missing.asked_at, missing.due_at = now, now + retry
            asking.append(ext_seq)
        return asking

    @property
    def missing_packets(self) -> int:
        """How many are being asked for."""
        return len(self._missing)
