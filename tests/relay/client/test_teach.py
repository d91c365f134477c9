"""Teaching through breaks: real HTTP and real WebRTC against a small server."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from relay.client.clip import BAR_COLORS, CAMERA, write_clip
from relay.client.http_session import HttpSession, fixed_grant, refusal
from relay.client.teach import TeachEnd, teach, wait_seconds
from relay.client.whep import WhepViewer
from streamsvc.base.errors import PeerGone
from streamsvc.base.tasks import TaskScope
from tests.relay.client.loopback import Loopback, loopback
from tests.support.waiting import until


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    write_clip(path, CAMERA, duration_seconds=4)
    return path


@pytest.fixture
async def server() -> AsyncIterator[Loopback]:
    async with loopback() as opened:
        yield opened


@pytest.fixture
async def scope() -> AsyncIterator[TaskScope]:
    opened = TaskScope("test")
    yield opened
    await opened.close()


async def test_clip_arrives_with_picture_and_sound(
    server: Loopback, scope: TaskScope, clip: Path
) -> None:
    scope.start("teach", teach(f"{server.url}/whip", "g", clip, cache=clip.parent))
    await until(lambda: server.is_on_air("whip1"), 20)
    async with httpx.AsyncClient() as http:
        viewer = WhepViewer(f"{server.url}/whep", fixed_grant("g"), http=http)
        await viewer.view()
        pictures, sounds = viewer.seen.pictures, viewer.seen.sounds
        await until(lambda: bool(pictures) and pictures[0].frames > 20, 20)
        await until(lambda: bool(sounds) and sounds[0].loudest > 0.05, 20)
        assert (pictures[0].width, pictures[0].height) == (CAMERA.width, CAMERA.height)
        assert min(_distance(pictures[0].bar_rgb, color) for color in BAR_COLORS) < 200
        await viewer.close()


def _distance(one: tuple[int, int, int], other: tuple[int, int, int]) -> int:
    return sum(abs(a - b) for a, b in zip(one, other, strict=True))


async def test_comes_back_after_a_break(server: Loopback, scope: TaskScope, clip: Path) -> None:
    scope.start("teach", teach(f"{server.url}/whip", "g", clip, cache=clip.parent))
    await until(lambda: server.is_on_air("whip1"), 20)
    await server.end("whip1")
    await until(lambda: server.is_on_air("whip2"), 20)
    assert list(server.peers) == ["whip2"]


async def test_server_that_forgot_the_session_is_noticed_soon(
    server: Loopback, scope: TaskScope, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("relay.client.peer.CHECK_SECONDS", 0.2)
    scope.start("teach", teach(f"{server.url}/whip", "g", clip, cache=clip.parent))
    await until(lambda: server.is_on_air("whip1"), 20)
    forgotten = server.peers.pop("whip1")
    await until(lambda: server.is_on_air("whip2"), 20)
    await forgotten.close()


@pytest.mark.parametrize(
    ("error_id", "end"),
    [
        ("slot-taken", TeachEnd.TAKEN_OVER),
        ("lesson-ended", TeachEnd.LESSON_ENDED),
        ("grant-expired", TeachEnd.REFUSED),
    ],
)
async def test_ends_when_there_is_a_reason(
    server: Loopback, scope: TaskScope, clip: Path, error_id: str, end: TeachEnd
) -> None:
    teaching = scope.start("teach", teach(f"{server.url}/whip", "g", clip, cache=clip.parent))
    await until(lambda: server.is_on_air("whip1"), 20)
    server.refusal = error_id
    await server.end("whip1")
    async with asyncio.timeout(20):
        assert await teaching is end


async def test_cancel_tells_the_server(server: Loopback, scope: TaskScope, clip: Path) -> None:
    scope.start("teach", teach(f"{server.url}/whip", "g", clip, cache=clip.parent))
    await until(lambda: server.is_on_air("whip1"), 20)
    await scope.close()
    assert server.peers == {}


async def test_keeps_trying_while_there_is_no_server(clip: Path, scope: TaskScope) -> None:
    async with loopback() as gone:
        url = gone.url
    teaching = scope.start("teach", teach(f"{url}/whip", "g", clip, cache=clip.parent))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(2):
            await asyncio.shield(teaching)
    assert not teaching.done()


def test_wait_doubles_up_to_a_limit() -> None:
    assert [wait_seconds(attempt, 0.5) for attempt in (1, 2, 3, 4, 5, 50)] == [
        0.5,
        1.0,
        2.0,
        4.0,
        8.0,
        8.0,
    ]
    assert wait_seconds(1, 0.0) < wait_seconds(1, 1.0)


async def test_session_that_is_gone_needs_no_ending(server: Loopback) -> None:
    async with httpx.AsyncClient() as http:
        session = HttpSession(http, fixed_grant("g"))
        await session.end()
        assert not await session.is_open()


async def test_grant_is_asked_for_again_when_it_has_expired() -> None:
    grants = iter(["old", "new"])
    seen: list[tuple[str, str]] = []

    async def next_grant() -> str:
        return next(grants)

    def server(request: httpx.Request) -> httpx.Response:
        seen.append((request.method, request.headers["authorization"]))
        if request.method == "POST":
            return httpx.Response(201, headers={"Location": "/sessions/1"})
        return httpx.Response(200 if "new" in seen[-1][1] else 401)

    async with httpx.AsyncClient(transport=httpx.MockTransport(server)) as http:
        session = HttpSession(http, next_grant)
        await session.open("http://server/whip", "v=0")
        await session.end()
    assert seen == [("POST", "Bearer old"), ("DELETE", "Bearer old"), ("DELETE", "Bearer new")]


async def test_no_server_is_peer_gone() -> None:
    async with loopback() as gone:
        url = gone.url
    async with httpx.AsyncClient() as http:
        with pytest.raises(PeerGone, match="media-server-unreachable"):
            await HttpSession(http, fixed_grant("g")).open(f"{url}/whip", "v=0")


@pytest.mark.parametrize(
    ("body", "error_id"),
    [
        ('{"error": {"id": "slot-taken"}}', "slot-taken"),
        ('{"error": 7}', "http-409"),
        ("[]", "http-409"),
        ("<html>", "http-409"),
    ],
)
def test_refusals_of_any_server_have_an_id(body: str, error_id: str) -> None:
    assert refusal(httpx.Response(409, text=body)).error_id == error_id


async def test_a_break_in_the_middle_of_an_offer_leaves_no_socket_open() -> None:
    opened_before = _open_sockets()
    for turns in range(12):  # of the loop; one of them is between two sockets
        async with httpx.AsyncClient() as http:
            viewer = WhepViewer("http://127.0.0.1:9/whep", fixed_grant("g"), http=http)
            viewing = asyncio.create_task(viewer.view())
            for _ in range(turns):
                await asyncio.sleep(0)
            viewing.cancel()
            await asyncio.wait([viewing])
            await viewer.close()
    assert _open_sockets() <= opened_before


async def test_a_break_in_the_middle_of_an_answer_leaves_no_socket_open(server: Loopback) -> None:
    opened_before = None
    for turns in range(0, 40, 2):
        async with httpx.AsyncClient() as http:
            viewer = WhepViewer(f"{server.url}/whep", fixed_grant("g"), http=http)
            answered, viewing = server.opened + 1, asyncio.create_task(viewer.view())
            await until(lambda answered=answered: server.opened == answered)  # type: ignore[misc]
            for _ in range(turns):
                await asyncio.sleep(0)
            viewing.cancel()
            await asyncio.wait([viewing])
            await viewer.close()
        for peer in server.peers.values():
            await peer.close()
        opened_before = _open_sockets() if opened_before is None else opened_before
    assert opened_before is not None
    await until(lambda: _open_sockets() <= opened_before)  # the server closes a moment later


async def test_a_break_in_the_middle_of_hanging_up_leaves_no_socket_open(
    server: Loopback,
) -> None:
    opened_before = _open_sockets()
    for turns in range(1, 7):
        async with httpx.AsyncClient() as http:
            viewer = WhepViewer(f"{server.url}/whep", fixed_grant("g"), http=http)
            await viewer.peer.connection.setLocalDescription(
                await viewer.peer.connection.createOffer()
            )
            hanging_up = asyncio.create_task(viewer.close())
            for _ in range(turns):
                await asyncio.sleep(0)
            hanging_up.cancel()
            await asyncio.wait([hanging_up])
    assert _open_sockets() <= opened_before


def _open_sockets() -> int:
    """Of this process."""
    names = (fd.readlink().name for fd in Path("/proc/self/fd").iterdir() if fd.is_symlink())
    return sum(name.startswith("socket:") for name in names)
