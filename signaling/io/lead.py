"""A route for the lead teacher of the lesson in its path, by grant or by her cookie: an <img> can't
send an Authorization header."""

from collections.abc import Awaitable, Callable

from fastapi import Depends
from starlette.requests import Request

from signaling.io.auth import require, require_grant
from signaling.io.context import Context, context
from signaling.protocol.roles import Action
from streamsvc.base.errors import UserError
from streamsvc.base.ids import LessonId
from streamsvc.school.records import SignInKind


def require_lead(action: Action) -> Callable[..., Awaitable[None]]:
    """A dependency. Raises UserError `grant-*`, `signed-out`, `not-allowed`, `lesson-unknown`."""
    by_grant, by_cookie = require_grant(action), require(action, SignInKind.STAFF)

    async def allowed(request: Request, ctx: Context = Depends(context)) -> None:
        if "authorization" in request.headers:
            await by_grant(request, ctx)
            return
        caller = await by_cookie(request, ctx)
        lesson_id = LessonId(request.path_params["lesson_id"])
        lesson = await ctx.services.school.lessons.find(caller.principal, lesson_id)
        if lesson.lead_teacher_id != caller.principal.person_id:
            raise UserError("not-allowed")

    allowed.__dict__["action"] = action
    return allowed
