"""Rooms and their devices: joining by code, the waiting screen, pairing a phone."""

from collections.abc import Mapping

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from signaling.io.auth import Caller, address_of, forget, public, remember, require
from signaling.io.context import Context, context
from signaling.io.views import room_info
from signaling.io.window import withdraw_live
from signaling.protocol.lesson_views import LadderView
from signaling.protocol.resources import (
    JoinRoom,
    NewRoom,
    PairCode,
    RoomCode,
    RoomInfo,
    RoomJoined,
    RoomPolicy,
)
from signaling.protocol.roles import Action
from signaling.protocol.room_channel import RoomHome
from streamsvc.base.errors import UserError
from streamsvc.base.ids import OrganisationId, RoomId
from streamsvc.base.sessions import LinkPolicy
from streamsvc.school.records import Principal, Room, RoomKind, SignInKind

router = APIRouter(prefix="/api")


@router.get("/rooms")
async def rooms(
    caller: Caller = Depends(require(Action.SEE_ROOMS)), ctx: Context = Depends(context)
) -> list[RoomInfo]:
    """Rooms the caller may see; for a lead teacher those she may invite."""
    online = online_rooms(ctx)
    found = await ctx.services.school.rooms.visible(caller.principal)
    return [info(room, online) for room in found]


@router.post("/rooms", status_code=201)
async def add_room(
    body: NewRoom,
    caller: Caller = Depends(require(Action.ADD_ROOM)),
    ctx: Context = Depends(context),
) -> RoomInfo:
    """A new room of a school."""
    added = await ctx.services.school.rooms.add(
        caller.principal,
        organisation_id=OrganisationId(body.organisation_id),
        name=body.name,
        kind=RoomKind(body.kind),
    )
    return room_info(added, is_online=False)


@router.put("/rooms/{room_id}/policy")
async def set_policy(
    room_id: str,
    body: RoomPolicy,
    caller: Caller = Depends(require(Action.SET_ROOM_POLICY)),
    ctx: Context = Depends(context),
) -> RoomInfo:
    """What holds for the room's link, from now on."""
    policy = LinkPolicy(body.most_kbps, body.is_voice_and_slides, body.is_satellite)
    room = await ctx.services.school.rooms.set_policy(caller.principal, RoomId(room_id), policy)
    await ctx.registry.room_changed(room.id)
    return info(room, online_rooms(ctx))


@router.post("/rooms/join", dependencies=[Depends(public("proves it knows the code; throttled"))])
async def join(
    body: JoinRoom, request: Request, response: Response, ctx: Context = Depends(context)
) -> RoomJoined:
    """A browser becomes a room's screen; the older screen of that room is signed out."""
    signed_in = await ctx.services.school.join_codes.join(body.code, address_of(request))
    principal = signed_in.principal
    if principal.room_id is None:
        raise UserError("code-unknown")
    _end_device(ctx, principal.room_id)
    remember(response, request, signed_in, ctx)
    return RoomJoined(
        room_id=principal.room_id, room_name=principal.name, school_name=principal.school_name
    )


@router.post("/rooms/{room_id}/code")
async def room_code(
    room_id: str,
    caller: Caller = Depends(require(Action.MAKE_ROOM_CODE)),
    ctx: Context = Depends(context),
) -> RoomCode:
    """A fresh six-digit code; the older one dies."""
    code = await ctx.services.school.join_codes.issue(caller.principal, RoomId(room_id))
    return RoomCode(
        code=code.code, join_path=f"/join?code={code.code}", expires_at_ms=code.expires_at_ms
    )


@router.delete("/rooms/{room_id}/device", status_code=204)
async def remove_device(
    room_id: str,
    caller: Caller = Depends(require(Action.REMOVE_ROOM_DEVICE)),
    ctx: Context = Depends(context),
) -> None:
    """Sign the room's screen and phone out, now."""
    await ctx.services.school.rooms.remove_device(caller.principal, RoomId(room_id))
    _end_device(ctx, RoomId(room_id))


@router.get("/room")
async def room_home(
    caller: Caller = Depends(require(Action.SEE_ROOM_HOME)), ctx: Context = Depends(context)
) -> RoomHome:
    """The waiting screen."""
    return await ctx.waiting.room_home(caller.principal)


@router.post("/room/pair")
async def pair_code(
    caller: Caller = Depends(require(Action.MAKE_PAIR_CODE)), ctx: Context = Depends(context)
) -> PairCode:
    """What the screen shows as a QR for the helper's phone."""
    secret = await ctx.services.school.pairs.issue(_own_room(caller.principal))
    return PairCode(path=f"/p/{secret.secret}", expires_at_ms=secret.expires_at_ms)


@router.post("/room/leave", status_code=204)
async def leave_room(
    response: Response,
    caller: Caller = Depends(require(Action.LEAVE_ROOM)),
    ctx: Context = Depends(context),
) -> None:
    """This screen is the room's no longer; its phone goes too."""
    await ctx.services.school.sign_ins.sign_out(caller.token, SignInKind.ROOM)
    forget(response, SignInKind.ROOM)
    _end_device(ctx, _own_room(caller.principal))


def _end_device(ctx: Context, room_id: RoomId) -> None:
    ctx.grants.revoke(room_id)
    ctx.registry.remove_device(room_id)
    withdraw_live(ctx, room_id)
    ctx.changes.note()


def info(room: Room, online: Mapping[RoomId, LadderView | None]) -> RoomInfo:
    """A room, with whether it is in a lesson now."""
    return room_info(room, is_online=room.id in online, ladder=online.get(room.id))


def online_rooms(ctx: Context) -> dict[RoomId, LadderView | None]:
    """Those in a lesson, with their places on the ladder."""
    machines = [runner.machine for runner in ctx.registry.running.values()]
    return {
        seat.room.id: seat.ladder.value
        for machine in machines
        for seat in machine.roster
        if seat.presence == "online"
    }


def _own_room(principal: Principal) -> RoomId:
    if principal.room_id is None:
        raise UserError("device-signed-out")
    return principal.room_id
