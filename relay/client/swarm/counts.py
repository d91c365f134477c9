"""What one process saw in one interval: plain sums that add up over processes and intervals."""

from collections import Counter
from dataclasses import dataclass, field

from relay.client.swarm.histogram import Histogram
from streamsvc.base.media import MediaKind


@dataclass(slots=True)
class ViewerCounts:
    """Of all receivers of a worker."""

    connected: int = 0
    """At the end of the interval: the server still answers their consent checks."""
    came: int = 0
    """With media, within the interval."""
    join_seconds: list[float] = field(default_factory=list)
    """POST to first RTP packet, of those who came."""
    failed: Counter[str] = field(default_factory=Counter)
    """Error ids of those who did not get in."""
    arrived: int = 0
    """Datagrams of media and RTCP, by the kernel's count; exact, repairs and copies included."""
    published: int = 0
    """Packets that the publisher sent while these receivers were there, by the stamps."""
    forwarded: int = 0
    """Packets that the server sent, by its sequence numbers."""
    sampled: int = 0
    lost: int = 0
    """Sent by the server, never arrived: scaled up from the samples."""
    reordered: int = 0
    unreadable: int = 0
    """Packets that failed authentication or came twice."""
    silent: Counter[MediaKind] = field(default_factory=Counter)
    """Receivers that were there throughout and got nothing of a kind."""
    delays: Histogram = field(default_factory=Histogram)
    """Sent by the publisher to received by the kernel."""
    nacks_sent: int = 0
    cpu_seconds: float = 0.0
    """Of the worker itself."""

    def merge(self, other: "ViewerCounts", *, is_later: bool) -> None:
        """Add another worker's counts, or those of a later interval."""
        self.connected = other.connected if is_later else self.connected + other.connected
        self.join_seconds += other.join_seconds
        self.failed.update(other.failed)
        self.silent.update(other.silent)
        self.delays.merge(other.delays)
        for name in _SUMS:
            setattr(self, name, getattr(self, name) + getattr(other, name))


_SUMS = (
    "came", "arrived", "published", "forwarded", "sampled", "lost", "reordered", "unreadable",
    "nacks_sent", "cpu_seconds",
)  # fmt: skip


@dataclass(slots=True)
class PublisherCounts:
    """Of the publisher."""

    packets: Counter[MediaKind] = field(default_factory=Counter)
    bytes: int = 0
    nacked: int = 0
    """Packets the server asked for again."""
    keyframe_requests: int = 0
    latest_seconds: float = 0.0
    """How late the latest packet left: the swarm's own fault."""
    cpu_seconds: float = 0.0

    def merge(self, other: "PublisherCounts") -> None:
        """Add those of a later interval."""
        self.packets.update(other.packets)
        self.bytes += other.bytes
        self.nacked += other.nacked
        self.keyframe_requests += other.keyframe_requests
        self.latest_seconds = max(self.latest_seconds, other.latest_seconds)
        self.cpu_seconds += other.cpu_seconds


@dataclass(frozen=True, slots=True)
class ServerFigures:
    """Of the server's processes."""

    cpu_seconds: float
    memory_bytes: int
    """Resident, at the end."""
