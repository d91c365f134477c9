"""A demo county, so that a newcomer has something to open."""

import json
import os
from dataclasses import dataclass
from pathlib import Path

from streamsvc.base.errors import EnvironmentFault
from streamsvc.base.ids import OrganisationId, RoomId, new_id
from streamsvc.school.codes import HOUR_MS, MINUTE_MS
from streamsvc.school.io.school import School
from streamsvc.school.records import (
    OPERATOR,
    Course,
    JoinCode,
    Lesson,
    LessonState,
    Organisation,
    OrganisationKind,
    Person,
    Role,
    Room,
    RoomKind,
)

_TREE = (
    (OrganisationKind.PROVINCE, "云川省"),
    (OrganisationKind.CITY, "安河市"),
    (OrganisationKind.COUNTY, "云岭县"),
)
_LEAD_SCHOOL = "云岭县实验小学"
_RECEIVING_SCHOOL = "河口小学"
_LEAD_ROOM = "录播教室"
_ROOMS = ("三年级一班", "三年级二班", "大坪教学点")
_PEOPLE = (
    ("linxiaoyan", "林晓燕", Role.LEAD_TEACHER, _LEAD_SCHOOL),
    ("wangfang", "王芳", Role.HELPER_TEACHER, _RECEIVING_SCHOOL),
    ("lijianguo", "李建国", Role.HELPER_TEACHER, _RECEIVING_SCHOOL),
    ("zhouming", "周明", Role.ADMINISTRATOR, "云岭县"),
    ("chenjing", "陈静", Role.OBSERVER, "云岭县"),
)
_COURSE = "三年级数学同步课"
_LESSON = "分数的初步认识"
_SUBJECT = "数学"
_GRADE = "三年级"


@dataclass(frozen=True, slots=True)
class DemoCounty:
    """What to print for the newcomer."""

    password: str
    """Of every demo account: made by chance on this machine."""
    people: tuple[Person, ...]
    """Lead teacher, two helper teachers, administrator, observer."""
    lead_room: Room
    rooms: tuple[Room, ...]
    """The three receiving rooms."""
    join_codes: tuple[JoinCode, ...]
    """One for each receiving room, good for an hour; a new device takes the old one's place."""
    lesson: Lesson
    """Live, or due within the hour."""


async def seed_demo(school: School, folder: Path) -> DemoCounty:
    """Make the demo county, or complete it; safe to repeat. The password is kept in
    `folder`/demo.json (mode 0600); where that file was lost the accounts get a new password.
    Raises EnvironmentFault `demo-password-unusable`."""
    password, is_new = demo_password(folder / "demo.json")
    county = await _branch(school)
    schools = {
        name: await _organisation(school, county.id, OrganisationKind.SCHOOL, name)
        for name in (_LEAD_SCHOOL, _RECEIVING_SCHOOL)
    }
    people = await _people(school, {**schools, county.name: county}, password, is_new)
    lead_room = await _room(school, schools[_LEAD_SCHOOL].id, _LEAD_ROOM, RoomKind.LEAD_ROOM)
    rooms = [
        await _room(school, schools[_RECEIVING_SCHOOL].id, name, RoomKind.RECV_ROOM)
        for name in _ROOMS
    ]
    return DemoCounty(
        password=password,
        people=tuple(people),
        lead_room=lead_room,
        rooms=tuple(rooms),
        join_codes=tuple([await _join_code(school, room) for room in rooms]),
        lesson=await _lesson(school, people[0], [room.id for room in rooms]),
    )


def demo_password(path: Path) -> tuple[str, bool]:
    """The password in the file, and whether it was made just now."""
    try:
        if path.exists():
            return str(json.loads(path.read_text())["password"]), False
        password = "-".join(new_id("", 4)[1:] for _ in range(3))
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump({"password": password}, file)
    except (OSError, ValueError, KeyError) as error:
        raise EnvironmentFault(
            "demo-password-unusable", path=str(path), reason=type(error).__name__
        ) from error
    return password, True


async def _branch(school: School) -> Organisation:
    """Province, city, county: the county."""
    parent_id: OrganisationId | None = None
    for kind, name in _TREE:
        node = await _organisation(school, parent_id, kind, name)
        parent_id = node.id
    return node


async def _organisation(
    school: School, parent_id: OrganisationId | None, kind: OrganisationKind, name: str
) -> Organisation:
    for node in await school.organisations.visible(OPERATOR):
        if (node.parent_id, node.name) == (parent_id, name):
            return node
    return await school.organisations.add(OPERATOR, parent_id=parent_id, kind=kind, name=name)


async def _people(
    school: School, organisations: dict[str, Organisation], password: str, is_new: bool
) -> list[Person]:
    present = {person.login: person for person in await school.people.visible(OPERATOR)}
    people = []
    for login, name, role, organisation in _PEOPLE:
        if login not in present:
            person = await school.people.add(
                OPERATOR,
                organisation_id=organisations[organisation].id,
                login=login,
                name=name,
                role=role,
                password=password,
            )
        elif is_new:
            person = await school.people.change(OPERATOR, present[login].id, password=password)
        else:
            person = present[login]
        people.append(person)
    return people


async def _room(school: School, organisation_id: OrganisationId, name: str, kind: RoomKind) -> Room:
    for room in await school.rooms.visible(OPERATOR):
        if (room.organisation_id, room.name) == (organisation_id, name):
            return room
    return await school.rooms.add(OPERATOR, organisation_id=organisation_id, name=name, kind=kind)


async def _join_code(school: School, room: Room) -> JoinCode:
    return await school.join_codes.issue(OPERATOR, room.id, lifetime_ms=HOUR_MS)


async def _lesson(school: School, teacher: Person, room_ids: list[RoomId]) -> Lesson:
    """The teacher's live lesson, or the one due within the hour, or a new one due now. One that
    is past its planned end is left to end by itself: a county run overnight starts a fresh one."""
    now_ms = school.database.clock.wall_ms()
    lessons = await school.lessons.live()
    lessons += await school.lessons.visible(
        OPERATOR,
        from_ms=now_ms - HOUR_MS,
        to_ms=now_ms + HOUR_MS,
        state=LessonState.SCHEDULED,
    )
    for lesson in lessons:
        end_ms = lesson.scheduled_start_ms + lesson.duration_minutes * MINUTE_MS
        if lesson.lead_teacher_id == teacher.id and end_ms > now_ms:
            return lesson
    course = await _course(school, teacher.organisation_id)
    return await school.lessons.add(
        OPERATOR,
        title=_LESSON,
        course_id=course.id,
        lead_teacher_id=teacher.id,
        scheduled_start_ms=now_ms,
        room_ids=room_ids,
    )


async def _course(school: School, organisation_id: OrganisationId) -> Course:
    for course in await school.courses.visible(OPERATOR):
        if (course.organisation_id, course.title) == (organisation_id, _COURSE):
            return course
    return await school.courses.add(
        OPERATOR, organisation_id=organisation_id, title=_COURSE, subject=_SUBJECT, grade=_GRADE
    )
