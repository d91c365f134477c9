import pytest

from streamsvc.base.ids import CommentId
from streamsvc.school.io.school import School
from tests.streamsvc.school.county import County
from tests.streamsvc.school.io.refusal import refusal


async def test_whoever_sees_a_recording_comments_on_it(school: School, county: County) -> None:
    recording_id = county.recordings["rec_ac"].id
    lead, helper = county.principal("lead_a1"), county.principal("helper_a2")
    second = await school.comments.add(lead, recording_id, at_ms=9_000, text="好")
    first = await school.comments.add(helper, recording_id, at_ms=2_000, text="here")
    assert await school.comments.visible(lead, recording_id) == [first, second]
    assert first.author_name == "helper_a2"
    assert (await school.recordings.find(lead, recording_id)).comment_count == 2


async def test_what_is_not_seen_has_no_comments(school: School, county: County) -> None:
    recording_id = county.recordings["rec_a1"].id
    stranger = county.principal("colleague_a1")
    assert await refusal(school.comments.visible(stranger, recording_id)) == "recording-unknown"
    call = school.comments.add(stranger, recording_id, at_ms=0, text="x")
    assert await refusal(call) == "recording-unknown"


async def test_only_the_author_changes_and_removes(school: School, county: County) -> None:
    recording_id = county.recordings["rec_ac"].id
    author, other = county.principal("lead_a1"), county.principal("admin_a")
    comment = await school.comments.add(author, recording_id, at_ms=1, text="x")
    comments = school.comments
    refused = [
        await refusal(comments.change(other, recording_id, comment.id, text="y")),
        await refusal(comments.remove(other, recording_id, comment.id)),
        await refusal(comments.remove(author, recording_id, CommentId("com_no"))),
        await refusal(comments.remove(author, county.recordings["rec_a1"].id, comment.id)),
    ]
    assert refused == ["comment-of-other-author"] * 2 + ["comment-unknown"] * 2
    changed = await comments.change(author, recording_id, comment.id, text="y")
    assert (changed.text, changed.at_ms) == ("y", 1)
    await comments.remove(author, recording_id, comment.id)
    assert await comments.visible(author, recording_id) == []


async def test_a_recording_holds_so_many_comments(
    school: School, county: County, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("streamsvc.school.io.comments.COMMENTS_PER_RECORDING", 1)
    recording_id, lead = county.recordings["rec_a1"].id, county.principal("lead_a1")
    await school.comments.add(lead, recording_id, at_ms=1, text="x")
    call = school.comments.add(lead, recording_id, at_ms=2, text="y")
    assert await refusal(call) == "comments-full"
