"""Courseware in pieces, by the tus protocol 1.0.0 (tus.io) with its extensions creation, expiration
and termination. A break of the link, or a reload, costs one piece and not the file."""

import base64
import binascii
from email.utils import formatdate
from typing import Annotated

from fastapi import APIRouter, Depends, Header
from starlette.requests import Request
from starlette.responses import Response

from signaling.io.auth import Caller, require
from signaling.io.context import Context, context
from signaling.io.courseware import body_chunks
from signaling.io.views import courseware_title
from signaling.protocol.roles import Action
from streamsvc.base.courseware import HalfUpload
from streamsvc.base.errors import ProtocolError, UserError
from streamsvc.base.ids import CoursewareId, LessonId

router = APIRouter(prefix="/api/lessons/{lesson_id}/courseware/uploads")

TUS = "1.0.0"
PIECE_TYPE = "application/offset+octet-stream"
_MAX_NAME_BYTES = 1_024


def speaks_tus(request: Request) -> None:
    """A dependency. Raises UserError `upload-version-wrong`."""
    if request.headers.get("tus-resumable") != TUS:
        raise UserError("upload-version-wrong", version=TUS)


@router.post("", status_code=201, dependencies=[Depends(speaks_tus)])
async def begin(
    lesson_id: str,
    request: Request,
    upload_length: Annotated[int, Header(ge=0)],
    caller: Caller = Depends(require(Action.CHANGE_COURSEWARE)),
    ctx: Context = Depends(context),
) -> Response:
    """A file of so many bytes will come; Location says where to."""
    title = title_in(request.headers.get("upload-metadata", ""))
    half = await ctx.courseware.begin_upload(
        caller.principal, LessonId(lesson_id), title, upload_length
    )
    place = f"/api/lessons/{lesson_id}/courseware/uploads/{half.id}"
    return Response(status_code=201, headers={**_headers(half), "Location": place})


@router.head("/{upload_id}")
async def offset(
    lesson_id: str,
    upload_id: str,
    caller: Caller = Depends(require(Action.CHANGE_COURSEWARE)),
    ctx: Context = Depends(context),
) -> Response:
    """How much of it is here."""
    half = await _find(ctx, caller, lesson_id, upload_id)
    return Response(status_code=200, headers=_headers(half))


@router.patch("/{upload_id}", status_code=204, dependencies=[Depends(speaks_tus)])
async def piece(
    request: Request,
    upload_offset: Annotated[int, Header(ge=0)],
    caller: Caller = Depends(require(Action.CHANGE_COURSEWARE)),
    ctx: Context = Depends(context),
) -> Response:
    """The next bytes; with the last one it is courseware of that id, and is converted."""
    if request.headers.get("content-type") != PIECE_TYPE:
        raise ProtocolError("media-type-unsupported", expected=PIECE_TYPE)
    names = request.path_params
    half = await _find(ctx, caller, names["lesson_id"], names["upload_id"])
    half = await ctx.courseware.continue_upload(
        caller.principal, half, upload_offset, body_chunks(request)
    )
    return Response(status_code=204, headers=_headers(half))


@router.delete("/{upload_id}", status_code=204)
async def drop(
    lesson_id: str,
    upload_id: str,
    caller: Caller = Depends(require(Action.CHANGE_COURSEWARE)),
    ctx: Context = Depends(context),
) -> None:
    """It will not be finished."""
    await ctx.courseware.drop_upload(await _find(ctx, caller, lesson_id, upload_id))


async def _find(ctx: Context, caller: Caller, lesson_id: str, upload_id: str) -> HalfUpload:
    return await ctx.courseware.find_upload(
        caller.principal, LessonId(lesson_id), CoursewareId(upload_id)
    )


def _headers(half: HalfUpload) -> dict[str, str]:
    return {
        "Tus-Resumable": TUS,
        "Upload-Offset": str(half.offset),
        "Upload-Length": str(half.total_bytes),
        "Upload-Expires": formatdate(half.expires_at_ms / 1000, usegmt=True),
        "Cache-Control": "no-store",
    }


def title_in(metadata: str) -> str:
    """Of the file's name in Upload-Metadata: pairs of a key and Base64, with commas between."""
    for pair in metadata.split(","):
        key, _, value = pair.strip().partition(" ")
        if key != "filename":
            continue
        try:
            name = base64.b64decode(value, validate=True)[-_MAX_NAME_BYTES:]
        except binascii.Error:
            return ""
        return courseware_title(name.decode("utf-8", "replace"))
    return ""
