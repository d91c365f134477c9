"""A browser that refuses sound until somebody touches the screen, as every browser does that was
not told otherwise."""

from collections.abc import Iterator

import pytest
from playwright.async_api import expect

from relay.client.clip import BEEP_HERTZ
from tests.support.browser import needs_chromium
from tests.support.demo import DemoLesson, demo_lesson
from tests.support.screens import RoomBoard, screen

pytestmark = [pytest.mark.e2e, needs_chromium]

HOST = "school.test"
PLAYS = """async () => {
  const voice = document.querySelector('audio[data-slot=lead-voice]');
  const before = voice.currentTime;
  await new Promise(done => setTimeout(done, 500));
  return !voice.paused && voice.currentTime > before;
}"""
"""Whether the loudspeaker gets the teacher's voice."""


@pytest.fixture
def demo() -> Iterator[DemoLesson]:
    """Taught by the clip."""
    with demo_lesson() as demo:
        yield demo


async def test_the_board_says_what_to_tap_and_one_tap_gives_sound(demo: DemoLesson) -> None:
    # Plain HTTP under a name gives no camera; a page that uses the camera would be allowed to play.
    url = f"http://{HOST}:{demo.service.port}"
    resolve = f"--host-resolver-rules=MAP {HOST} 127.0.0.1"
    async with screen(RoomBoard, "silent", url, resolve, autoplay=False) as board:
        await board.join(demo.join_code(demo.rooms()[0]["room_id"]))
        await the_board_is_switched_on_next_morning(board)
        await board.moves("lead")
        await board.says("点一下屏幕，就有声音了")
        assert not await board.page.evaluate(PLAYS)
        await board.shot("refused")

        await board.page.mouse.click(683, 300)
        await expect(board.page.get_by_text("点一下屏幕")).to_have_count(0)
        assert await board.page.evaluate(PLAYS)
        await board.hears("lead-voice", BEEP_HERTZ)
        await board.moves("lead")
        await board.shot("heard")


async def the_board_is_switched_on_next_morning(board: RoomBoard) -> None:
    """A page that nobody has touched yet, on the device that joined."""
    joined = board.page
    board.page = await joined.context.new_page()
    await joined.close()
    await board.page.goto(f"{board.url}/room")
