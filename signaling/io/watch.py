"""Parents who watch: by the link of a class, without an account.

They see the teacher, the slides and the ink of their own class's lessons of this week, and nothing
of any room. Their page beats every minute; all else of a live lesson is files (`LiveAudience`).
"""

import asyncio
import hashlib
from typing import Annotated

from fastapi import APIRouter, Depends, Path
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from signaling.io.auth import Caller, address_of, caller, forget, public, remember, require
from signaling.io.context import Context, context
from signaling.io.courseware import lesson_slide
from signaling.io.recordings import MEDIA_TYPES, captions_on_axis, track_info
from signaling.io.views import courseware_manifest
from signaling.io.watch_home import class_lesson, link_of, low_bytes, watch_home
from signaling.ports import PlayableRecording
from signaling.protocol.board_messages import BoardEvent
from signaling.protocol.inputs import QuestionAsked, ViewerSeen
from signaling.protocol.lesson_views import CaptionView, QuestionView
from signaling.protocol.replay import board_events
from signaling.protocol.resources_courseware import Courseware
from signaling.protocol.resources_watch import (
    AskQuestion,
    EnterWatch,
    LowReplay,
    WatchBeat,
    WatchHome,
    WatchQuestion,
    WatchReplay,
)
from signaling.protocol.roles import Action
from streamsvc.base.errors import Overload, UserError
from streamsvc.base.ids import LessonId, RecordingId, RoomId, new_id
from streamsvc.base.media import Slot
from streamsvc.school.records import Lesson, LessonState, Principal, Recording, SignInKind

router = APIRouter(prefix="/api/watch")

BEAT_MS = 60_000
ASKING_BEAT_MS = 15_000
"""While something of one's own waits to be looked at, or is not there yet."""
SIGNED_BEYOND_S = 3_600
SHOWN = (Slot.LEAD, Slot.SCREEN)
"""What of a lesson its viewers see: no room, neither live nor later."""
SHOWN_FOLDERS = {name for slot in SHOWN for name in (slot.value, f"{slot.value}-low")}
_IMMUTABLE = "private, max-age=31536000, immutable"

Watching = Annotated[Caller, Depends(require(Action.WATCH, SignInKind.VIEWER))]
Ctx = Annotated[Context, Depends(context)]


@router.post("/enter", dependencies=[Depends(public("proves it knows the link; throttled"))])
async def enter(body: EnterWatch, request: Request, response: Response, ctx: Ctx) -> WatchHome:
    """A device comes by a link; one that is in by the same link already keeps its cookie."""
    links = ctx.services.school.watch_links
    known = await caller(request, ctx, SignInKind.VIEWER)
    if known is not None and await links.is_of(body.key, _own_room(known.principal)):
        return await watch_home(ctx, known.principal)
    signed_in = await links.enter(body.key, address_of(request))
    remember(response, request, signed_in, ctx)
    return await watch_home(ctx, signed_in.principal)


@router.get("")
async def home(watching: Watching, ctx: Ctx) -> WatchHome:
    """The class, and its lessons of this week."""
    return await watch_home(ctx, watching.principal)


@router.post("/leave", status_code=204)
async def leave(watching: Watching, response: Response, ctx: Ctx) -> None:
    """This device watches no more."""
    await ctx.services.school.sign_ins.sign_out(watching.token, SignInKind.VIEWER)
    forget(response, SignInKind.VIEWER)


# ---- a lesson ------------------------------------------------------------------------------------


@router.post("/lessons/{lesson_id}/beat")
async def beat(lesson_id: str, watching: Watching, ctx: Ctx) -> WatchBeat:
    """I am here; what is there to see?"""
    lesson = await class_lesson(ctx, watching.principal, LessonId(lesson_id))
    now_ms, runner = ctx.services.clock.wall_ms(), ctx.registry.find(lesson.id)
    is_live, playlist, asked = lesson.state is LessonState.LIVE, None, list[QuestionView]()
    lacks = ctx.services.relay.audience_lack(lesson.id) if is_live else None
    if runner is not None:
        viewer = viewer_of(watching.token, lesson.id)
        asked = runner.machine.questions.of(viewer)
        if is_live:
            runner.post(ViewerSeen(viewer, _own_room(watching.principal), lacks))
    if is_live:
        playlist = ctx.services.audience.playlist(lesson.id, signed_until(lesson, now_ms))
    is_awaited = lacks is not None or playlist is None and lesson.state is not LessonState.ENDED
    is_waiting = any(question.state in ("waiting", "approved") for question in asked)
    return WatchBeat(
        now_ms=now_ms,
        state=lesson.state.value,
        has_lead=runner is not None and runner.machine.picture.publications.lead,
        playlist=playlist,
        lacks=lacks,
        questions=[_question(question) for question in asked],
        next_beat_ms=ASKING_BEAT_MS if is_waiting or is_awaited else BEAT_MS,
    )


