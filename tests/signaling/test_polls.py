"""The lesson's events where WebSockets do not pass: the same channel over requests."""

import asyncio
import json
from typing import Any

import httpx
import pytest

from signaling.io.polled_socket import MOST_KEPT, MOST_SAID, PolledSocket
from streamsvc.base.errors import Overload
from tests.signaling.house import House
from tests.support.waiting import SECOND, until

Message = dict[str, Any]


class Page:
    """Opens one, says, fetches."""

    def __init__(self, http: httpx.AsyncClient, lesson_id: str) -> None:
        self.http = http
        self.path = f"/api/lessons/{lesson_id}/polls"
        self.headers: dict[str, str] = {}
        self.last = 0

    async def open(self) -> None:
        answer = await self.http.post(self.path)
        assert answer.status_code == 201
        self.path += "/current"
        self.headers = {"Authorization": f"Bearer {answer.json()['poll_id']}"}

    async def say(self, message: Message) -> None:
        answer = await self.http.post(self.path, content=json.dumps(message), headers=self.headers)
        assert answer.status_code == 204

    async def fetch(self) -> Message:
        answer = await self.http.get(
            self.path, params={"after": self.last}, headers=self.headers, timeout=30
        )
        assert answer.status_code == 200
        found: Message = answer.json()
        self.last = found["last"]
        return found

    async def until(self, type: str) -> Message:
        async with asyncio.timeout(5 * SECOND):
            while True:
                for message in (await self.fetch())["messages"]:
                    if message["type"] == type:
                        return dict(message)


@pytest.fixture
async def page(house: House) -> Page:
    page = Page(house.client(), house.lesson_id("lesson_a1"))
    await page.open()
    return page


async def test_a_page_without_websockets_is_in_the_lesson(house: House, page: Page) -> None:
    grant = await house.grant("lead_a1", "lesson_a1")
    waiting = asyncio.create_task(page.fetch())
    await page.say({"type": "hello", "version": 1, "grant": grant})
    first = await waiting
    assert [message["type"] for message in first["messages"]] == ["snapshot"]
    assert first["closed"] is None
    await page.say({"type": "get_snapshot", "request_id": "1"})
    assert (await page.until("snapshot"))["type"] == "snapshot"
    waiting = asyncio.create_task(page.fetch())
    await asyncio.sleep(0.2 * SECOND)  # nobody fetches from a poll that is over
    assert (await page.http.delete(page.path, headers=page.headers)).status_code == 204
    assert (await waiting)["closed"] == {"code": 4000, "reason": "gone"}
    await until(lambda: len(house.context.polls) == 0, what="the poll is over")
    gone = await page.http.get(page.path, headers=page.headers)
    assert gone.json()["error"]["id"] == "poll-unknown"


async def test_who_may_not_is_told_why_and_that_it_is_over(page: Page) -> None:
    await page.say({"type": "hello", "version": 1, "grant": "v1.nonsense.nonsense"})
    found = await page.fetch()
    if found["closed"] is None:
        found["closed"] = (await page.fetch())["closed"]
    assert found["messages"][0]["error"]["id"] == "grant-invalid"
    assert found["closed"]["reason"] == "grant-invalid"


async def test_the_number_opens_its_own_lesson_only_and_from_the_header(
    house: House, page: Page
) -> None:
    other = page.path.replace(house.lesson_id("lesson_a1"), house.lesson_id("lesson_b1"))
    assert other != page.path
    for answer in (
        await page.http.post(other, content="{}", headers=page.headers),
        await page.http.delete(other, headers=page.headers),
        await page.http.get(page.path, headers={"Authorization": "Bearer poll_guess"}),
        await page.http.get(page.path),
    ):
        assert answer.json()["error"]["id"] == "poll-unknown"


async def test_what_did_not_arrive_is_fetched_again() -> None:
    socket = PolledSocket()
    for text in ("1", "2", "3"):
        await socket.send_text(text)
    assert (await socket.fetch(0)).texts == ("1", "2", "3")
    again = await socket.fetch(1)
    assert (again.last, again.texts) == (3, ("2", "3"))


async def test_the_newer_of_two_requests_has_the_turn() -> None:
    socket = PolledSocket()
    older = asyncio.create_task(socket.fetch(0))
    await asyncio.sleep(0)
    newer = asyncio.create_task(socket.fetch(0))
    assert (await older).texts == ()
    await socket.send_text("1")
    assert (await newer).texts == ("1",)


async def test_nothing_is_kept_without_bound() -> None:
    socket = PolledSocket()
    for number in range(MOST_KEPT):
        await socket.send_text(str(number))
    more = asyncio.create_task(socket.send_text("more"))
    await asyncio.sleep(0)
    assert not more.done()
    fetched = await socket.fetch(0)
    waiting = asyncio.create_task(socket.fetch(fetched.last))
    await more
    assert (await waiting).texts == ("more",)
    for _ in range(MOST_SAID):
        socket.say("{}")
    with pytest.raises(Overload, match="messages-too-fast"):
        socket.say("{}")


async def test_a_message_that_is_too_long_is_refused(page: Page) -> None:
    answer = await page.http.post(page.path, content=b"x" * 100_000, headers=page.headers)
    assert answer.json()["error"]["id"] == "message-too-large"
