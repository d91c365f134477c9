"""Records of the school as the bodies of the API."""

from signaling.protocol.messages import LadderView
from signaling.protocol.resources import (
    AttendanceView,
    CommentView,
    CourseView,
    LessonInfo,
    LevelTimes,
    OrganisationView,
    PersonView,
    RoomInfo,
    RoomPolicy,
)
from streamsvc.base.ids import PersonId
from streamsvc.school.records import (
    Attendance,
    Comment,
    Course,
    Lesson,
    Organisation,
    Person,
    Role,
    Room,
)

STAFF_ROLES = {
    Role.ADMINISTRATOR: "administrator",
    Role.LEAD_TEACHER: "lead_teacher",
    Role.HELPER_TEACHER: "helper_teacher",
    Role.OBSERVER: "observer",
}


def organisation_view(organisation: Organisation) -> OrganisationView:
    """An organisation."""
    return OrganisationView(
        organisation_id=organisation.id,
        parent_id=organisation.parent_id,
        kind=organisation.kind.value,
        name=organisation.name,
        school_code=organisation.school_code,
    )


def person_view(person: Person) -> PersonView:
    """An account."""
    return PersonView.model_validate(
        {
            "person_id": person.id,
            "name": person.name,
            "login": person.login,
            "role": STAFF_ROLES[person.role],
            "organisation_id": person.organisation_id,
            "organisation_name": person.organisation_name,
            "is_active": person.is_active,
        }
    )


def room_info(room: Room, *, is_online: bool, ladder: LadderView | None = None) -> RoomInfo:
    """A room."""
    return RoomInfo(
        room_id=room.id,
        organisation_id=room.organisation_id,
        school_name=room.school_name,
        name=room.name,
        kind=room.kind.value,
        has_device=room.has_device,
        is_online=is_online,
        policy=RoomPolicy(
            most_kbps=room.policy.most_kbps,
            is_voice_and_slides=room.policy.is_voice_and_slides,
            is_satellite=room.policy.is_satellite,
        ),
        ladder=ladder,
    )


def course_view(course: Course) -> CourseView:
    """A course."""
    return CourseView(
        course_id=course.id,
        title=course.title,
        subject=course.subject,
        grade=course.grade,
        organisation_id=course.organisation_id,
    )


def lesson_info(lesson: Lesson, *, rooms_online: int) -> LessonInfo:
    """A lesson."""
    return LessonInfo(
        lesson_id=lesson.id,
        organisation_id=lesson.organisation_id,
        school_name=lesson.school_name,
        course_id=lesson.course_id,
        title=lesson.title,
        subject=lesson.subject,
        grade=lesson.grade,
        kind=lesson.kind.value,
        state=lesson.state.value,
        lead_teacher_id=lesson.lead_teacher_id,
        lead_teacher_name=lesson.lead_teacher_name,
        scheduled_start_ms=lesson.scheduled_start_ms,
        duration_minutes=lesson.duration_minutes,
        started_at_ms=lesson.started_at_ms,
        ended_at_ms=lesson.ended_at_ms,
        room_ids=list(lesson.room_ids),
        rooms_online=rooms_online,
        is_adhoc=lesson.is_adhoc,
        recording_id=lesson.recording_id,
        picture_profile=lesson.picture_profile.value,
    )


def attendance_view(row: Attendance) -> AttendanceView:
    """One room's evidence."""
    return AttendanceView(
        room_id=row.room_id,
        room_name=row.room_name,
        school_name=row.school_name,
        first_joined_ms=row.first_joined_ms,
        last_seen_ms=row.last_seen_ms,
        voice_ms=row.voice_ms,
        picture_ms=row.picture_ms,
        cut_off_ms=row.cut_off_ms,
        stage_count=row.stage_count,
        stage_ms=row.stage_ms,
        hand_count=row.hand_count,
        levels=LevelTimes(
            voice_ms=row.at_voice_ms,
            slides_ms=row.at_slides_ms,
            low_video_ms=row.at_low_video_ms,
            high_video_ms=row.at_high_video_ms,
            screen_video_ms=row.at_screen_video_ms,
        ),
    )


def comment_view(comment: Comment, reader: PersonId | None) -> CommentView:
    """A remark, as `reader` sees it."""
    return CommentView(
        comment_id=comment.id,
        author_id=comment.author_id,
        author_name=comment.author_name,
        at_ms=comment.at_ms,
        text=comment.text,
        created_at_ms=comment.created_at_ms,
        is_mine=comment.author_id == reader,
    )
