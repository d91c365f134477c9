"""A swarm against our own service: one teacher publishes, one account watches many times over."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx

from relay.client.http_session import GrantSource
from relay.client.swarm.door import Door
from relay.client.swarm.http_door import HttpDoor
from streamsvc.base.tasks import TaskScope
from streamsvc.desk import TeacherDesk

SIGN_IN_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class Account:
    """Who signs in."""

    login: str
    password: str


@dataclass(frozen=True, slots=True)
class ServiceGrants:
    """Grants of one lesson for one account. Picklable; each process signs in by itself."""

    server: str
    account: Account
    lesson_id: str

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[GrantSource]:
        """Signed in. Raises UserError with the server's error id, PeerGone `server-unreachable`."""
        async with _signed_in(self.server, self.account) as desk:

            async def source() -> str:
                return str((await desk.grant(self.lesson_id))["grant"])

            yield source


@dataclass(frozen=True, slots=True)
class Doors:
    """Where a swarm comes in."""

    watch: Door
    publish: Door | None


@asynccontextmanager
async def rehearsal(
    server: str, viewer: Account, teacher: Account | None, lesson_id: str, *, takes_over: bool
) -> AsyncIterator[Doors]:
    """The lesson's doors; while it lasts, the teacher's lesson is started as soon as she is on air.

    Without a teacher whoever teaches is watched. Raises like `ServiceGrants.opened`, and UserError
    `lesson-none`.
    """
    scope = TaskScope("rehearsal")
    try:
        async with _signed_in(server, teacher or viewer) as desk:
            lesson_id = lesson_id or await desk.lesson_now()
            publish = None
            if teacher is not None:
                path = (await desk.grant(lesson_id))["whip"]["lead"]
                query = "?take_over=1" if takes_over else ""
                grants = ServiceGrants(server, teacher, lesson_id)
                publish = HttpDoor(desk.url(path) + query, grants)
                scope.start("lesson", desk.keep_started(lesson_id))
            watch = HttpDoor(
                desk.url(f"/whep/{lesson_id}"), ServiceGrants(server, viewer, lesson_id)
            )
            yield Doors(watch, publish)
    finally:
        await scope.close()


@asynccontextmanager
async def _signed_in(server: str, account: Account) -> AsyncIterator[TeacherDesk]:
    async with httpx.AsyncClient(timeout=SIGN_IN_SECONDS) as http:
        desk = TeacherDesk(server, http)
        await desk.sign_in(account.login, account.password)
        yield desk