@router.post("/lessons/{lesson_id}/questions", status_code=201)
async def ask(lesson_id: str, body: AskQuestion, watching: Watching, ctx: Ctx) -> WatchQuestion:
    """A question, for a helper of the class to look at first."""
    lesson = await class_lesson(ctx, watching.principal, LessonId(lesson_id))
    runner, text = ctx.registry.find(lesson.id), " ".join(body.text.split())
    if runner is None or not runner.machine.is_live or not text:
        raise UserError("lesson-not-live")
    viewer, now_ms = viewer_of(watching.token, lesson.id), ctx.services.clock.wall_ms()
    question_id, room_id = new_id("q"), _own_room(watching.principal)
    runner.machine.questions.check(viewer, room_id, now_ms)
    asked = QuestionAsked(question_id, viewer, room_id, " ".join(body.name.split()), text)
    if not runner.post(asked):
        raise Overload("lesson-busy")
    return WatchQuestion(question_id=question_id, text=text, at_ms=now_ms, state="waiting")


@router.get("/lessons/{lesson_id}/courseware")
async def watched_courseware(lesson_id: str, watching: Watching, ctx: Ctx) -> list[Courseware]:
    """Its slides' shapes, words and previews."""
    lesson = await class_lesson(ctx, watching.principal, LessonId(lesson_id))
    listed = await ctx.services.school.courseware.listed(lesson.id)
    return [courseware_manifest(one, f"/api/watch/lessons/{lesson.id}") for one in listed]


@router.get("/lessons/{lesson_id}/slides/{name}")
async def watched_slide(
    lesson_id: str, name: str, request: Request, watching: Watching, ctx: Ctx
) -> Response:
    """A slide's file, where it is not among the broadcast's own."""
    lesson = await class_lesson(ctx, watching.principal, LessonId(lesson_id))
    return await lesson_slide(ctx, request, lesson.id, name)


# ---- seen again ----------------------------------------------------------------------------------


@router.get("/recordings/{recording_id}")
async def replay(recording_id: str, watching: Watching, ctx: Ctx) -> WatchReplay:
    """What a player needs."""
    found = await _recording(ctx, watching.principal, recording_id)
    disk = await asyncio.to_thread(ctx.services.catalog.find, found.id)
    tracks = [track for track in (disk.tracks if disk else ()) if track.slot in SHOWN]
    place = f"/api/watch/recordings/{found.id}"
    if disk is not None and not disk.is_live:
        ctx.services.low_copies.ask(found.id)
    return WatchReplay(
        recording_id=found.id,
        lesson_id=found.lesson_id,
        title=found.title,
        lead_teacher_name=found.lead_teacher_name,
        started_at_ms=disk.started_at_ms if disk else found.started_at_ms,
        duration_ms=disk.duration_ms if disk else found.duration_ms,
        tracks=[track_info(place, track) for track in tracks],
        low=await _low_replay(ctx, place, disk),
    )


@router.get("/recordings/{recording_id}/board")
async def replayed_board(recording_id: str, watching: Watching, ctx: Ctx) -> list[BoardEvent]:
    """Its slides and ink, on the recording's axis."""
    found = await _recording(ctx, watching.principal, recording_id)
    disk = await asyncio.to_thread(ctx.services.catalog.find, found.id)
    zero_ms = disk.started_at_ms if disk else found.started_at_ms
    lines = ctx.services.timeline.read
    return await asyncio.to_thread(lambda: board_events(lines(found.lesson_id), zero_ms))


@router.get("/recordings/{recording_id}/captions")
async def replayed_captions(recording_id: str, watching: Watching, ctx: Ctx) -> list[CaptionView]:
    """What was said, on the recording's axis."""
    return await captions_on_axis(ctx, await _recording(ctx, watching.principal, recording_id))


