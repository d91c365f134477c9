import asyncio
import sqlite3
from pathlib import Path

from streamsvc.school.codes import HOUR_MS
from streamsvc.school.io.school import School
from streamsvc.school.records import SignInKind
from streamsvc.school.tries import FREE_PASSWORD_TRIES
from tests.streamsvc.school.county import ADDRESS, PASSWORD, County
from tests.streamsvc.school.io.refusal import refusal
from tests.support.clock import ManualClock

STAFF = SignInKind.STAFF


async def test_a_person_signs_in_and_out(school: School, county: County) -> None:
    signed_in = await school.sign_ins.sign_in("lead_a1", PASSWORD, ADDRESS)
    assert signed_in.principal.person_id == county.people["lead_a1"].id
    assert await school.sign_ins.principal_of(signed_in.token, STAFF) == signed_in.principal
    await school.sign_ins.sign_out(signed_in.token, STAFF)
    assert await school.sign_ins.principal_of(signed_in.token, STAFF) is None
    await school.sign_ins.sign_out(signed_in.token, STAFF)


async def test_a_wrong_password_and_an_unknown_login_look_alike(school: School) -> None:
    assert await refusal(school.sign_ins.sign_in("lead_a1", "wrong", ADDRESS)) == "login-wrong"
    assert await refusal(school.sign_ins.sign_in("nobody", PASSWORD, ADDRESS)) == "login-wrong"


async def test_a_token_of_one_kind_is_nothing_to_another(school: School) -> None:
    token = (await school.sign_ins.sign_in("lead_a1", PASSWORD, ADDRESS)).token
    assert await school.sign_ins.principal_of(token, SignInKind.ROOM) is None
    assert await school.sign_ins.principal_of("", STAFF) is None


async def test_being_used_extends_a_sign_in_and_idling_ends_it(
    school: School, clock: ManualClock
) -> None:
    token = (await school.sign_ins.sign_in("lead_a1", PASSWORD, ADDRESS)).token
    for _ in range(4):
        clock.advance(11 * HOUR_MS / 1000)
        assert await school.sign_ins.principal_of(token, STAFF) is not None
    clock.advance(12 * HOUR_MS / 1000)
    assert await school.sign_ins.principal_of(token, STAFF) is None


async def test_a_guesser_waits_even_for_the_right_password(
    school: School, clock: ManualClock
) -> None:
    for _ in range(FREE_PASSWORD_TRIES):
        await refusal(school.sign_ins.sign_in("lead_a1", "wrong", ADDRESS))
    sign_in = school.sign_ins.sign_in
    assert await refusal(sign_in("lead_a1", PASSWORD, ADDRESS)) == "too-many-tries"
    assert await refusal(sign_in("lead_a1", PASSWORD, "198.51.100.9")) is None
    clock.advance(1)
    assert await refusal(sign_in("lead_a1", PASSWORD, ADDRESS)) is None


async def test_guesses_sent_at_once_are_all_counted(school: School) -> None:
    guesses = (school.sign_ins.sign_in("lead_a1", "wrong", ADDRESS) for _ in range(20))
    refused = await asyncio.gather(*map(refusal, guesses))
    assert refused.count("login-wrong") == FREE_PASSWORD_TRIES
    assert refused.count("too-many-tries") == 20 - FREE_PASSWORD_TRIES


async def test_the_file_holds_neither_tokens_nor_passwords(school: School, tmp_path: Path) -> None:
    token = (await school.sign_ins.sign_in("lead_a1", PASSWORD, ADDRESS)).token
    with sqlite3.connect(tmp_path / "school.db") as connection:
        dump = "\n".join(connection.iterdump())
    connection.close()
    assert "lead_a1" in dump
    assert token not in dump
    assert PASSWORD not in dump


async def test_expired_sign_ins_are_removed(
    school: School, clock: ManualClock, tmp_path: Path
) -> None:
    await school.sign_ins.sign_in("lead_a1", PASSWORD, ADDRESS)
    clock.advance(13 * HOUR_MS / 1000)
    await school.sign_ins.sign_in("lead_b1", PASSWORD, ADDRESS)
    await school.forget_expired()
    with sqlite3.connect(tmp_path / "school.db") as connection:
        assert connection.execute("SELECT count(*) FROM sign_ins").fetchone() == (1,)
    connection.close()
