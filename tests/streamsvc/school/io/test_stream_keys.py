"""Stream keys: whose they are, how long they are good, and how often one may guess."""

import pytest

from streamsvc.school.codes import (
    DAY_MS,
    STREAM_KEYS_PER_TEACHER,
    TEACHER_KEY_LIFETIME_MS,
)
from streamsvc.school.io.school import School
from streamsvc.school.io.stream_keys import KEPT_MS
from streamsvc.school.records import OPERATOR, Role
from tests.streamsvc.school.county import ADDRESS, County
from tests.streamsvc.school.io.refusal import refusal
from tests.support.clock import ManualClock


async def test_a_key_of_a_lesson_opens_that_one_for_its_teacher(
    school: School, county: County
) -> None:
    lesson, lead = county.lessons["lesson_a1"], county.principal("lead_a1")
    words, key = await school.stream_keys.issue(lead, lesson.id, is_for_teacher=False)
    assert len(words.replace("-", "")) == 20
    opened, teacher = await school.stream_keys.open(words, ADDRESS)
    assert (opened.id, opened.lesson_id) == (key.id, lesson.id)
    assert (teacher.role, teacher.person_id) == (Role.LEAD_TEACHER, lead.person_id)
    assert teacher.organisation_path == lead.organisation_path
    (listed,) = await school.stream_keys.listed(lead, lesson.id)
    assert listed.used_at_ms is not None


async def test_a_key_of_a_teacher_is_listed_with_each_of_her_lessons(
    school: School, county: County
) -> None:
    lesson, lead = county.lessons["lesson_a1"], county.principal("lead_a1")
    _, key = await school.stream_keys.issue(lead, lesson.id, is_for_teacher=True)
    other = await school.lessons.add(lead, title="Later")
    assert [one.id for one in await school.stream_keys.listed(lead, other.id)] == [key.id]
    assert key.expires_at_ms - key.added_at_ms == TEACHER_KEY_LIFETIME_MS


@pytest.mark.parametrize("name", ["colleague_a1", "lead_b1", "admin_b", "helper_a1"])
async def test_strangers_make_list_and_revoke_none(
    school: School, county: County, name: str
) -> None:
    lesson, stranger = county.lessons["lesson_a1"], county.principal(name)
    keys = school.stream_keys
    _, key = await keys.issue(county.principal("lead_a1"), lesson.id, is_for_teacher=False)
    known = {"lesson-unknown", "lesson-of-other-teacher"}
    assert await refusal(keys.issue(stranger, lesson.id, is_for_teacher=False)) in known
    assert await refusal(keys.listed(stranger, lesson.id)) in known
    assert await refusal(keys.revoke(stranger, lesson.id, key.id)) in known


async def test_expired_and_revoked_ones_are_told_from_guesses(
    school: School, county: County, clock: ManualClock
) -> None:
    lesson, lead = county.lessons["lesson_a1"], county.principal("lead_a1")
    keys = school.stream_keys
    words, key = await keys.issue(lead, lesson.id, is_for_teacher=False)
    await keys.revoke(lead, lesson.id, key.id)
    assert await refusal(keys.open(words, ADDRESS)) == "stream-key-revoked"
    late, key = await keys.issue(lead, lesson.id, is_for_teacher=False)
    clock.advance((key.expires_at_ms - clock.wall_ms()) / 1000)
    assert await refusal(keys.open(late, ADDRESS)) == "stream-key-expired"
    assert await refusal(keys.open("abcde-abcde", ADDRESS)) == "stream-key-unknown"
    assert await keys.listed(lead, lesson.id) == []
    assert not await keys.has_good()
    clock.advance((KEPT_MS + DAY_MS) / 1000)
    await keys.prune()
    assert await refusal(keys.open(late, ADDRESS)) == "stream-key-unknown"


async def test_guessing_is_refused_per_address(school: School, county: County) -> None:
    words, _ = await school.stream_keys.issue(
        OPERATOR, county.lessons["lesson_a1"].id, is_for_teacher=False
    )
    guesses = [await refusal(school.stream_keys.open(f"g{n}", "198.51.100.7")) for n in range(7)]
    assert guesses == ["stream-key-unknown"] * 5 + ["too-many-tries"] * 2
    assert await refusal(school.stream_keys.open(words, "198.51.100.7")) == "too-many-tries"
    for _ in range(20):  # right ones do not count
        assert await refusal(school.stream_keys.open(words, "203.0.113.8")) is None


async def test_there_are_not_more_than_can_be_kept_track_of(school: School, county: County) -> None:
    lesson = county.lessons["lesson_a1"]
    for _ in range(STREAM_KEYS_PER_TEACHER):
        await school.stream_keys.issue(OPERATOR, lesson.id, is_for_teacher=False)
    refused = await refusal(school.stream_keys.issue(OPERATOR, lesson.id, is_for_teacher=True))
    assert refused == "stream-keys-too-many"


async def test_a_teacher_who_left_teaches_no_more(school: School, county: County) -> None:
    lesson, lead = county.lessons["lesson_a1"], county.people["lead_a1"]
    words, _ = await school.stream_keys.issue(OPERATOR, lesson.id, is_for_teacher=False)
    await school.people.change(OPERATOR, lead.id, is_active=False)
    assert await refusal(school.stream_keys.open(words, ADDRESS)) == "stream-key-revoked"
