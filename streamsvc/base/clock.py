"""Time enters the program here and nowhere else; everything inside takes `now` as an argument.

`now` is monotonic, in seconds, for durations. Wall time is for people, NTP and file names.
"""

import time
from typing import Protocol

NTP_UNIX_OFFSET_SECONDS = 2_208_988_800  # 1900 to 1970, RFC 5905 §6


class Clock(Protocol):
    """A source of time; `ManualClock` in the tests is the other implementation."""

    def now(self) -> float:
        """Monotonic seconds."""

    def wall_ms(self) -> int:
        """Milliseconds since the Unix epoch."""


class SystemClock:
    """The machine's clocks."""

    def now(self) -> float:
        return time.monotonic()

    def wall_ms(self) -> int:
        return time.time_ns() // 1_000_000


def ntp_from_wall_ms(wall_ms: int) -> int:
    """64-bit NTP timestamp (32.32 fixed point seconds since 1900) of a wall time."""
    seconds, ms = divmod(wall_ms, 1000)
    return ((seconds + NTP_UNIX_OFFSET_SECONDS) << 32) | ((ms << 32) // 1000)


def wall_ms_from_ntp(ntp: int) -> int:
    """Wall time in ms of a 64-bit NTP timestamp."""
    seconds = (ntp >> 32) - NTP_UNIX_OFFSET_SECONDS
    return seconds * 1000 + (((ntp & 0xFFFFFFFF) * 1000 + (1 << 31)) >> 32)
