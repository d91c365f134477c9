"""WHIP and WHEP as a door."""

import httpx
import pytest

from relay.client.http_session import HttpSession, fixed_grant
from relay.client.swarm.http_door import GRANT_SECONDS, FixedGrant, HttpDoor, kept
from streamsvc.base.errors import UserError
from tests.relay.client.loopback import loopback


async def test_a_grant_is_asked_for_once_until_it_is_old() -> None:
    asked: list[float] = []
    now = [100.0]

    async def source() -> str:
        asked.append(now[0])
        return f"grant {len(asked)}"

    shared = kept(source, now=lambda: now[0])
    assert [await shared(), await shared()] == ["grant 1", "grant 1"]
    now[0] += GRANT_SECONDS
    assert await shared() == "grant 2"
    assert asked == [100.0, 100.0 + GRANT_SECONDS]


class Offering:
    """A peer whose offer nobody can use."""

    def offer(self) -> str:
        return "v=0\r\n"

    def accept(self, answer: str) -> None:
        raise AssertionError("nothing to accept")

    def answer(self, offer: str) -> str:
        raise AssertionError("nothing to answer")


async def test_a_refusal_keeps_the_servers_id() -> None:
    async with loopback() as server:
        server.refusal = "relay-full"
        door = HttpDoor(f"{server.url}/whep", FixedGrant("token"))
        async with door.opened() as entrance:
            with pytest.raises(UserError, match="relay-full"):
                await entrance.enter(Offering())


async def test_without_a_token_none_is_sent() -> None:
    seen: list[httpx.Headers] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers)
        return httpx.Response(201, text="v=0", headers={"location": "/1"})

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as http:
        await HttpSession(http, fixed_grant("")).open("http://server.example/whep", "v=0")
        await HttpSession(http, fixed_grant("abc")).open("http://server.example/whep", "v=0")
    assert "authorization" not in seen[0]
    assert seen[1]["authorization"] == "Bearer abc"
