"""Courses, the plan of lessons, and the way into one."""

import asyncio
from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import ValidationError

from signaling.io.auth import Caller, require
from signaling.io.context import Context, context
from signaling.io.registry import is_due
from signaling.io.views import attendance_view, course_view, lesson_info
from signaling.protocol.grants import Claims
from signaling.protocol.ice import IceServerView
from signaling.protocol.lesson_views import ViewersView
from signaling.protocol.messages import ViewersChanged
from signaling.protocol.resources import (
    CourseView,
    Grant,
    LessonChange,
    LessonInfo,
    LessonStateName,
    LessonSummary,
    NewCourse,
    NewLesson,
)
from signaling.protocol.roles import Action
from streamsvc.base.errors import UserError
from streamsvc.base.ids import CourseId, LessonId, OrganisationId, PersonId, RoomId
from streamsvc.base.media import PictureProfile, SoundProfile
from streamsvc.school import lessons as plan
from streamsvc.school.records import (
    Lesson,
    LessonKind,
    LessonState,
    Principal,
    Role,
)

router = APIRouter(prefix="/api")


@router.get("/courses")
async def courses(
    caller: Caller = Depends(require(Action.SEE_COURSES)), ctx: Context = Depends(context)
) -> list[CourseView]:
    """Courses the caller may use."""
    found = await ctx.services.school.courses.visible(caller.principal)
    return [course_view(course) for course in found]


@router.post("/courses", status_code=201)
async def add_course(
    body: NewCourse,
    caller: Caller = Depends(require(Action.ADD_COURSE)),
    ctx: Context = Depends(context),
) -> CourseView:
    """A new series of lessons."""
    added = await ctx.services.school.courses.add(
        caller.principal,
        organisation_id=OrganisationId(body.organisation_id),
        title=body.title,
        subject=body.subject,
        grade=body.grade,
    )
    return course_view(added)


@router.get("/lessons")
async def lessons(
    from_ms: Annotated[int | None, Query(ge=0)] = None,
    to_ms: Annotated[int | None, Query(ge=0)] = None,
    state: LessonStateName | None = None,
    caller: Caller = Depends(require(Action.SEE_LESSONS)),
    ctx: Context = Depends(context),
) -> list[LessonInfo]:
    """Lessons the caller may see, by planned start."""
    found = await ctx.services.school.lessons.visible(
        caller.principal,
        from_ms=from_ms,
        to_ms=to_ms,
        state=None if state is None else LessonState(state),
    )
    return await _infos(ctx, found)


@router.post("/lessons", status_code=201)
async def add_lesson(
    body: NewLesson,
    caller: Caller = Depends(require(Action.ADD_LESSON)),
    ctx: Context = Depends(context),
) -> LessonInfo:
    """Plan a lesson; one without a start is due now and its rooms are called at once."""
    lesson = await ctx.services.school.lessons.add(
        caller.principal,
        title=body.title,
        subject=body.subject,
        grade=body.grade,
        course_id=None if body.course_id is None else CourseId(body.course_id),
        kind=LessonKind(body.kind),
        lead_teacher_id=None if body.lead_teacher_id is None else PersonId(body.lead_teacher_id),
        scheduled_start_ms=body.scheduled_start_ms,
        duration_minutes=body.duration_minutes,
        room_ids=[RoomId(room_id) for room_id in body.room_ids],
        picture_profile=PictureProfile(body.picture_profile),
        sound_profile=SoundProfile(body.sound_profile),
    )
    await _open_if_due(ctx, lesson)
    return await _info(ctx, lesson)


@router.get("/lessons/{lesson_id}")
async def lesson(
    lesson_id: str,
    caller: Caller = Depends(require(Action.SEE_LESSONS)),
    ctx: Context = Depends(context),
) -> LessonInfo:
    """One lesson."""
    found = await ctx.services.school.lessons.find(caller.principal, LessonId(lesson_id))
    return await _info(ctx, found)


@router.patch("/lessons/{lesson_id}")
async def change_lesson(
    lesson_id: str,
    body: LessonChange,
    caller: Caller = Depends(require(Action.CHANGE_LESSON)),
    ctx: Context = Depends(context),
) -> LessonInfo:
    """Change a scheduled lesson; its rooms and which pictures come first also while it is live."""
    room_ids = None if body.room_ids is None else tuple(RoomId(r) for r in body.room_ids)
    changed = await ctx.services.school.lessons.change(
        caller.principal,
        LessonId(lesson_id),
        plan.LessonChange(
            title=body.title,
            scheduled_start_ms=body.scheduled_start_ms,
            duration_minutes=body.duration_minutes,
            room_ids=room_ids,
            picture_profile=body.picture_profile and PictureProfile(body.picture_profile),
            sound_profile=body.sound_profile and SoundProfile(body.sound_profile),
        ),
    )
    await ctx.registry.plan_changed(changed)
    await _open_if_due(ctx, changed)
    return await _info(ctx, changed)


