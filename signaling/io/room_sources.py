"""Recorder hosts and cameras of lead rooms: set by administrators, taught from by one click."""

from fastapi import APIRouter, Depends

from signaling.io.auth import Caller, require
from signaling.io.context import Context, context
from signaling.protocol.catalogue import error_body
from signaling.protocol.resources_room_sources import (
    ChosenRoomSource,
    LessonRoomSources,
    NewRoomSource,
    RoomSourceChoice,
    RoomSourceView,
    SourceLookView,
)
from signaling.protocol.roles import Action
from streamsvc.base.errors import StreamsvcError, UserError
from streamsvc.base.ids import LessonId, RoomId
from streamsvc.base.room_sources import RoomSource, SourceLook
from streamsvc.school.records import LessonState, Room, RoomKind

router = APIRouter(prefix="/api")
_ROOM = "/rooms/{room_id}/source"
_LESSON = "/lessons/{lesson_id}/room-source"
_by_administrator = Depends(require(Action.CHANGE_ROOM_SOURCE))
_by_staff = Depends(require(Action.CHANGE_LESSON))


@router.get(_ROOM)
async def room_source(
    room_id: str, caller: Caller = _by_administrator, ctx: Context = Depends(context)
) -> RoomSourceView:
    """The lead room's, without what is secret."""
    room = await _lead_room(ctx, caller, room_id)
    return _view(await ctx.services.room_sources.find(room.id))


@router.put(_ROOM)
async def set_room_source(
    room_id: str,
    body: NewRoomSource,
    caller: Caller = _by_administrator,
    ctx: Context = Depends(context),
) -> RoomSourceView:
    """In place of the former; whatever is taught from it is pulled anew."""
    room = await _lead_room(ctx, caller, room_id)
    sources = ctx.services.room_sources
    return _view(await sources.put(room.id, body.address, body.user, body.password))


@router.delete(_ROOM, status_code=204)
async def remove_room_source(
    room_id: str, caller: Caller = _by_administrator, ctx: Context = Depends(context)
) -> None:
    """Forget it, and its sign-in."""
    room = await _lead_room(ctx, caller, room_id)
    await ctx.services.room_sources.remove(room.id)


@router.post(_ROOM + "/look")
async def look(
    room_id: str,
    body: NewRoomSource | None = None,
    caller: Caller = _by_administrator,
    ctx: Context = Depends(context),
) -> SourceLookView:
    """What it sends now: of these words, or of the one that is kept. What is wrong with it is no
    fault of the request: `error` says it."""
    room = await _lead_room(ctx, caller, room_id)
    sources = ctx.services.room_sources
    try:
        if body is None:
            found = await sources.look_again(room.id)
        else:
            found = await sources.look(body.address, body.user, body.password)
    except StreamsvcError as error:
        if not error.error_id.startswith("source-"):
            raise
        return SourceLookView(
            picture="", width=0, height=0, sound="", is_recoded=False, error=error_body(error)
        )
    return _look_view(found)


@router.get(_LESSON)
async def lesson_room_sources(
    lesson_id: str, caller: Caller = _by_staff, ctx: Context = Depends(context)
) -> LessonRoomSources:
    """Lead rooms of the lesson's school that have a source."""
    lesson = await ctx.services.school.lessons.managed(caller.principal, LessonId(lesson_id))
    return await _of_lesson(ctx, caller, lesson.id)


@router.put(_LESSON)
async def teach_from_room(
    lesson_id: str,
    body: ChosenRoomSource,
    caller: Caller = _by_staff,
    ctx: Context = Depends(context),
) -> LessonRoomSources:
    """Teach the lesson from this room, from shortly before its planned time, or now."""
    lesson = await ctx.services.school.lessons.managed(caller.principal, LessonId(lesson_id))
    if lesson.state is LessonState.ENDED:
        raise UserError("lesson-already-ended")
    rooms = await _lead_rooms(ctx, caller, lesson.id)
    if body.room_id not in [room.id for room in rooms]:
        raise UserError("room-unknown")
    await ctx.services.room_sources.teach(lesson.id, RoomId(body.room_id))
    return await _of_lesson(ctx, caller, lesson.id)


@router.delete(_LESSON, status_code=204)
async def stop_teaching_from_room(
    lesson_id: str, caller: Caller = _by_staff, ctx: Context = Depends(context)
) -> None:
    """A lesson that is live goes on without it."""
    lesson = await ctx.services.school.lessons.managed(caller.principal, LessonId(lesson_id))
    await ctx.services.room_sources.stop(lesson.id)


async def _lead_room(ctx: Context, caller: Caller, room_id: str) -> Room:
    """One that the caller sees; an administrator sees what she manages."""
    room = await ctx.services.school.rooms.find(caller.principal, RoomId(room_id))
    if room.kind is not RoomKind.LEAD_ROOM:
        raise UserError("room-not-lead")
    return room


async def _lead_rooms(ctx: Context, caller: Caller, lesson_id: LessonId) -> list[Room]:
    """Lead rooms of the lesson's own school: a teacher teaches from no other school's camera."""
    lesson = await ctx.services.school.lessons.managed(caller.principal, lesson_id)
    rooms = await ctx.services.school.rooms.visible(caller.principal)
    return [
        room
        for room in rooms
        if room.kind is RoomKind.LEAD_ROOM and room.organisation_id == lesson.organisation_id
    ]


async def _of_lesson(ctx: Context, caller: Caller, lesson_id: LessonId) -> LessonRoomSources:
    sources, choices = ctx.services.room_sources, []
    for room in await _lead_rooms(ctx, caller, lesson_id):
        found = await sources.find(room.id)
        if found is not None:
            choices.append(RoomSourceChoice(room_id=room.id, name=room.name, place=found.place))
    return LessonRoomSources(rooms=choices, chosen_room_id=sources.chosen(lesson_id))


def _view(source: RoomSource | None) -> RoomSourceView:
    if source is None:
        return RoomSourceView(place="", user="")
    return RoomSourceView(place=source.place, user=source.user)


def _look_view(look: SourceLook) -> SourceLookView:
    return SourceLookView(
        picture=look.picture,
        width=look.width,
        height=look.height,
        sound=look.sound,
        is_recoded=look.is_recoded,
    )
