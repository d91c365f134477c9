"""The waiting screen's WebSocket, /api/room/events: its home, whenever it changes."""

import asyncio
import json

from fastapi import APIRouter, WebSocket
from starlette.websockets import WebSocketDisconnect

from signaling import metrics
from signaling.io.auth import caller
from signaling.io.context import Context, context
from signaling.io.events import refuse_socket
from signaling.io.outbox import text_of
from signaling.protocol.catalogue import entry_of, error_body
from signaling.protocol.grants import GRANT_LIFE_MS, RENEW_AFTER
from signaling.protocol.messages import Failed, Pong
from signaling.protocol.room_channel import RoomHome, RoomRemoved
from streamsvc.base.errors import Overload, ProtocolError, StreamsvcError, UserError
from streamsvc.base.tasks import TaskScope
from streamsvc.school.records import SignInKind

router = APIRouter()

CHECK_SECONDS = 5.0
"""Time alone changes the home too: a lesson comes due, rooms join."""
SILENT_SECONDS = 30.0
MAX_BYTES = 1_024
MIN_PAUSE_SECONDS = 0.5
_RENEW_BEFORE_MS = round(GRANT_LIFE_MS * (1 - RENEW_AFTER))


@router.websocket("/api/room/events")
async def room_events(socket: WebSocket) -> None:
    """One waiting screen, until it is gone or no longer the room's."""
    ctx = context(socket)
    if await caller(socket, ctx, SignInKind.ROOM) is None:
        await refuse_socket(socket, UserError("device-signed-out"))
        return
    if not ctx.sockets.take():
        await refuse_socket(socket, Overload("connections-full"))
        return
    metrics.CONNECTIONS.labels("room").inc()
    scope = TaskScope("room-events")
    try:
        await socket.accept()
        channel = RoomChannel(socket, ctx)
        both = {scope.start("read", channel.read()), scope.start("push", channel.push())}
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
    finally:
        ctx.sockets.release()
        metrics.CONNECTIONS.labels("room").dec()
        await scope.close()


class RoomChannel:
    """Answers pings and pushes the home."""

    def __init__(self, socket: WebSocket, ctx: Context) -> None:
        self._socket = socket
        self._ctx = ctx
        self._shown: RoomHome | None = None

    async def read(self) -> None:
        """Pings keep it open; silence closes it."""
        try:
            async with asyncio.timeout(SILENT_SECONDS) as limit:
                while True:
                    text = await self._socket.receive_text()
                    limit.reschedule(asyncio.get_running_loop().time() + SILENT_SECONDS)
                    await self._answer(text)
        except TimeoutError:
            await self._close(ProtocolError("silent-too-long"))
        except (WebSocketDisconnect, KeyError):
            return

    async def push(self) -> None:
        """Send the home now and whenever it differs from what was sent."""
        try:
            while await self._push_once():
                await self._ctx.changes.wait(CHECK_SECONDS)
                await asyncio.sleep(MIN_PAUSE_SECONDS)  # a burst of changes is one message
        except WebSocketDisconnect:
            return

    async def _push_once(self) -> bool:
        found = await caller(self._socket, self._ctx, SignInKind.ROOM)
        if found is None:
            error = UserError("device-removed")
            await self._socket.send_text(text_of(RoomRemoved(error=error_body(error))))
            await self._socket.close(entry_of(error.error_id).close_code or 1000, error.error_id)
            return False
        home = await self._ctx.waiting.room_home(found.principal)
        if self._shown is None or self._is_news(home, self._shown):
            self._shown = home
            await self._socket.send_text(text_of(home))
        return True

    def _is_news(self, home: RoomHome, shown: RoomHome) -> bool:
        grant_ends_ms = shown.grant_expires_at_ms
        if grant_ends_ms is not None and home.now_ms >= grant_ends_ms - _RENEW_BEFORE_MS:
            return True
        same_time: dict[str, object] = {
            "now_ms": 0, "grant": None, "grant_expires_at_ms": None, "ice_servers": [],
        }  # fmt: skip
        return home.model_copy(update=same_time) != shown.model_copy(update=same_time)

    async def _answer(self, text: str) -> None:
        error: StreamsvcError | None = None
        if len(text) > MAX_BYTES:
            error = ProtocolError("message-too-large", limit_bytes=MAX_BYTES)
        else:
            error = _problem_of(text)
        if error is None:
            await self._socket.send_text(text_of(Pong(now_ms=self._ctx.services.clock.wall_ms())))
            return
        failed = Failed(request_id=None, error=error_body(error))
        await self._socket.send_text(text_of(failed))

    async def _close(self, error: StreamsvcError) -> None:
        code = entry_of(error.error_id).close_code or 1000
        await self._socket.close(code, error.error_id)


def _problem_of(text: str) -> ProtocolError | None:
    """None for a ping, the only thing a waiting screen says."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return ProtocolError("message-malformed", where="JSON")
    type = value.get("type") if isinstance(value, dict) else None
    if type != "ping":
        return ProtocolError("message-unknown", type=str(type)[:40])
    return None
