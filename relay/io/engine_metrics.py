"""The engine's counters as the node's metrics."""

from relay.metrics import (
    BYTES_SENT,
    DATAGRAMS_DROPPED,
    DATAGRAMS_RECEIVED,
    DATAGRAMS_SENT,
    DATAGRAMS_WAITED,
    ENGINE_BUSY,
    ENGINE_WORKED,
    KEYFRAMES_REQUESTED,
    PACKETS_COPIED,
    PACKETS_FORWARDED,
    PACKETS_PACED,
    PACKETS_PROBED,
    PACKETS_REPAIRED,
    STREAMS,
)

_PLAIN = {
    "received": DATAGRAMS_RECEIVED,
    "sent": DATAGRAMS_SENT,
    "bytes_sent": BYTES_SENT,
    "forwarded": PACKETS_FORWARDED,
    "repaired": PACKETS_REPAIRED,
    "paced": PACKETS_PACED,
    "probed": PACKETS_PROBED,
    "copied": PACKETS_COPIED,
    "keyframes_wanted": KEYFRAMES_REQUESTED,
    "streams_accepted": STREAMS.labels("accepted"),
    "streams_closed": STREAMS.labels("closed"),
    "streams_refused": STREAMS.labels("refused"),
    "streams_unproved": STREAMS.labels("unproved"),
    "worked_us": ENGINE_WORKED,
    "busy_us": ENGINE_BUSY,
    "waited_us": DATAGRAMS_WAITED,
}


class EngineMetrics:
    """Call `count` now and then with all counters since the start."""

    def __init__(self) -> None:
        self._counted: dict[str, int] = {}

    def count(self, counters: dict[str, int]) -> None:
        """Add what is new."""
        for name, value in counters.items():
            more = value - self._counted.get(name, 0)
            if more:
                metric = _PLAIN.get(name) or DATAGRAMS_DROPPED.labels(name)
                metric.inc(more)
        self._counted = counters
