"""Rooms that reach nothing but TCP port 443 of one address: pages, TURN/TLS and media share it, by
nginx and coturn as `deploy/` sets them up."""

import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.support import one_port
from tests.support.browser import in_namespace, needs_chromium
from tests.support.demo import DemoLesson, demo_lesson
from tests.support.link.places import FarRoom, places
from tests.support.link.places import why_not as why_no_links
from tests.support.screens import BLUE, RoomBoard, screen
from tests.support.waiting import SECOND

_WHY_NOT = one_port.why_not() or why_no_links()

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.long,
    needs_chromium,
    pytest.mark.timeout(240),
    pytest.mark.skipif(bool(_WHY_NOT), reason=_WHY_NOT),
]

NEXT_WAY_SECONDS = 6.0 * SECOND
ONLY_RELAYED = """
const Connection = window.RTCPeerConnection;
window.RTCPeerConnection = class extends Connection {
  constructor(given) { super({...given, iceTransportPolicy: 'relay'}); }
  setConfiguration(given) { super.setConfiguration({...given, iceTransportPolicy: 'relay'}); }
};
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[DemoLesson, FarRoom]]:
    """A lesson that is taught behind one port, and a room whose network passes only that."""
    folder = tmp_path_factory.mktemp("one-port")
    with (
        places(rooms=1) as (center, (room,)),
        center.entered(),
        demo_lesson(*one_port.FLAGS, environment=one_port.ENVIRONMENT) as demo,
        one_port.one_port(demo.service, folder),
        one_port.names_known(room.name),
    ):
        room.set(round_trip=0.06, down_bps=2_000_000, up_bps=256_000, passes="tcp", port=443)
        yield demo, room


@asynccontextmanager
async def far_screen(name: str, link: FarRoom, folder: Path) -> AsyncIterator[RoomBoard]:
    flags = (one_port.TRUSTING, *BLUE.flags(folder))
    executable = in_namespace(link.name, folder)
    url = f"https://{one_port.PAGES}"
    async with screen(RoomBoard, name, url, *flags, executable=executable) as board:
        yield board


async def plays_after(board: RoomBoard) -> float:
    """Seconds from a reload until the teacher moves."""
    began = time.monotonic()
    await board.page.reload()
    await board.moves("lead", frames=5, seconds=20)
    return time.monotonic() - began


@pytest.mark.parametrize(("way", "script"), [("tcp", ""), ("relay", ONLY_RELAYED)])
async def test_the_lesson_plays_through_port_443_alone(
    place: tuple[DemoLesson, FarRoom], tmp_path: Path, way: str, script: str
) -> None:
    demo, link = place
    async with far_screen(way, link, tmp_path) as board:
        if script:
            await board.page.add_init_script(script)
        await board.join(demo.join_code(demo.rooms()[0]["room_id"]))
        await board.moves("lead", frames=10, seconds=30)
        await expect(board.page.locator(f"[data-way={way}]")).to_be_visible()
        await board.shot("plays")
        took = await plays_after(board)
        await expect(board.page.locator(f"[data-way={way}]")).to_be_visible()
    print(f"only TCP 443, by {way}: plays {took:.1f} s after the page was asked for")
    assert took <= NEXT_WAY_SECONDS
