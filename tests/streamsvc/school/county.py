"""Two counties of one city, small enough to know by heart.

city ── county_a ── school_a1 (room_a1; lead_a1, colleague_a1, helper_a1, admin_a1)
    │            └─ school_a2 (room_a2; helper_a2, admin_a2)
    └── county_b ── school_b1 (room_b1; lead_b1)

lesson_a1   lead_a1 teaches, invites room_a2        recorded, private
lesson_ac   colleague_a1 teaches, invites nobody    recorded, shared
lesson_b1   lead_b1 teaches, invites room_b1        recorded, shared
lesson_ba   lead_b1 teaches, invites room_a1        not recorded
"""

from dataclasses import dataclass, field

from streamsvc.school.io.school import School
from streamsvc.school.records import (
    OPERATOR,
    Lesson,
    Organisation,
    OrganisationKind,
    Person,
    Principal,
    Recording,
    Role,
    Room,
    RoomKind,
)

PASSWORD = "correct horse"
ADDRESS = "192.0.2.7"

_ORGANISATIONS = (
    ("province", None, OrganisationKind.PROVINCE),
    ("city", "province", OrganisationKind.CITY),
    ("county_a", "city", OrganisationKind.COUNTY),
    ("county_b", "city", OrganisationKind.COUNTY),
    ("school_a1", "county_a", OrganisationKind.SCHOOL),
    ("school_a2", "county_a", OrganisationKind.SCHOOL),
    ("school_b1", "county_b", OrganisationKind.SCHOOL),
)
_PEOPLE = (
    ("admin_city", "city", Role.ADMINISTRATOR),
    ("admin_a", "county_a", Role.ADMINISTRATOR),
    ("admin_a1", "school_a1", Role.ADMINISTRATOR),
    ("admin_a2", "school_a2", Role.ADMINISTRATOR),
    ("admin_b", "county_b", Role.ADMINISTRATOR),
    ("observer_a", "county_a", Role.OBSERVER),
    ("lead_a1", "school_a1", Role.LEAD_TEACHER),
    ("colleague_a1", "school_a1", Role.LEAD_TEACHER),
    ("lead_b1", "school_b1", Role.LEAD_TEACHER),
    ("helper_a1", "school_a1", Role.HELPER_TEACHER),
    ("helper_a2", "school_a2", Role.HELPER_TEACHER),
)
_ROOMS = (("room_a1", "school_a1"), ("room_a2", "school_a2"), ("room_b1", "school_b1"))
_LESSONS = (
    ("lesson_a1", "lead_a1", ("room_a2",)),
    ("lesson_ac", "colleague_a1", ()),
    ("lesson_b1", "lead_b1", ("room_b1",)),
    ("lesson_ba", "lead_b1", ("room_a1",)),
)
_RECORDINGS = (
    ("rec_a1", "lesson_a1", False),
    ("rec_ac", "lesson_ac", True),
    ("rec_b1", "lesson_b1", True),
)


@dataclass
class County:
    """Everything by its name."""

    organisations: dict[str, Organisation] = field(default_factory=dict)
    people: dict[str, Person] = field(default_factory=dict)
    rooms: dict[str, Room] = field(default_factory=dict)
    lessons: dict[str, Lesson] = field(default_factory=dict)
    recordings: dict[str, Recording] = field(default_factory=dict)

    def principal(self, name: str) -> Principal:
        """A person by name, or a room's terminal (`room_a1`) or phone (`phone_a1`)."""
        if name in self.people:
            person = self.people[name]
            return Principal(person.role, person.organisation_path, name, person_id=person.id)
        is_phone = name.startswith("phone")
        room = self.rooms[name.replace("phone", "room")]
        role = Role.PHONE if is_phone else Role.ROOM
        return Principal(role, room.organisation_path, name, room_id=room.id)


async def make_county(school: School) -> County:
    """Make it all as the operator."""
    county = County()
    for name, parent, kind in _ORGANISATIONS:
        parent_id = None if parent is None else county.organisations[parent].id
        county.organisations[name] = await school.organisations.add(
            OPERATOR, parent_id=parent_id, kind=kind, name=name
        )
    for name, organisation, role in _PEOPLE:
        county.people[name] = await school.people.add(
            OPERATOR,
            organisation_id=county.organisations[organisation].id,
            login=name,
            name=name,
            role=role,
            password=PASSWORD,
        )
    for name, organisation in _ROOMS:
        county.rooms[name] = await school.rooms.add(
            OPERATOR,
            organisation_id=county.organisations[organisation].id,
            name=name,
            kind=RoomKind.RECV_ROOM,
        )
    await _make_lessons(school, county)
    return county


async def _make_lessons(school: School, county: County) -> None:
    for name, teacher, rooms in _LESSONS:
        county.lessons[name] = await school.lessons.add(
            OPERATOR,
            title=name,
            lead_teacher_id=county.people[teacher].id,
            room_ids=[county.rooms[room].id for room in rooms],
        )
    for name, lesson, is_shared in _RECORDINGS:
        recording = await school.recordings.open(county.lessons[lesson].id)
        county.recordings[name] = await school.recordings.share(
            OPERATOR, recording.id, is_shared=is_shared
        )
