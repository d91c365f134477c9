"""Who may change what, beyond seeing it. Who sees what: `io/test_scope.py`, on the database."""

import pytest

from streamsvc.school.scope import manages_lesson, manages_recording, manages_room
from tests.streamsvc.school.county import County

MANAGES = {
    # principal: rooms, lessons, recordings
    "admin_city": (
        "room_a1 room_a2 room_b1",
        "lesson_a1 lesson_ac lesson_b1 lesson_ba",
        "rec_a1 rec_ac rec_b1",
    ),
    "admin_a": ("room_a1 room_a2", "lesson_a1 lesson_ac", "rec_a1 rec_ac"),
    "admin_a1": ("room_a1", "lesson_a1 lesson_ac", "rec_a1 rec_ac"),
    "admin_a2": ("room_a2", "", ""),
    "observer_a": ("", "", ""),
    "lead_a1": ("room_a1", "lesson_a1", "rec_a1"),
    "colleague_a1": ("room_a1", "lesson_ac", "rec_ac"),
    "lead_b1": ("room_b1", "lesson_b1 lesson_ba", "rec_b1"),
    "helper_a2": ("room_a2", "", ""),
    "room_a1": ("", "", ""),
    "phone_a1": ("", "", ""),
}


@pytest.mark.parametrize("name", MANAGES)
def test_who_manages_what(county: County, name: str) -> None:
    principal = county.principal(name)
    managed = (
        {key for key, room in county.rooms.items() if manages_room(principal, room)},
        {key for key, lesson in county.lessons.items() if manages_lesson(principal, lesson)},
        {key for key, rec in county.recordings.items() if manages_recording(principal, rec)},
    )
    assert managed == tuple(set(names.split()) for names in MANAGES[name])
