"""A camera of a lead room that is no phone: an IP camera or a file, by the teacher's link.

The link's page would ask for its tally again and again; here one answer before each connection is
enough: it holds the door and a grant of ten minutes, and a camera on a wall has no light to switch.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from relay.client.file_plan import plan_file
from relay.client.http_session import refusal
from relay.client.played_file import Pace
from relay.client.teach import OnAir, TeachEnd
from relay.ingest.address import IpNetwork, SourceAddress
from relay.ingest.teach import Door, SourceReport, SourceTeacher
from streamsvc.base.errors import PeerGone, UserError
from streamsvc.base.media import MediaKind


@dataclass(frozen=True, slots=True)
class CameraTime:
    """What is shown, and where."""

    link: str
    """As the teacher's page gives it: `https://school.example/camera#<lesson>.<secret>`."""
    source: Path | SourceAddress
    allowed: Sequence[IpNetwork] = ()
    may_pass: bool = True
    on_report: Callable[[SourceReport], None] = lambda _: None


class _Link:
    """A camera's link and what it opens."""

    def __init__(self, link: str, http: httpx.AsyncClient) -> None:
        """Raises UserError `camera-unknown` where it is no such link."""
        parts = urlsplit(link)
        if not parts.netloc or "." not in parts.fragment:
            raise UserError("camera-unknown")
        self._server = f"{parts.scheme}://{parts.netloc}"
        self._secret = parts.fragment
        self._http = http

    async def tally(self) -> dict[str, str]:
        """Raises UserError with the server's error id, PeerGone `server-unreachable`."""
        headers = {"Authorization": f"Bearer {self._secret}"}
        try:
            answer = await self._http.get(f"{self._server}/api/cameras/tally", headers=headers)
        except httpx.TransportError as error:
            raise PeerGone("server-unreachable", server=self._server) from error
        if answer.status_code != 200:
            raise refusal(answer)
        return dict(answer.json())

    async def grant(self) -> str:
        """A fresh one."""
        return (await self.tally())["grant"]

    async def door(self) -> str:
        """Where its picture goes."""
        return self._server + (await self.tally())["whip"]


async def show_until_over(plan: CameraTime) -> TeachEnd:
    """Send its picture until the lesson ends or the camera is removed. Its slot is this link's
    alone: what holds it is an earlier session of its own.

    Raises UserError `camera-unknown`, `camera-link-expired`, `source-address-refused`, PeerGone
    `server-unreachable`, EnvironmentFault `media-file-unreadable`.
    """
    async with httpx.AsyncClient(timeout=30) as http:
        link = _Link(plan.link, http)
        url = await link.door()
        if isinstance(plan.source, SourceAddress):
            teacher = SourceTeacher(
                plan.source,
                Door(url, link.grant, http, is_silent=True),
                allowed=plan.allowed,
                may_pass=plan.may_pass,
                on_report=plan.on_report,
            )
            return await teacher.keep(take_over=True)
        film = plan_file(plan.source)
        pictures = tuple(one for one in film.streams if one.kind is MediaKind.VIDEO)
        silent = replace(film, streams=pictures)
        return await OnAir(url, link.grant, silent, Pace(), http=http).keep(take_over=True)
