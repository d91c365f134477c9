"""Stream keys, and what those report who push or pull a source for a lesson."""

import hmac

from fastapi import APIRouter, Depends
from starlette.requests import Request

from signaling.io.auth import Caller, public, require, require_grant
from signaling.io.context import Context, context
from signaling.io.media_http import bearer_token
from signaling.protocol.grants import Claims
from signaling.protocol.resources_sources import (
    NewPush,
    NewStreamKey,
    PushHeard,
    PushNews,
    PushOpened,
    SourceReport,
    StreamKeyList,
    StreamKeyMade,
    StreamKeyView,
)
from signaling.protocol.roles import Action
from streamsvc.base.errors import UserError
from streamsvc.base.ids import LessonId, StreamKeyId
from streamsvc.base.media import Slot
from streamsvc.school.records import StreamKey

router = APIRouter(prefix="/api")
_by_staff = Depends(require(Action.CHANGE_STREAM_KEYS))
_KEYS = "/lessons/{lesson_id}/stream-keys"


@router.post(_KEYS, status_code=201)
async def add_stream_key(
    lesson_id: str,
    body: NewStreamKey,
    request: Request,
    caller: Caller = _by_staff,
    ctx: Context = Depends(context),
) -> StreamKeyMade:
    """A fresh key; it can't be shown again."""
    address = _address(request, ctx)
    if not address:
        raise UserError("pushes-off")
    words, key = await ctx.services.school.stream_keys.issue(
        caller.principal, LessonId(lesson_id), is_for_teacher=body.is_for_teacher
    )
    ctx.services.pushes.start()
    return StreamKeyMade(address=address, key=words, stream_key=_view(ctx, key))


@router.get(_KEYS)
async def stream_keys(
    lesson_id: str, request: Request, caller: Caller = _by_staff, ctx: Context = Depends(context)
) -> StreamKeyList:
    """The good ones that open this lesson."""
    found = await ctx.services.school.stream_keys.listed(caller.principal, LessonId(lesson_id))
    return StreamKeyList(
        address=_address(request, ctx), stream_keys=[_view(ctx, key) for key in found]
    )


@router.delete(_KEYS + "/{stream_key_id}", status_code=204)
async def revoke_stream_key(
    lesson_id: str,
    stream_key_id: str,
    caller: Caller = _by_staff,
    ctx: Context = Depends(context),
) -> None:
    """It opens nothing any more; who pushes with it is cut within seconds."""
    key_id = StreamKeyId(stream_key_id)
    await ctx.services.school.stream_keys.revoke(caller.principal, LessonId(lesson_id), key_id)
    ctx.sources.revoked(key_id)


@router.put("/lessons/{lesson_id}/source", status_code=204)
async def report_source(
    lesson_id: str,
    body: SourceReport,
    claims: Claims = Depends(require_grant(Action.PUBLISH_LEAD)),
    ctx: Context = Depends(context),
) -> None:
    """How a source is that teaches this lesson."""
    runner = await ctx.registry.open(LessonId(lesson_id))
    runner.machine.check_publish(claims, Slot.LEAD)
    ctx.sources.report(LessonId(lesson_id), body)


# ---- for the child process that takes pushes -----------------------------------------------------

_by_child = Depends(public("for our own child process: it shows the secret it was started with"))


@router.post("/pushes", status_code=201, dependencies=[_by_child])
async def open_push(body: NewPush, request: Request, ctx: Context = Depends(context)) -> PushOpened:
    """Somebody pushes with a key."""
    _check_child(request, ctx)
    push, grant = await ctx.sources.open(body)
    whip = f"/whip/{push.lesson_id}/{Slot.LEAD}"
    return PushOpened(push_id=push.id, lesson_id=push.lesson_id, grant=grant, whip=whip)


@router.put("/pushes/{push_id}", dependencies=[_by_child])
async def push_news(
    push_id: str, body: PushNews, request: Request, ctx: Context = Depends(context)
) -> PushHeard:
    """How it goes."""
    _check_child(request, ctx)
    return PushHeard(grant=ctx.sources.news(push_id, body))


def _check_child(request: Request, ctx: Context) -> None:
    """Raises UserError `not-allowed`."""
    secret = ctx.services.pushes.secret
    shown = bearer_token(request)
    if not secret or not hmac.compare_digest(shown.encode(), secret.encode()):
        raise UserError("not-allowed")


def _address(request: Request, ctx: Context) -> str:
    """Of the host by which the page was opened: it is known to lead here."""
    port = ctx.services.pushes.port
    if not port:
        return ""
    host = request.url.hostname or "localhost"
    host = f"[{host}]" if ":" in host else host
    place = host if port == 1935 else f"{host}:{port}"
    return f"rtmp://{place}/live"


def _view(ctx: Context, key: StreamKey) -> StreamKeyView:
    return StreamKeyView(
        stream_key_id=key.id,
        is_for_teacher=key.lesson_id is None,
        added_by=key.added_by,
        added_at_ms=key.added_at_ms,
        expires_at_ms=key.expires_at_ms,
        used_at_ms=key.used_at_ms,
        is_in_use=ctx.sources.is_in_use(key.id),
    )
