"""Checks of rooms: made by a room's own page, read by the staff."""

from fastapi import APIRouter, Depends

from signaling.io.auth import Caller, require
from signaling.io.check_desk import OpenCheck
from signaling.io.context import Context, context
from signaling.io.rooms import info, online_rooms
from signaling.protocol.resources_checks import (
    Burst,
    CheckOpened,
    CheckResult,
    CheckView,
    NewCheck,
    RoomReadiness,
)
from signaling.protocol.roles import Action
from streamsvc.base.ids import CheckId, RoomId
from streamsvc.base.media import Slot
from streamsvc.school.checks import CheckFigures, CheckWay, Part, RoomCheck

router = APIRouter(prefix="/api")
_by_room = Depends(require(Action.CHECK_ROOM))


@router.post("/room/checks", status_code=201)
async def open_check(
    body: NewCheck, caller: Caller = _by_room, ctx: Context = Depends(context)
) -> CheckOpened:
    """Begin a check of the caller's own room."""
    check = await ctx.checks.open(caller.principal, body.slot)
    grant = ctx.checks.grant(check)
    return CheckOpened(
        check_id=check.id,
        grant=grant,
        ice_servers=ctx.ice.of(ctx.grants.verify(grant, check.lesson_id)),
        whip=f"/whip/{check.id}/{Slot.LEAD}",
        whep=f"/whep/{check.id}",
        expires_at_ms=check.expires_at_ms,
        most_burst_bps=check.most_burst_bps,
        bursts=check.bursts_left,
    )


@router.post("/room/checks/{check_id}/bursts", status_code=204)
async def send_burst(
    check_id: str, body: Burst, caller: Caller = _by_room, ctx: Context = Depends(context)
) -> None:
    """See whether the link carries so much."""
    ctx.checks.burst(_own(ctx, caller, check_id), body.bps)


@router.put("/room/checks/{check_id}/result")
async def finish_check(
    check_id: str, body: CheckResult, caller: Caller = _by_room, ctx: Context = Depends(context)
) -> CheckView:
    """Keep what was found; the check is over."""
    found = await ctx.checks.finish(caller.principal, CheckId(check_id), _figures(body))
    ctx.waiting.checked(found.room_id)
    return check_view(found)


@router.delete("/room/checks/{check_id}", status_code=204)
async def cancel_check(
    check_id: str, caller: Caller = _by_room, ctx: Context = Depends(context)
) -> None:
    """The check is over, and nothing is kept of it."""
    await ctx.checks.cancel(_own(ctx, caller, check_id))


@router.get("/checks")
async def readiness(
    caller: Caller = Depends(require(Action.SEE_CHECKS)), ctx: Context = Depends(context)
) -> list[RoomReadiness]:
    """Every room the caller may see, with its newest checks."""
    school, online = ctx.services.school, online_rooms(ctx)
    rooms = await school.rooms.visible(caller.principal)
    checks = await school.checks.latest(caller.principal, rooms)
    return [
        RoomReadiness(
            room=info(room, online), checks=[check_view(check) for check in checks[room.id]]
        )
        for room in rooms
    ]


@router.get("/rooms/{room_id}/checks")
async def checks_of_room(
    room_id: str,
    caller: Caller = Depends(require(Action.SEE_CHECKS)),
    ctx: Context = Depends(context),
) -> list[CheckView]:
    """All that are kept of one room."""
    checks = ctx.services.school.checks
    return [check_view(one) for one in await checks.of_room(caller.principal, RoomId(room_id))]


def check_view(check: RoomCheck) -> CheckView:
    """A check with what follows from it."""
    verdict, found = check.verdict, check.figures
    return CheckView(
        check_id=check.id,
        at_ms=check.at_ms,
        is_auto=check.is_auto,
        level=verdict.level.value if verdict.level else None,
        sends=verdict.sends.value,
        readiness=verdict.readiness.value,
        problems=[problem.value for problem in verdict.problems],
        unseen=[device.value for device in verdict.unseen],
        found=CheckResult(
            camera=found.camera.value,
            microphone=found.microphone.value,
            echo=found.echo.value,
            way=found.way.value,
            round_trip_ms=found.round_trip_ms,
            loss_down=found.loss_down,
            loss_up=found.loss_up,
            down_bps=found.down_bps,
            up_bps=found.up_bps,
            duration_ms=found.duration_ms,
        ),
    )


def _figures(body: CheckResult) -> CheckFigures:
    return CheckFigures(
        camera=Part(body.camera),
        microphone=Part(body.microphone),
        echo=Part(body.echo),
        way=CheckWay(body.way),
        round_trip_ms=body.round_trip_ms,
        loss_down=body.loss_down,
        loss_up=body.loss_up,
        down_bps=body.down_bps,
        up_bps=body.up_bps,
        duration_ms=body.duration_ms,
    )


def _own(ctx: Context, caller: Caller, check_id: str) -> OpenCheck:
    return ctx.checks.find(caller.principal, CheckId(check_id))
