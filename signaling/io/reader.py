"""A route for whoever sees the lesson in its path: by a grant (who is in the lesson), or by a
cookie (an <img> can't send an Authorization header)."""

from collections.abc import Awaitable, Callable

from fastapi import Depends
from starlette.requests import Request

from signaling.io.auth import caller, require, require_grant
from signaling.io.context import Context, context
from signaling.protocol.grants import Claims
from signaling.protocol.roles import Action, may
from streamsvc.base.errors import UserError
from streamsvc.base.ids import LessonId
from streamsvc.school.records import SignInKind


def require_reader(action: Action) -> Callable[..., Awaitable[None]]:
    """A dependency. Of several cookies one that sees the lesson is enough: a teacher may try out
    the screen of a room. Raises UserError `grant-*`, `signed-out`, `device-signed-out`,
    `phone-signed-out`, `not-allowed`, `lesson-unknown`, `room-not-in-lesson`."""
    by_grant, by_cookie = require_grant(action), require(action)

    async def allowed(request: Request, ctx: Context = Depends(context)) -> None:
        if "authorization" in request.headers:
            _check_invited(ctx, await by_grant(request, ctx))
            return
        if not await _sees(request, ctx, action):
            await by_cookie(request, ctx)  # says what is missing, if nobody is signed in
            raise UserError("lesson-unknown")

    allowed.__dict__["action"] = action
    return allowed


def _check_invited(ctx: Context, claims: Claims) -> None:
    """A room that was taken off the lesson may still hold a grant."""
    runner = ctx.registry.find(claims.lesson_id)
    if runner is not None and claims.room_id is not None:
        runner.machine.roster.seat(claims.room_id)


async def _sees(request: Request, ctx: Context, action: Action) -> bool:
    lesson_id = LessonId(request.path_params["lesson_id"])
    for kind in SignInKind:
        found = await caller(request, ctx, kind)
        if found is None or not may(found.principal.role, action):
            continue
        try:
            await ctx.services.school.lessons.find(found.principal, lesson_id)
        except UserError:
            continue
        return True
    return False
