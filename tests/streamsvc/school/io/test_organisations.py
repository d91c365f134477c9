from dataclasses import dataclass

import pytest

from streamsvc.school.io.school import School
from streamsvc.school.records import OPERATOR, OrganisationKind
from tests.streamsvc.school.county import County
from tests.streamsvc.school.io.refusal import refusal

SCHOOL, COUNTY = OrganisationKind.SCHOOL, OrganisationKind.COUNTY


async def test_a_county_adds_its_schools(school: School, county: County) -> None:
    admin = county.principal("admin_a")
    parent = county.organisations["county_a"]
    added = await school.organisations.add(
        admin, parent_id=parent.id, kind=SCHOOL, name="new", school_code="3133000001"
    )
    assert added.path == f"{parent.path}{added.id}/"
    assert await school.organisations.find(admin, added.id) == added


@dataclass(frozen=True)
class New:
    """A node to add, and why it can't be."""

    parent: str | None
    kind: OrganisationKind
    error_id: str
    name: str = "new"
    code: str | None = None


@pytest.mark.parametrize(
    "new",
    [
        New("county_b", SCHOOL, "organisation-unknown"),
        New(None, OrganisationKind.PROVINCE, "organisation-unknown"),
        New("county_a", COUNTY, "organisation-kind-wrong"),
        New("school_a1", SCHOOL, "organisation-kind-wrong"),
        New("county_a", SCHOOL, "organisation-taken", name="school_a1"),
        New("county_a", SCHOOL, "organisation-taken", code="1234567890"),
    ],
)
async def test_what_can_not_be_added(school: School, county: County, new: New) -> None:
    await school.organisations.add(
        OPERATOR,
        parent_id=county.organisations["county_b"].id,
        kind=SCHOOL,
        name="taken",
        school_code="1234567890",
    )
    call = school.organisations.add(
        county.principal("admin_a"),
        parent_id=None if new.parent is None else county.organisations[new.parent].id,
        kind=new.kind,
        name=new.name,
        school_code=new.code,
    )
    assert await refusal(call) == new.error_id
