from streamsvc.school.codes import HOUR_MS, PAIR_LIFETIME_MS, PAIRS_PER_ROOM
from streamsvc.school.io.school import School
from streamsvc.school.records import Role, SignInKind
from tests.streamsvc.school.county import ADDRESS, County
from tests.streamsvc.school.io.refusal import refusal
from tests.support.clock import ManualClock

PHONE = SignInKind.PHONE


async def test_a_phone_is_paired_with_a_room(school: School, county: County) -> None:
    room = county.rooms["room_a1"]
    assert await school.sign_ins.helper_name(room.id) is None
    pair = await school.pairs.issue(room.id)
    phone = await school.pairs.pair(pair.secret, " Wang Fang ", ADDRESS)
    assert (phone.principal.role, phone.principal.room_id) == (Role.PHONE, room.id)
    assert phone.principal.name == "Wang Fang"
    assert await school.sign_ins.principal_of(phone.token, PHONE) == phone.principal
    assert await school.sign_ins.helper_name(room.id) == "Wang Fang"
    await school.sign_ins.sign_out(phone.token, PHONE)
    assert await school.sign_ins.helper_name(room.id) is None


async def test_a_lost_answer_can_be_asked_for_again_and_the_newest_phone_wins(
    school: School, county: County
) -> None:
    pair = await school.pairs.issue(county.rooms["room_a1"].id)
    first, second = [await school.pairs.pair(pair.secret, "", ADDRESS) for _ in range(2)]
    assert await school.sign_ins.principal_of(first.token, PHONE) is None
    assert await school.sign_ins.principal_of(second.token, PHONE) is not None


async def test_a_secret_expires(school: School, county: County, clock: ManualClock) -> None:
    pair = await school.pairs.issue(county.rooms["room_a1"].id)
    clock.advance(PAIR_LIFETIME_MS / 1000)
    assert await refusal(school.pairs.pair(pair.secret, "", ADDRESS)) == "pair-expired"
    assert await refusal(school.pairs.pair("never made", "", ADDRESS)) == "pair-expired"


async def test_the_oldest_of_many_secrets_is_dropped(
    school: School, county: County, clock: ManualClock
) -> None:
    secrets = []
    for _ in range(PAIRS_PER_ROOM + 1):
        secrets.append((await school.pairs.issue(county.rooms["room_a1"].id)).secret)
        clock.advance(1)
    refused = [await refusal(school.pairs.pair(secret, "", ADDRESS)) for secret in secrets]
    assert refused == ["pair-expired"] + [None] * PAIRS_PER_ROOM


async def test_a_phone_goes_home_with_the_school_day(
    school: School, county: County, clock: ManualClock
) -> None:
    room = county.rooms["room_a1"]
    pair = await school.pairs.issue(room.id)
    phone = await school.pairs.pair(pair.secret, "Wang", ADDRESS)
    clock.advance(11.9 * HOUR_MS / 1000)
    assert await school.sign_ins.principal_of(phone.token, PHONE) is not None
    clock.advance(0.2 * HOUR_MS / 1000)
    assert await school.sign_ins.principal_of(phone.token, PHONE) is None
    assert await school.sign_ins.helper_name(room.id) is None


async def test_a_terminal_that_leaves_takes_its_phone_along(school: School, county: County) -> None:
    room = county.rooms["room_a1"]
    code = await school.join_codes.issue(county.principal("admin_a"), room.id)
    terminal = await school.join_codes.join(code.code, ADDRESS)
    pair = await school.pairs.issue(room.id)
    await school.pairs.pair(pair.secret, "Wang", ADDRESS)
    await school.sign_ins.sign_out(terminal.token, SignInKind.ROOM)
    assert await school.sign_ins.helper_name(room.id) is None
    assert await refusal(school.pairs.pair(pair.secret, "", ADDRESS)) == "pair-expired"
