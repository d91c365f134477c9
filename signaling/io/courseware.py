"""A lesson's courseware over HTTP: files in, manifests and slides out."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from signaling.io.auth import Caller, require
from signaling.io.context import Context, context
from signaling.io.media_http import bearer_token
from signaling.io.reader import require_reader
from signaling.io.slide_files import is_known, slide_answer
from signaling.io.views import courseware_manifest, courseware_title
from signaling.protocol.resources_courseware import Courseware, CoursewareLimits
from signaling.protocol.roles import Action
from streamsvc.base.errors import PeerGone, UserError
from streamsvc.base.ids import CoursewareId, LessonId
from streamsvc.school.io.courseware import MAX_OF_LESSON

router = APIRouter(prefix="/api")


@router.get("/courseware/limits", dependencies=[Depends(require(Action.CHANGE_COURSEWARE))])
async def limits(ctx: Context = Depends(context)) -> CoursewareLimits:
    """What may be added."""
    allowed = ctx.services.courseware.limits
    return CoursewareLimits(
        max_bytes=allowed.max_bytes,
        max_slides=allowed.max_slides,
        max_of_lesson=MAX_OF_LESSON,
        reads_presentations=allowed.reads_presentations,
    )


@router.get(
    "/lessons/{lesson_id}/courseware",
    response_model=list[Courseware],
    dependencies=[Depends(require_reader(Action.SEE_COURSEWARE))],
)
async def courseware(lesson_id: str, request: Request, ctx: Context = Depends(context)) -> Response:
    """All of a lesson, in order, with every slide's files."""
    listing = await ctx.courseware.listings.of(LessonId(lesson_id))
    headers = {"ETag": listing.etag, "Cache-Control": "private, no-cache"}
    if is_known(request, listing.etag):
        return Response(status_code=304, headers=headers)
    return Response(listing.body, media_type="application/json", headers=headers)


@router.post("/lessons/{lesson_id}/courseware", status_code=201)
async def add_courseware(
    lesson_id: str,
    request: Request,
    name: Annotated[str, Query(max_length=255)] = "",
    caller: Caller = Depends(require(Action.CHANGE_COURSEWARE)),
    ctx: Context = Depends(context),
) -> Courseware:
    """Take a file, whatever the browser calls it; it is converted from now on."""
    announced = request.headers.get("content-length", "0")
    added = await ctx.courseware.add(
        caller.principal,
        LessonId(lesson_id),
        courseware_title(name),
        body_chunks(request),
        int(announced) if announced.isdigit() else 0,
    )
    return courseware_manifest(added)


@router.delete("/lessons/{lesson_id}/courseware/{courseware_id}", status_code=204)
async def remove_courseware(
    lesson_id: str,
    courseware_id: str,
    caller: Caller = Depends(require(Action.CHANGE_COURSEWARE)),
    ctx: Context = Depends(context),
) -> None:
    """Take it off the lesson, at any stage."""
    await ctx.courseware.remove(caller.principal, LessonId(lesson_id), CoursewareId(courseware_id))


@router.get(
    "/lessons/{lesson_id}/slides/{name}",
    dependencies=[Depends(require_reader(Action.SEE_COURSEWARE))],
)
async def slide(
    lesson_id: str, name: str, request: Request, ctx: Context = Depends(context)
) -> Response:
    """A slide's file. Range requests are answered (RFC 9110 §14), so that a room goes on where its
    link broke."""
    answer = await lesson_slide(ctx, request, LessonId(lesson_id), name)
    _leave_room(ctx, request, LessonId(lesson_id), answer)
    return answer


async def lesson_slide(ctx: Context, request: Request, lesson_id: LessonId, name: str) -> Response:
    """A file of one of the lesson's slides. Raises UserError `slide-unknown`."""
    sha256 = name.removesuffix(".webp")
    if sha256 not in (await ctx.courseware.listings.of(lesson_id)).names:
        raise UserError("slide-unknown")
    path = ctx.services.courseware.file(sha256)
    return slide_answer(request, sha256, await ctx.slides.read(sha256, path))


def _leave_room(ctx: Context, request: Request, lesson_id: LessonId, answer: Response) -> None:
    """What goes out here shares the link with media: it shall take from the pictures, not from the
    voice. Whoever has no grant has no media."""
    count = int(answer.headers.get("content-length", "0"))
    if count and "authorization" in request.headers:
        claims = ctx.grants.verify(bearer_token(request), lesson_id)
        ctx.services.relay.expect_data(lesson_id, claims.participant_id, count)


async def body_chunks(request: Request) -> AsyncIterator[bytes]:
    """As they come. Raises PeerGone `upload-broken`."""
    try:
        async for chunk in request.stream():
            yield chunk
    except ClientDisconnect as error:
        raise PeerGone("upload-broken") from error
