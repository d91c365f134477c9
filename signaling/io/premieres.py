"""Films that are played as lessons: chosen, uploaded, watched and stopped by staff."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.requests import Request

from signaling.io.auth import Caller, require
from signaling.io.context import Context, context
from signaling.io.courseware import body_chunks
from signaling.io.views import courseware_title
from signaling.protocol.resources_premieres import ChosenPremiere, PremiereView
from signaling.protocol.roles import Action
from streamsvc.base.errors import UserError
from streamsvc.base.ids import LessonId, RecordingId
from streamsvc.base.premieres import Premiere
from streamsvc.school.records import LessonState

router = APIRouter(prefix="/api/lessons/{lesson_id}/premiere")


@router.get("")
async def premiere(
    lesson_id: str,
    caller: Caller = Depends(require(Action.CHANGE_LESSON)),
    ctx: Context = Depends(context),
) -> PremiereView:
    """Raises UserError `premiere-none`."""
    await ctx.services.school.lessons.managed(caller.principal, LessonId(lesson_id))
    found = await ctx.services.premieres.find(LessonId(lesson_id))
    if found is None:
        raise UserError("premiere-none")
    return _view(found)


@router.put("")
async def choose(
    lesson_id: str,
    body: ChosenPremiere,
    caller: Caller = Depends(require(Action.CHANGE_LESSON)),
    ctx: Context = Depends(context),
) -> PremiereView:
    """Play a recording that the caller may see as this lesson, in place of what was chosen."""
    school = ctx.services.school
    await _check_open(ctx, caller, lesson_id)
    recording = await school.recordings.find(caller.principal, RecordingId(body.recording_id))
    chosen = await ctx.services.premieres.choose(
        LessonId(lesson_id), recording.id, recording.title, ends_lesson=body.ends_lesson
    )
    return _view(chosen)


@router.post("/film", status_code=201)
async def upload(
    lesson_id: str,
    request: Request,
    *,
    name: Annotated[str, Query(max_length=255)] = "",
    ends_lesson: bool = True,
    caller: Caller = Depends(require(Action.CHANGE_LESSON)),
    ctx: Context = Depends(context),
) -> PremiereView:
    """Take a film, whole, look at it, and play it as this lesson in place of what was chosen."""
    await _check_open(ctx, caller, lesson_id)
    announced = request.headers.get("content-length", "0")
    added = await ctx.services.premieres.receive(
        LessonId(lesson_id),
        courseware_title(name),
        body_chunks(request),
        int(announced) if announced.isdigit() else 0,
        ends_lesson=ends_lesson,
    )
    return _view(added)


@router.delete("", status_code=204)
async def stop(
    lesson_id: str,
    caller: Caller = Depends(require(Action.CHANGE_LESSON)),
    ctx: Context = Depends(context),
) -> None:
    """Play it no more, or not at all; a lesson that is live goes on without it."""
    await ctx.services.school.lessons.managed(caller.principal, LessonId(lesson_id))
    await ctx.services.premieres.forget(LessonId(lesson_id))


async def _check_open(ctx: Context, caller: Caller, lesson_id: str) -> None:
    lesson = await ctx.services.school.lessons.managed(caller.principal, LessonId(lesson_id))
    if lesson.state is LessonState.ENDED:
        raise UserError("lesson-already-ended")


def _view(premiere: Premiere) -> PremiereView:
    return PremiereView(
        title=premiere.title,
        recording_id=premiere.recording_id,
        seconds=round(premiere.seconds, 1),
        at_seconds=round(premiere.at_seconds, 1),
        ends_lesson=premiere.ends_lesson,
        state=premiere.state.value,
        error_id=premiere.error_id,
    )
