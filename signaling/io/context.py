"""What every endpoint works with: the services and what signaling keeps in memory."""

from dataclasses import dataclass

from starlette.requests import HTTPConnection

from signaling.io.changes import Changes
from signaling.io.check_desk import CheckDesk
from signaling.io.courseware_desk import CoursewareDesk
from signaling.io.grants import Grants
from signaling.io.polled_socket import Polls
from signaling.io.registry import LessonRegistry
from signaling.io.services import Services
from signaling.io.slide_files import SlideFiles
from signaling.io.source_desk import SourceDesk
from signaling.io.stills import Stills
from signaling.io.waiting import WaitingScreens
from signaling.protocol.ice import IceServers
from streamsvc.school.tries import CodeTries, Rate

CAMERA_LINKS = Rate(burst=30, per_minute=30)
"""Wrong ones from one address; each has a lesson opened to look."""
ALL_CAMERA_LINKS = Rate(burst=300, per_minute=300)


class SocketLimit:
    """How many event channels are open, and whether one more may be."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._taken = 0

    def take(self) -> bool:
        """False when all are taken; the caller must not `release` then."""
        if self._taken >= self._limit:
            return False
        self._taken += 1
        return True

    def release(self) -> None:
        """One is free again."""
        self._taken -= 1


@dataclass(frozen=True, slots=True)
class Context:
    """One per application."""

    services: Services
    grants: Grants
    registry: LessonRegistry
    waiting: WaitingScreens
    changes: Changes
    stills: Stills
    checks: CheckDesk
    courseware: CoursewareDesk
    slides: SlideFiles
    sources: SourceDesk
    sockets: SocketLimit
    polls: Polls
    ice: IceServers
    camera_links: CodeTries
    """Of links of cameras."""


def context(connection: HTTPConnection) -> Context:
    """The application's context (a FastAPI dependency)."""
    found = connection.app.state.context
    assert isinstance(found, Context)
    return found


def make_context(services: Services) -> Context:
    """Everything in memory, nothing running yet."""
    changes = Changes()
    grants = Grants(services.grant_secret, services.clock)
    registry = LessonRegistry(services, changes.note)
    settings = services.settings
    ice = IceServers(settings.stun_urls, settings.turn_urls, settings.turn_secret)
    return Context(
        services=services,
        grants=grants,
        registry=registry,
        waiting=WaitingScreens(services, registry, grants, ice),
        changes=changes,
        checks=CheckDesk(services, registry, grants),
        courseware=CoursewareDesk(services, registry),
        slides=SlideFiles(),
        sources=SourceDesk(services, registry, grants),
        stills=Stills(services.settings.max_still_bytes),
        sockets=SocketLimit(services.settings.max_connections),
        polls=Polls(),
        ice=ice,
        camera_links=CodeTries(CAMERA_LINKS, ALL_CAMERA_LINKS),
    )
