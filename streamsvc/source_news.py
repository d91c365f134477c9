"""Tells the lesson how the source is that we pull for it: the teacher's page shows it."""

import asyncio
import logging
import time
from contextlib import suppress

import httpx

from relay.client.http_session import GrantSource
from relay.ingest.teach import SourceReport
from streamsvc.base.errors import StreamsvcError

log = logging.getLogger("streamsvc.source")

AGAIN_SECONDS = 5.0
"""The same is said again so often, so that a source whose process died is missed."""
GRANT_SECONDS = 300.0
"""Half of a grant's life."""


class SourceNews:
    """`tell` from anywhere on the loop; `run` until canceled. A service that does not hear us now
    hears the next time."""

    def __init__(self, url: str, place: str, grant: GrantSource, http: httpx.AsyncClient) -> None:
        self._url = url
        self._place = place
        self._grant = grant
        self._http = http
        self._report: SourceReport | None = None
        self._changed = asyncio.Event()
        self._bearer = ""
        self._granted_at = 0.0

    def tell(self, report: SourceReport) -> None:
        """How it is from now on."""
        self._report = report
        self._changed.set()

    async def run(self) -> None:
        """Say it at each change, and again and again."""
        while True:
            self._changed.clear()
            if self._report is not None:
                await self._say(self._report)
            with suppress(TimeoutError):
                async with asyncio.timeout(AGAIN_SECONDS):
                    await self._changed.wait()

    async def say_once(self, report: SourceReport) -> None:
        """Now, before this process ends; `run` need not be at work."""
        await self._say(report)

    async def _say(self, report: SourceReport) -> None:
        body = {
            "kind": "rtsp",
            "state": report.state.value,
            "error_id": None if report.error is None else report.error.error_id,
            "place": self._place,
            "is_recoded": report.is_recoding,
        }
        try:
            if time.monotonic() - self._granted_at > GRANT_SECONDS or not self._bearer:
                self._bearer, self._granted_at = await self._grant(), time.monotonic()
            headers = {"Authorization": f"Bearer {self._bearer}"}
            answer = await self._http.put(self._url, json=body, headers=headers)
            if not answer.is_success:
                self._bearer = ""
        except (StreamsvcError, httpx.TransportError) as error:
            log.debug("~ the lesson was not told of its source: %s", type(error).__name__)
