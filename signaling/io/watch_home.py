"""What a class's parents may see at all: its lessons of this week."""

import asyncio

from signaling.io.context import Context
from signaling.ports import PlayableRecording
from signaling.protocol.resources_watch import WatchHome, WatchLesson
from streamsvc.base.errors import UserError
from streamsvc.base.ids import LessonId
from streamsvc.base.media import Slot
from streamsvc.school.records import Lesson, LessonState, Principal, WatchLink

LOW_BPS = 70_000
"""Of a low copy, voice and all, while nobody has made it."""
AHEAD_MS = 14 * 24 * 3_600_000


async def watch_home(ctx: Context, principal: Principal) -> WatchHome:
    """The class and its lessons. Raises UserError `watch-link-over`."""
    link, now_ms = await link_of(ctx, principal), ctx.services.clock.wall_ms()
    lessons = await ctx.services.school.lessons.this_week(principal)
    return WatchHome(
        now_ms=now_ms,
        room_id=link.room_id,
        room_name=principal.name,
        school_name=principal.school_name,
        has_replay=link.has_replay,
        lessons=[await _view(ctx, lesson, link) for lesson in lessons],
        next=await _next(ctx, principal, link, now_ms) if _is_over(lessons, now_ms) else None,
    )


async def class_lesson(ctx: Context, principal: Principal, lesson_id: LessonId) -> Lesson:
    """One of the class's lessons of this week. Raises UserError `lesson-unknown`,
    `watch-link-over`."""
    link, runner = await link_of(ctx, principal), ctx.registry.find(lesson_id)
    if runner is not None and link.room_id in runner.machine.roster:
        lesson = runner.machine.lesson  # thousands beat: no query for each
    else:
        lesson = await ctx.services.school.lessons.find(principal, lesson_id)
    if not ctx.services.school.lessons.is_this_week(lesson):
        raise UserError("lesson-unknown")
    return lesson


async def link_of(ctx: Context, principal: Principal) -> WatchLink:
    """The link that this device came by. Raises UserError `watch-link-over`."""
    room_id = principal.room_id
    link = await ctx.services.school.watch_links.of_room(room_id) if room_id else None
    if link is None:
        raise UserError("watch-link-over")
    return link


async def low_bytes(ctx: Context, disk: PlayableRecording) -> int:
    """What a recording takes with low data; where its low copy is not made, by its length."""
    low = await asyncio.to_thread(ctx.services.low_copies.find, disk.recording_id)
    return disk.duration_ms * LOW_BPS // 8_000 if low.bytes is None else low.bytes


async def _next(
    ctx: Context, principal: Principal, link: WatchLink, now_ms: int
) -> WatchLesson | None:
    ahead = await ctx.services.school.lessons.visible(
        principal,
        from_ms=now_ms,
        to_ms=now_ms + AHEAD_MS,
        state=LessonState.SCHEDULED,
        limit=1,
    )
    return await _view(ctx, ahead[0], link) if ahead else None


def _is_over(lessons: list[Lesson], now_ms: int) -> bool:
    return not any(
        lesson.state is LessonState.LIVE
        or (lesson.state is LessonState.SCHEDULED and lesson.scheduled_start_ms > now_ms)
        for lesson in lessons
    )


async def _view(ctx: Context, lesson: Lesson, link: WatchLink) -> WatchLesson:
    is_shown = link.has_replay and lesson.state is LessonState.ENDED
    recording_id = lesson.recording_id if is_shown else None
    disk = None
    if recording_id is not None:
        disk = await asyncio.to_thread(ctx.services.catalog.find, recording_id)
    low = await low_bytes(ctx, disk) if disk is not None else 0
    has_media = disk is not None and any(
        track.playlist and track.slot is Slot.LEAD for track in disk.tracks
    )
    return WatchLesson(
        lesson_id=lesson.id,
        title=lesson.title,
        subject=lesson.subject,
        grade=lesson.grade,
        school_name=lesson.school_name,
        lead_teacher_name=lesson.lead_teacher_name,
        state=lesson.state.value,
        scheduled_start_ms=lesson.scheduled_start_ms,
        duration_minutes=lesson.duration_minutes,
        started_at_ms=lesson.started_at_ms,
        ended_at_ms=lesson.ended_at_ms,
        recording_id=recording_id if has_media else None,
        bytes=disk.bytes if disk is not None else 0,
        low_bytes=low,
    )
