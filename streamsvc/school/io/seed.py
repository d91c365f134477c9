"""A demo county, so that a newcomer has something to open."""

from dataclasses import dataclass
from pathlib import Path

from streamsvc.school.io.school import School
from streamsvc.school.records import JoinCode, Lesson, Person, Room


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
    """One for each receiving room that has no device yet, good for an hour."""
    lesson: Lesson
    """Live, or scheduled within the hour."""


async def seed_demo(school: School, folder: Path) -> DemoCounty:
    """Make the demo county, or complete it; safe to repeat. The password is kept in
    `folder`/demo.json (mode 0600). Raises EnvironmentFault `database-unusable`."""
    raise NotImplementedError
