"""The record of a lesson as the wire shows it."""

from signaling.protocol.lesson_views import LessonView
from streamsvc.school.records import Lesson


def lesson_view(lesson: Lesson) -> LessonView:
    """The lesson as its participants see it."""
    return LessonView(
        lesson_id=lesson.id,
        title=lesson.title,
        subject=lesson.subject,
        grade=lesson.grade,
        school_name=lesson.school_name,
        lead_teacher_name=lesson.lead_teacher_name,
        kind=lesson.kind.value,
        state=lesson.state.value,
        scheduled_start_ms=lesson.scheduled_start_ms,
        duration_minutes=lesson.duration_minutes,
        started_at_ms=lesson.started_at_ms,
        ended_at_ms=lesson.ended_at_ms,
    )
