"""What signaling is given by the root."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from signaling.ports import (
    CoursewarePort,
    LiveAudience,
    NoPushes,
    PushTaker,
    RecorderPort,
    RecordingCatalog,
    RelayPort,
    TimelineLog,
)
from signaling.settings import SignalingSettings
from streamsvc.base.clock import Clock
from streamsvc.base.ids import LessonId
from streamsvc.school.io.school import School

READY = "ok"


async def always_ready() -> Mapping[str, str]:
    """Nothing else to wait for."""
    return {}


class NoAudience:
    """Nothing is broadcast on this node."""

    def playlist(self, lesson_id: LessonId, until: int) -> str | None:
        """LiveAudience."""
        return None


@dataclass(frozen=True, slots=True)
class Services:
    """Everything the HTTP application works with; it owns none of it."""

    school: School
    relay: RelayPort
    recorder: RecorderPort
    catalog: RecordingCatalog
    courseware: CoursewarePort
    timeline: TimelineLog
    clock: Clock
    grant_secret: bytes
    """32 random bytes, kept in the data folder: grants outlive a restart."""
    settings: SignalingSettings
    pushes: PushTaker = field(default_factory=NoPushes)
    audience: LiveAudience = NoAudience()
    readiness: Callable[[], Awaitable[Mapping[str, str]]] = always_ready
    """Part of the service to `ok` or the error id of what ails it."""
