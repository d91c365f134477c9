"""Who is asking: cookies to principals, and the one dependency by which a route names its action.

A browser may hold several cookies (a teacher trying out her room's screen); the one whose role may
do the action counts, staff first.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from fastapi import Depends
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response

from signaling.io.context import Context, context
from signaling.io.media_http import bearer_token
from signaling.protocol.grants import Claims
from signaling.protocol.roles import Action, may
from streamsvc.base.errors import UserError
from streamsvc.base.ids import LessonId
from streamsvc.school.records import Principal, Role, SignedIn, SignInKind

COOKIES = {
    SignInKind.STAFF: "streamsvc_staff",
    SignInKind.ROOM: "streamsvc_room",
    SignInKind.PHONE: "streamsvc_phone",
    SignInKind.VIEWER: "streamsvc_viewer",
}
_SIGNED_OUT = {
    SignInKind.STAFF: "signed-out",
    SignInKind.ROOM: "device-signed-out",
    SignInKind.PHONE: "phone-signed-out",
    SignInKind.VIEWER: "viewer-signed-out",
}


@dataclass(frozen=True, slots=True)
class Caller:
    """A signed-in person or device."""

    principal: Principal
    kind: SignInKind
    token: str


Dependency = Callable[..., Awaitable[Caller]]


def require(action: Action, *kinds: SignInKind) -> Dependency:
    """A dependency: the caller that may do `action`. With `kinds`, only those cookies count.

    Raises UserError `signed-out`, `device-signed-out`, `phone-signed-out`,
    `viewer-signed-out`, `not-allowed`.
    """
    wanted = kinds or tuple(SignInKind)

    async def allowed(request: Request, ctx: Context = Depends(context)) -> Caller:
        callers = [c for kind in wanted if (c := await caller(request, ctx, kind))]
        for found in callers:
            if may(found.principal.role, action):
                return found
        if callers:
            raise UserError("not-allowed")
        raise UserError(_SIGNED_OUT[_natural_kind(action, wanted)])

    allowed.__dict__["action"] = action
    return allowed


def require_grant(action: Action) -> Callable[..., Awaitable[Claims]]:
    """A dependency: the claims of the request's grant, for the lesson in its path, if its role may
    do `action`. Raises UserError `grant-*`, `not-allowed`."""

    async def allowed(request: Request, ctx: Context = Depends(context)) -> Claims:
        lesson_id = LessonId(request.path_params["lesson_id"])
        claims = ctx.grants.verify(bearer_token(request), lesson_id)
        if not may(claims.role, action):
            raise UserError("not-allowed")
        return claims

    allowed.__dict__["action"] = action
    return allowed


def public(why: str) -> Callable[[], Awaitable[None]]:
    """A dependency for a route that anybody may use, and why that is right."""

    async def allowed() -> None:
        return None

    allowed.__dict__["public"] = why
    return allowed


async def caller(connection: HTTPConnection, ctx: Context, kind: SignInKind) -> Caller | None:
    """Who this cookie is; None without one, or when it is no longer good."""
    token = connection.cookies.get(COOKIES[kind], "")
    if not 20 <= len(token) <= 200:
        return None
    principal = await ctx.services.school.sign_ins.principal_of(token, kind)
    return None if principal is None else Caller(principal, kind, token)


def remember(response: Response, request: Request, signed_in: SignedIn, ctx: Context) -> None:
    """Set the cookie of a fresh sign-in."""
    settings = ctx.services.settings
    response.set_cookie(
        COOKIES[signed_in.kind],
        signed_in.token,
        max_age=max(0, (signed_in.expires_at_ms - ctx.services.clock.wall_ms()) // 1000),
        httponly=True,
        samesite="lax",
        secure=settings.secure_cookies or request.url.scheme == "https",
        path="/",
    )


def forget(response: Response, kind: SignInKind) -> None:
    """Take the cookie away."""
    response.delete_cookie(COOKIES[kind], path="/", httponly=True, samesite="lax")


def address_of(request: Request) -> str:
    """The client's address, for the throttles (uvicorn has already believed trusted proxies)."""
    return request.client.host if request.client else "unknown"


def _natural_kind(action: Action, wanted: tuple[SignInKind, ...]) -> SignInKind:
    """Which sign-in to ask for: the first that could do the action."""
    for kind in wanted:
        roles = {
            SignInKind.STAFF: (
                Role.ADMINISTRATOR,
                Role.LEAD_TEACHER,
                Role.HELPER_TEACHER,
                Role.OBSERVER,
            ),
            SignInKind.ROOM: (Role.ROOM,),
            SignInKind.PHONE: (Role.PHONE,),
            SignInKind.VIEWER: (Role.VIEWER,),
        }[kind]
        if any(may(role, action) for role in roles):
            return kind
    return wanted[0]
