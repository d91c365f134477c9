"""The window of a live lesson over HTTP: its recording so far, for the rooms that are in it.

A room's grant opens the window of its lesson while that is live, and for as long after it as the
lesson is kept in memory (ten minutes), so that a room which is behind hears its end; and nothing of
a library.
"""

import asyncio
import gzip
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.requests import Request
from starlette.responses import Response

from signaling.io.auth import require_grant
from signaling.io.context import Context, context
from signaling.io.parts import part_answer
from signaling.io.recordings import MEDIA_TYPES
from signaling.io.runner import LessonRunner
from signaling.ports import PlayableRecording, PlayableTrack, RecordingCatalog
from signaling.protocol.board_messages import BoardEvent
from signaling.protocol.captions import captions_of
from signaling.protocol.grants import Claims
from signaling.protocol.lesson_views import CaptionView
from signaling.protocol.replay import board_since
from signaling.protocol.resources_window import LessonWindow, LiveAddress, WindowTrack
from signaling.protocol.roles import Action
from streamsvc.base.errors import UserError
from streamsvc.base.ids import LessonId, RecordingId, RoomId
from streamsvc.base.media import MediaKind
from streamsvc.school.records import LessonState

router = APIRouter(prefix="/api/lessons/{lesson_id}/window")

_IMMUTABLE = "private, max-age=31536000, immutable"
_PRIORITY = "u=5, i"
"""RFC 9218: after what the live lesson needs."""
_MOST_MS = 1 << 53
LIVE_SECONDS = 3_600
"""A live address is good for so long, at most twice; by whole hours, so that it seldom changes."""
FromMs = Annotated[int, Query(ge=0, lt=_MOST_MS)]
Bearer = Annotated[Claims, Depends(require_grant(Action.READ_WINDOW))]


@dataclass(frozen=True, slots=True)
class Reader:
    """A room that may read, and what it reads of."""

    lesson_id: LessonId
    claims: Claims
    runner: LessonRunner
    ctx: Context


async def _reader(lesson_id: str, claims: Bearer, ctx: Context = Depends(context)) -> Reader:
    """Raises UserError `lesson-not-live`, `room-not-in-lesson`, `not-allowed`."""
    runner = ctx.registry.find(LessonId(lesson_id))
    if runner is None:
        raise UserError("lesson-not-live")
    runner.machine.check_window(claims)
    return Reader(LessonId(lesson_id), claims, runner, ctx)


@router.get("", response_model=LessonWindow)
async def window(
    request: Request, from_ms: FromMs = 0, board: bool = True, reader: Reader = Depends(_reader)
) -> Response:
    """What can be played now, and the board from `from_ms` on; `board=0` leaves that out."""
    services, lesson_id = reader.ctx.services, reader.lesson_id
    disk = await _on_disk(reader)
    captions = await asyncio.to_thread(_captions, reader, from_ms) if board else []
    told = LessonWindow(
        now_ms=services.clock.wall_ms(),
        started_at_ms=disk.started_at_ms if disk else 0,
        tracks=[_track(lesson_id, disk, track) for track in disk.tracks] if disk else [],
        board=await asyncio.to_thread(_board, reader, from_ms) if board else [],
        captions=captions,
    )
    return _packed(request, told.model_dump_json(by_alias=True), "application/json")


