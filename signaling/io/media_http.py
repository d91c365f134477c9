"""The HTTP that WHIP (RFC 9725) and WHEP (draft-ietf-wish-whep) share.

Descriptions and grants pass through here and are never logged.
"""

import gzip
import zlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from signaling.ports import MediaAnswer, MediaParty
from streamsvc.base.errors import ProtocolError, StreamsvcError

SDP = "application/sdp"
FRAGMENT = "application/trickle-ice-sdpfrag"
MAX_BODY_BYTES = 100_000
"""A browser's offer of five m-lines has 17 KB."""

_EXPOSED = "Location, Link, ETag, Accept-Patch, WWW-Authenticate, Retry-After"
_PREFLIGHT_SECONDS = 86_400
_GZIP = 16 + zlib.MAX_WBITS
_PACKING_LEVEL = 6

Handler = Callable[[Request], Awaitable[Response]]
IceServersOf = Callable[[str, MediaParty], Sequence["IceServer"]]
"""Those for the bearer of a token, who is that party."""
Problem = Callable[[StreamsvcError, Request], Response]


@dataclass(frozen=True, slots=True)
class IceServer:
    """A STUN or TURN server that clients may use (RFC 9725 §4.6)."""

    url: str
    username: str = ""
    credential: str = ""

    def link(self) -> str:
        """Value of the `Link` header."""
        value = f'<{self.url}>; rel="ice-server"'
        if self.username:
            value += f"; username={_quoted(self.username)}"
            value += f'; credential={_quoted(self.credential)}; credential-type="password"'
        return value


def door(handler: Handler, problem: Problem) -> Handler:
    """Turn errors into problem bodies, and open the answer to pages of other origins.

    Any origin is safe: nothing here listens to cookies, only to the grant in the request.
    """

    async def answer(request: Request) -> Response:
        try:
            response = await handler(request)
        except StreamsvcError as error:
            response = problem(error, request)
        if response.status_code == 401:
            response.headers["WWW-Authenticate"] = "Bearer"
        if response.status_code == 201 and _takes_gzip(request):
            _pack(response)
        if response.status_code in (401, 413):
            # The rest of a body nobody reads may be endless.
            response.headers["Connection"] = "close"
        response.headers["Access-Control-Allow-Origin"] = "*"
        response.headers["Access-Control-Expose-Headers"] = _EXPOSED
        return response

    return answer


def preflight(methods: str, extra: dict[str, str]) -> Handler:
    """Answer OPTIONS: what may be sent here. Asks for no grant (RFC 9725 §4.2)."""

    async def answer(request: Request) -> Response:
        allowed = {
            "Allow": f"{methods}, OPTIONS",
            "Access-Control-Allow-Methods": methods,
            "Access-Control-Allow-Headers": (
                "Authorization, Content-Encoding, Content-Type, If-Match"
            ),
            "Access-Control-Max-Age": str(_PREFLIGHT_SECONDS),
        }
        return Response(status_code=204, headers=allowed | extra)

    return answer


def not_here(methods: str) -> Handler:
    """Answer the methods that are reserved (RFC 9725 §4.2), before any page can claim the path."""

    async def answer(request: Request) -> Response:
        return Response(status_code=405, headers={"Allow": f"{methods}, OPTIONS"})

    return answer


def bearer_token(request: Request) -> str:
    """The token of `Authorization: Bearer` (RFC 6750), empty where there is none."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


async def read_body(request: Request, media_type: str) -> str:
    """The body as text, refused as soon as it is too long rather than after. It may come packed
    (`Content-Encoding: gzip`): an offer of 12 kB fills a thin uplink for a second, one of 2 kB not.

    Raises ProtocolError `media-type-unsupported`, `sdp-too-large`, `sdp-malformed`.
    """
    named = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if named != media_type:
        raise ProtocolError("media-type-unsupported", expected=media_type)
    if _announced_bytes(request) > MAX_BODY_BYTES:
        raise ProtocolError("sdp-too-large", limit_bytes=MAX_BODY_BYTES)
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            raise ProtocolError("sdp-too-large", limit_bytes=MAX_BODY_BYTES)
    if request.headers.get("content-encoding", "").lower() == "gzip":
        body = bytearray(_unpacked(body))
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise ProtocolError("sdp-malformed", reason="it is not UTF-8") from error


def created(answer: MediaAnswer, path: str, ice_servers: Sequence[IceServer]) -> Response:
    """201: the answer, and where its session lives."""
    response = Response(
        answer.sdp,
        status_code=201,
        media_type=SDP,
        headers={
            "Location": f"{path}/{answer.session_id}",
            "ETag": answer.etag,
            "Accept-Patch": FRAGMENT,
            "Cache-Control": "no-store",
        },
    )
    for server in ice_servers:
        response.headers.append("Link", server.link())
    return response


def _unpacked(body: bytearray) -> bytes:
    """No more of it than is allowed is ever made."""
    try:
        found = zlib.decompressobj(_GZIP).decompress(body, MAX_BODY_BYTES + 1)
    except zlib.error as error:
        raise ProtocolError("sdp-malformed", reason="it is not gzip") from error
    if len(found) > MAX_BODY_BYTES:
        raise ProtocolError("sdp-too-large", limit_bytes=MAX_BODY_BYTES)
    return found


def _takes_gzip(request: Request) -> bool:
    return "gzip" in request.headers.get("accept-encoding", "")


def _pack(response: Response) -> None:
    response.body = gzip.compress(response.body, _PACKING_LEVEL)
    response.headers["Content-Encoding"] = "gzip"
    response.headers["Content-Length"] = str(len(response.body))


def _announced_bytes(request: Request) -> int:
    """Content-Length, 0 where there is none; the server has checked that it is a number."""
    return int(request.headers.get("content-length", "0"))


def _quoted(value: str) -> str:
    """A quoted-string (RFC 9110 §5.6.4)."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
