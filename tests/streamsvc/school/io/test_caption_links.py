"""Links for captions: whose they are and how long they are good."""

import pytest

from streamsvc.school.codes import LESSON_KEY_GRACE_MS
from streamsvc.school.io.caption_links import KEPT_MS
from streamsvc.school.io.school import School
from tests.streamsvc.school.county import ADDRESS, County
from tests.streamsvc.school.io.refusal import refusal
from tests.support.clock import ManualClock


async def test_a_key_opens_its_lesson_until_two_hours_after_it(
    school: School, county: County, clock: ManualClock
) -> None:
    lesson, lead = county.lessons["lesson_a1"], county.principal("lead_a1")
    links = school.caption_links
    made = await links.issue(lead, lesson.id)
    end_ms = lesson.scheduled_start_ms + lesson.duration_minutes * 60_000
    assert made.link.expires_at_ms == max(end_ms, clock.wall_ms()) + LESSON_KEY_GRACE_MS
    assert await links.open(made.key, ADDRESS) == made.link
    assert await links.find(lead, lesson.id) == made.link
    clock.advance((made.link.expires_at_ms - clock.wall_ms()) / 1000)
    assert await refusal(links.open(made.key, ADDRESS)) == "caption-link-over"
    assert await links.find(lead, lesson.id) is None
    clock.advance(KEPT_MS / 1000)
    await school.forget_expired()
    assert await refusal(links.open(made.key, ADDRESS)) == "caption-link-over"


async def test_a_new_one_is_the_end_of_the_old_one(school: School, county: County) -> None:
    lesson, lead = county.lessons["lesson_a1"], county.principal("lead_a1")
    old = await school.caption_links.issue(lead, lesson.id)
    new = await school.caption_links.issue(lead, lesson.id)
    assert await refusal(school.caption_links.open(old.key, ADDRESS)) == "caption-link-over"
    assert (await school.caption_links.open(new.key, ADDRESS)).lesson_id == lesson.id


async def test_it_goes_with_its_lesson(school: School, county: County) -> None:
    lead = county.principal("lead_a1")
    lesson = await school.lessons.add(lead, title="Later")
    made = await school.caption_links.issue(lead, lesson.id)
    await school.lessons.remove(lead, lesson.id)
    assert await refusal(school.caption_links.open(made.key, ADDRESS)) == "caption-link-over"


@pytest.mark.parametrize("name", ["colleague_a1", "lead_b1", "admin_b", "helper_a1", "observer_a"])
async def test_strangers_make_find_and_revoke_none(
    school: School, county: County, name: str
) -> None:
    lesson, stranger = county.lessons["lesson_a1"], county.principal(name)
    links = school.caption_links
    made = await links.issue(county.principal("lead_a1"), lesson.id)
    for asked in (
        links.issue(stranger, lesson.id),
        links.find(stranger, lesson.id),
        links.revoke(stranger, lesson.id),
    ):
        assert await refusal(asked) in {"lesson-unknown", "lesson-of-other-teacher"}
    assert (await links.open(made.key, ADDRESS)).lesson_id == lesson.id
