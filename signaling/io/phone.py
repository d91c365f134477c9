"""The helper teacher's phone."""

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from signaling.io.auth import Caller, address_of, public, remember, require
from signaling.io.context import Context, context
from signaling.protocol.resources import PairPhone, PhoneHome
from signaling.protocol.roles import Action
from streamsvc.school.records import Principal

router = APIRouter(prefix="/api/phone")


@router.post("/pair", dependencies=[Depends(public("proves it saw the screen; throttled"))])
async def pair(
    body: PairPhone, request: Request, response: Response, ctx: Context = Depends(context)
) -> PhoneHome:
    """A phone becomes the helper's remote of a room; the older phone is out."""
    pairs = ctx.services.school.pairs
    signed_in = await pairs.pair(body.pair, body.name, address_of(request))
    remember(response, request, signed_in, ctx)
    _end_older_phone(ctx, signed_in.principal)
    ctx.changes.note()
    return await ctx.waiting.phone_home(signed_in.principal)


@router.get("")
async def phone_home(
    caller: Caller = Depends(require(Action.SEE_PHONE_HOME)), ctx: Context = Depends(context)
) -> PhoneHome:
    """Where it belongs and the lesson to be in now."""
    return await ctx.waiting.phone_home(caller.principal)


def _end_older_phone(ctx: Context, principal: Principal) -> None:
    if principal.room_id is not None:
        ctx.grants.revoke_phone(principal.room_id)
        ctx.registry.remove_phone(principal.room_id)
