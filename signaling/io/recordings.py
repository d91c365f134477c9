"""The library: recordings, their media, sharing and comments."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from signaling.io.auth import Caller, require
from signaling.io.context import Context, context
from signaling.io.courseware import lesson_slide
from signaling.io.views import attendance_view, comment_view, courseware_manifest
from signaling.ports import PlayableRecording, PlayableTrack
from signaling.protocol.board_messages import BoardEvent
from signaling.protocol.captions import captions_of, web_vtt
from signaling.protocol.lesson_views import CaptionView
from signaling.protocol.moments import moments
from signaling.protocol.replay import board_events
from signaling.protocol.resources import (
    CommentChange,
    CommentView,
    NewComment,
    RecordingChange,
    RecordingDetail,
    RecordingInfo,
    TimelineEvent,
    TrackInfo,
)
from signaling.protocol.resources_courseware import Courseware
from signaling.protocol.roles import Action, may
from streamsvc.base.errors import StreamsvcError
from streamsvc.base.ids import CommentId, RecordingId, RoomId
from streamsvc.school.records import Recording
from streamsvc.school.scope import manages_recording

router = APIRouter(prefix="/api/recordings")

MEDIA_TYPES = {
    ".m3u8": "application/vnd.apple.mpegurl",
    ".mp4": "video/mp4",
    ".m4s": "video/iso.segment",
    ".m4a": "audio/mp4",
    ".webm": "video/webm",
}
_IMMUTABLE = "private, max-age=31536000, immutable"


@router.get("")
async def recordings(
    q: Annotated[str, Query(max_length=100)] = "",
    from_ms: Annotated[int | None, Query(ge=0)] = None,
    to_ms: Annotated[int | None, Query(ge=0)] = None,
    caller: Caller = Depends(require(Action.SEE_RECORDINGS)),
    ctx: Context = Depends(context),
) -> list[RecordingInfo]:
    """Recordings the caller may see, newest first."""
    found = await ctx.services.school.recordings.visible(
        caller.principal, q=q, from_ms=from_ms, to_ms=to_ms
    )
    names = await _room_names(ctx, found)
    return [_info(r, await _on_disk(ctx, r.id), names) for r in found]


@router.get("/{recording_id}")
async def recording(
    recording_id: str,
    caller: Caller = Depends(require(Action.SEE_RECORDINGS)),
    ctx: Context = Depends(context),
) -> RecordingDetail:
    """One recording with all a player needs; the audit log notes who opened it."""
    school, principal = ctx.services.school, caller.principal
    found = await school.recordings.view(principal, RecordingId(recording_id))
    disk = await _on_disk(ctx, found.id)
    attendance = await school.attendance.of_lesson(found.lesson_id)
    comments = await school.comments.visible(principal, found.id)
    role = principal.role
    return RecordingDetail(
        recording=_info(found, disk, await _room_names(ctx, [found])),
        tracks=[
            track_info(f"/api/recordings/{found.id}", track)
            for track in (disk.tracks if disk else ())
        ],
        timeline=await _timeline(ctx, found, disk),
        comments=[comment_view(comment, principal.person_id) for comment in comments],
        attendance=[attendance_view(row) for row in attendance],
        may_share=may(role, Action.SHARE_RECORDING) and manages_recording(principal, found),
        may_comment=may(role, Action.COMMENT),
    )


@router.get("/{recording_id}/board")
async def recorded_board(
    recording_id: str,
    caller: Caller = Depends(require(Action.SEE_RECORDINGS)),
    ctx: Context = Depends(context),
) -> list[BoardEvent]:
    """Its slides and ink, as the lesson's events with times on the recording's axis."""
    found = await ctx.services.school.recordings.find(caller.principal, RecordingId(recording_id))
    zero_ms = _zero_ms(found, await _on_disk(ctx, found.id))
    return await asyncio.to_thread(lambda: board_events(_lines(ctx, found), zero_ms))


@router.get("/{recording_id}/captions")
async def recorded_captions(
    recording_id: str,
    caller: Caller = Depends(require(Action.SEE_RECORDINGS)),
    ctx: Context = Depends(context),
) -> list[CaptionView]:
    """Its captions, with times on the recording's axis."""
    found = await ctx.services.school.recordings.find(caller.principal, RecordingId(recording_id))
    return await captions_on_axis(ctx, found)


