"""The lesson's WebSocket: /api/lessons/{lesson_id}/events."""

import asyncio
from collections.abc import MutableMapping
from contextlib import suppress
from dataclasses import replace
from typing import Any, Protocol

from fastapi import APIRouter, WebSocket
from starlette.websockets import WebSocketDisconnect, WebSocketState

from signaling import metrics
from signaling.io.context import Context, context
from signaling.io.outbox import Outbox, text_of
from signaling.io.problem import incident
from signaling.io.runner import LessonRunner
from signaling.protocol.catalogue import CLOSE_GOING_AWAY, CLOSE_LEFT, error_body
from signaling.protocol.connection import (
    ClientConnection,
    Close,
    Deliver,
    Greet,
    Output,
    RenewGrant,
    Send,
    farewell,
)
from signaling.protocol.grants import GRANT_LIFE_MS, Claims
from signaling.protocol.inputs import Participant, Said
from signaling.protocol.messages import Failed, GrantRenewed, Hello, Pong
from signaling.protocol.roles import Action, may
from streamsvc.base.errors import Overload, StreamsvcError, UserError
from streamsvc.base.ids import LessonId, new_id
from streamsvc.base.tasks import TaskScope

router = APIRouter()

POLL_SECONDS = 1.0
CLOSE_SECONDS = 2.0
STRAND_LAG_SECONDS = 0.08
"""Longer than most bursts of losses; page turns of the first are there before it."""
_ON_PURPOSE = frozenset({CLOSE_GOING_AWAY, CLOSE_LEFT})


@router.websocket("/api/lessons/{lesson_id}/events")
async def lesson_events(socket: WebSocket, lesson_id: str) -> None:
    """One client of one lesson, until it is gone."""
    ctx = context(socket)
    if not ctx.sockets.take():
        await refuse_socket(socket, Overload("connections-full"))
        return
    metrics.CONNECTIONS.labels("lesson").inc()
    try:
        await socket.accept()
        await EventSocket(socket, ctx, LessonId(lesson_id)).run()
    finally:
        metrics.CONNECTIONS.labels("lesson").dec()
        ctx.sockets.release()


class EventWire(Protocol):
    """What carries the channel's texts: a WebSocket, or polls that play one."""

    client_state: WebSocketState

    async def receive(self) -> MutableMapping[str, Any]:
        """`websocket.receive` or `websocket.disconnect`, as ASGI has them."""

    async def send_text(self, data: str) -> None:
        """One message."""

    async def close(self, code: int = 1000, reason: str | None = None) -> None:
        """The end, and why."""


