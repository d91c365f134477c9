"""The HTTP half of WHIP and WHEP, from the client's side (RFC 9725 §4)."""

from collections.abc import Awaitable, Callable
from typing import Self
from urllib.parse import urljoin

import httpx

from streamsvc.base.errors import PeerGone, UserError

GrantSource = Callable[[], Awaitable[str]]
"""Asked for the first request, and again when the server no longer takes what it gave."""

SDP = "application/sdp"
FRAGMENT = "application/trickle-ice-sdpfrag"
_GONE = (404, 410)


def fixed_grant(grant: str) -> GrantSource:
    """A source that always has the same grant."""

    async def source() -> str:
        return grant

    return source


class HttpSession:
    """One session resource. Raises UserError with the server's own error id where it refuses,
    PeerGone `media-server-unreachable` where there is no answer."""

    def __init__(self, http: httpx.AsyncClient, grant: GrantSource) -> None:
        self._http = http
        self._grant = grant
        self._bearer = ""
        self._location: str | None = None
        self._etag = ""

    @classmethod
    def left_by(cls, http: httpx.AsyncClient, grant: GrantSource, location: str) -> Self:
        """What a process of before opened and never ended, to be ended now."""
        session = cls(http, grant)
        session._location = location
        return session

    @property
    def location(self) -> str:
        """Its URL; empty: none was opened."""
        return self._location or ""

    async def open(self, url: str, offer_sdp: str) -> str:
        """POST the offer; return the answer."""
        response = await self._request("POST", url, offer_sdp, {"Content-Type": SDP})
        if response.status_code != 201:
            raise refusal(response)
        self._location = urljoin(str(response.url), response.headers["location"])
        self._etag = response.headers.get("etag", "")
        return response.text

    async def is_open(self) -> bool:
        """Whether the server still has the session: a trickle without candidates tells."""
        if self._location is None:
            return False
        headers = {"Content-Type": FRAGMENT, "If-Match": self._etag}
        response = await self._request("PATCH", self._location, "a=end-of-candidates\r\n", headers)
        return response.status_code not in _GONE

    async def end(self) -> None:
        """DELETE; returns when the server has no such session any more."""
        if self._location is None:
            return
        response = await self._request("DELETE", self._location, "", {})
        if response.status_code not in _GONE and not response.is_success:
            raise refusal(response)
        self._location = None

    async def _request(
        self, method: str, url: str, body: str, headers: dict[str, str]
    ) -> httpx.Response:
        is_used_before = bool(self._bearer)
        response = await self._send(method, url, body, headers)
        if response.status_code == 401 and is_used_before:
            self._bearer = ""
            response = await self._send(method, url, body, headers)
        return response

    async def _send(
        self, method: str, url: str, body: str, headers: dict[str, str]
    ) -> httpx.Response:
        self._bearer = self._bearer or await self._grant()
        bearer = {"Authorization": f"Bearer {self._bearer}"} if self._bearer else {}
        try:
            return await self._http.request(method, url, content=body, headers=headers | bearer)
        except httpx.TransportError as error:
            raise PeerGone("media-server-unreachable") from error


def refusal(response: httpx.Response) -> UserError:
    """The server's error id from its problem body (RFC 9457); `http-<status>` without one."""
    fallback = f"http-{response.status_code}"
    try:
        body = response.json()
    except ValueError:
        return UserError(fallback)
    error = body.get("error") if isinstance(body, dict) else None
    error_id = error.get("id") if isinstance(error, dict) else None
    if not isinstance(error_id, str):
        return UserError(fallback)
    details = error.get("details") if isinstance(error, dict) else None
    numbers = (details if isinstance(details, dict) else {}).items()
    return UserError(error_id, **{k: v for k, v in numbers if isinstance(v, (int, float))})
