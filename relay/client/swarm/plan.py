"""What a swarm does: decided once, handed to every process of it. Nothing here waits."""

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from relay.client.swarm.door import Door


class Joins(StrEnum):
    """How the receivers come."""

    SPREAD = "spread"
    """Evenly, so many a second."""
    BELL = "bell"
    """All in the same instant, as rooms do when the bell rings."""


class Estimate(StrEnum):
    """Who estimates a receiver's link."""

    REMB = "remb"
    """The receiver, and tells the server (goog-remb)."""
    TRANSPORT_CC = "transport-cc"
    """The server: it is told when each packet came, ten times a second, as Chrome does."""


@dataclass(frozen=True, slots=True)
class Feedback:
    """What each receiver tells the server; the defaults are Chrome's habits, measured on a
    receiving connection with REMB."""

    is_on: bool = True
    estimate: Estimate = Estimate.REMB
    compounds_per_second: float = 4.2
    """Receiver report and REMB together."""
    nack_share: float = 0.01
    """Of the video packets: so many are asked for again, whether they came or not."""
    remb_bps: int = 4_000_000
    """What the link is said to carry."""


@dataclass(frozen=True, slots=True)
class SwarmPlan:
    """A whole run. It is pickled for the worker processes, its doors too."""

    watch: Door | None
    """Where receivers come in; None: the swarm only publishes."""
    publish: Door | None = None
    """Where the clip is published; None: somebody else does."""
    receivers: int = 50
    joins: Joins = Joins.SPREAD
    joins_per_second: float = 10.0
    """For spread joins."""
    seconds: float = 60.0
    interval_seconds: float = 5.0
    workers: int = 1
    bitrate_bps: int = 1_000_000
    """Of the published picture, or of the largest of its layers."""
    layers: int = 1
    """Encodings of the picture, each twice as wide and high as the one before (simulcast)."""
    cache: Path = Path("clips")
    """Folder of the encoded clip."""
    sampled_one_in: int = 64
    """A power of two: every n-th packet is decrypted and checked, the kernel counts the rest."""
    feedback: Feedback = field(default_factory=Feedback)
    is_stamped: bool = True
    """Send time and number at the end of each payload: needed for delay and for what the server
    left out; the picture can't be decoded while it is there."""
    server_pids: tuple[int, ...] = ()
    """Processes of the server on this machine, to measure."""

    def sampling(self) -> int:
        """The rate in use: at least two samples of a voice track in each interval."""
        return bounded_sampling(self.sampled_one_in, self.interval_seconds)


VOICE_PACKETS_PER_SECOND = 50
_SAMPLES_PER_INTERVAL = 2.5


def bounded_sampling(wanted: int, interval_seconds: float) -> int:
    """The largest power of two up to `wanted` that a voice track's packets still allow."""
    most = interval_seconds * VOICE_PACKETS_PER_SECOND / _SAMPLES_PER_INTERVAL
    one_in = 1
    while one_in * 2 <= min(wanted, most):
        one_in *= 2
    return one_in


def join_times(receivers: int, joins: Joins, per_second: float) -> list[float]:
    """When each receiver comes, in seconds after the start."""
    if joins is Joins.BELL:
        return [0.0] * receivers
    return [number / per_second for number in range(receivers)]


def share_of(times: list[float], worker: int, workers: int) -> list[float]:
    """One worker's part of the joins: every n-th, so that all work from the first second on."""
    return times[worker::workers]
