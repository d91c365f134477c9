"""The outermost layer: every request passes here first, every answer last. Plain ASGI.

Refuses strange hosts, foreign origins and giant bodies; adds the security headers; turns faults of
our own into `internal`; logs and counts. It never wraps other people's tasks.
"""

import logging
import re
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from signaling import metrics
from signaling.io.problem import incident, problem_response
from signaling.protocol.catalogue import entry_of
from signaling.settings import SignalingSettings
from streamsvc.base.clock import Clock
from streamsvc.base.errors import ProtocolError, StreamsvcError, UserError

log = logging.getLogger("streamsvc.http")

_HOST = re.compile(r"(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]{1,253})(:[0-9]{1,5})?")
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_ANY_ORIGIN = ("/whip/", "/whep/")
"""Media doors listen to grants only, never to cookies, so any page may use them."""
_UPLOAD_PATH = re.compile(
    r"/api/lessons/[^/]+/(courseware(/uploads/[^/]+)?|premiere/(film|uploads/[^/]+))"
)
"""Its route counts for itself, once it knows that the caller may."""
_SECRET_PATH = re.compile(r"^/(p|live|watch)/.+")
_OF_AUDIENCE = "/live/"
"""Thousands of these a second: noted for whoever looks closer."""

_GONE = 499
"""For the log: whoever asked left before the whole request was here, so nobody is answered."""

PERMISSIONS = (
    "camera=(self), microphone=(self), display-capture=(self), fullscreen=(self), autoplay=(self),"
    " screen-wake-lock=(self), geolocation=(), payment=(), usb=()"
)


def content_policy(host: str, script_hashes: tuple[str, ...] = ()) -> str:
    """Everything from ourselves; hls.js needs a blob worker and blob media."""
    scripts = " ".join(["'self'", *(f"'{value}'" for value in script_hashes)])
    return (
        f"default-src 'self'; script-src {scripts}; style-src 'self' 'unsafe-inline';"
        " img-src 'self' data: blob:; media-src 'self' blob: mediastream:;"
        f" connect-src 'self' ws://{host} wss://{host}; worker-src 'self' blob:;"
        " object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )


class BodyTooLarge(HTTPException):
    """Raised while a body is read, through whatever is reading it."""

    def __init__(self, limit_bytes: int) -> None:
        super().__init__(413)
        self.limit_bytes = limit_bytes


class Guard:
    """ASGI middleware."""

    def __init__(self, app: ASGIApp, settings: SignalingSettings, clock: Clock) -> None:
        self._app = app
        self._clock = clock
        self._settings = settings
        self._public_host = urlsplit(settings.public_url).netloc

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, WebSocket or lifespan."""
        if scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._websocket(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = self._clock.now()
        answer = _Answer(send, Headers(scope=scope).get("host", ""))
        request = Request(scope)
        try:
            self._check(scope)
            await self._app(scope, self._limited(scope, receive), answer)
        except StreamsvcError as error:
            await problem_response(error, request)(scope, receive, answer)
        except ClientDisconnect:
            answer.status = answer.status or _GONE
        except Exception as error:
            response = problem_response(incident(error), request)
            if answer.status == 0:
                await response(scope, receive, answer)
        finally:
            _note(scope, answer.status, self._clock.now() - started)

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            self._check(scope)
        except StreamsvcError as error:
            await receive()
            code = entry_of(error.error_id).close_code or 1008
            await send({"type": "websocket.close", "code": code, "reason": error.error_id})
            return
        try:
            await self._app(scope, receive, send)
        except Exception as error:
            incident(error)

    def _check(self, scope: Scope) -> None:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if not _HOST.fullmatch(host):
            raise ProtocolError("host-refused")
        if scope["type"] == "http" and scope["method"] in _SAFE_METHODS:
            return
        origin = headers.get("origin")
        if origin is None or scope["path"].startswith(_ANY_ORIGIN):
            return
        if _place_of(origin) not in (host, self._public_host or host):
            raise UserError("origin-refused")

    def _limited(self, scope: Scope, receive: Receive) -> Receive:
        if scope["method"] in ("POST", "PATCH") and _UPLOAD_PATH.fullmatch(scope["path"]):
            return receive
        limit = self._settings.max_body_bytes
        announced = Headers(scope=scope).get("content-length", "0")
        if not announced.isdigit() or int(announced) > limit:
            raise ProtocolError("body-too-large", limit_bytes=limit)
        seen = 0

        async def limited() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > limit:
                raise BodyTooLarge(limit)
            return message

        return limited


class _Answer:
    """`send` that adds the headers every answer carries, and remembers the status."""

    def __init__(self, send: Send, host: str) -> None:
        self.status = 0
        self._send = send
        self._host = host if _HOST.fullmatch(host) else "localhost"

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            headers.setdefault("Content-Security-Policy", content_policy(self._host))
            headers.setdefault("Permissions-Policy", PERMISSIONS)
            headers.setdefault("X-Content-Type-Options", "nosniff")
            headers.setdefault("X-Frame-Options", "DENY")
            headers.setdefault("Referrer-Policy", "same-origin")
            headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
            headers.setdefault("Cache-Control", "no-store")
        await self._send(message)


def _place_of(origin: str) -> str:
    """Host and port of an Origin header; empty for one that is none."""
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return ""


def _note(scope: Scope, status: int, seconds: float) -> None:
    """One line without the query (it may hold codes), pair secrets and links to watch."""
    metrics.REQUESTS.labels(_known(scope["method"]), f"{status // 100}xx").inc()
    metrics.REQUEST_SECONDS.observe(seconds)
    path = _SECRET_PATH.sub(r"/\1/...", scope["path"])
    log.log(
        logging.DEBUG if scope["path"].startswith(_OF_AUDIENCE) else logging.INFO,
        "< %s %s",
        scope["method"],
        path,
        extra={"status": status, "ms": round(seconds * 1000, 1)},
    )


def _known(method: str) -> str:
    return method if method in _SAFE_METHODS | {"POST", "PUT", "PATCH", "DELETE"} else "other"
