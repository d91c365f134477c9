"""The one place where a query is narrowed to what its caller may see."""

from collections.abc import Callable

from sqlalchemy import ColumnElement, Select, exists, false, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from streamsvc.school.io.tables import (
    AuditRow,
    CourseRow,
    CoursewareRow,
    LessonRoomRow,
    LessonRow,
    OrganisationRow,
    PersonRow,
    RecordingRow,
    RoomCheckRow,
    RoomRow,
    Table,
)
from streamsvc.school.organisations import paths_above
from streamsvc.school.records import Principal
from streamsvc.school.scope import Reach, reach_of

Condition = ColumnElement[bool]


def visible(principal: Principal, table: type[Table]) -> Condition:
    """Condition for `where()`: the rows of `table` that `principal` may see."""
    return or_(false(), *_CONDITIONS[table](reach_of(principal)))


def _within(organisation_id: InstrumentedAttribute[str], subtree: str | None) -> list[Condition]:
    if subtree is None:
        return []
    below = select(OrganisationRow.id).where(_path_within(OrganisationRow.path, subtree))
    return [organisation_id.in_(below)]


def _path_within(path: InstrumentedAttribute[str], subtree: str) -> Condition:
    # ids hold `_`, which LIKE takes for any character
    return path.startswith(subtree, autoescape=True)


def _is(
    column: InstrumentedAttribute[str] | InstrumentedAttribute[str | None], own: str | None
) -> list[Condition]:
    return [] if own is None else [column == own]


def _organisations(reach: Reach) -> list[Condition]:
    if reach.organisations_within is None:
        return []
    return [_path_within(OrganisationRow.path, reach.organisations_within)]


def _people(reach: Reach) -> list[Condition]:
    return _within(PersonRow.organisation_id, reach.people_within) + _is(
        PersonRow.id, reach.person_id
    )


def _rooms(reach: Reach) -> list[Condition]:
    return _within(RoomRow.organisation_id, reach.rooms_within) + _is(RoomRow.id, reach.room_id)


def _room_checks(reach: Reach) -> list[Condition]:
    """Those of every room one sees."""
    rooms = select(RoomRow.id).where(or_(false(), *_rooms(reach)))
    return [RoomCheckRow.room_id.in_(rooms)]


def _courses(reach: Reach) -> list[Condition]:
    if reach.organisations_within is None:
        return []
    above = select(OrganisationRow.id).where(
        OrganisationRow.path.in_(paths_above(reach.organisations_within))
    )
    return [
        *_within(CourseRow.organisation_id, reach.organisations_within),
        CourseRow.organisation_id.in_(above),
    ]


def _lessons(reach: Reach) -> list[Condition]:
    return [
        *_within(LessonRow.organisation_id, reach.lessons_within),
        *_is(LessonRow.lead_teacher_id, reach.lead_teacher_id),
        *(_inviting(rooms) for rooms in _invited(reach)),
    ]


def _courseware(reach: Reach) -> list[Condition]:
    """That of every lesson one sees."""
    lessons = select(LessonRow.id).where(or_(false(), *_lessons(reach)))
    return [CoursewareRow.lesson_id.in_(lessons)]


def _invited(reach: Reach) -> list[Select[str]]:
    """Rooms whose invitation shows a lesson."""
    rooms = select(RoomRow.id)
    conditions = _within(RoomRow.organisation_id, reach.invited_within)
    conditions += _is(RoomRow.id, reach.invited_room_id)
    return [rooms.where(condition) for condition in conditions]


def _inviting(rooms: Select[str]) -> Condition:
    return exists().where(LessonRoomRow.lesson_id == LessonRow.id, LessonRoomRow.room_id.in_(rooms))


def _recordings(reach: Reach) -> list[Condition]:
    shared = _within(RecordingRow.organisation_id, reach.shared_within)
    return [
        *_within(RecordingRow.organisation_id, reach.recordings_within),
        *_is(RecordingRow.lead_teacher_id, reach.lead_teacher_id),
        *(RecordingRow.is_shared & condition for condition in shared),
    ]


def _audit(reach: Reach) -> list[Condition]:
    return (
        []
        if reach.audit_within is None
        else [_path_within(AuditRow.actor_path, reach.audit_within)]
    )


_CONDITIONS: dict[type[Table], Callable[[Reach], list[Condition]]] = {
    OrganisationRow: _organisations,
    PersonRow: _people,
    RoomRow: _rooms,
    RoomCheckRow: _room_checks,
    CourseRow: _courses,
    LessonRow: _lessons,
    CoursewareRow: _courseware,
    RecordingRow: _recordings,
    AuditRow: _audit,
}
