"""The whole of signaling for a test: application, school, fakes, and clients who are signed in."""

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI

from signaling.io.app import create_app
from signaling.io.auth import COOKIES
from signaling.io.context import Context
from signaling.io.services import Services
from signaling.settings import SignalingSettings
from streamsvc.base.courseware import Slide
from streamsvc.base.ids import CoursewareId, LessonId, RoomId, new_id
from streamsvc.courseware.io.store import CoursewareFolder
from streamsvc.courseware.io.workshop import Workshop
from streamsvc.courseware.settings import WorkshopSettings
from streamsvc.school.io.school import School
from streamsvc.school.records import OPERATOR, SignInKind
from streamsvc.serving import Serving
from streamsvc.timeline import FileTimeline
from tests.streamsvc.school.conftest import open_at
from tests.streamsvc.school.county import ADDRESS, PASSWORD, County
from tests.support.clock import ManualClock
from tests.support.fake_ports import (
    FakeAudience,
    FakeLowCopies,
    FakePremieres,
    FakePushes,
    FakeRecorder,
    FakeRelay,
    FakeRoomSources,
    FolderCatalog,
)

ORIGIN = "http://classroom.test"


@dataclass
class House:
    """Everything of one running application."""

    app: FastAPI
    folder: Path
    school: School
    county: County
    clock: ManualClock
    relay: FakeRelay
    recorder: FakeRecorder
    catalog: FolderCatalog
    pushes: FakePushes
    audience: FakeAudience
    low_copies: FakeLowCopies
    services: Services
    clients: list[httpx.AsyncClient] = field(default_factory=list)

    @property
    def context(self) -> Context:
        """What the application keeps in memory."""
        context: Context = self.app.state.context
        return context

    def client(self, **cookies: str) -> httpx.AsyncClient:
        """A browser without a name, or with these cookies."""
        transport = httpx.ASGITransport(self.app, client=(ADDRESS, 4711))
        client = httpx.AsyncClient(transport=transport, base_url=ORIGIN, cookies=cookies)
        self.clients.append(client)
        return client

    async def token(self, name: str) -> tuple[SignInKind, str]:
        """A fresh sign-in of a person, `room_..` or `phone_..` of the county."""
        if name in self.county.people:
            signed_in = await self.school.sign_ins.sign_in(name, PASSWORD, f"test-{name}")
        elif name.startswith("viewer"):
            room = self.county.rooms[name.replace("viewer", "room")]
            made = await self.school.watch_links.issue(OPERATOR, room.id, has_replay=True)
            signed_in = await self.school.watch_links.enter(made.key, f"test-{name}")
        elif name.startswith("phone"):
            room = self.county.rooms[name.replace("phone", "room")]
            secret = await self.school.pairs.issue(room.id)
            signed_in = await self.school.pairs.pair(secret.secret, "王芳", f"test-{name}")
        else:
            room = self.county.rooms[name]
            code = await self.school.join_codes.issue(OPERATOR, room.id)
            signed_in = await self.school.join_codes.join(code.code, f"test-{name}")
        return signed_in.kind, signed_in.token

    async def signed_in(self, name: str) -> httpx.AsyncClient:
        """A browser of that person or device."""
        kind, token = await self.token(name)
        return self.client(**{COOKIES[kind]: token})

    async def grant(self, name: str, lesson: str) -> str:
        """A grant for a lesson of the county."""
        client = await self.signed_in(name)
        answer = await client.post(f"/api/lessons/{self.county.lessons[lesson].id}/grant")
        assert answer.status_code == 200, answer.text
        return str(answer.json()["grant"])

    async def slide(self, lesson: str, data: bytes = b"RIFF....WEBP") -> tuple[str, str]:
        """Ready courseware of one slide in a lesson of the county: its id, and the checksum of its
        pictures."""
        found, folder = self.county.lessons[lesson], CoursewareFolder(self.folder / "courseware")
        picture = folder.write_slide(data)
        courseware_id = CoursewareId(new_id("cw"))
        shelf = self.school.courseware
        self.clock.advance(1)  # they are listed in the order of their time
        await shelf.add(OPERATOR, courseware_id, found.id, "面积")
        await shelf.opened(courseware_id, 1)
        await self.context.courseware.slide_made(
            courseware_id,
            Slide(1, 1920, 1080, "S = a × b", "data:,", picture, picture, picture),
        )
        await self.context.courseware.converted(courseware_id)
        return courseware_id, picture.sha256

    def lesson_id(self, name: str) -> LessonId:
        """Id of a lesson of the county."""
        return self.county.lessons[name].id

    def room_id(self, name: str) -> RoomId:
        """Id of a room of the county."""
        return self.county.rooms[name].id


def courseware_settings(folder: Path, **some: Any) -> WorkshopSettings:
    """A workshop beside the test's database, on a disk that may be nearly full."""
    return WorkshopSettings(folder=folder / "courseware", min_free_bytes=0, **some)


def services_in(
    folder: Path,
    school: School,
    clock: Any,
    courseware: WorkshopSettings | None = None,
    **settings: Any,
) -> Services:
    """Services over fakes, with their files in `folder`."""
    return Services(
        school=school,
        relay=FakeRelay(),
        recorder=FakeRecorder(),
        catalog=FolderCatalog(folder / "recordings"),
        audience=FakeAudience(),
        low_copies=FakeLowCopies(),
        courseware=Workshop(courseware or courseware_settings(folder), clock),
        premieres=FakePremieres(),
        room_sources=FakeRoomSources(),
        timeline=FileTimeline(folder / "lessons"),
        clock=clock,
        grant_secret=b"g" * 32,
        pushes=FakePushes(),
        settings=SignalingSettings(web_dist=folder / "dist", **settings),
    )


@asynccontextmanager
async def open_house(
    folder: Path, county: County, clock: ManualClock | None = None, **settings: Any
) -> AsyncIterator[House]:
    """The application over the school in `folder`/school.db, started and closed."""
    clock = clock or ManualClock()
    school = await open_at(folder / "school.db", clock)
    services = services_in(folder, school, clock, **settings)
    app = create_app(services)
    house = House(
        app=app,
        folder=folder,
        school=school,
        county=county,
        clock=clock,
        relay=services.relay,  # type: ignore[arg-type]
        recorder=services.recorder,  # type: ignore[arg-type]
        catalog=services.catalog,  # type: ignore[arg-type]
        pushes=services.pushes,  # type: ignore[arg-type]
        audience=services.audience,  # type: ignore[arg-type]
        low_copies=services.low_copies,  # type: ignore[arg-type]
        services=services,
    )
    try:
        async with app.router.lifespan_context(app):
            yield house
            for client in house.clients:
                await client.aclose()
    finally:
        await school.close()


@asynccontextmanager
async def served(app: FastAPI) -> AsyncIterator[str]:
    """The application behind a real uvicorn on a free port: `127.0.0.1:port`."""
    sock = socket.socket()
    sock.bind(("127.0.0.1", 0))
    serving = Serving(app, sock, runs_lifespan=False, trusted_proxies=[])
    await serving.start()
    try:
        yield f"127.0.0.1:{sock.getsockname()[1]}"
    finally:
        await serving.close()