@router.get("/{recording_id}/captions.vtt")
async def caption_file(
    recording_id: str,
    caller: Caller = Depends(require(Action.SEE_RECORDINGS)),
    ctx: Context = Depends(context),
) -> Response:
    """The same as a WebVTT file, to keep."""
    found = await ctx.services.school.recordings.find(caller.principal, RecordingId(recording_id))
    text = web_vtt(await captions_on_axis(ctx, found))
    headers = {
        "Content-Disposition": f'attachment; filename="{found.id}.vtt"',
        "Cache-Control": "no-cache",
    }
    return Response(text, media_type="text/vtt; charset=utf-8", headers=headers)


@router.get("/{recording_id}/courseware")
async def recorded_courseware(
    recording_id: str,
    caller: Caller = Depends(require(Action.SEE_RECORDINGS)),
    ctx: Context = Depends(context),
) -> list[Courseware]:
    """The courseware of its lesson. Who may watch may see the slides, also without the lesson."""
    school = ctx.services.school
    found = await school.recordings.find(caller.principal, RecordingId(recording_id))
    listed = await school.courseware.listed(found.lesson_id)
    return [courseware_manifest(one, f"/api/recordings/{found.id}") for one in listed]


@router.get("/{recording_id}/slides/{name}")
async def recorded_slide(
    recording_id: str,
    name: str,
    request: Request,
    caller: Caller = Depends(require(Action.SEE_RECORDINGS)),
    ctx: Context = Depends(context),
) -> Response:
    """A slide's file, as the lesson has it."""
    found = await ctx.services.school.recordings.find(caller.principal, RecordingId(recording_id))
    return await lesson_slide(ctx, request, found.lesson_id, name)


@router.patch("/{recording_id}")
async def change_recording(
    recording_id: str,
    body: RecordingChange,
    caller: Caller = Depends(require(Action.SHARE_RECORDING)),
    ctx: Context = Depends(context),
) -> RecordingInfo:
    """Share it with the county, or take it back."""
    changed = await ctx.services.school.recordings.share(
        caller.principal, RecordingId(recording_id), is_shared=body.is_shared
    )
    return _info(changed, await _on_disk(ctx, changed.id), await _room_names(ctx, [changed]))


@router.get("/{recording_id}/media/{path:path}")
async def media(
    recording_id: str,
    path: str,
    request: Request,
    caller: Caller = Depends(require(Action.SEE_RECORDINGS)),
    ctx: Context = Depends(context),
) -> Response:
    """A playlist or segment. Range requests are answered (RFC 9110 §14)."""
    found = await ctx.services.school.recordings.find(caller.principal, RecordingId(recording_id))
    file = await asyncio.to_thread(ctx.services.catalog.file, found.id, path)
    is_playlist = file.suffix == ".m3u8"
    return FileResponse(
        file,
        media_type=MEDIA_TYPES.get(file.suffix, "application/octet-stream"),
        headers={"Cache-Control": "no-cache" if is_playlist else _IMMUTABLE},
    )


@router.post("/{recording_id}/comments", status_code=201)
async def add_comment(
    recording_id: str,
    body: NewComment,
    caller: Caller = Depends(require(Action.COMMENT)),
    ctx: Context = Depends(context),
) -> CommentView:
    """A remark pinned to a moment."""
    added = await ctx.services.school.comments.add(
        caller.principal, RecordingId(recording_id), at_ms=body.at_ms, text=body.text
    )
    return comment_view(added, caller.principal.person_id)


