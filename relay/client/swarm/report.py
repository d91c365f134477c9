"""A swarm's figures: per interval, over the steady part, and as text and JSON. Nothing waits."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from relay.client.swarm.counts import PublisherCounts, ServerFigures, ViewerCounts
from relay.client.swarm.histogram import percentile

Figures = dict[str, float | int | None]
_SHARES = (0.5, 0.95, 0.99)
_FEWEST_SAMPLES = 2
"""A track that should have had so many samples in an interval and had none was silent."""


@dataclass(slots=True)
class Interval:
    """What all processes saw from `begins` to `ends`, in seconds after the start."""

    begins: float
    ends: float
    one_in: int
    viewers: ViewerCounts = field(default_factory=ViewerCounts)
    publisher: PublisherCounts | None = None
    """None where somebody else publishes."""
    server: ServerFigures | None = None
    """None where its process is not known."""
    silent_packets: int = 0

    @property
    def seconds(self) -> float:
        """Its length."""
        return self.ends - self.begins

    def expected(self) -> int:
        """Packets that should have reached the receivers."""
        return self.viewers.published + self.silent_packets

    def count_silence(self) -> None:
        """A silent receiver has no stamps that tell what it missed: it is counted with what was
        published. Once, when the interval is whole."""
        if self.publisher is not None:
            self.silent_packets = sum(
                silent * self.publisher.packets[kind]
                for kind, silent in self.viewers.silent.items()
                if self.publisher.packets[kind] >= _FEWEST_SAMPLES * self.one_in
            )

    def received(self) -> int:
        """Packets of media that came, each once."""
        return self.viewers.forwarded - self.viewers.lost

    def not_forwarded(self) -> int:
        """Published, but not sent on."""
        return max(0, self.expected() - self.viewers.forwarded)

    def figures(self) -> Figures:
        """One name, one figure."""
        viewers = self.viewers
        figures: Figures = {
            "begins_seconds": self.begins,
            "ends_seconds": self.ends,
            "connected": viewers.connected,
            "came": viewers.came,
            "failed": viewers.failed.total(),
            "expected_packets": self.expected(),
            "received_packets": self.received(),
            "lost_packets": viewers.lost,
            "not_forwarded_packets": self.not_forwarded(),
            "arrived_datagrams": viewers.arrived,
            "sampled_packets": viewers.sampled,
            "reordered_packets": viewers.reordered,
            "unreadable_packets": viewers.unreadable,
            "nacks_sent": viewers.nacks_sent,
        }
        return figures | self._times() | self._publisher_figures() | self._server_figures()

    def _times(self) -> Figures:
        viewers = self.viewers
        figures: Figures = {}
        for share in _SHARES:
            name = f"p{round(100 * share)}"
            figures[f"join_{name}_ms"] = _ms(percentile(viewers.join_seconds, share))
            figures[f"delay_{name}_ms"] = _ms(viewers.delays.percentile(share))
        return figures

    def _publisher_figures(self) -> Figures:
        publisher = self.publisher
        generator = self.viewers.cpu_seconds + (publisher.cpu_seconds if publisher else 0.0)
        figures: Figures = {"swarm_cores": generator / self.seconds if self.seconds else None}
        if publisher is None:
            return figures
        return figures | {
            "published_packets": publisher.packets.total(),
            "published_bps": round(8 * publisher.bytes / self.seconds) if self.seconds else None,
            "published_late_ms": 1e3 * publisher.latest_seconds,
            "keyframe_requests": publisher.keyframe_requests,
            "nacked_packets": publisher.nacked,
        }

    def _server_figures(self) -> Figures:
        server, packets = self.server, self.viewers.arrived
        if server is None:
            return {}
        return {
            "server_cores": server.cpu_seconds / self.seconds if self.seconds else None,
            "server_us_per_packet": 1e6 * server.cpu_seconds / packets if packets else None,
            "server_memory_bytes": server.memory_bytes,
        }


def _ms(seconds: float | None) -> float | None:
    return None if seconds is None else 1e3 * seconds


def merged(intervals: Sequence[Interval]) -> Interval:
    """Several in a row as one. Raises ValueError for none."""
    first, last = intervals[0], intervals[-1]
    whole = Interval(first.begins, last.ends, first.one_in)
    for interval in intervals:
        whole.viewers.merge(interval.viewers, is_later=True)
        whole.silent_packets += interval.silent_packets
        if interval.publisher is not None:
            whole.publisher = whole.publisher or PublisherCounts()
            whole.publisher.merge(interval.publisher)
        if interval.server is not None:
            before = whole.server.cpu_seconds if whole.server else 0.0
            cpu_seconds = before + interval.server.cpu_seconds
            whole.server = ServerFigures(cpu_seconds, interval.server.memory_bytes)
    return whole


@dataclass(slots=True)
class SwarmReport:
    """A whole run."""

    receivers: int
    """As planned."""
    intervals: list[Interval] = field(default_factory=list)

    def whole(self) -> Interval:
        """From first to last. Raises ValueError when nothing was measured."""
        if not self.intervals:
            raise ValueError("nothing was measured")
        return merged(self.intervals)

    def steady(self) -> Interval | None:
        """The whole intervals after everybody had come; None if there were none."""
        coming = [n for n, one in enumerate(self.intervals) if one.viewers.came]
        rest = self.intervals[coming[-1] + 1 if coming else 0 :]
        longest = max((one.seconds for one in rest), default=0.0)
        full = [one for one in rest if one.seconds > longest / 2]  # the last may be cut short
        return merged(full) if full else None

    def failures(self) -> dict[str, int]:
        """Error ids of receivers that did not get in."""
        return dict(self.whole().viewers.failed) if self.intervals else {}

    def as_json(self) -> dict[str, Any]:
        """Everything; percentiles are of the samples of their own span."""
        steady = self.steady()
        return {
            "receivers": self.receivers,
            "intervals": [interval.figures() for interval in self.intervals],
            "whole": self.whole().figures() if self.intervals else None,
            "steady": steady.figures() if steady else None,
            "failures": self.failures(),
        }


HEADINGS = (
    "    time  in           expected    received       lost  not fwd"
    "     join ms p50/95/99    delay ms p50/99  server"
)


def line(interval: Interval, receivers: int) -> str:
    """One line of the live report."""
    figures = interval.figures()
    joins = "/".join(_short(figures[f"join_p{n}_ms"]) for n in (50, 95, 99))
    delays = "/".join(_short(figures[f"delay_p{n}_ms"]) for n in (50, 99))
    came_in = f"{figures['connected']}/{receivers}"
    text = (
        f"{interval.ends:6.1f} s  {came_in:<11}{figures['expected_packets']:>10}"
        f"  {figures['received_packets']:>10}{figures['lost_packets']:>11}"
        f"{figures['not_forwarded_packets']:>9}  {joins:>20}  {delays:>17}  {_server(figures)}"
    )
    failed = ", ".join(f"{n} x {error_id}" for error_id, n in interval.viewers.failed.items())
    return f"{text}  failed: {failed}" if failed else text.rstrip()


def _server(figures: Figures) -> str:
    if figures.get("server_cores") is None:
        return ""
    per_packet = figures["server_us_per_packet"]
    each = f"{per_packet:.2f} µs/packet, " if per_packet is not None else ""
    memory = (figures["server_memory_bytes"] or 0) / 1e6
    return f"{figures['server_cores']:.2f} cores, {each}{memory:.0f} MB"


def _short(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:.2f}" if value < 10 else f"{value:.0f}"
