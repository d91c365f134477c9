"""Who sees which objects, and who may change them: decided here, for every query.

Seen objects are selected by a `Reach`; the database code turns it into SQL in one place
(`io/scope.py`). What is out of reach looks as if it did not exist.
"""

from streamsvc.school.records import Lesson, Principal, Recording, Role, Room

AUDIT_KEPT_MS = 190 * 24 * 3600 * 1000
"""Six months and a few days: the law asks for at least six months of logs."""


def manages_room(principal: Principal, room: Room) -> bool:
    """May issue its codes and remove its device: administrators of the subtree, and the teachers of
    its own school."""
    if principal.role in (Role.ADMINISTRATOR, Role.LEAD_TEACHER, Role.HELPER_TEACHER):
        return room.organisation_path.startswith(principal.organisation_path)
    return False


def manages_lesson(principal: Principal, lesson: Lesson) -> bool:
    """May change it: its lead teacher, and administrators of the subtree."""
    if principal.role is Role.ADMINISTRATOR:
        return lesson.organisation_path.startswith(principal.organisation_path)
    return principal.role is Role.LEAD_TEACHER and lesson.lead_teacher_id == principal.person_id


def manages_recording(principal: Principal, recording: Recording) -> bool:
    """May share it: its lead teacher, and administrators of the subtree."""
    if principal.role is Role.ADMINISTRATOR:
        return recording.organisation_path.startswith(principal.organisation_path)
    return principal.role is Role.LEAD_TEACHER and (
        recording.lead_teacher_id == principal.person_id
    )
