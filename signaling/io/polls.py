"""The lesson's events where WebSockets do not pass: the same channel over long polls."""

import json

from fastapi import APIRouter, Depends, Query, Request, Response

from signaling import metrics
from signaling.io.auth import public
from signaling.io.context import Context, context
from signaling.io.events import EventSocket
from signaling.io.polled_socket import Fetched, PolledSocket
from signaling.protocol.catalogue import CLOSE_LEFT
from signaling.protocol.messages import MAX_MESSAGE_BYTES
from signaling.protocol.resources_polls import PollOpened
from streamsvc.base.errors import Overload, ProtocolError
from streamsvc.base.ids import LessonId

_like_a_socket = Depends(public("its first message carries a grant, as on the WebSocket"))
router = APIRouter(prefix="/api/lessons/{lesson_id}/polls", dependencies=[_like_a_socket])


@router.post("", status_code=201)
async def open_poll(lesson_id: str, ctx: Context = Depends(context)) -> PollOpened:
    """One more client of a lesson. Raises Overload `connections-full`."""
    if not ctx.sockets.take():
        raise Overload("connections-full")

    async def serve(socket: PolledSocket) -> None:
        metrics.CONNECTIONS.labels("poll").inc()
        try:
            await EventSocket(socket, ctx, LessonId(lesson_id)).run()
        finally:
            metrics.CONNECTIONS.labels("poll").dec()
            ctx.sockets.release()

    return PollOpened(poll_id=ctx.polls.open(serve))


@router.post("/{poll_id}", status_code=204)
async def say(poll_id: str, request: Request, ctx: Context = Depends(context)) -> None:
    """One message of the page, as it would go over the WebSocket."""
    socket = ctx.polls.find(poll_id)
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_MESSAGE_BYTES:
            raise ProtocolError("message-too-large", limit_bytes=MAX_MESSAGE_BYTES)
    socket.say(body.decode(errors="replace"))


@router.get("/{poll_id}")
async def fetch(
    poll_id: str, after: int = Query(0, ge=0), ctx: Context = Depends(context)
) -> Response:
    """PolledMessages after number `after`, as soon as there are some."""
    found = await ctx.polls.find(poll_id).fetch(after)
    return Response(_written(found), media_type="application/json")


@router.delete("/{poll_id}", status_code=204)
async def leave(poll_id: str, ctx: Context = Depends(context)) -> None:
    """The page goes on purpose."""
    ctx.polls.find(poll_id).leave(CLOSE_LEFT)


def _written(found: Fetched) -> str:
    """The messages are JSON already."""
    close = None if found.close is None else {"code": found.close[0], "reason": found.close[1]}
    head = f'{{"last":{found.last},"closed":{json.dumps(close)},"messages":['
    return head + ",".join(found.texts) + "]}"