@router.delete("/lessons/{lesson_id}", status_code=204)
async def delete_lesson(
    lesson_id: str,
    caller: Caller = Depends(require(Action.DELETE_LESSON)),
    ctx: Context = Depends(context),
) -> None:
    """Remove a scheduled lesson."""
    courseware = await ctx.services.school.courseware.listed(LessonId(lesson_id))
    await ctx.services.school.lessons.remove(caller.principal, LessonId(lesson_id))
    await ctx.courseware.forget(courseware)
    await ctx.registry.removed(LessonId(lesson_id))


@router.post("/lessons/{lesson_id}/grant")
async def grant(
    lesson_id: str,
    caller: Caller = Depends(require(Action.ENTER_LESSON)),
    ctx: Context = Depends(context),
) -> Grant:
    """What this caller may do in the lesson, for ten minutes."""
    lesson = await ctx.services.school.lessons.find(caller.principal, LessonId(lesson_id))
    rooms = await ctx.services.school.rooms.invited(lesson.id)
    claims = ctx.grants.claims(caller.principal, lesson, rooms)
    _check_open(ctx, caller.principal, lesson)
    await ctx.registry.open(lesson.id)
    return _grant(ctx.grants.encode(claims), claims, ctx.ice.of(claims))


@router.get("/lessons/{lesson_id}/summary")
async def summary(
    lesson_id: str,
    caller: Caller = Depends(require(Action.SEE_SUMMARY)),
    ctx: Context = Depends(context),
) -> LessonSummary:
    """Who was there, and how."""
    lesson = await ctx.services.school.lessons.find(caller.principal, LessonId(lesson_id))
    rows = await ctx.services.school.attendance.of_lesson(lesson.id)
    return LessonSummary(
        lesson=await _info(ctx, lesson),
        attendance=[attendance_view(row) for row in rows],
        message_count=await message_count(ctx, lesson.id),
        viewers=await _viewers(ctx, lesson.id),
    )


async def _viewers(ctx: Context, lesson_id: LessonId) -> ViewersView | None:
    """As told last, from memory or from the timeline."""
    runner = ctx.registry.find(lesson_id)
    if runner is not None:
        return runner.machine.picture.viewers
    lines = await asyncio.to_thread(ctx.services.timeline.read, lesson_id)
    told = [line for line in lines if '"type":"viewers_changed"' in line]
    try:
        return ViewersChanged.model_validate_json(told[-1]).viewers if told else None
    except ValidationError:
        return None  # a line of another version


async def message_count(ctx: Context, lesson_id: LessonId) -> int:
    """Messages written in a lesson, from memory or from its timeline."""
    runner = ctx.registry.find(lesson_id)
    if runner is not None:
        return runner.machine.picture.message_count
    lines = await asyncio.to_thread(ctx.services.timeline.read, lesson_id)
    return sum('"type":"message_posted"' in line for line in lines)


def _check_open(ctx: Context, principal: Principal, lesson: Lesson) -> None:
    """A lead teacher enters her lesson when she likes, the others once it is open."""
    if lesson.state is LessonState.ENDED:
        raise UserError("lesson-ended")
    is_open = is_due(lesson, ctx.services.clock.wall_ms()) or ctx.registry.find(lesson.id)
    if principal.role is not Role.LEAD_TEACHER and not is_open:
        raise UserError("lesson-not-open")


async def _open_if_due(ctx: Context, lesson: Lesson) -> None:
    if is_due(lesson, ctx.services.clock.wall_ms()):
        await ctx.registry.open(lesson.id)
    ctx.changes.note()


async def _info(ctx: Context, lesson: Lesson) -> LessonInfo:
    return (await _infos(ctx, [lesson]))[0]


async def _infos(ctx: Context, found: Sequence[Lesson]) -> list[LessonInfo]:
    courseware = await ctx.services.school.courseware.progress([lesson.id for lesson in found])
    online = {lesson.id: runner for lesson in found if (runner := ctx.registry.find(lesson.id))}
    return [
        lesson_info(
            lesson,
            rooms_online=online[lesson.id].machine.rooms_online if lesson.id in online else 0,
            courseware=courseware.get(lesson.id, ()),
        )
        for lesson in found
    ]


def _grant(token: str, claims: Claims, ice_servers: list[IceServerView]) -> Grant:
    slots = [slot.value for slot in claims.may_publish]
    return Grant(
        grant=token,
        expires_at_ms=claims.expires_at_ms,
        may_publish=slots,
        may_subscribe=claims.may_subscribe,
        may_moderate=claims.may_moderate,
        whip={slot: f"/whip/{claims.lesson_id}/{slot}" for slot in slots},
        whep=f"/whep/{claims.lesson_id}",
        events=f"/api/lessons/{claims.lesson_id}/events",
        ice_servers=ice_servers,
    )
