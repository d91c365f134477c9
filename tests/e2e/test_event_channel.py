"""A room's page turns while its link loses so much that its WebSocket stands still."""

import asyncio
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from playwright.async_api import Page, WebSocketRoute

from tests.support.browser import in_namespace, needs_chromium
from tests.support.demo import DemoLesson, clip_teaches, demo_lesson
from tests.support.lesson_client import lesson_client
from tests.support.link.places import FarRoom, places, why_not
from tests.support.screens import RoomBoard, screen
from tests.support.waiting import SECOND

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.long,
    needs_chromium,
    pytest.mark.timeout(240),
    pytest.mark.skipif(bool(why_not()), reason=why_not()),
]

ROUND_TRIP = 0.3
LOSS = 0.45
"""On the way down alone: the server hears soon enough how much is lost."""
WATCH = """(() => {
  window.seen = { open: 0, said: 0 };  // data channels that opened, messages that came by them
  const Connection = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Connection {
    createDataChannel(...given) {
      const channel = super.createDataChannel(...given);
      channel.addEventListener('open', () => { seen.open += 1; });
      channel.addEventListener('message', () => { seen.said += 1; });
      return channel;
    }
  };
  const told = RTCRtpReceiver.prototype.getStats;
  RTCRtpReceiver.prototype.getStats = async function () {
    const losing = one => one.type === 'inbound-rtp'
      ? Object.assign({}, one, { packetsLost: one.packetsReceived / 2 }) : one;
    return new Map(Array.from(await told.call(this), ([id, one]) => [id, losing(one)]));
  };
})()"""
"""The page believes that its link loses before it does: what it sees of one that does so suddenly
depends on how soon pictures pause. The rest, the server's view too, is as it is."""


@pytest.fixture
def place() -> Iterator[tuple[DemoLesson, FarRoom]]:
    """A lesson without a shared screen, and a room's link to it."""
    network = places(rooms=1)
    with (
        network as (center, (room,)),
        center.entered(),
        demo_lesson(is_taught=False) as demo,
        clip_teaches(demo, "--no-screen"),
    ):
        demo.wait_live()
        yield demo, room


def blank(number: int) -> dict[str, object]:
    """A page of the blank board."""
    return {"courseware_id": None, "number": number}


class HeldUp:
    """All WebSockets of a page, the second strand's too: as they are, until they stand still."""

    def __init__(self) -> None:
        self.is_held = False

    async def watch(self, page: Page) -> None:
        """From now on."""
        await page.route_web_socket("**/events", self._carry)

    def _carry(self, socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()
        server.on_message(lambda text: None if self.is_held else socket.send(text))


async def test_a_page_turns_by_the_data_channel_while_the_websocket_stands_still(
    place: tuple[DemoLesson, FarRoom], tmp_path: Path
) -> None:
    demo, link = place
    url = f"http://198.18.0.1:{demo.service.port}"
    trusted = f"--unsafely-treat-insecure-origin-as-secure={url}"
    executable = in_namespace(link.name, tmp_path)
    sockets = HeldUp()
    lesson_id = demo.lesson()["lesson_id"]
    link.set(round_trip=ROUND_TRIP)
    async with screen(RoomBoard, "far", url, trusted, executable=executable) as room:
        await room.page.add_init_script(WATCH)
        await sockets.watch(room.page)
        await room.join(demo.join_code(demo.rooms()[0]["room_id"]))
        await room.moves("lead", seconds=30)
        await room.page.wait_for_function("() => seen.open > 0", timeout=30_000 * SECOND)
        link.links.set(link.number, "down", loss=LOSS)
        async with lesson_client(f"127.0.0.1:{demo.service.port}", lesson_id) as lead:
            await lead.hello(demo.grant()["grant"])
            pages = count(1)
            while not await room.page.evaluate("seen.said"):
                assert await lead.ask("turn_slide", slide=blank(next(pages))) == "done"
                await asyncio.sleep(1 * SECOND)
            sockets.is_held = True
            number = next(pages)
            assert await lead.ask("turn_slide", slide=blank(number)) == "done"
            turned = room.page.locator(f".paper[data-slide='blank/{number}']")
            await turned.wait_for(timeout=10_000 * SECOND)
        await room.shot("turned")
    assert room.faults == []
