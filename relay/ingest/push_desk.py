"""What the service tells the process that takes pushes, and hears from it."""

from collections.abc import Mapping

import httpx

from relay.client.http_session import refusal
from relay.ingest.teach import SourceReport
from streamsvc.base.errors import PeerGone


class PushDesk:
    """The service on this machine. Raises UserError with its error id where it refuses, PeerGone
    `server-unreachable`."""

    def __init__(self, server: str, secret: str, http: httpx.AsyncClient) -> None:
        self.server = server
        self.http = http
        self._bearer = {"Authorization": f"Bearer {secret}"}

    async def open(self, key: str, address: str) -> "OpenedPush":
        """May this key be pushed with?"""
        answer = await self._ask("POST", "/api/pushes", {"key": key, "address": address})
        return OpenedPush(self, answer["push_id"], answer["grant"], self.server + answer["whip"])

    async def news(self, push_id: str, report: SourceReport, *, flows: bool, over: bool) -> str:
        """How a push goes; a fresh grant."""
        body = {
            "state": report.state.value,
            "error_id": None if report.error is None else report.error.error_id,
            "is_recoded": report.is_recoding,
            "is_flowing": flows,
            "is_over": over,
        }
        return str((await self._ask("PUT", f"/api/pushes/{push_id}", body))["grant"])

    async def _ask(self, method: str, path: str, body: Mapping[str, object]) -> dict[str, str]:
        try:
            url = self.server + path
            response = await self.http.request(method, url, json=body, headers=self._bearer)
        except httpx.TransportError as error:
            raise PeerGone("server-unreachable", server=self.server) from error
        if not response.is_success:
            raise refusal(response)
        answer: dict[str, str] = response.json()
        return answer


class OpenedPush:
    """One push that the service has let in."""

    def __init__(self, desk: PushDesk, push_id: str, grant: str, whip_url: str) -> None:
        self.whip_url = whip_url
        self._desk = desk
        self._id = push_id
        self._grant = grant

    async def grant(self) -> str:
        """The newest."""
        return self._grant

    async def tell(self, report: SourceReport, *, flows: bool = True, over: bool = False) -> None:
        """Raises as `PushDesk`, among others UserError `stream-key-revoked`."""
        self._grant = await self._desk.news(self._id, report, flows=flows, over=over)
