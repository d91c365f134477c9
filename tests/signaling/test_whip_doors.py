"""Both media doors over a real HTTP server; the relay and the permission check are fakes."""

import asyncio
import gzip
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import httpx
import pytest
import uvicorn
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from signaling.io.media_http import FRAGMENT, SDP, IceServer
from signaling.io.media_router import media_router
from signaling.ports import (
    LinkPolicy,
    MediaAnswer,
    MediaParty,
    PublisherFlow,
    RelayListener,
    SubscriberFlow,
    TrickleAnswer,
)
from streamsvc.base.errors import Overload, ProtocolError, StreamsvcError, UserError
from streamsvc.base.ids import LessonId, MediaSessionId, ParticipantId
from streamsvc.base.media import PictureProfile, Slot

OFFER = "v=0\r\n"
STATUS = {
    "grant-missing": 401,
    "not-allowed": 403,
    "media-session-unknown": 404,
    "slot-unknown": 404,
    "sdp-no-common-codec": 406,
    "slot-taken": 409,
    "etag-mismatch": 412,
    "sdp-too-large": 413,
    "media-type-unsupported": 415,
    "sdp-malformed": 400,
    "etag-required": 428,
    "relay-full": 503,
}


@dataclass
class FakeRelay:
    """Remembers what it was asked; `fault` is raised instead of an answer."""

    fault: StreamsvcError | None = None
    offers: list[str] = field(default_factory=list)
    take_overs: list[bool] = field(default_factory=list)
    replaced: list[MediaSessionId | None] = field(default_factory=list)
    sessions: dict[MediaSessionId, MediaParty] = field(default_factory=dict)

    def listen(self, listener: RelayListener) -> None:
        raise NotImplementedError

    async def publish(
        self,
        party: MediaParty,
        slot: Slot,
        offer_sdp: str,
        *,
        take_over: bool,
        replaces: MediaSessionId | None = None,
    ) -> MediaAnswer:
        self.take_overs.append(take_over)
        self.replaced.append(replaces)
        return self._open(party, offer_sdp)

    async def subscribe(self, party: MediaParty, offer_sdp: str) -> MediaAnswer:
        return self._open(party, offer_sdp)

    def _open(self, party: MediaParty, offer_sdp: str) -> MediaAnswer:
        if self.fault is not None:
            raise self.fault
        self.offers.append(offer_sdp)
        session_id = MediaSessionId(f"ms_{len(self.offers)}")
        self.sessions[session_id] = party
        return MediaAnswer(session_id, "v=0 answer", '"tag1"')

    async def trickle(
        self, session_id: MediaSessionId, fragment: str, if_match: str | None
    ) -> TrickleAnswer:
        if if_match is None:
            raise UserError("etag-required")
        if if_match == "*":
            return TrickleAnswer("a=ice-ufrag:new\r\n", '"tag2"')
        if if_match != '"tag1"':
            raise UserError("etag-mismatch")
        return TrickleAnswer(None, '"tag1"')

    async def close(self, session_id: MediaSessionId) -> None:
        self.session_party(session_id)
        del self.sessions[session_id]

    async def close_lesson(self, lesson_id: LessonId) -> None:
        raise NotImplementedError

    def session_party(self, session_id: MediaSessionId) -> MediaParty:
        if session_id not in self.sessions:
            raise UserError("media-session-unknown")
        return self.sessions[session_id]

    def close_participant(
        self, lesson_id: LessonId, participant_id: ParticipantId, slot: Slot
    ) -> None:
        raise NotImplementedError

    def close_party(self, lesson_id: LessonId, participant_id: ParticipantId) -> None:
        raise NotImplementedError

    def set_muted(self, lesson_id: LessonId, slot: Slot, *, is_muted: bool) -> None:
        raise NotImplementedError

    def set_policy(
        self, lesson_id: LessonId, participant_id: ParticipantId, policy: LinkPolicy
    ) -> None:
        raise NotImplementedError

    def set_profile(self, lesson_id: LessonId, profile: PictureProfile) -> None:
        raise NotImplementedError

    def set_program(self, lesson_id: LessonId, slot: Slot) -> None:
        raise NotImplementedError

    def send_on_channel(self, session_id: MediaSessionId, message: str | bytes) -> None:
        raise NotImplementedError

    def fraction_lost(self, lesson_id: LessonId, participant_id: ParticipantId) -> float:
        raise NotImplementedError

    def data_bps(self, lesson_id: LessonId, participant_id: ParticipantId) -> int:
        raise NotImplementedError

    def expect_data(
        self, lesson_id: LessonId, participant_id: ParticipantId, byte_count: int
    ) -> None:
        raise NotImplementedError

    def send_burst(self, lesson_id: LessonId, participant_id: ParticipantId, bps: int) -> None:
        raise NotImplementedError

    def flows(self, lesson_id: LessonId) -> tuple[list[PublisherFlow], list[SubscriberFlow]]:
        raise NotImplementedError

    def audience_lack(self, lesson_id: LessonId) -> None:
        raise NotImplementedError


