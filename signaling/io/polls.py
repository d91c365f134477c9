"""The lesson's events where WebSockets do not pass: the same channel over long polls."""

import json

from fastapi import APIRouter, Depends, Query, Request, Response

from signaling import metrics
from signaling.io.auth import public
from signaling.io.context import Context, context
from signaling.io.events import EventSocket
from signaling.io.media_http import bearer_token
from signaling.io.polled_socket import Fetched, PolledSocket
from signaling.protocol.catalogue import CLOSE_LEFT
from signaling.protocol.messages import MAX_MESSAGE_BYTES
from signaling.protocol.resources_polls import PollOpened
from streamsvc.base.errors import Overload, ProtocolError
from streamsvc.base.ids import LessonId

_like_a_socket = Depends(public("its first message carries a grant, as on the WebSocket"))
_CURRENT = "/current"
"""The one whose number is in the Authorization header: addresses get into logs."""
router = APIRouter(prefix="/api/lessons/{lesson_id}/polls", dependencies=[_like_a_socket])


@router.post("", status_code=201)
async def open_poll(lesson_id: str, ctx: Context = Depends(context)) -> PollOpened:
    """One more client of a lesson. Raises Overload `connections-full`."""
    if not ctx.sockets.take():
        raise Overload("connections-full")

    async def serve(socket: PolledSocket) -> None:
        metrics.CONNECTIONS.labels("poll").inc()
        try:
            await EventSocket(socket, ctx, LessonId(lesson_id), is_polled=True).run()
        finally:
            metrics.CONNECTIONS.labels("poll").dec()
            ctx.sockets.release()

    return PollOpened(poll_id=ctx.polls.open(LessonId(lesson_id), serve))


async def _current(
    lesson_id: str, request: Request, ctx: Context = Depends(context)
) -> PolledSocket:
    """Raises UserError `poll-unknown`."""
    return ctx.polls.find(LessonId(lesson_id), bearer_token(request))


@router.post(_CURRENT, status_code=204)
async def say(request: Request, socket: PolledSocket = Depends(_current)) -> None:
    """One message of the page, as it would go over the WebSocket."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_MESSAGE_BYTES:
            raise ProtocolError("message-too-large", limit_bytes=MAX_MESSAGE_BYTES)
    socket.say(body.decode(errors="replace"))


@router.get(_CURRENT)
async def fetch(after: int = Query(0, ge=0), socket: PolledSocket = Depends(_current)) -> Response:
    """PolledMessages after number `after`, as soon as there are some."""
    found = await socket.fetch(after)
    return Response(_written(found), media_type="application/json")


@router.delete(_CURRENT, status_code=204)
async def leave(socket: PolledSocket = Depends(_current)) -> None:
    """The page goes on purpose."""
    socket.leave(CLOSE_LEFT)


def _written(found: Fetched) -> str:
    """The messages are JSON already."""
    close = None if found.close is None else {"code": found.close[0], "reason": found.close[1]}
    head = f'{{"last":{found.last},"closed":{json.dumps(close)},"messages":['
    return head + ",".join(found.texts) + "]}"
