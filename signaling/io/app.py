"""The HTTP application: everything under one roof, in the order requests meet it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from signaling.io import (
    cameras,
    captions,
    checks,
    courseware,
    courseware_uploads,
    events,
    health,
    lessons,
    pages,
    people,
    phone,
    polls,
    premieres,
    qr,
    recordings,
    room_events,
    room_sources,
    rooms,
    sources,
    wall,
    watch,
    watch_links,
    watch_media,
    window,
)
from signaling.io.context import Context, make_context
from signaling.io.guard import BodyTooLarge, Guard
from signaling.io.media_gate import MediaGate
from signaling.io.media_http import IceServer, IceServersOf
from signaling.io.media_router import media_router
from signaling.io.problem import problem_response
from signaling.io.services import Services
from signaling.ports import MediaParty
from streamsvc.base.errors import ProtocolError, StreamsvcError, UserError


def create_app(services: Services, *extra: APIRouter) -> FastAPI:
    """The application over `services`. `extra` routers (the root's) come before the pages.

    Its lifespan resumes live lessons at start and closes every connection at the end.
    """
    ctx = make_context(services)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        await ctx.registry.start()
        await ctx.courseware.start()
        await ctx.checks.start()
        await ctx.sources.start()
        await services.premieres.start()
        await services.room_sources.start()
        try:
            yield
        finally:
            await services.room_sources.close()
            await services.premieres.close()
            await ctx.checks.close()
            await ctx.courseware.close()
            await ctx.polls.close()
            await ctx.registry.close()

    app = FastAPI(
        title="streamsvc",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
    )
    app.state.context = ctx
    app.add_middleware(Guard, settings=services.settings, clock=services.clock)
    app.add_exception_handler(StreamsvcError, _known)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    gate = MediaGate(ctx.grants, ctx.registry, ctx.checks)
    # Not included like the others: a router within a router is searched twice for each request.
    media = media_router(services.relay, gate, problem_response, ice_servers=_ice_links(ctx))
    app.router.routes.extend([*media.routes, watch_media.ROUTE])
    for module in (
        *(people, rooms, checks, phone, lessons, courseware, courseware_uploads, wall),
        *(window, recordings, premieres, watch_links, watch, captions, qr),
        *(room_sources, sources, cameras, health),
    ):
        app.include_router(module.router)
    app.include_router(events.router)
    app.include_router(polls.router)
    app.include_router(room_events.router)
    for router in extra:
        app.include_router(router)
    app.include_router(pages.router)
    return app


def _ice_links(ctx: Context) -> IceServersOf:
    """For clients that are no pages of ours, whose grant is all they have."""

    def links(bearer: str, party: MediaParty) -> list[IceServer]:
        claims = ctx.grants.verify(bearer, party.lesson_id)
        return [
            IceServer(url, server.username, server.credential)
            for server in ctx.ice.of(claims)
            for url in server.urls
        ]

    return links


def _known(request: Request, error: Exception) -> Response:
    assert isinstance(error, StreamsvcError)
    return problem_response(error, request)


def _invalid(request: Request, error: Exception) -> Response:
    """422 that names the field; the value itself is not repeated."""
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    place = [str(part) for part in first["loc"] if part not in ("body", "query", "path")]
    field = ".".join(place) if first["type"] != "json_invalid" else "JSON"
    problem = ProtocolError("body-invalid", field=field or "body", problem=str(first["msg"]))
    return problem_response(problem, request)


def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if isinstance(error, BodyTooLarge):
        too_large = ProtocolError("body-too-large", limit_bytes=error.limit_bytes)
        return problem_response(too_large, request)
    if error.status_code == 405:
        response = problem_response(UserError("method-not-allowed", method=request.method), request)
        response.headers.update(error.headers or {})
        return response
    if error.status_code == 404:
        return problem_response(UserError("path-unknown"), request)
    problem = ProtocolError("body-invalid", field="body", problem=error.detail)
    return problem_response(problem, request)