class EventSocket:
    """Joins a pure `ClientConnection`, an outbox and a lesson. One ending path: `run` returns."""

    def __init__(
        self, socket: EventWire, ctx: Context, lesson_id: LessonId, *, is_polled: bool = False
    ) -> None:
        self._socket = socket
        self._is_polled = is_polled
        self._ctx = ctx
        self._lesson_id = lesson_id
        self._id = new_id("con")
        self._outbox = Outbox()
        self._connection = ClientConnection(self._now_ms())
        self._runner: LessonRunner | None = None
        self._claims: Claims | None = None
        self._is_second = False
        self._close_code = 1006

    async def run(self) -> None:
        """Serve until either side closes."""
        scope = TaskScope(f"events/{self._id}")
        try:
            sending = scope.start("send", self._send())
            ends = {
                scope.start("read", self._read()),
                scope.start("poll", self._poll()),
                scope.start("closing", self._outbox.until_closing()),
            }
            done, _ = await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            for fault in filter(None, (task.exception() for task in done)):
                self._outbox.close_with(incident(fault))
            await self._say_goodbye(sending)
        finally:
            await scope.close()
            self._leave()

    async def _say_goodbye(self, sending: "asyncio.Task[Close]") -> None:
        """Send what waits, then the close frame; a stuck link gets neither."""
        if self._socket.client_state is not WebSocketState.CONNECTED:
            return
        with suppress(TimeoutError, RuntimeError):
            async with asyncio.timeout(CLOSE_SECONDS):
                last = await asyncio.shield(sending)
                await self._socket.close(last.code, last.reason)

    def _leave(self) -> None:
        if self._runner is not None:
            self._runner.leave(self._id, on_purpose=self._close_code in _ON_PURPOSE)

    async def _send(self) -> Close:
        try:
            return await self._outbox.run(
                self._socket.send_text, None if self._is_polled else self._word
            )
        except (WebSocketDisconnect, RuntimeError):
            return Close(1006, "gone")

    def _word(self) -> str:
        return text_of(Pong(now_ms=self._now_ms()))

    # ---- reading ---------------------------------------------------------------------------------

    async def _read(self) -> None:
        while True:
            message = await self._socket.receive()
            if message["type"] == "websocket.disconnect":
                self._close_code = message.get("code", 1006)
                return
            data = message.get("text")
            if data is None:
                data = message.get("bytes") or b""
            for output in self._connection.receive(data, self._now_ms()):
                await self._carry_out(output)

    async def _poll(self) -> None:
        while True:
            await asyncio.sleep(POLL_SECONDS)
            for output in self._connection.poll(self._now_ms()):
                await self._carry_out(output)

    async def _carry_out(self, output: Output) -> None:
        match output:
            case Send(message):
                self._outbox.put(text_of(message))
            case Close(code, reason):
                self._outbox.close(code, reason)
            case Greet(hello):
                await self._greet(hello)
            case Deliver(message):
                if self._runner and not self._runner.post(Said(self._id, message)):
                    self._refuse(getattr(message, "request_id", None))
            case RenewGrant():
                await self._renew()

    def _refuse(self, request_id: str | None) -> None:
        body = error_body(Overload("lesson-busy"))
        self._outbox.put(text_of(Failed(request_id=request_id, error=body)))

    # ---- grants ----------------------------------------------------------------------------------

    async def _greet(self, hello: Hello) -> None:
        try:
            if hello.strand == "second" and self._is_polled:
                raise UserError("strand-polled")
            self._ctx.grants.verify(hello.grant, self._lesson_id)
            runner = await self._ctx.registry.open(self._lesson_id)
            claims = self._ctx.grants.verify(hello.grant, self._lesson_id)  # sent away meanwhile?
            if not may(claims.role, Action.ENTER_LESSON):
                raise UserError("not-allowed")
            if claims.room_id is not None:
                runner.machine.roster.seat(claims.room_id)
            self._join(runner, Participant.of(claims), hello)
        except StreamsvcError as error:
            self._outbox.close_with(error)
            return
        self._runner, self._claims = runner, claims
        self._connection.admitted(claims.renew_at_ms())

    def _join(self, runner: LessonRunner, participant: Participant, hello: Hello) -> None:
        if hello.strand == "second" and hello.since is not None:
            self._is_second = True
            self._outbox.lag_seconds = STRAND_LAG_SECONDS
            runner.join_second(self._id, participant, hello.since, self._outbox)
        else:
            runner.join(self._id, participant, hello.since, self._outbox)

    async def _renew(self) -> None:
        """The next grant, if its bearer may still be here."""
        claims = self._claims
        if claims is None:
            return
        if self._ctx.grants.is_revoked(claims):
            self._outbox.close_with(UserError("grant-expired"))
            return
        fresh = replace(claims, expires_at_ms=self._now_ms() + GRANT_LIFE_MS)
        self._claims = fresh
        self._connection.admitted(fresh.renew_at_ms())
        if self._is_second:
            return  # the first connection brings the page its next grant
        renewed = GrantRenewed(
            grant=self._ctx.grants.encode(fresh),
            expires_at_ms=fresh.expires_at_ms,
            ice_servers=self._ctx.ice.of(fresh),
        )
        self._outbox.put(text_of(renewed))

    def _now_ms(self) -> int:
        return self._ctx.services.clock.wall_ms()


async def refuse_socket(socket: WebSocket, error: StreamsvcError) -> None:
    """Accept, say why, close: a browser shows no reason for a refused handshake."""
    await socket.accept()
    for output in farewell(error):
        match output:
            case Send(message):
                await socket.send_text(text_of(message))
            case Close(code, reason):
                await socket.close(code, reason)
