"""A browser that refuses sound until somebody touches the screen, as every browser does that was
not told otherwise."""

from collections.abc import Iterator

import pytest
from playwright.async_api import CDPSession, expect

from relay.client.clip import BEEP_HERTZ
from tests.support.browser import needs_chromium
from tests.support.demo import DemoLesson, demo_lesson
from tests.support.screens import RoomBoard, screen

pytestmark = [pytest.mark.e2e, needs_chromium]

HOST = "school.test"
PLAYS = """(async () => {
  const voice = document.querySelector('audio[data-slot=lead-voice]');
  const before = voice.currentTime;
  await new Promise(done => setTimeout(done, 500));
  return !voice.paused && voice.currentTime > before;
})()"""
"""Whether the loudspeaker gets the teacher's voice."""
SAYS_WHAT_TO_TAP = """(async () => {
  for (const end = Date.now() + 20000; Date.now() < end; await new Promise(r => setTimeout(r, 50)))
    if (document.body.innerText.includes('点一下屏幕，就有声音了')) return true;
  return false;
})()"""


class Onlooker:
    """Looks into a page. What Playwright runs there counts as a person's touch; this does not."""

    def __init__(self, session: CDPSession) -> None:
        self._session = session

    async def sees(self, expression: str) -> object:
        """Its value, awaited."""
        wish = {"expression": expression, "awaitPromise": True, "returnByValue": True}
        answer = await self._session.send("Runtime.evaluate", wish)
        return answer["result"].get("value")


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
        onlooker = await the_board_is_switched_on_next_morning(board)
        assert await onlooker.sees("probe.moves('lead', 10, 20000).then(shown => shown >= 10)")
        assert await onlooker.sees(SAYS_WHAT_TO_TAP)
        assert await onlooker.sees(PLAYS) is False
        assert await onlooker.sees("navigator.userActivation.hasBeenActive") is False
        await board.shot("refused")

        await board.page.mouse.click(683, 300)
        assert await onlooker.sees(PLAYS)
        await expect(board.page.get_by_text("点一下屏幕")).to_have_count(0)
        await board.hears("lead-voice", BEEP_HERTZ)
        await board.moves("lead")
        await board.shot("heard")


async def the_board_is_switched_on_next_morning(board: RoomBoard) -> Onlooker:
    """A page that nobody has touched yet, on the device that joined."""
    joined = board.page
    board.page = await joined.context.new_page()
    await joined.close()
    onlooker = Onlooker(await board.page.context.new_cdp_session(board.page))
    await board.page.goto(f"{board.url}/room")
    return onlooker
