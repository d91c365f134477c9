"""A room checks itself at its own screen, and the county sees what came of it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import expect

from tests.support.browser import needs_chromium
from tests.support.demo import DemoLesson, demo_lesson
from tests.support.screens import BLUE, RoomBoard, screen
from tests.support.waiting import SECOND

pytestmark = [pytest.mark.e2e, needs_chromium]

OVER_WITHIN_MS = 60_000 * SECOND


@pytest.fixture
def demo() -> Iterator[DemoLesson]:
    """Nobody teaches: rooms wait."""
    with demo_lesson(is_taught=False) as demo:
        yield demo


@pytest.mark.alone
async def test_a_room_checks_itself_over_the_real_media_path(
    demo: DemoLesson, tmp_path: Path
) -> None:
    room = demo.rooms()[0]
    async with screen(RoomBoard, "check", demo.service.url, *BLUE.flags(tmp_path)) as board:
        await board.join(demo.join_code(room["room_id"]))
        await board.button("检查本教室").click()
        verdict = board.page.locator("[data-phase=done]")
        await expect(verdict).to_be_visible(timeout=OVER_WITHIN_MS)
        await board.shot("done")
        states = await board.page.locator("[data-step]").evaluate_all(
            "steps => Object.fromEntries(steps.map(s => [s.dataset.step, s.dataset.state]))"
        )
        await board.page.keyboard.press("Escape")
        await expect(board.page.get_by_role("dialog")).to_have_count(0)
    # The fake microphone hums, and so hears nothing of the loudspeaker.
    assert states | {"echo": "better"} == dict.fromkeys(states, "good") | {"echo": "better"}
    check = _latest(demo, room["room_id"])
    assert check["level"] == "screen_video"
    assert check["sends"] == "video"
    assert check["problems"] == ["echo"]
    assert check["found"]["way"] == "udp"
    assert check["found"]["duration_ms"] < OVER_WITHIN_MS


def _latest(demo: DemoLesson, room_id: str) -> dict[str, Any]:
    rows = demo.administrator.get("/api/checks").json()
    (found,) = (row for row in rows if row["room"]["room_id"] == room_id)
    return dict(found["checks"][0])
