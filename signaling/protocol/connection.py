"""One WebSocket client of a lesson's events, as a pure state machine.

    waiting for hello ── hello ──► open ── three strikes, too fast, silent ──► closed

A second strand (`hello.strand`) only hears: `ping` is answered here, all else refused.

Drive: `receive(text, now_ms)` for each text message and `poll(now_ms)` about once a second; carry
out what they return in order, and stop after a `Close`.
"""

import json
from dataclasses import dataclass

from pydantic import TypeAdapter, ValidationError

from signaling.protocol.bucket import TokenBucket
from signaling.protocol.catalogue import CLOSE_NORMAL, entry_of, error_body
from signaling.protocol.messages import (
    MAX_MESSAGE_BYTES,
    PROTOCOL_VERSION,
    ClientMessage,
    Failed,
    Hello,
    Ping,
    Pong,
    ServerMessage,
)
from signaling.protocol.unions import type_names
from streamsvc.base.errors import Overload, ProtocolError, StreamsvcError, UserError

HELLO_WITHIN_MS = 10_000
SILENT_MS = 30_000
RATE_PER_SECOND = 30
BURST = 60
MAX_STRIKES = 3

_MESSAGE: TypeAdapter[ClientMessage] = TypeAdapter(ClientMessage)
_TYPES = type_names(ClientMessage)


@dataclass(frozen=True, slots=True)
class Greet:
    """The first message: check its grant, then call `admitted` or close."""

    hello: Hello


@dataclass(frozen=True, slots=True)
class Deliver:
    """A well-formed message for the lesson."""

    message: ClientMessage


@dataclass(frozen=True, slots=True)
class Send:
    """Answer the client."""

    message: ServerMessage


@dataclass(frozen=True, slots=True)
class RenewGrant:
    """70 % of the grant's life are over: make a new one, then call `admitted` again."""


@dataclass(frozen=True, slots=True)
class Close:
    """The end; nothing may follow."""

    code: int
    reason: str


Output = Greet | Deliver | Send | RenewGrant | Close


def farewell(error: StreamsvcError) -> list[Output]:
    """Say why and close."""
    code = entry_of(error.error_id).close_code or CLOSE_NORMAL
    failed = Failed(request_id=None, error=error_body(error))
    return [Send(failed), Close(code, error.error_id)]


class ClientConnection:
    """Limits, strikes and the order of messages; it knows nothing of lessons."""

    def __init__(self, now_ms: int) -> None:
        self._has_greeted = False
        self._is_second = False
        self._is_closed = False
        self._opened_at_ms = self._heard_ms = now_ms
        self._renew_at_ms: int | None = None
        self._strikes = 0
        self._pace = TokenBucket(RATE_PER_SECOND, BURST, now_ms)

    def admitted(self, renew_at_ms: int) -> None:
        """Its grant is good; the next one is due then."""
        self._renew_at_ms = renew_at_ms

    def receive(self, text: str | bytes, now_ms: int) -> list[Output]:
        """Take one message as it came."""
        if self._is_closed:
            return []
        self._heard_ms = now_ms
        if not self._pace.take(now_ms):
            return self._ended(Overload("messages-too-fast"))
        if len(text) > MAX_MESSAGE_BYTES:
            return self._ended(ProtocolError("message-too-large", limit_bytes=MAX_MESSAGE_BYTES))
        try:
            return self._taken(_parsed(text), now_ms)
        except ProtocolError as error:
            return self._struck(error)

    def poll(self, now_ms: int) -> list[Output]:
        """Let time pass."""
        if self._is_closed:
            return []
        if not self._has_greeted and now_ms - self._opened_at_ms >= HELLO_WITHIN_MS:
            return self._ended(ProtocolError("hello-missing"))
        if now_ms - self._heard_ms >= SILENT_MS:
            return self._ended(ProtocolError("silent-too-long"))
        if self._renew_at_ms is not None and now_ms >= self._renew_at_ms:
            self._renew_at_ms = None
            return [RenewGrant()]
        return []

    def _taken(self, message: ClientMessage, now_ms: int) -> list[Output]:
        is_hello = isinstance(message, Hello)
        if self._has_greeted and is_hello:
            raise ProtocolError("hello-again")
        if self._has_greeted and self._is_second:
            return [_answer_of_second(message, now_ms)]
        if self._has_greeted:
            return [Deliver(message)]
        if not isinstance(message, Hello):
            return self._ended(ProtocolError("hello-missing"))
        if message.strand == "second" and message.since is None:
            raise ProtocolError("message-malformed", where="since")
        self._has_greeted, self._is_second = True, message.strand == "second"
        return [Greet(message)]

    def _struck(self, error: ProtocolError) -> list[Output]:
        """Unknown types are the sign of another version and cost nothing; rubbish costs a life."""
        if error.error_id == "version-unknown":
            return self._ended(error)
        if error.error_id != "message-unknown":
            self._strikes += 1
        if self._strikes >= MAX_STRIKES:
            return self._ended(ProtocolError("messages-malformed"))
        request_id = error.details.get("request_id")
        body = error_body(error)
        return [Send(Failed(request_id=str(request_id) if request_id else None, error=body))]

    def _ended(self, error: StreamsvcError) -> list[Output]:
        self._is_closed = True
        return farewell(error)


def _answer_of_second(message: ClientMessage, now_ms: int) -> Send:
    if isinstance(message, Ping):
        return Send(Pong(now_ms=now_ms))
    about = getattr(message, "request_id", None)
    return Send(Failed(request_id=about, error=error_body(UserError("strand-hears-only"))))


def _parsed(text: str | bytes) -> ClientMessage:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ProtocolError("message-malformed", where="JSON") from error
    if not isinstance(value, dict) or not isinstance(value.get("type"), str):
        raise ProtocolError("message-malformed", where="type")
    if value["type"] not in _TYPES:
        raise ProtocolError("message-unknown", type=value["type"][:40], **_request_id(value))
    if value["type"] == "hello" and value.get("version", PROTOCOL_VERSION) != PROTOCOL_VERSION:
        raise ProtocolError("version-unknown")
    try:
        return _MESSAGE.validate_python(value)
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors()[0]["loc"][1:]) or "type"
        raise ProtocolError("message-malformed", where=where, **_request_id(value)) from error


def _request_id(value: dict[str, object]) -> dict[str, str]:
    """The request's id, so that the page can tell which one failed."""
    request_id = value.get("request_id")
    is_known = isinstance(request_id, str) and request_id.isprintable()
    return {"request_id": str(request_id)[:40]} if is_known else {}
