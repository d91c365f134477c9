"""Still pictures of the rooms, for the lead teacher's wall."""

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from signaling.io.auth import require_grant
from signaling.io.context import Context, context
from signaling.io.lead import require_lead
from signaling.protocol.grants import Claims
from signaling.protocol.inputs import StillTaken
from signaling.protocol.roles import Action
from streamsvc.base.errors import ProtocolError, UserError
from streamsvc.base.ids import LessonId, RoomId

router = APIRouter(prefix="/api/lessons/{lesson_id}/rooms/{room_id}")


@router.put("/still", status_code=204)
async def put_still(
    lesson_id: str,
    room_id: str,
    request: Request,
    claims: Claims = Depends(require_grant(Action.SEND_STILL)),
    ctx: Context = Depends(context),
) -> None:
    """A room's newest picture, by the room itself."""
    if claims.room_id != room_id:
        raise UserError("not-allowed")
    runner = await ctx.registry.open(LessonId(lesson_id))
    seat = runner.machine.roster.seat(RoomId(room_id))
    data = await _body(request, ctx.services.settings.max_still_bytes)
    still = ctx.stills.put(LessonId(lesson_id), RoomId(room_id), data, after=seat.still)
    runner.post(StillTaken(RoomId(room_id), still.number))
    ctx.stills.keep_only(set(ctx.registry.running))


@router.get("/still", dependencies=[Depends(require_lead(Action.SEE_STILL))])
async def get_still(lesson_id: str, room_id: str, ctx: Context = Depends(context)) -> Response:
    """A room's newest picture, for the lead teacher of this lesson."""
    still = ctx.stills.get(LessonId(lesson_id), RoomId(room_id))
    if still is None:
        raise UserError("still-unknown")
    return Response(
        still.data,
        media_type=still.media_type,
        headers={"Cache-Control": "private, max-age=60", "ETag": f'"{still.number}"'},
    )


async def _body(request: Request, limit_bytes: int) -> bytes:
    """Refused as soon as it is too long rather than after."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit_bytes:
            raise ProtocolError("still-too-large", limit_bytes=limit_bytes)
    return bytes(body)
