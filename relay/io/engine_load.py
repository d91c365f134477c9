"""The engine's load between two looks at its counters."""

from relay.forwarding.pressure import Load


class LoadMeter:
    """Call `load` now and then with all counters since the start."""

    def __init__(self, now: float) -> None:
        self._before: dict[str, int] = {}
        self._measured_at = now

    def load(self, counters: dict[str, int], now: float) -> Load:
        """Since the last call."""
        seconds = max(now - self._measured_at, 1e-6)
        more = {name: value - self._before.get(name, 0) for name, value in counters.items()}
        self._before, self._measured_at = counters, now
        return Load(
            busy_share=min(1.0, more["busy_us"] / 1e6 / seconds),
            wait_seconds=more["waited_us"] / 1e6 / max(more["received"], 1),
            sent_bps=8 * more["bytes_sent"] / seconds,
        )
