"""Who sees what, for every role and object: `visible` and `find` must agree with this table."""

import pytest

from streamsvc.base.errors import UserError
from streamsvc.school.io.school import School
from tests.streamsvc.school.county import County

TREE_A = "county_a school_a1 school_a2"
PEOPLE_A1 = "admin_a1 lead_a1 colleague_a1 helper_a1"
PEOPLE_A = f"{PEOPLE_A1} admin_a admin_a2 observer_a helper_a2"
ROOMS_A = "room_a1 room_a2"
LESSONS_A = "lesson_a1 lesson_ac lesson_ba"

SEES = {
    # principal: organisations, people, rooms, lessons, recordings
    "admin_city": (
        f"city {TREE_A} county_b school_b1",
        f"admin_city admin_b lead_b1 {PEOPLE_A}",
        f"{ROOMS_A} room_b1",
        f"{LESSONS_A} lesson_b1",
        "rec_a1 rec_ac rec_b1",
    ),
    "admin_a": (TREE_A, PEOPLE_A, ROOMS_A, LESSONS_A, "rec_a1 rec_ac"),
    "admin_a1": ("school_a1", PEOPLE_A1, "room_a1", LESSONS_A, "rec_a1 rec_ac"),
    "admin_a2": ("school_a2", "admin_a2 helper_a2", "room_a2", "lesson_a1", "rec_ac"),
    "admin_b": (
        "county_b school_b1",
        "admin_b lead_b1",
        "room_b1",
        "lesson_b1 lesson_ba",
        "rec_b1",
    ),
    "observer_a": (TREE_A, "observer_a", ROOMS_A, LESSONS_A, "rec_ac"),
    "lead_a1": ("school_a1", "lead_a1", ROOMS_A, "lesson_a1", "rec_a1 rec_ac"),
    "colleague_a1": ("school_a1", "colleague_a1", ROOMS_A, "lesson_ac", "rec_ac"),
    "lead_b1": ("school_b1", "lead_b1", "room_b1", "lesson_b1 lesson_ba", "rec_b1"),
    "helper_a1": ("school_a1", "helper_a1", "room_a1", "lesson_ba", "rec_ac"),
    "helper_a2": ("school_a2", "helper_a2", "room_a2", "lesson_a1", "rec_ac"),
    "room_a1": ("", "", "room_a1", "lesson_ba", ""),
    "room_a2": ("", "", "room_a2", "lesson_a1", ""),
    "room_b1": ("", "", "room_b1", "lesson_b1", ""),
    "phone_a1": ("", "", "room_a1", "lesson_ba", ""),
    "phone_a2": ("", "", "room_a2", "lesson_a1", ""),
}
KINDS = ("organisations", "people", "rooms", "lessons", "recordings")
UNKNOWN = {
    "organisations": "organisation-unknown",
    "people": "person-unknown",
    "rooms": "room-unknown",
    "lessons": "lesson-unknown",
    "recordings": "recording-unknown",
}


def test_the_table_names_every_role(county: County) -> None:
    missing = county.people.keys() - SEES.keys()
    assert not missing


@pytest.mark.parametrize("name", SEES)
async def test_lists_hold_what_is_seen_and_nothing_else(
    school: School, county: County, name: str
) -> None:
    for kind, expected in zip(KINDS, SEES[name], strict=True):
        names = {thing.id: key for key, thing in getattr(county, kind).items()}
        seen = await getattr(school, kind).visible(county.principal(name))
        assert {names[thing.id] for thing in seen} == set(expected.split()), kind
        assert len(seen) == len(expected.split()), f"{kind}: listed twice"


@pytest.mark.parametrize("name", SEES)
async def test_what_is_not_seen_does_not_exist(school: School, county: County, name: str) -> None:
    principal = county.principal(name)
    for kind, expected in zip(KINDS, SEES[name], strict=True):
        find = getattr(school, kind).find
        for key, thing in getattr(county, kind).items():
            if key in expected.split():
                assert (await find(principal, thing.id)).id == thing.id
                continue
            with pytest.raises(UserError) as caught:
                await find(principal, thing.id)
            assert caught.value.error_id == UNKNOWN[kind]


async def test_an_underscore_in_an_id_stands_for_itself(school: School, county: County) -> None:
    """`_` is any character to LIKE: a path that differs there only must not match."""
    admin = county.principal("admin_a")
    forged = admin.__class__(
        admin.role, admin.organisation_path.replace("org_", "org-"), "x", person_id=admin.person_id
    )
    assert await school.organisations.visible(forged) == []


async def test_courses_of_the_county_reach_its_schools(school: School, county: County) -> None:
    course = await school.courses.add(
        county.principal("admin_a"),
        organisation_id=county.organisations["county_a"].id,
        title="math",
        subject="math",
        grade="3",
    )
    assert [c.id for c in await school.courses.visible(county.principal("lead_a1"))] == [course.id]
    assert await school.courses.visible(county.principal("lead_b1")) == []
