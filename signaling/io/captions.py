"""Captions: the link of a lesson, and what its bearer reads and writes.

    a person at /captions, or a program ── Authorization: Bearer KEY ──► lines ──► lesson

The key opens one lesson: its lines, and (by a grant) the lead teacher's voice. It is nobody's
sign-in and no presence in the lesson.
"""

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request

from signaling.io.auth import Caller, address_of, public, require
from signaling.io.context import Context, context
from signaling.io.media_http import bearer_token
from signaling.io.runner import LessonRunner
from signaling.protocol.captions import tidied
from signaling.protocol.grants import Claims, participant_id
from signaling.protocol.inputs import CaptionWritten
from signaling.protocol.resources_captions import (
    CaptionChange,
    CaptionDesk,
    CaptionLinkMade,
    CaptionLinkOfLesson,
    CaptionLinkView,
    CaptionTaken,
    NewCaption,
)
from signaling.protocol.roles import Action
from streamsvc.base.errors import Overload, UserError
from streamsvc.base.ids import LessonId, PersonId, new_id
from streamsvc.school.records import CaptionLink, Lesson, Role

router = APIRouter(prefix="/api")
_LINK = "/lessons/{lesson_id}/caption-link"
_by_staff = Depends(require(Action.MANAGE_CAPTION_LINK))
_by_key = [Depends(public("shows the key of the lesson's caption link; throttled"))]

Staff = Annotated[Caller, _by_staff]
Ctx = Annotated[Context, Depends(context)]

# ---- the link ------------------------------------------------------------------------------------


@router.get(_LINK)
async def caption_link(lesson_id: str, caller: Staff, ctx: Ctx) -> CaptionLinkOfLesson:
    """The lesson's link, if there is one."""
    found = await ctx.services.school.caption_links.find(caller.principal, LessonId(lesson_id))
    runner = ctx.registry.find(LessonId(lesson_id))
    return CaptionLinkOfLesson(
        link=None if found is None else _view(found),
        lines=0 if runner is None else runner.machine.picture.caption_count,
    )


@router.post(_LINK, status_code=201)
async def make_caption_link(lesson_id: str, caller: Staff, ctx: Ctx) -> CaptionLinkMade:
    """A fresh one; the older one is over, and whoever writes by it."""
    links = ctx.services.school.caption_links
    made = await links.issue(caller.principal, LessonId(lesson_id))
    _send_away(ctx, LessonId(lesson_id))
    return CaptionLinkMade(path=f"/captions#{made.key}", key=made.key, link=_view(made.link))


@router.delete(_LINK, status_code=204)
async def revoke_caption_link(lesson_id: str, caller: Staff, ctx: Ctx) -> None:
    """Nobody writes or listens by it any more."""
    await ctx.services.school.caption_links.revoke(caller.principal, LessonId(lesson_id))
    _send_away(ctx, LessonId(lesson_id))


# ---- writing -------------------------------------------------------------------------------------


async def _bearer(request: Request, ctx: Ctx) -> CaptionLink:
    """Whose key this is. Raises UserError `caption-link-over`, `too-many-tries`."""
    key = bearer_token(request)
    if not 20 <= len(key) <= 64:
        raise UserError("caption-link-over")
    return await ctx.services.school.caption_links.open(key, address_of(request))


Bearer = Annotated[CaptionLink, Depends(_bearer)]


@router.get("/captions", dependencies=_by_key)
async def caption_desk(link: Bearer, ctx: Ctx) -> CaptionDesk:
    """What there is to hear and what was written; asked for every few seconds."""
    lesson, runner = await _lesson(ctx, link)
    picture = None if runner is None else runner.machine.picture
    claims = None if runner is None else _claims(ctx, link)
    return CaptionDesk(
        now_ms=ctx.services.clock.wall_ms(),
        lesson_id=lesson.id,
        title=lesson.title,
        subject=lesson.subject,
        grade=lesson.grade,
        lead_teacher_name=lesson.lead_teacher_name,
        state=lesson.state.value,
        scheduled_start_ms=lesson.scheduled_start_ms,
        has_lead=picture is not None and picture.publications.lead,
        expires_at_ms=link.expires_at_ms,
        lines=[] if picture is None else list(picture.captions),
        grant=None if claims is None else ctx.grants.encode(claims),
        ice_servers=[] if claims is None else ctx.ice.of(claims),
    )


@router.post("/captions/lines", status_code=201, dependencies=_by_key)
async def write_caption(body: NewCaption, link: Bearer, ctx: Ctx) -> CaptionTaken:
    """A line."""
    text = tidied(body.text)
    if not text:
        raise UserError("caption-empty")
    written = CaptionWritten(new_id("cap"), text, body.lang, body.from_ms)
    return await _taken(ctx, link, written)


@router.put("/captions/lines/{line_id}", dependencies=_by_key)
async def correct_caption(
    line_id: str, body: CaptionChange, link: Bearer, ctx: Ctx
) -> CaptionTaken:
    """The last line, written anew."""
    written = CaptionWritten(line_id, tidied(body.text), body.lang, None, is_anew=True)
    return await _taken(ctx, link, written)


async def _taken(ctx: Context, link: CaptionLink, written: CaptionWritten) -> CaptionTaken:
    """Raises UserError `lesson-not-live`, and like `Captions.check`."""
    runner = ctx.registry.find(link.lesson_id)
    if runner is None or not runner.machine.is_live:
        raise UserError("lesson-not-live")
    line_id = written.line_id if written.is_anew else None
    runner.machine.captions.check(line_id, ctx.services.clock.wall_ms())
    if not runner.post(written):
        raise Overload("lesson-busy")
    return CaptionTaken(line_id=written.line_id, text=written.text)


async def _lesson(ctx: Context, link: CaptionLink) -> tuple[Lesson, LessonRunner | None]:
    runner = ctx.registry.find(link.lesson_id)
    if runner is not None:
        return runner.machine.lesson, runner
    return await ctx.services.school.lessons.load(link.lesson_id), None


def _claims(ctx: Context, link: CaptionLink) -> Claims:
    person_id = _writer(link.lesson_id)
    return Claims(
        lesson_id=link.lesson_id,
        participant_id=participant_id(link.lesson_id, Role.CAPTIONER, person_id, None),
        role=Role.CAPTIONER,
        name="captions",
        person_id=person_id,
        room_id=None,
        may_publish=(),
        may_subscribe=True,
        may_moderate=False,
        expires_at_ms=ctx.grants.expires_at_ms(),
    )


def _writer(lesson_id: LessonId) -> PersonId:
    """Whoever bears the lesson's link: nobody of the school, and known to this lesson alone."""
    return PersonId(f"captions of {lesson_id}")


def _send_away(ctx: Context, lesson_id: LessonId) -> None:
    person_id, runner = _writer(lesson_id), ctx.registry.find(lesson_id)
    ctx.grants.revoke(person_id)
    if runner is not None:
        gone = participant_id(lesson_id, Role.CAPTIONER, person_id, None)
        runner.send_away([gone], UserError("caption-link-over"))


def _view(link: CaptionLink) -> CaptionLinkView:
    return CaptionLinkView(created_at_ms=link.created_at_ms, expires_at_ms=link.expires_at_ms)