@router.patch("/{recording_id}/comments/{comment_id}")
async def change_comment(
    recording_id: str,
    comment_id: str,
    body: CommentChange,
    caller: Caller = Depends(require(Action.COMMENT)),
    ctx: Context = Depends(context),
) -> CommentView:
    """By its author."""
    changed = await ctx.services.school.comments.change(
        caller.principal, RecordingId(recording_id), CommentId(comment_id), text=body.text
    )
    return comment_view(changed, caller.principal.person_id)


@router.delete("/{recording_id}/comments/{comment_id}", status_code=204)
async def remove_comment(
    recording_id: str,
    comment_id: str,
    caller: Caller = Depends(require(Action.COMMENT)),
    ctx: Context = Depends(context),
) -> None:
    """By its author."""
    await ctx.services.school.comments.remove(
        caller.principal, RecordingId(recording_id), CommentId(comment_id)
    )


async def _on_disk(ctx: Context, recording_id: RecordingId) -> PlayableRecording | None:
    return await asyncio.to_thread(ctx.services.catalog.find, recording_id)


async def _timeline(
    ctx: Context, found: Recording, disk: PlayableRecording | None
) -> list[TimelineEvent]:
    zero_ms = _zero_ms(found, disk)
    return await asyncio.to_thread(lambda: moments(_lines(ctx, found), zero_ms))


async def captions_on_axis(ctx: Context, found: Recording) -> list[CaptionView]:
    """Of one who was let in."""
    zero_ms = _zero_ms(found, await _on_disk(ctx, found.id))
    return await asyncio.to_thread(lambda: captions_of(_lines(ctx, found), zero_ms))


def _zero_ms(found: Recording, disk: PlayableRecording | None) -> int:
    """Wall time of the recording's beginning."""
    return disk.started_at_ms if disk else found.started_at_ms


def _lines(ctx: Context, found: Recording) -> list[str]:
    return ctx.services.timeline.read(found.lesson_id) or _lines_beside(ctx, found.id)


def _lines_beside(ctx: Context, recording_id: RecordingId) -> list[str]:
    """The copy that travels with the recording (an adopted one has no lesson here)."""
    try:
        data = ctx.services.catalog.timeline(recording_id).read_bytes()
    except (StreamsvcError, OSError):
        return []
    # not splitlines(): a message may hold U+2028, which ends no line of a timeline
    return data.decode("utf-8", "replace").split("\n")


async def _room_names(ctx: Context, found: list[Recording]) -> dict[RoomId, str]:
    names: dict[RoomId, str] = {}
    for recording in found:
        if any(room_id not in names for room_id in recording.room_ids):
            rooms = await ctx.services.school.rooms.invited(recording.lesson_id)
            names |= {room.id: room.name for room in rooms}
    return names


def _info(
    found: Recording, disk: PlayableRecording | None, names: dict[RoomId, str]
) -> RecordingInfo:
    return RecordingInfo(
        recording_id=found.id,
        lesson_id=found.lesson_id,
        title=found.title,
        subject=found.subject,
        grade=found.grade,
        school_name=found.school_name,
        lead_teacher_name=found.lead_teacher_name,
        started_at_ms=disk.started_at_ms if disk else found.started_at_ms,
        duration_ms=disk.duration_ms if disk else found.duration_ms,
        is_shared=found.is_shared,
        is_live=disk is not None and disk.is_live,
        comment_count=found.comment_count,
        room_names=[names[room_id] for room_id in found.room_ids if room_id in names],
        bytes=disk.bytes if disk else 0,
    )


def track_info(place: str, track: PlayableTrack) -> TrackInfo:
    """A track whose files are under `place`."""
    return TrackInfo(
        name=track.name,
        slot=track.slot.value,
        label=track.label,
        kinds=[kind.value for kind in track.kinds],
        start_ms=track.start_ms,
        duration_ms=track.duration_ms,
        playlist=f"{place}/media/{track.playlist}" if track.playlist else "",
        ready=track.ready,
        progress=track.progress,
    )