@router.get("/recordings/{recording_id}/media/{path:path}")
async def replayed_media(
    recording_id: str,
    path: Annotated[str, Path(max_length=200)],
    watching: Watching,
    ctx: Ctx,
) -> Response:
    """A playlist or segment of lead or screen; a room's own are as if they were not there."""
    found = await _recording(ctx, watching.principal, recording_id)
    track, slash, rest = path.partition("/")
    if track not in SHOWN_FOLDERS or not slash or ".." in rest:
        raise UserError("recording-file-unknown")
    if rest.startswith("voice"):
        return await _voice_file(ctx, found.id, path)
    file = await asyncio.to_thread(ctx.services.catalog.file, found.id, path)
    is_playlist = file.suffix == ".m3u8"
    return FileResponse(
        file,
        media_type=MEDIA_TYPES.get(file.suffix, "application/octet-stream"),
        headers={"Cache-Control": "no-cache" if is_playlist else _IMMUTABLE},
    )


async def _low_replay(ctx: Context, place: str, disk: PlayableRecording | None) -> LowReplay:
    low = None
    if disk is not None:
        low = await asyncio.to_thread(ctx.services.low_copies.find, disk.recording_id)
    slots = {track.slot for track in (disk.tracks if disk else ()) if track.playlist}
    is_ready = low is not None and low.bytes is not None
    lead = "lead-low/index.m3u8" if is_ready else "lead/voice.m3u8"
    has_screen = is_ready and Slot.SCREEN in slots
    return LowReplay(
        is_ready=is_ready,
        progress=low.progress if low is not None else None,
        bytes=await low_bytes(ctx, disk) if disk is not None else 0,
        playlist=f"{place}/media/{lead}" if Slot.LEAD in slots else "",
        screen_playlist=f"{place}/media/screen-low/index.m3u8" if has_screen else "",
    )


async def _voice_file(ctx: Context, recording_id: RecordingId, path: str) -> Response:
    """Voice without its picture, cut out of what is there."""
    catalog = ctx.services.catalog
    if path.endswith(".m3u8"):
        text = await asyncio.to_thread(catalog.window, recording_id, path, 0)
        headers = {"Cache-Control": "no-cache"}
        return Response(text, media_type=MEDIA_TYPES[".m3u8"], headers=headers)
    data = await asyncio.to_thread(catalog.voice, recording_id, path)
    type = MEDIA_TYPES.get(f".{path.rpartition('.')[2]}", "application/octet-stream")
    return Response(data, media_type=type, headers={"Cache-Control": _IMMUTABLE})


async def _recording(ctx: Context, principal: Principal, recording_id: str) -> Recording:
    """One of this week's, where the link opens them. Raises UserError `recording-unknown`,
    `replay-closed`, `watch-link-over`."""
    found = await ctx.services.school.recordings.of_room(
        RecordingId(recording_id), _own_room(principal)
    )
    lessons = ctx.services.school.lessons
    lesson = await lessons.find(principal, found.lesson_id)
    if lesson.state is not LessonState.ENDED or not lessons.is_this_week(lesson):
        raise UserError("recording-unknown")
    if not (await link_of(ctx, principal)).has_replay:
        raise UserError("replay-closed")
    return found


def viewer_of(token: str, lesson_id: LessonId) -> str:
    """A device as a lesson knows it: the same within the lesson, another in the next one."""
    return hashlib.sha256(f"{lesson_id}\n{token}".encode()).hexdigest()[:16]


def signed_until(lesson: Lesson, now_ms: int) -> int:
    """Until when an address is good (unix seconds): an hour beyond the plan; by whole hours once
    the lesson is longer, so that a player's address seldom changes."""
    begin_ms = lesson.started_at_ms or lesson.scheduled_start_ms
    planned_s = (begin_ms + lesson.duration_minutes * 60_000) // 1000 + SIGNED_BEYOND_S
    least_s = now_ms // 1000 + SIGNED_BEYOND_S // 2
    if least_s <= planned_s:
        return planned_s
    return -(-least_s // SIGNED_BEYOND_S) * SIGNED_BEYOND_S


def _question(question: QuestionView) -> WatchQuestion:
    return WatchQuestion(
        question_id=question.question_id,
        text=question.text,
        at_ms=question.at_ms,
        state=question.state,
    )


def _own_room(principal: Principal) -> RoomId:
    if principal.room_id is None:
        raise UserError("viewer-signed-out")
    return principal.room_id