def _good_until(now_s: int) -> int:
    """The end of an hour, so that rooms share addresses."""
    return -(-(now_s + LIVE_SECONDS) // LIVE_SECONDS) * LIVE_SECONDS


def withdraw_live(ctx: Context, room_id: RoomId) -> None:
    """What this room was given to follow live lessons by; other rooms ask for another address."""
    until = _good_until(ctx.services.clock.wall_ms() // 1000)
    for runner in ctx.registry.running.values():
        lesson = runner.machine.lesson
        if lesson.state is LessonState.LIVE and room_id in lesson.room_ids:
            for given in (until - LIVE_SECONDS, until):
                ctx.services.audience.withdraw(lesson.id, given)


@router.get("/live")
async def live(reader: Reader = Depends(_reader)) -> LiveAddress:
    """The lesson as an audience watches it, some seconds nearer than the recording; who asks makes
    it be packed. Empty where it is not, or without the teacher's picture."""
    audience, lesson_id = reader.ctx.services.audience, reader.lesson_id
    now_s = reader.ctx.services.clock.wall_ms() // 1000
    until = _good_until(now_s)
    playlist = audience.playlist(lesson_id, until)
    is_packed = playlist is not None and audience.reason(lesson_id) is None
    is_whole = is_packed and reader.ctx.services.relay.audience_lack(lesson_id) is None
    return LiveAddress(playlist=playlist if playlist is not None and is_whole else "")


@router.get("/{path:path}")
async def window_file(
    path: str, request: Request, from_ms: FromMs = 0, reader: Reader = Depends(_reader)
) -> Response:
    """A playlist from `from_ms` on, or a segment (one range, RFC 9110 §14). Names that begin with
    `voice` are without pictures, with `begun` what there is of a segment that is being written."""
    recording_id, services = reader.runner.recording_id, reader.ctx.services
    if recording_id is None:
        raise UserError("recording-file-unknown")
    if path.endswith(".m3u8"):
        text = await asyncio.to_thread(services.catalog.window, recording_id, path, from_ms)
        return _packed(request, text, MEDIA_TYPES[".m3u8"])
    answer = await _segment(services.catalog, recording_id, path, request)
    count = int(answer.headers.get("content-length", "0"))
    services.relay.expect_data(reader.lesson_id, reader.claims.participant_id, count)
    return answer


def _board(reader: Reader, from_ms: int) -> list[BoardEvent]:
    return board_since(reader.ctx.services.timeline.read(reader.lesson_id), from_ms)


def _captions(reader: Reader, from_ms: int) -> list[CaptionView]:
    if not reader.runner.machine.picture.caption_count:
        return []
    said = captions_of(reader.ctx.services.timeline.read(reader.lesson_id), 0)
    return [caption for caption in said if caption.to_ms > from_ms]


async def _on_disk(reader: Reader) -> PlayableRecording | None:
    recording_id = reader.runner.recording_id
    if recording_id is None:
        return None
    return await asyncio.to_thread(reader.ctx.services.catalog.find, recording_id)


def _track(lesson_id: str, disk: PlayableRecording, track: PlayableTrack) -> WindowTrack:
    place = f"/api/lessons/{lesson_id}/window/"
    has_voice = MediaKind.AUDIO in track.kinds
    voice = f"{track.name}/voice.m3u8"
    start_ms = disk.started_at_ms + track.start_ms
    return WindowTrack(
        name=track.name,
        slot=track.slot.value,
        label=track.label,
        start_ms=start_ms,
        end_ms=start_ms + track.duration_ms,
        playlist=place + track.playlist if track.playlist else "",
        voice_playlist=place + voice if track.playlist and has_voice else "",
    )


def _packed(request: Request, text: str, media_type: str) -> Response:
    """Packed: such text is asked for every few seconds, over the thinnest of links."""
    headers = {"Cache-Control": "no-cache"}
    data = text.encode()
    if "gzip" in request.headers.get("accept-encoding", ""):
        headers |= {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
        data = gzip.compress(data, mtime=0)
    return Response(data, media_type=media_type, headers=headers)


async def _segment(
    catalog: RecordingCatalog, recording_id: RecordingId, path: str, request: Request
) -> Response:
    is_begun = path.rpartition("/")[2].startswith("begun-")
    headers = {"Cache-Control": "no-store" if is_begun else _IMMUTABLE, "Priority": _PRIORITY}
    type = MEDIA_TYPES.get(f".{path.rpartition('.')[2]}", "application/octet-stream")
    data = await asyncio.to_thread(_read, catalog, recording_id, path)
    return part_answer(request, data, type, headers)


def _read(catalog: RecordingCatalog, recording_id: RecordingId, path: str) -> bytes:
    name = path.rpartition("/")[2]
    if name.startswith("begun-"):
        return catalog.begun(recording_id, path)
    if name.startswith("voice-"):
        return catalog.voice(recording_id, path)
    return catalog.file(recording_id, path).read_bytes()
