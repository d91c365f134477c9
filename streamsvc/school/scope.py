"""Who sees which objects, and who may change them: decided here, for every query.

Seen objects are described by a `Reach`; the database code turns it into SQL in one place
(`io/scope.py`). What is out of reach looks as if it did not exist.
"""

from dataclasses import dataclass

from streamsvc.base.ids import PersonId, RoomId
from streamsvc.school.organisations import county_path, is_within
from streamsvc.school.records import Lesson, Principal, Recording, Role, Room


@dataclass(frozen=True, slots=True)
class Reach:
    """What one principal sees, as alternatives: an object is seen if any of its lines says so.
    Paths are subtrees; None reaches nothing."""

    organisations_within: str | None = None
    """Organisations; and courses, also those of the organisations above."""
    people_within: str | None = None
    person_id: PersonId | None = None
    """One's own account."""
    rooms_within: str | None = None
    room_id: RoomId | None = None
    """A device's own room."""
    lessons_within: str | None = None
    """Lessons of these schools."""
    invited_within: str | None = None
    """Lessons that invite a room of these schools."""
    invited_room_id: RoomId | None = None
    """Lessons that invite this room."""
    lead_teacher_id: PersonId | None = None
    """Lessons and recordings of one's own."""
    recordings_within: str | None = None
    shared_within: str | None = None
    """Recordings that were shared."""
    audit_within: str | None = None


def reach_of(principal: Principal) -> Reach:
    """The table of who sees what."""
    own, county = principal.organisation_path, county_path(principal.organisation_path)
    match principal.role:
        case Role.ADMINISTRATOR:
            return Reach(
                organisations_within=own,
                people_within=own,
                rooms_within=own,
                lessons_within=own,
                invited_within=own,
                recordings_within=own,
                shared_within=county,
                audit_within=own,
                person_id=principal.person_id,
            )
        case Role.LEAD_TEACHER:
            return Reach(
                organisations_within=own,
                rooms_within=county,
                lead_teacher_id=principal.person_id,
                shared_within=county,
                person_id=principal.person_id,
            )
        case Role.HELPER_TEACHER:
            return Reach(
                organisations_within=own,
                rooms_within=own,
                invited_within=own,
                shared_within=county,
                person_id=principal.person_id,
            )
        case Role.OBSERVER:
            return Reach(
                organisations_within=own,
                rooms_within=own,
                lessons_within=own,
                invited_within=own,
                shared_within=county,
                person_id=principal.person_id,
            )
        case Role.ROOM | Role.PHONE:
            return Reach(room_id=principal.room_id, invited_room_id=principal.room_id)
        case Role.CAMERA:
            return Reach()
        case Role.VIEWER:
            return Reach(invited_room_id=principal.room_id)
        case Role.CAPTIONER:
            return Reach()  # its key opens its lesson, and nothing is looked up for it


def manages_room(principal: Principal, room: Room) -> bool:
    """May issue its codes and remove its device: administrators of the subtree, and the teachers of
    its own school."""
    if principal.role in (Role.ADMINISTRATOR, Role.LEAD_TEACHER, Role.HELPER_TEACHER):
        return is_within(room.organisation_path, principal.organisation_path)
    return False


def manages_watch_link(principal: Principal, room: Room) -> bool:
    """May make, renew and revoke the link by which a class's parents watch: administrators of the
    subtree, and the helper teachers of its own school."""
    if principal.role in (Role.ADMINISTRATOR, Role.HELPER_TEACHER):
        return is_within(room.organisation_path, principal.organisation_path)
    return False


def manages_lesson(principal: Principal, lesson: Lesson) -> bool:
    """May change it: its lead teacher, and administrators of the subtree."""
    return _manages(principal, lesson.organisation_path, lesson.lead_teacher_id)


def manages_recording(principal: Principal, recording: Recording) -> bool:
    """May share it: its lead teacher, and administrators of the subtree."""
    return _manages(principal, recording.organisation_path, recording.lead_teacher_id)


def _manages(principal: Principal, path: str, lead_teacher_id: PersonId | None) -> bool:
    if principal.role is Role.ADMINISTRATOR:
        return is_within(path, principal.organisation_path)
    is_lead = principal.role is Role.LEAD_TEACHER and principal.person_id is not None
    return is_lead and lead_teacher_id == principal.person_id
