"""What signaling is given by the root."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from signaling.io.nobody_watches import NobodyWatches
from signaling.ports import (
    CoursewarePort,
    LiveBroadcast,
    LowCopiesPort,
    NoLowCopies,
    NoPushes,
    PremieresPort,
    PushTaker,
    RecorderPort,
    RecordingCatalog,
    RelayPort,
    RoomSourcesPort,
    TimelineLog,
)
from signaling.settings import SignalingSettings
from streamsvc.base.clock import Clock
from streamsvc.school.io.school import School

READY = "ok"


async def always_ready() -> Mapping[str, str]:
    """Nothing else to wait for."""
    return {}


@dataclass(frozen=True, slots=True)
class Services:
    """Everything the HTTP application works with; it owns none of it."""

    school: School
    relay: RelayPort
    recorder: RecorderPort
    catalog: RecordingCatalog
    courseware: CoursewarePort
    premieres: PremieresPort
    room_sources: RoomSourcesPort
    timeline: TimelineLog
    clock: Clock
    grant_secret: bytes
    """32 random bytes, kept in the data folder: grants outlive a restart."""
    settings: SignalingSettings
    pushes: PushTaker = field(default_factory=NoPushes)
    low_copies: LowCopiesPort = field(default_factory=NoLowCopies)
    """For who watches again and saves data."""
    audience: LiveBroadcast = field(default_factory=NobodyWatches)
    """Who watches live lessons by HTTP."""
    readiness: Callable[[], Awaitable[Mapping[str, str]]] = always_ready
    """Part of the service to `ok` or the error id of what ails it."""
