import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from streamsvc.base.errors import UserError
from streamsvc.school.codes import JOIN_CODE_LIFETIME_MS
from streamsvc.school.tries import (
    CODE_OVERALL,
    CODE_PER_ADDRESS,
    FORGET_AFTER_SECONDS,
    FREE_PASSWORD_TRIES,
    LONGEST_DELAY_SECONDS,
    REMEMBERED,
    CodeTries,
    PasswordTries,
    Rate,
    Tries,
    odds_of_guessing,
)

HERE, ELSEWHERE = "192.0.2.1", "198.51.100.9"


def is_admitted(tries: CodeTries, address: str, now: float) -> bool:
    try:
        tries.begin(address, now)
    except UserError as error:
        assert error.error_id == "too-many-tries"
        assert int(error.details["retry_after_seconds"]) >= 1
        return False
    return True


# a busy machine is no failure
unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


@given(st.lists(st.floats(0, 120), min_size=1, max_size=50))
@unhurried
def test_one_address_never_tries_more_than_the_rate_admits(steps: list[float]) -> None:
    tries, now, admitted = CodeTries(), 0.0, 0
    for step in steps:
        now += step
        admitted += is_admitted(tries, HERE, now)
        limit = CODE_PER_ADDRESS.burst + now / 60 * CODE_PER_ADDRESS.per_minute
        assert admitted <= limit + 1e-3


@given(st.lists(st.tuples(st.floats(0, 600), st.integers(1, 100)), min_size=1, max_size=8))
@unhurried
def test_all_addresses_together_never_try_more(waves: list[tuple[float, int]]) -> None:
    tries, now, admitted = CodeTries(), 0.0, 0
    for pause, hosts in waves:
        now += pause
        admitted += sum(is_admitted(tries, f"192.0.2.{host}", now) for host in range(hosts))
        assert admitted <= CODE_OVERALL.burst + now / 60 * CODE_OVERALL.per_minute + 1e-3


@given(st.integers(1, 60))
@unhurried
def test_right_tries_cost_nothing(count: int) -> None:
    tries = CodeTries()
    for _ in range(count):
        assert is_admitted(tries, HERE, 0.0)
        tries.was_right(HERE, 0.0)
    assert [is_admitted(tries, HERE, 0.0) for _ in range(CODE_PER_ADDRESS.burst + 1)] == [
        *[True] * CODE_PER_ADDRESS.burst,
        False,
    ]


@given(st.floats(0, 1000))
@unhurried
def test_after_the_wait_named_one_try_is_free(spent_at: float) -> None:
    tries = CodeTries()
    while is_admitted(tries, HERE, spent_at):
        pass
    with pytest.raises(UserError) as caught:
        tries.begin(HERE, spent_at)
    assert is_admitted(tries, HERE, spent_at + int(caught.value.details["retry_after_seconds"]))


def test_a_refused_try_of_one_address_takes_nothing_from_the_others() -> None:
    tries = CodeTries()
    for _ in range(1000):
        is_admitted(tries, HERE, 0.0)
    assert is_admitted(tries, ELSEWHERE, 0.0)


def test_a_home_network_is_one_address() -> None:
    tries = CodeTries()
    hosts = [f"2001:db8::{n:x}" for n in range(1, 20)]
    admitted = sum(is_admitted(tries, host, 0.0) for host in hosts)
    assert admitted == CODE_PER_ADDRESS.burst


def test_memory_is_bounded() -> None:
    tries = Tries(Rate(burst=1, per_minute=1))
    for n in range(REMEMBERED + 5):
        tries.take(str(n), 0.0)
    assert tries.wait_seconds("0", 0.0) == 0
    assert tries.wait_seconds(str(REMEMBERED), 0.0) > 0


def test_guessing_a_code_within_its_life_is_no_use() -> None:
    minutes = JOIN_CODE_LIFETIME_MS / 60_000
    assert odds_of_guessing(1, minutes) == pytest.approx(0.00015, rel=0.01)
    assert odds_of_guessing(10, minutes) == pytest.approx(0.0015, rel=0.01)
    assert odds_of_guessing(200, minutes) == pytest.approx(0.03, rel=0.02)
    assert odds_of_guessing(1, minutes, CODE_PER_ADDRESS) == pytest.approx(0.00002, rel=0.01)


def delays(tries: PasswordTries, count: int) -> list[int]:
    """Seconds to wait before each of `count` wrong passwords, trying as soon as it is allowed."""
    now, waited = 0.0, []
    for _ in range(count):
        wait = 0
        while (named := refusal(tries, "lin", HERE, now + wait)) is not None:
            wait += named
        waited.append(wait)
        now += wait
    return waited


def refusal(tries: PasswordTries, login: str, address: str, now: float) -> int | None:
    try:
        tries.begin(login, address, now)
    except UserError as error:
        return int(error.details["retry_after_seconds"])
    return None


def test_the_delay_of_wrong_passwords_grows_to_a_limit() -> None:
    waited = delays(PasswordTries(), 20)
    assert waited[:FREE_PASSWORD_TRIES] == [0] * FREE_PASSWORD_TRIES
    grown = waited[FREE_PASSWORD_TRIES:]
    assert grown[:5] == [1, 2, 4, 8, 16]
    assert grown[-1] == LONGEST_DELAY_SECONDS


def test_a_hundred_passwords_at_once_are_counted_as_a_hundred() -> None:
    tries = PasswordTries()
    admitted = [refusal(tries, "lin", HERE, 0.0) is None for _ in range(100)]
    assert sum(admitted) == FREE_PASSWORD_TRIES


def test_a_stranger_does_not_lock_the_teacher_out() -> None:
    tries = PasswordTries()
    delays(tries, 12)
    assert refusal(tries, "lin", ELSEWHERE, 0.0) is None


def test_the_right_password_and_time_forget_the_wrong_ones() -> None:
    tries = PasswordTries()
    delays(tries, FREE_PASSWORD_TRIES)
    assert refusal(tries, "lin", HERE, 0.0) == 1
    assert refusal(tries, "lin", HERE, FORGET_AFTER_SECONDS + 1) is None
    tries.was_right("lin", HERE, FORGET_AFTER_SECONDS + 1)
    later = FORGET_AFTER_SECONDS + 1
    assert [refusal(tries, "lin", HERE, later) for _ in range(FREE_PASSWORD_TRIES)] == [
        None
    ] * FREE_PASSWORD_TRIES


def test_trying_many_logins_from_one_address_is_limited() -> None:
    tries = PasswordTries(Rate(burst=3, per_minute=1))
    admitted = [refusal(tries, f"login{n}", HERE, 0.0) is None for n in range(10)]
    assert sum(admitted) == 3
