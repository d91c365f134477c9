"""The links by which a class's parents watch, for whoever manages the room."""

from fastapi import APIRouter, Depends

from signaling.io.auth import Caller, require
from signaling.io.context import Context, context
from signaling.io.watch import signed_until
from signaling.protocol.resources_watch import (
    NewWatchLink,
    WatchLinkChange,
    WatchLinkMade,
    WatchLinkOfRoom,
    WatchLinkView,
)
from signaling.protocol.roles import Action
from streamsvc.base.ids import RoomId
from streamsvc.school.records import LessonState, WatchLink

router = APIRouter(prefix="/api/rooms/{room_id}/watch-link")


@router.get("")
async def watch_link(
    room_id: str,
    caller: Caller = Depends(require(Action.MANAGE_WATCH_LINK)),
    ctx: Context = Depends(context),
) -> WatchLinkOfRoom:
    """The room's link, if there is one."""
    found = await ctx.services.school.watch_links.find(caller.principal, RoomId(room_id))
    return WatchLinkOfRoom(link=None if found is None else _view(found))


@router.post("", status_code=201)
async def make_watch_link(
    room_id: str,
    body: NewWatchLink,
    caller: Caller = Depends(require(Action.MANAGE_WATCH_LINK)),
    ctx: Context = Depends(context),
) -> WatchLinkMade:
    """A fresh one; the older one is over, and whoever came by it."""
    made = await ctx.services.school.watch_links.issue(
        caller.principal, RoomId(room_id), has_replay=body.has_replay
    )
    _withdraw_addresses(ctx, RoomId(room_id))
    return WatchLinkMade(path=f"/watch/{made.key}", link=_view(made.link))


@router.patch("")
async def change_watch_link(
    room_id: str,
    body: WatchLinkChange,
    caller: Caller = Depends(require(Action.MANAGE_WATCH_LINK)),
    ctx: Context = Depends(context),
) -> WatchLinkView:
    """Open or close replays; holds at once."""
    return _view(
        await ctx.services.school.watch_links.set_replay(
            caller.principal, RoomId(room_id), has_replay=body.has_replay
        )
    )


@router.delete("", status_code=204)
async def revoke_watch_link(
    room_id: str,
    caller: Caller = Depends(require(Action.MANAGE_WATCH_LINK)),
    ctx: Context = Depends(context),
) -> None:
    """Nobody comes by it any more, its devices are signed out, and what they play ends: addresses
    of lessons that its class is in are taken back. Who watches those by another link goes on with
    a new address after a moment."""
    await ctx.services.school.watch_links.revoke(caller.principal, RoomId(room_id))
    _withdraw_addresses(ctx, RoomId(room_id))


def _withdraw_addresses(ctx: Context, room_id: RoomId) -> None:
    """Of live lessons to which this room is invited."""
    now_ms = ctx.services.clock.wall_ms()
    for runner in ctx.registry.running.values():
        lesson = runner.machine.lesson
        if lesson.state is LessonState.LIVE and room_id in lesson.room_ids:
            # the one of the plan may be around yet in a lesson that is longer
            for until in {signed_until(lesson, 0), signed_until(lesson, now_ms)}:
                ctx.services.audience.withdraw(lesson.id, until)


def _view(link: WatchLink) -> WatchLinkView:
    return WatchLinkView(
        has_replay=link.has_replay,
        created_at_ms=link.created_at_ms,
        expires_at_ms=link.expires_at_ms,
        viewers=link.viewers,
    )
