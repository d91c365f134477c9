"""Relay and media doors alone on loopback, without people or lessons: whoever comes is let in."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import uvicorn
from fastapi import FastAPI
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse, Response
from starlette.requests import Request

from relay.client.http_session import fixed_grant
from relay.client.whep import WhepViewer
from relay.io.relay import Relay
from relay.settings import RelaySettings
from signaling.io.media_router import media_router
from signaling.ports import ChannelListener, ClosedBecause, MediaParty
from streamsvc.base.clock import SystemClock
from streamsvc.base.errors import StreamsvcError, UserError
from streamsvc.base.ids import LessonId, MediaSessionId, ParticipantId
from streamsvc.base.media import MediaKind, Slot, Track

LESSON = LessonId("l_test")
PLAYERS = Path(__file__).parents[2] / "web" / "node_modules" / "whip-whep"
_STATUS = {"slot-taken": 409, "media-session-unknown": 404, "etag-required": 428}


@dataclass
class Events:
    """What the relay reported, in order."""

    lines: list[str] = field(default_factory=list)

    def publication_opened(
        self, party: MediaParty, slot: Slot, kinds: frozenset[MediaKind]
    ) -> None:
        self.lines.append(f"publication_opened {slot}")

    def publication_closed(self, party: MediaParty, slot: Slot, because: ClosedBecause) -> None:
        self.lines.append(f"publication_closed {slot} {because}")

    def publication_silent(self, party: MediaParty, slot: Slot, silent_ms: int | None) -> None:
        self.lines.append(f"publication_silent {slot} {silent_ms is not None}")

    def subscriber_connected(self, party: MediaParty, session_id: MediaSessionId) -> None:
        self.lines.append("subscriber_connected")

    def subscriber_closed(
        self, party: MediaParty, session_id: MediaSessionId, because: ClosedBecause
    ) -> None:
        self.lines.append(f"subscriber_closed {because}")

    def channel_came(self, party: MediaParty, session_id: MediaSessionId) -> ChannelListener | None:
        return None


@dataclass
class MediaDoors:
    """A running relay with its doors."""

    url: str
    relay: Relay
    events: Events

    @property
    def whep(self) -> str:
        return f"{self.url}/whep/{LESSON}"

    def whip(self, slot: Slot) -> str:
        return f"{self.url}/whip/{LESSON}/{slot}"


class EverybodyMay:
    """The bearer token is the participant's id; there are no rules."""

    async def publisher(self, bearer: str, lesson_id: LessonId, slot: Slot) -> MediaParty:
        return await self.subscriber(bearer, lesson_id)

    async def subscriber(self, bearer: str, lesson_id: LessonId) -> MediaParty:
        return MediaParty(lesson_id, ParticipantId(bearer), bearer, bearer)

    async def session(self, bearer: str, party: MediaParty) -> None:
        if bearer != party.participant_id:
            raise UserError("not-allowed")


class NobodyRecords:
    """A tap that leads nowhere."""

    def track_opened(self, track: Track, wall_ms: int) -> None:
        return

    def packet(self, track_number: int, wall_ms: int, packet: bytes) -> None:
        return

    def track_closed(self, track_number: int, wall_ms: int) -> None:
        return


@asynccontextmanager
async def media_doors() -> AsyncIterator[MediaDoors]:
    """Doors on a free port; everything is closed at the end."""
    events = Events()
    # one candidate: the player joins several by commas when it restarts ICE
    settings = RelaySettings(media_host="127.0.0.1", advertise=("127.0.0.1",), media_by_tcp=False)
    relay = Relay(settings, SystemClock(), NobodyRecords())
    relay.listen(events)
    await relay.start()
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(_app(relay), log_level="warning", lifespan="off")
    server = uvicorn.Server(config)
    serving = asyncio.ensure_future(server.serve(sockets=[listener]))
    try:
        yield MediaDoors(f"http://127.0.0.1:{listener.getsockname()[1]}", relay, events)
    finally:
        server.should_exit = True
        await serving
        await relay.close_all()


def _app(relay: Relay) -> FastAPI:
    app = FastAPI()

    @app.get("/")
    async def page() -> Response:
        return HTMLResponse("<!doctype html><link rel=icon href='data:,'><title>player</title>")

    @app.get("/player/{name}.js")
    async def script(name: str) -> Response:
        return FileResponse(PLAYERS / f"{Path(name).name}.js", media_type="text/javascript")

    app.include_router(media_router(relay, EverybodyMay(), _problem, ice_servers=lambda *_: []))
    return app


def _problem(error: StreamsvcError, request: Request) -> Response:
    return JSONResponse({"error": {"id": error.error_id}}, _STATUS.get(error.error_id, 422))


@asynccontextmanager
async def viewer(doors: MediaDoors) -> AsyncIterator[WhepViewer]:
    """Somebody who watches the lesson behind them."""
    async with httpx.AsyncClient() as http:
        opened = WhepViewer(doors.whep, fixed_grant("viewer"), http=http)
        try:
            await opened.view()
            yield opened
        finally:
            await opened.close()