@dataclass
class NameIsGrant:
    """The bearer token is the participant's id, until it is thrown out."""

    asked: asyncio.Event = field(default_factory=asyncio.Event)
    thrown_out: set[str] = field(default_factory=set)

    async def publisher(self, bearer: str, lesson_id: LessonId, slot: Slot) -> MediaParty:
        return await self.subscriber(bearer, lesson_id)

    async def subscriber(self, bearer: str, lesson_id: LessonId) -> MediaParty:
        self.asked.set()
        if not bearer:
            raise UserError("grant-missing")
        if bearer in self.thrown_out:
            raise UserError("not-allowed")
        return MediaParty(lesson_id, ParticipantId(bearer), bearer, bearer)

    async def session(self, bearer: str, party: MediaParty) -> None:
        if bearer != party.participant_id:
            raise UserError("not-allowed")


def problem(error: StreamsvcError, request: Request) -> Response:
    headers = {"Retry-After": "3"} if isinstance(error, Overload) else {}
    return JSONResponse({"id": error.error_id}, STATUS[error.error_id], headers)


@pytest.fixture
def relay() -> FakeRelay:
    return FakeRelay()


@pytest.fixture
def gate() -> NameIsGrant:
    return NameIsGrant()


@pytest.fixture
async def client(relay: FakeRelay, gate: NameIsGrant) -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()
    servers = [IceServer("stun:s.example"), IceServer("turn:t.example?transport=udp", "u", 'p"w')]
    app.include_router(media_router(relay, gate, problem, ice_servers=lambda bearer, who: servers))
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))
    serving = asyncio.ensure_future(server.serve(sockets=[listener]))
    base = f"http://127.0.0.1:{listener.getsockname()[1]}"
    try:
        async with httpx.AsyncClient(base_url=base, headers=_named("teacher")) as opened:
            yield opened
    finally:
        server.should_exit = True
        await serving


