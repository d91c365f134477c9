"""Cameras of a lead room: links to their page, made by the lead teacher, and what they are told.

A link holds the lesson and a secret; the lesson keeps a hash of it alone. Whoever has the link may
publish one picture into one slot, and hear whether that is on air: nothing else of the lesson.
"""

import asyncio
import io
import secrets
from dataclasses import dataclass

import segno
from fastapi import APIRouter, Depends, Query
from starlette.requests import Request

from signaling.io.auth import address_of
from signaling.io.context import Context, context
from signaling.io.lead import require_lead
from signaling.io.media_http import bearer_token
from signaling.io.qr import origin_for
from signaling.io.runner import LessonRunner
from signaling.protocol.camera_messages import (
    CameraLink,
    CameraName,
    CameraView,
    NewCamera,
    Tally,
    TallyState,
)
from signaling.protocol.cameras import participant_of_link
from signaling.protocol.grants import Claims
from signaling.protocol.inputs import CameraAdded, CameraSaid
from signaling.protocol.roles import Action, may
from streamsvc.base.errors import Overload, UserError
from streamsvc.base.ids import LessonId, ParticipantId
from streamsvc.base.media import Slot
from streamsvc.school.records import Lesson, Role

router = APIRouter(prefix="/api")
_by_lead = [Depends(require_lead(Action.CHOOSE_CAMERA))]
_CAMERAS = "/lessons/{lesson_id}/cameras"

SECRET_BYTES = 18
"""144 bits."""
MAX_LINK_CHARS = 80
AFTER_END_MS = 3_600_000
"""A link outlives the planned end: lessons overrun."""
AT_LEAST_MS = 2 * 3_600_000
HELD_SECONDS = 20.0
"""A camera's question is answered after so long though nothing has changed; its page asks again."""
TAKEN_SECONDS = 2.0


@router.post(_CAMERAS, status_code=201, dependencies=_by_lead)
async def add_camera(
    lesson_id: str, body: NewCamera, request: Request, ctx: Context = Depends(context)
) -> CameraLink:
    """A camera more, and the link for its page. Raises UserError `cameras-full`,
    `lesson-ended`."""
    runner = await ctx.registry.open(LessonId(lesson_id))
    runner.machine.cameras.check_room()
    return await _linked(ctx, request, runner, body.name.strip() or body.name, None)


@router.post(_CAMERAS + "/{camera_id}/link", status_code=201, dependencies=_by_lead)
async def renew_link(
    lesson_id: str, camera_id: CameraName, request: Request, ctx: Context = Depends(context)
) -> CameraLink:
    """Another link for a camera that is there; who came by the one before is out. Raises UserError
    `camera-unknown`, `lesson-ended`."""
    runner = await ctx.registry.open(LessonId(lesson_id))
    known = {one.camera_id: one.name for one in runner.machine.cameras.now.cameras}
    if camera_id not in known:
        raise UserError("camera-unknown")
    return await _linked(ctx, request, runner, known[camera_id], camera_id)


async def _linked(
    ctx: Context, request: Request, runner: LessonRunner, name: str, camera_id: str | None
) -> CameraLink:
    """Raises UserError `cameras-full` where another was faster, Overload `lesson-busy`."""
    lesson, now_ms = runner.machine.lesson, ctx.services.clock.wall_ms()
    secret = secrets.token_urlsafe(SECRET_BYTES)
    participant = participant_of_link(lesson.id, secret)
    expires_at_ms = max(_planned_end_ms(lesson) + AFTER_END_MS, now_ms + AT_LEAST_MS)
    runner.post(CameraAdded(name, participant, expires_at_ms, camera_id))
    camera = await _taken(runner, participant)
    path = f"/camera#{lesson.id}.{secret}"
    origin = origin_for(request.url.scheme, request.url.netloc, ctx.services.settings.public_url)
    return CameraLink(
        camera_id=camera.camera_id,
        path=path,
        qr_svg=_drawn(origin + path),
        expires_at_ms=camera.expires_at_ms,
    )


async def _taken(runner: LessonRunner, participant: str) -> CameraView:
    """The lesson carries out what it was told within a moment."""
    deadline = asyncio.get_running_loop().time() + TAKEN_SECONDS
    while asyncio.get_running_loop().time() < deadline:
        camera = runner.machine.cameras.find(participant)
        if camera is not None:
            return camera
        await runner.tally.wait(0.1)
    runner.machine.cameras.check_room()
    raise Overload("lesson-busy")


