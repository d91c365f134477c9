"""Records of the school as the bodies of the API."""

from collections.abc import Iterable

from signaling.protocol.catalogue import error_body
from signaling.protocol.lesson_views import CoursewareView, ErrorBody, LadderView
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
from signaling.protocol.resources_courseware import Courseware as Manifest
from signaling.protocol.resources_courseware import SlideFile, SlideView
from streamsvc.base.courseware import Slide, SlidePicture
from streamsvc.base.errors import UserError
from streamsvc.base.ids import PersonId
from streamsvc.school.records import (
    Attendance,
    Comment,
    Course,
    Courseware,
    CoursewareProgress,
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

MAX_ENDING = 5
"""Of a file name; a longer one is part of the name."""


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


def lesson_info(
    lesson: Lesson, *, rooms_online: int, courseware: Iterable[CoursewareProgress]
) -> LessonInfo:
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
        sound_profile=lesson.sound_profile.value,
        courseware=[courseware_progress(one) for one in courseware],
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


def courseware_view(courseware: Courseware) -> CoursewareView:
    """How far a file is, for those who are in the lesson."""
    return CoursewareView(
        courseware_id=courseware.id,
        title=courseware.title,
        status=courseware.status.value,
        done_slides=len(courseware.slides),
        total_slides=courseware.total_slides,
        error=_courseware_error(courseware),
    )


def courseware_progress(progress: CoursewareProgress) -> CoursewareView:
    """The same, for those who plan it."""
    return CoursewareView(
        courseware_id=progress.id,
        title=progress.title,
        status=progress.status.value,
        done_slides=progress.done_slides,
        total_slides=progress.total_slides,
        error=_courseware_error(progress),
    )


def courseware_manifest(courseware: Courseware, place: str | None = None) -> Manifest:
    """A file with all of its slides, which are fetched from under `place`: their lesson's address,
    if it is None."""
    under = place or f"/api/lessons/{courseware.lesson_id}"
    return Manifest(
        courseware_id=courseware.id,
        lesson_id=courseware.lesson_id,
        title=courseware.title,
        status=courseware.status.value,
        done_slides=len(courseware.slides),
        total_slides=courseware.total_slides,
        error=_courseware_error(courseware),
        slides=[_slide_view(under, slide) for slide in courseware.slides],
    )


def courseware_title(file_name: str) -> str:
    """What a file is called on the pages: its name without folder and ending."""
    name = file_name.replace("\\", "/").rpartition("/")[2]
    line = " ".join("".join(c if c.isprintable() else " " for c in name).split())
    stem, dot, ending = line.rpartition(".")
    return (stem if dot and stem and len(ending) <= MAX_ENDING else line)[:80].strip()


def _courseware_error(courseware: Courseware | CoursewareProgress) -> ErrorBody | None:
    if courseware.error_id is None:
        return None
    return error_body(UserError(courseware.error_id, **courseware.error_details))


def _slide_view(place: str, slide: Slide) -> SlideView:
    def file(picture: SlidePicture) -> SlideFile:
        url = f"{place}/slides/{picture.sha256}.webp"
        return SlideFile(url=url, bytes=picture.bytes, sha256=picture.sha256)

    return SlideView(
        number=slide.number,
        width=slide.width,
        height=slide.height,
        alt=slide.alt,
        preview=slide.preview,
        small=file(slide.small),
        medium=file(slide.medium),
        large=file(slide.large),
    )