def _named(name: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {name}"}


def _sdp(name: str = "teacher") -> dict[str, str]:
    return {**_named(name), "Content-Type": SDP}


class TestOpening:
    async def test_publish_is_created_with_all_headers(
        self, client: httpx.AsyncClient, relay: FakeRelay
    ) -> None:
        answer = await client.post("/whip/l_1/lead", content=OFFER, headers=_sdp())
        assert (answer.status_code, answer.text) == (201, "v=0 answer")
        assert answer.headers["content-type"].startswith(SDP)
        assert answer.headers["location"] == "/whip/sessions/ms_1"
        assert answer.headers["etag"] == '"tag1"'
        assert answer.headers["accept-patch"] == FRAGMENT
        assert answer.headers.get_list("link") == [
            '<stun:s.example>; rel="ice-server"',
            '<turn:t.example?transport=udp>; rel="ice-server"; username="u"; '
            'credential="p\\"w"; credential-type="password"',
        ]
        assert relay.offers == [OFFER]
        assert relay.take_overs == [False]

    async def test_take_over_is_asked_for(
        self, client: httpx.AsyncClient, relay: FakeRelay
    ) -> None:
        await client.post("/whip/l_1/screen?take_over=1", content=OFFER, headers=_sdp())
        assert (relay.take_overs, relay.replaced) == ([True], [None])

    async def test_a_broken_session_is_named(
        self, client: httpx.AsyncClient, relay: FakeRelay
    ) -> None:
        await client.post("/whip/l_1/lead?replaces=pub_1", content=OFFER, headers=_sdp())
        assert (relay.take_overs, relay.replaced) == ([False], ["pub_1"])

    async def test_view_is_created(self, client: httpx.AsyncClient) -> None:
        answer = await client.post("/whep/l_1", content=OFFER, headers=_sdp())
        assert answer.status_code == 201
        assert answer.headers["location"] == "/whep/sessions/ms_1"

    async def test_media_type_may_have_parameters(self, client: httpx.AsyncClient) -> None:
        headers = {"Content-Type": "Application/SDP; charset=utf-8"}
        answer = await client.post("/whep/l_1", content=OFFER, headers=headers)
        assert answer.status_code == 201


class TestRefusing:
    @pytest.mark.parametrize("path", ["/whip/l_1/stage", "/whep/l_1"])
    async def test_who_is_thrown_out_while_her_offer_comes_slowly(
        self, client: httpx.AsyncClient, relay: FakeRelay, gate: NameIsGrant, path: str
    ) -> None:
        async def slowly() -> AsyncIterator[bytes]:
            yield OFFER.encode()
            await gate.asked.wait()
            gate.thrown_out.add("teacher")

        answer = await client.post(path, content=slowly(), headers=_sdp())
        assert answer.status_code == 403
        assert relay.offers == []

    @pytest.mark.parametrize("path", ["/whip/l_1/lead", "/whep/l_1"])
    async def test_no_grant(self, client: httpx.AsyncClient, path: str) -> None:
        answer = await client.post(path, content=OFFER, headers=_sdp("") | {"Authorization": ""})
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"

    async def test_grant_is_checked_before_the_body_is_read(
        self, client: httpx.AsyncClient, relay: FakeRelay
    ) -> None:
        headers = _sdp() | {"Authorization": "Basic eDp5"}
        answer = await client.post("/whep/l_1", content="x" * 200_000, headers=headers)
        assert answer.status_code == 401
        assert relay.offers == []

    async def test_wrong_media_type(self, client: httpx.AsyncClient) -> None:
        answer = await client.post("/whep/l_1", json={"sdp": OFFER})
        assert answer.status_code == 415

    async def test_an_offer_may_come_packed_and_its_answer_too(
        self, client: httpx.AsyncClient, relay: FakeRelay
    ) -> None:
        headers = _sdp() | {"Content-Encoding": "gzip", "Accept-Encoding": "gzip"}
        answer = await client.post("/whep/l_1", content=gzip.compress(b"v=0\r\n"), headers=headers)
        assert (answer.status_code, answer.text) == (201, "v=0 answer")
        assert answer.headers["content-encoding"] == "gzip"
        assert relay.offers == [OFFER]
        plain = _sdp() | {"Accept-Encoding": "identity"}
        answer = await client.post("/whep/l_1", content=OFFER, headers=plain)
        assert "content-encoding" not in answer.headers and answer.text == "v=0 answer"

    @pytest.mark.parametrize(
        ("body", "refusal"),
        [
            (gzip.compress(bytes(50_000_000)), (413, "sdp-too-large")),
            (b"v=0", (400, "sdp-malformed")),
        ],
    )
    async def test_a_bomb_is_refused_and_so_is_what_is_not_packed(
        self, client: httpx.AsyncClient, relay: FakeRelay, body: bytes, refusal: tuple[int, str]
    ) -> None:
        headers = _sdp() | {"Content-Encoding": "gzip"}
        answer = await client.post("/whep/l_1", content=body, headers=headers)
        assert (answer.status_code, answer.json()["id"]) == refusal
        assert relay.offers == []

    async def test_megabyte_is_refused_by_its_length(
        self, client: httpx.AsyncClient, relay: FakeRelay
    ) -> None:
        answer = await client.post("/whep/l_1", content="x" * 1_000_000, headers=_sdp())
        assert (answer.status_code, answer.json()) == (413, {"id": "sdp-too-large"})
        assert relay.offers == []

    async def test_endless_body_is_refused_while_reading(
        self, client: httpx.AsyncClient, relay: FakeRelay
    ) -> None:
        sent = 0

        async def endless() -> AsyncIterator[bytes]:
            nonlocal sent
            while True:
                sent += 1
                yield b"a" * 10_000
                await asyncio.sleep(0)

        async with asyncio.timeout(20):
            with pytest.raises(httpx.HTTPError):
                await client.post("/whep/l_1", content=endless(), headers=_sdp())
        assert relay.offers == []
        assert sent < 5_000

    async def test_text_that_is_no_utf8(self, client: httpx.AsyncClient) -> None:
        answer = await client.post("/whep/l_1", content=b"\xff\xfe", headers=_sdp())
        assert (answer.status_code, answer.json()) == (400, {"id": "sdp-malformed"})

    async def test_unknown_slot(self, client: httpx.AsyncClient) -> None:
        answer = await client.post("/whip/l_1/balcony", content=OFFER, headers=_sdp())
        assert answer.status_code == 404

    @pytest.mark.parametrize(
        ("fault", "status"),
        [
            (UserError("slot-taken"), 409),
            (ProtocolError("sdp-no-common-codec"), 406),
            (Overload("relay-full"), 503),
        ],
    )
    async def test_what_the_relay_refuses(
        self, client: httpx.AsyncClient, relay: FakeRelay, fault: StreamsvcError, status: int
    ) -> None:
        relay.fault = fault
        answer = await client.post("/whip/l_1/lead", content=OFFER, headers=_sdp())
        assert answer.status_code == status
        assert answer.headers["access-control-allow-origin"] == "*"
        assert ("retry-after" in answer.headers) == (status == 503)


@pytest.mark.parametrize("door", ["/whip/l_1/lead", "/whep/l_1"])
class TestSession:
    async def _open(self, client: httpx.AsyncClient, door: str) -> str:
        return (await client.post(door, content=OFFER, headers=_sdp())).headers["location"]

    async def _patch(self, client: httpx.AsyncClient, path: str, **headers: str) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await client.patch(path, content="a=x", headers={"Content-Type": FRAGMENT} | named)

    async def test_trickle(self, client: httpx.AsyncClient, door: str) -> None:
        path = await self._open(client, door)
        answer = await self._patch(client, path, if_match='"tag1"')
        assert (answer.status_code, answer.content) == (204, b"")

    async def test_restart_has_a_new_tag(self, client: httpx.AsyncClient, door: str) -> None:
        path = await self._open(client, door)
        answer = await self._patch(client, path, if_match="*")
        assert (answer.status_code, answer.text) == (200, "a=ice-ufrag:new\r\n")
        assert answer.headers["etag"] == '"tag2"'
        assert answer.headers["content-type"].startswith(FRAGMENT)

    async def test_tag_is_required_and_must_match(
        self, client: httpx.AsyncClient, door: str
    ) -> None:
        path = await self._open(client, door)
        assert (await self._patch(client, path)).status_code == 428
        assert (await self._patch(client, path, if_match='"old"')).status_code == 412

    async def test_only_fragments_are_taken(self, client: httpx.AsyncClient, door: str) -> None:
        path = await self._open(client, door)
        answer = await client.patch(path, content="x", headers=_sdp() | {"If-Match": '"tag1"'})
        assert answer.status_code == 415

    async def test_only_its_owner_may_touch_it(
        self, client: httpx.AsyncClient, relay: FakeRelay, door: str
    ) -> None:
        path = await self._open(client, door)
        assert (await client.delete(path, headers=_named("thief"))).status_code == 403
        assert len(relay.sessions) == 1

    async def test_ends_once(self, client: httpx.AsyncClient, relay: FakeRelay, door: str) -> None:
        path = await self._open(client, door)
        assert (await client.delete(path)).status_code == 200
        assert relay.sessions == {}
        assert (await client.delete(path)).status_code == 404


class TestOptions:
    @pytest.mark.parametrize(
        ("path", "header", "value"),
        [
            ("/whip/l_1/lead", "accept-post", SDP),
            ("/whep/l_1", "accept-post", SDP),
            ("/whip/sessions/ms_1", "accept-patch", FRAGMENT),
            ("/whep/sessions/ms_1", "accept-patch", FRAGMENT),
        ],
    )
    async def test_says_what_may_be_sent_without_a_grant(
        self, client: httpx.AsyncClient, path: str, header: str, value: str
    ) -> None:
        del client.headers["authorization"]
        answer = await client.options(path)
        assert answer.status_code == 204
        assert answer.headers[header] == value
        assert "If-Match" in answer.headers["access-control-allow-headers"]

    async def test_pages_of_other_origins_can_read_the_headers(
        self, client: httpx.AsyncClient
    ) -> None:
        headers = _sdp() | {"Origin": "https://player.example"}
        answer = await client.post("/whep/l_1", content=OFFER, headers=headers)
        exposed = answer.headers["access-control-expose-headers"]
        assert {"Location", "Link", "ETag", "Accept-Patch"} <= set(exposed.split(", "))

    @pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE"])
    @pytest.mark.parametrize("path", ["/whip/l_1/lead", "/whep/l_1"])
    async def test_other_methods(self, client: httpx.AsyncClient, method: str, path: str) -> None:
        answer = await client.request(method, path)
        assert answer.status_code == 405
        assert answer.headers["allow"] == "POST, OPTIONS"
