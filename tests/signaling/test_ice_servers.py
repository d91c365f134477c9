"""Who is told of TURN servers, how long their passwords live, and that nobody sees the secret."""

import shutil
from collections.abc import AsyncIterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from signaling.io.media_http import SDP
from signaling.protocol.ice import password
from tests.signaling.house import House, open_house
from tests.streamsvc.school.county import County

SECRET = "only-the-server-knows"
TURN = "turns:turn.example:443?transport=tcp"


@pytest.fixture
async def house(tmp_path: Path, counties: tuple[Path, County]) -> AsyncIterator[House]:
    shutil.copy(counties[0], tmp_path / "school.db")
    turn: dict[str, Any] = {"turn_urls": (TURN,), "turn_secret": SECRET}
    async with open_house(tmp_path, deepcopy(counties[1]), **turn) as house:
        yield house


def is_good(server: dict[str, Any], expires_at_ms: int) -> bool:
    """Coturn would take it, until the grant ends."""
    ends = int(server["username"].partition(":")[0])
    is_ours = server["credential"] == password(server["username"], SECRET)
    return is_ours and server["urls"] == [TURN] and ends == expires_at_ms // 1000


async def test_teachers_and_rooms_get_them_with_their_grants(house: House) -> None:
    path = f"/api/lessons/{house.lesson_id('lesson_a1')}/grant"
    lead = await (await house.signed_in("lead_a1")).post(path)
    grant = lead.json()
    (server,) = grant["ice_servers"]
    assert is_good(server, grant["expires_at_ms"])
    screen = await (await house.signed_in("room_a2")).get("/api/room")
    home = screen.json()
    (server,) = home["ice_servers"]
    assert is_good(server, home["grant_expires_at_ms"])
    assert SECRET not in lead.text + screen.text


async def test_a_room_without_a_lesson_gets_none(house: House) -> None:
    house.clock.advance(7 * 86_400)
    home = (await (await house.signed_in("room_a2")).get("/api/room")).json()
    assert (home["grant"], home["ice_servers"]) == (None, [])


async def test_other_clients_find_them_in_the_answer(house: House) -> None:
    path = f"/api/lessons/{house.lesson_id('lesson_a1')}/grant"
    grant = (await (await house.signed_in("lead_a1")).post(path)).json()
    headers = {"Authorization": f"Bearer {grant['grant']}", "Content-Type": SDP}
    answer = await house.client().post(grant["whip"]["lead"], content="v=0\r\n", headers=headers)
    (server,) = grant["ice_servers"]
    assert f'username="{server["username"]}"' in answer.headers["link"]
    assert f'credential="{server["credential"]}"' in answer.headers["link"]
