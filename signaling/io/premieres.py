"""Films that are played as lessons: chosen, uploaded, watched and stopped by staff."""

from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query
from starlette.requests import Request
from starlette.responses import Response

from signaling.io.auth import Caller, require
from signaling.io.context import Context, context
from signaling.io.courseware import body_chunks
from signaling.io.courseware_uploads import PIECE_TYPE, TUS, speaks_tus, title_in
from signaling.io.views import courseware_title
from signaling.protocol.resources_premieres import ChosenPremiere, PremiereView
from signaling.protocol.roles import Action
from streamsvc.base.errors import ProtocolError, UserError
from streamsvc.base.ids import LessonId, RecordingId
from streamsvc.base.premieres import FilmUpload, Premiere
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


@router.post("/uploads", status_code=201, dependencies=[Depends(speaks_tus)])
async def begin_upload(
    lesson_id: str,
    request: Request,
    upload_length: Annotated[int, Header(ge=0)],
    *,
    ends_lesson: bool = True,
    caller: Caller = Depends(require(Action.CHANGE_LESSON)),
    ctx: Context = Depends(context),
) -> Response:
    """A film of so many bytes will come in pieces (tus 1.0.0); Location says where to."""
    await _check_open(ctx, caller, lesson_id)
    begun = await ctx.services.premieres.begin_upload(
        LessonId(lesson_id),
        title_in(request.headers.get("upload-metadata", "")),
        upload_length,
        ends_lesson=ends_lesson,
    )
    place = f"/api/lessons/{lesson_id}/premiere/uploads/{begun.id}"
    return Response(status_code=201, headers={**_upload_headers(begun), "Location": place})


@router.head("/uploads/{upload_id}")
async def upload_offset(
    lesson_id: str,
    upload_id: str,
    caller: Caller = Depends(require(Action.CHANGE_LESSON)),
    ctx: Context = Depends(context),
) -> Response:
    """How much of it is here."""
    return Response(headers=_upload_headers(await _upload(ctx, caller, lesson_id, upload_id)))


@router.patch("/uploads/{upload_id}", status_code=204, dependencies=[Depends(speaks_tus)])
async def upload_piece(
    request: Request,
    upload_offset: Annotated[int, Header(ge=0)],
    caller: Caller = Depends(require(Action.CHANGE_LESSON)),
    ctx: Context = Depends(context),
) -> Response:
    """The next bytes; with the last one the film is looked at and planned."""
    if request.headers.get("content-type") != PIECE_TYPE:
        raise ProtocolError("media-type-unsupported", expected=PIECE_TYPE)
    names = request.path_params
    await _check_open(ctx, caller, names["lesson_id"])
    half = await _upload(ctx, caller, names["lesson_id"], names["upload_id"])
    now = await ctx.services.premieres.continue_upload(half, upload_offset, body_chunks(request))
    return Response(status_code=204, headers=_upload_headers(now))


@router.delete("/uploads/{upload_id}", status_code=204)
async def drop_upload(
    lesson_id: str,
    upload_id: str,
    caller: Caller = Depends(require(Action.CHANGE_LESSON)),
    ctx: Context = Depends(context),
) -> None:
    """It will not be finished."""
    half = await _upload(ctx, caller, lesson_id, upload_id)
    await ctx.services.premieres.drop_upload(half)


async def _upload(ctx: Context, caller: Caller, lesson_id: str, upload_id: str) -> FilmUpload:
    await ctx.services.school.lessons.managed(caller.principal, LessonId(lesson_id))
    if not upload_id.replace("_", "").isalnum():
        raise UserError("upload-unknown")
    return await ctx.services.premieres.find_upload(LessonId(lesson_id), upload_id)


def _upload_headers(upload: FilmUpload) -> dict[str, str]:
    return {
        "Tus-Resumable": TUS,
        "Upload-Offset": str(upload.offset),
        "Upload-Length": str(upload.total_bytes),
        "Cache-Control": "no-store",
    }


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
        upload_id=premiere.upload_id,
    )
