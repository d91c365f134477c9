"""What the processes of a swarm tell each other: pickled, with their length before them."""

import pickle
import struct
from dataclasses import dataclass

from relay.client.swarm.counts import PublisherCounts, ViewerCounts
from relay.client.swarm.plan import SwarmPlan

LENGTH = struct.Struct("!I")


@dataclass(frozen=True, slots=True)
class Job:
    """First word to a process: what it is."""

    plan: SwarmPlan
    worker: int | None
    """Which worker it is; None: the publisher."""


@dataclass(frozen=True, slots=True)
class Go:
    """Second word: when the run begins, on the machine's monotonic clock."""

    started_at: float


@dataclass(frozen=True, slots=True)
class Ready:
    """First answer: the process has what it needs; the publisher is on air."""


@dataclass(frozen=True, slots=True)
class Failed:
    """Instead of any answer: it can't go on."""

    error_class: str
    error_id: str
    details: dict[str, str | int | float]


@dataclass(frozen=True, slots=True)
class Counted:
    """After each interval, and once more at the end."""

    interval: int
    viewers: ViewerCounts | None
    publisher: PublisherCounts | None


Message = Job | Go | Ready | Failed | Counted


def packed(message: Message) -> bytes:
    """As it goes through a pipe. Only between a swarm and the processes it started itself."""
    body = pickle.dumps(message)
    return LENGTH.pack(len(body)) + body


def unpacked(body: bytes) -> Message:
    """The message of a body."""
    message: Message = pickle.loads(body)
    return message
