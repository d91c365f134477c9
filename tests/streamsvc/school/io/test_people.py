from streamsvc.base.ids import PersonId
from streamsvc.school.io.school import School
from streamsvc.school.records import Person, Principal, Role, SignInKind
from tests.streamsvc.school.county import ADDRESS, PASSWORD, County
from tests.streamsvc.school.io.refusal import refusal


async def add(school: School, county: County, where: str, login: str, role: Role) -> Person:
    return await school.people.add(
        county.principal("admin_a"),
        organisation_id=county.organisations[where].id,
        login=login,
        name="New",
        role=role,
        password=PASSWORD,
    )


async def token_of(school: School, login: str) -> str:
    return (await school.sign_ins.sign_in(login, PASSWORD, ADDRESS)).token


async def is_signed_in(school: School, token: str) -> bool:
    return await school.sign_ins.principal_of(token, SignInKind.STAFF) is not None


async def test_an_administrator_adds_people_below_her(school: School, county: County) -> None:
    person = await add(school, county, "school_a2", "New.Login", Role.LEAD_TEACHER)
    assert (person.login, person.organisation_name) == ("new.login", "school_a2")
    assert await refusal(school.sign_ins.sign_in("NEW.login ", PASSWORD, ADDRESS)) is None


async def test_what_can_not_be_added(school: School, county: County) -> None:
    role = Role.LEAD_TEACHER
    refused = [
        await refusal(add(school, county, "school_b1", "new", role)),
        await refusal(add(school, county, "school_a1", "LEAD_B1", role)),
        await refusal(add(school, county, "school_a1", "new", Role.ROOM)),
    ]
    assert refused == ["organisation-unknown", "login-taken", "role-unknown"]


async def test_a_changed_name_leaves_her_signed_in(school: School, county: County) -> None:
    token = await token_of(school, "lead_a1")
    admin, person = county.principal("admin_a"), county.people["lead_a1"]
    changed = await school.people.change(admin, person.id, name="Lin", role=Role.LEAD_TEACHER)
    assert changed.name == "Lin"
    assert await is_signed_in(school, token)


async def test_a_new_password_role_or_deactivation_signs_her_out(
    school: School, county: County
) -> None:
    admin, person = county.principal("admin_a"), county.people["lead_a1"]
    token = await token_of(school, "lead_a1")
    await school.people.change(admin, person.id, role=Role.OBSERVER)
    assert not await is_signed_in(school, token)
    token = await token_of(school, "lead_a1")
    await school.people.change(admin, person.id, is_active=False)
    assert not await is_signed_in(school, token)
    assert await refusal(token_of(school, "lead_a1")) == "account-inactive"
    await school.people.change(admin, person.id, is_active=True)
    token = await token_of(school, "lead_a1")
    await school.people.change(admin, person.id, password="another one")
    assert not await is_signed_in(school, token)
    assert await refusal(token_of(school, "lead_a1")) == "login-wrong"


async def test_nobody_takes_her_own_account_away(school: School, county: County) -> None:
    admin = county.principal("admin_a")
    own = county.people["admin_a"].id
    refused = [
        await refusal(school.people.change(admin, own, is_active=False)),
        await refusal(school.people.change(admin, own, role=Role.OBSERVER)),
        await refusal(school.people.change(admin, own, name="New name")),
        await refusal(school.people.change(admin, county.people["admin_city"].id, name="x")),
    ]
    assert refused == ["account-own", "account-own", None, "person-unknown"]


async def test_a_device_has_no_account(school: School, county: County) -> None:
    assert await refusal(school.people.own(county.principal("room_a1"))) == "person-unknown"
    stranger = Principal(Role.LEAD_TEACHER, "org_x/", "x", person_id=PersonId("per_unknown"))
    assert await refusal(school.people.own(stranger)) == "person-unknown"
    assert (await school.people.own(county.principal("lead_a1"))).login == "lead_a1"
