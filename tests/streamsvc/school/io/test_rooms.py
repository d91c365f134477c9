from streamsvc.base.sessions import LinkPolicy
from streamsvc.school.io.school import School
from streamsvc.school.records import RoomKind, SignInKind
from tests.streamsvc.school.county import ADDRESS, County
from tests.streamsvc.school.io.refusal import refusal


async def test_a_room_belongs_to_a_school(school: School, county: County) -> None:
    admin = county.principal("admin_a")

    async def add(where: str, name: str) -> str | None:
        organisation_id = county.organisations[where].id
        kind = RoomKind.LEAD_ROOM
        return await refusal(
            school.rooms.add(admin, organisation_id=organisation_id, name=name, kind=kind)
        )

    assert await add("school_a1", "studio") is None
    assert await add("school_a1", "studio") == "room-taken"
    assert await add("school_a2", "studio") is None
    assert await add("county_a", "studio") == "organisation-not-a-school"
    assert await add("school_b1", "studio") == "organisation-unknown"


async def test_removing_a_device_ends_terminal_phone_and_codes(
    school: School, county: County
) -> None:
    admin, room = county.principal("admin_a1"), county.rooms["room_a1"]
    code = await school.join_codes.issue(admin, room.id)
    terminal = await school.join_codes.join(code.code, ADDRESS)
    pair = await school.pairs.issue(room.id)
    phone = await school.pairs.pair(pair.secret, "Wang", ADDRESS)
    left = await school.join_codes.issue(admin, room.id)
    assert (await school.rooms.find(admin, room.id)).has_device
    await school.rooms.remove_device(admin, room.id)
    assert not (await school.rooms.find(admin, room.id)).has_device
    assert await school.sign_ins.principal_of(terminal.token, SignInKind.ROOM) is None
    assert await school.sign_ins.principal_of(phone.token, SignInKind.PHONE) is None
    assert await refusal(school.pairs.pair(pair.secret, "", ADDRESS)) == "pair-expired"
    assert await refusal(school.join_codes.join(left.code, ADDRESS)) == "code-unknown"


async def test_a_teacher_manages_the_rooms_of_her_school_only(
    school: School, county: County
) -> None:
    lead = county.principal("lead_a1")
    rooms = {name: room.id for name, room in county.rooms.items()}
    assert await refusal(school.rooms.remove_device(lead, rooms["room_a1"])) is None
    refused = await refusal(school.rooms.remove_device(lead, rooms["room_a2"]))
    assert refused == "room-of-other-school"
    assert await refusal(school.rooms.remove_device(lead, rooms["room_b1"])) == "room-unknown"


async def test_the_rooms_of_a_lesson_come_by_school_and_name(
    school: School, county: County
) -> None:
    invited = await school.rooms.invited(county.lessons["lesson_a1"].id)
    assert [room.name for room in invited] == ["room_a2"]
    assert await school.rooms.invited(county.lessons["lesson_ac"].id) == []


async def test_a_policy_is_an_administrator_s_and_stays(school: School, county: County) -> None:
    admin, rooms = county.principal("admin_a"), county.rooms
    policy = LinkPolicy(most_kbps=300, is_voice_and_slides=True, is_satellite=True)
    changed = await school.rooms.set_policy(admin, rooms["room_a1"].id, policy)
    assert changed.policy == policy
    assert (await school.rooms.find(admin, rooms["room_a1"].id)).policy == policy
    assert (await school.rooms.find(admin, rooms["room_a2"].id)).policy == LinkPolicy()
    refused = await refusal(school.rooms.set_policy(admin, rooms["room_b1"].id, policy))
    assert refused == "room-unknown"
    back = await school.rooms.set_policy(admin, rooms["room_a1"].id, LinkPolicy())
    assert back.policy == LinkPolicy()