@dataclass(frozen=True, slots=True)
class _Caller:
    """A camera by its link."""

    runner: LessonRunner
    participant_id: ParticipantId

    def camera(self, ctx: Context) -> CameraView:
        """Raises UserError `camera-unknown`, `camera-link-expired`."""
        now_ms = ctx.services.clock.wall_ms()
        return self.runner.machine.cameras.check(self.participant_id, now_ms)


async def _by_link(request: Request, ctx: Context = Depends(context)) -> _Caller:
    """The link is in the Authorization header. Raises UserError `camera-unknown`,
    `camera-link-expired`, `lesson-unknown`, `lesson-ended`, `too-many-tries`."""
    if not may(Role.CAMERA, Action.SEE_TALLY):
        raise UserError("not-allowed")
    lesson_id, secret = _parts(bearer_token(request))
    address, now = address_of(request), ctx.services.clock.now()
    ctx.camera_links.begin(address, now)
    caller = _Caller(await ctx.registry.open(lesson_id), participant_of_link(lesson_id, secret))
    caller.camera(ctx)
    ctx.camera_links.was_right(address, now)
    return caller


_by_link.__dict__["action"] = Action.SEE_TALLY


@router.get("/cameras/tally")
async def tally(
    request: Request,
    seen: str = Query("", max_length=10),
    is_thin: bool = False,
    caller: _Caller = Depends(_by_link),
    ctx: Context = Depends(context),
) -> Tally:
    """Whether this camera is on air: at once where that is not what it has `seen`, else when it
    changes, or after a while. `is_thin`: its uplink carries less than it would send. Raises
    UserError `camera-unknown`, `camera-link-expired`, `lesson-ended`, `lesson-unknown`."""
    runner, camera = caller.runner, caller.camera(ctx)
    if (camera.trouble == "thin") != is_thin:
        runner.post(CameraSaid(caller.participant_id, is_thin))
    deadline = asyncio.get_running_loop().time() + HELD_SECONDS
    while _state(runner, camera) == seen:
        left = deadline - asyncio.get_running_loop().time()
        if left <= 0 or await request.is_disconnected():
            break
        await runner.tally.wait(min(left, 5.0))
        camera = caller.camera(ctx)
    return _tally(ctx, runner, camera)


def _tally(ctx: Context, runner: LessonRunner, camera: CameraView) -> Tally:
    lesson = runner.machine.lesson
    claims = Claims(
        lesson_id=lesson.id,
        participant_id=ParticipantId(camera.participant_id),
        role=Role.CAMERA,
        name=camera.name,
        person_id=None,
        room_id=None,
        may_publish=(Slot(camera.camera_id),),
        may_subscribe=False,
        may_moderate=False,
        expires_at_ms=ctx.grants.expires_at_ms(),
    )
    return Tally(
        name=camera.name,
        state=_state(runner, camera),
        whip=f"/whip/{lesson.id}/{camera.camera_id}",
        grant=ctx.grants.encode(claims),
        expires_at_ms=claims.expires_at_ms,
        ice_servers=ctx.ice.of(claims),
    )


def _state(runner: LessonRunner, camera: CameraView) -> TallyState:
    machine = runner.machine
    if machine.is_ended:
        return "over"
    if machine.cameras.now.program != camera.camera_id:
        return "ready"
    return "on_air" if machine.is_live else "next"


def _parts(link: str) -> tuple[LessonId, str]:
    """Raises UserError `camera-unknown`."""
    lesson_id, dot, secret = link.partition(".")
    if not lesson_id or not dot or not secret or len(link) > MAX_LINK_CHARS:
        raise UserError("camera-unknown")
    return LessonId(lesson_id), secret


def _planned_end_ms(lesson: Lesson) -> int:
    return lesson.scheduled_start_ms + lesson.duration_minutes * 60_000


def _drawn(words: str) -> str:
    drawn = io.BytesIO()
    segno.make(words, error="m").save(
        drawn, kind="svg", border=2, scale=8, xmldecl=False, svgns=True
    )
    return drawn.getvalue().decode()
