"""The lead teacher's desk without a page: signs in, finds her lesson, gets grants, starts it.

What `streamsvc teach` does beside sending media; it uses the same HTTP API and event channel as the
teacher's console.
"""

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidHandshake, WebSocketException

from streamsvc.base.errors import PeerGone, UserError

log = logging.getLogger("streamsvc.desk")

PING_SECONDS = 10.0
RECONNECT_SECONDS = 1.0
START_CHECK_SECONDS = 1.0
PLAN_CHECK_SECONDS = 10.0


class TeacherDesk:
    """One teacher at one server. The client's cookies hold her sign-in."""

    def __init__(
        self,
        server: str,
        http: httpx.AsyncClient,
        *,
        starts_on_time: bool = False,
        is_here: bool = False,
    ) -> None:
        """`starts_on_time`: a lesson is started at its planned time, by this machine's clock, not
        as soon as it can be. `is_here`: of the server's own machine; `http` says so, too."""
        self._is_here = is_here
        self._server = server.rstrip("/")
        self._http = http
        self._starts_on_time = starts_on_time

    async def sign_in(self, login: str, password: str) -> None:
        """Raises UserError with the server's error id, PeerGone `server-unreachable`."""
        await self._ask("POST", "/api/sign-in", {"login": login, "password": password})

    def use_session(self, token: str) -> None:
        """A sign-in that the service lent to this process."""
        self._http.cookies.set("streamsvc_staff", token)

    async def lesson_now(self) -> str:
        """Id of her live lesson, else of the next scheduled one. Raises UserError `lesson-none`."""
        lessons = [x for x in await self._ask("GET", "/api/lessons") if x["state"] != "ended"]
        if not lessons:
            raise UserError("lesson-none")
        first = min(lessons, key=lambda x: (x["state"] != "live", x["scheduled_start_ms"]))
        return str(first["lesson_id"])

    async def grant(self, lesson_id: str) -> dict[str, Any]:
        """A fresh grant with its WHIP paths. Raises like `sign_in`."""
        answer: dict[str, Any] = await self._ask("POST", f"/api/lessons/{lesson_id}/grant")
        return answer

    async def stream_key(self, lesson_id: str) -> tuple[str, str]:
        """Server address and a fresh stream key of a lesson. Raises like `sign_in`."""
        made = await self._ask("POST", f"/api/lessons/{lesson_id}/stream-keys", {})
        return str(made["address"]), str(made["key"])

    def url(self, path: str) -> str:
        """Absolute URL of a path of the server."""
        return self._server + path

    async def keep_started(self, lesson_id: str) -> None:
        """Start the lesson as soon as the lead picture flows; return when it has ended."""
        while True:
            try:
                grant = await self.grant(lesson_id)
                if await self._follow(grant):
                    return
            except (WebSocketException, InvalidHandshake, OSError, PeerGone) as error:
                log.warning("! event channel lost: %s", type(error).__name__)
            except UserError as error:
                if error.error_id in ("lesson-ended", "lesson-unknown"):
                    return
                log.warning("! event channel refused: %s", error.error_id)
            await asyncio.sleep(RECONNECT_SECONDS)

    async def wait_planned(self, lesson_id: str) -> None:
        """Until its planned time by this machine's clock; a live lesson is not waited for. Raises
        like `sign_in`, UserError `lesson-none` where she has no such lesson (any more)."""
        while True:
            lessons = await self._ask("GET", "/api/lessons")
            found = [one for one in lessons if one["lesson_id"] == lesson_id]
            if not found:
                raise UserError("lesson-none")
            wait = found[0]["scheduled_start_ms"] / 1000 - time.time()
            if found[0]["state"] != "scheduled" or wait <= 0:
                return
            await asyncio.sleep(min(wait, PLAN_CHECK_SECONDS))  # it may be moved meanwhile

    async def end_lesson(self, lesson_id: str) -> None:
        """End it. Raises like `grant`; what breaks on the way leaves it as it is."""
        grant = await self.grant(lesson_id)
        try:
            async with self._channel(grant) as socket:
                await socket.send(json.dumps({"type": "end_lesson", "request_id": "end"}))
                while (message := await _receive(socket, START_CHECK_SECONDS)) is not None:
                    if message["type"] in ("done", "failed", "lesson_ended"):
                        return
        except (WebSocketException, InvalidHandshake, OSError) as error:
            log.warning("! the lesson could not be ended: %s", type(error).__name__)

    @asynccontextmanager
    async def _channel(self, grant: dict[str, Any]) -> AsyncIterator[ClientConnection]:
        scheme, place, *_ = urlsplit(self._server)
        wire = "wss" if scheme == "https" else "ws"
        there: dict[str, Any] = {}
        if self._is_here:
            there, place = {"host": urlsplit(self._server).hostname}, _as_localhost(place)
        url = urlunsplit((wire, place, grant["events"], "", ""))
        async with connect(url, open_timeout=10, close_timeout=2, **there) as socket:
            await socket.send(json.dumps({"type": "hello", "version": 1, "grant": grant["grant"]}))
            yield socket

    async def _follow(self, grant: dict[str, Any]) -> bool:
        """One connection; True when the lesson has ended."""
        async with self._channel(grant) as socket:
            state, clock = "", asyncio.get_running_loop()
            seen = _LessonSeen()
            ping_at = clock.time() + PING_SECONDS
            while True:
                message = await _receive(socket, min(ping_at - clock.time(), START_CHECK_SECONDS))
                if clock.time() >= ping_at:  # also while much is heard: the server wants to hear us
                    await socket.send(json.dumps({"type": "ping"}))
                    ping_at = clock.time() + PING_SECONDS
                if message is not None:
                    state = _state_after(state, message)
                    seen.hear(message)
                if state == "ended":
                    return True
                if state == "scheduled" and seen.lead_flows and self._is_time(seen):
                    seen.lead_flows = False  # asked once for each time it begins to flow
                    request = {"type": "start_lesson", "request_id": "start"}
                    await socket.send(json.dumps(request))

    def _is_time(self, seen: "_LessonSeen") -> bool:
        return not self._starts_on_time or time.time() * 1000 >= seen.planned_start_ms

    async def _ask(self, method: str, path: str, body: Any = None) -> Any:
        try:
            response = await self._http.request(method, self.url(path), json=body)
        except httpx.TransportError as error:
            raise PeerGone("server-unreachable", server=self._server) from error
        if response.is_success:
            return response.json() if response.content else None
        try:
            error_id = str(response.json()["error"]["id"])
        except (ValueError, KeyError, TypeError):
            error_id = "server-answer-unknown"
        raise UserError(error_id)


def _as_localhost(place: str) -> str:
    """The same port by the name that is not sent to HTTPS."""
    return f"localhost:{urlsplit('//' + place).port or 80}"


async def _receive(socket: ClientConnection, seconds: float) -> dict[str, Any] | None:
    """The next message; None after a quiet while."""
    try:
        text = await asyncio.wait_for(socket.recv(), max(0.0, seconds))
    except TimeoutError:
        return None
    message: dict[str, Any] = json.loads(text)
    return message


def _state_after(state: str, message: dict[str, Any]) -> str:
    match message["type"]:
        case "snapshot":
            return str(message["lesson"]["state"])
        case "lesson_started":
            return "live"
        case "lesson_ended":
            return "ended"
    return state


@dataclass
class _LessonSeen:
    """What the channel told that starting the lesson depends on."""

    lead_flows: bool = False
    planned_start_ms: int = 0

    def hear(self, message: dict[str, Any]) -> None:
        if "publications" in message:
            self.lead_flows = bool(message["publications"].get("lead"))
        lesson = message.get("lesson")
        if isinstance(lesson, dict):
            self.planned_start_ms = int(lesson.get("scheduled_start_ms", self.planned_start_ms))
