"""Teaches a lesson from a file or the generated clip, for ever, whatever breaks in between.

on air ──broken──► end the old session ──► wait (back-off) ──► on air again
   └─ slot taken by another, lesson ended, refused ──► TeachEnd
"""

import asyncio
import logging
import random
import time
from contextlib import AsyncExitStack
from enum import StrEnum
from pathlib import Path
from typing import Literal

import httpx

from relay.client.clip import CAMERA, SCREEN, Scene, cached_clip
from relay.client.file_plan import FilePlan, plan_file
from relay.client.http_session import GrantSource, HttpSession, fixed_grant
from relay.client.played_file import Pace, open_tracks
from relay.client.whip import WhipPublisher
from streamsvc.base.errors import PeerGone, UserError
from streamsvc.base.tasks import TaskScope

log = logging.getLogger("streamsvc.teach")

FIRST_WAIT_SECONDS = 0.5
LONGEST_WAIT_SECONDS = 8.0
STEADY_SECONDS = 10.0
"""On air for longer than this, the next break starts with the shortest wait again."""


class TeachEnd(StrEnum):
    """Why teaching ended by itself."""

    TAKEN_OVER = "taken_over"
    """Somebody else fills the slot now."""
    LESSON_ENDED = "lesson_ended"
    REFUSED = "refused"
    """The grant does not allow it (any more)."""
    FILE_OVER = "file_over"
    """A file that is played once was played to its end."""
    SOURCE_REFUSED = "source_refused"
    """The server can't use what we offer."""


ENDS = {
    "slot-taken": TeachEnd.TAKEN_OVER,
    "lesson-ended": TeachEnd.LESSON_ENDED,
    "lesson-unknown": TeachEnd.LESSON_ENDED,
    "grant-missing": TeachEnd.REFUSED,
    "grant-invalid": TeachEnd.REFUSED,
    "grant-expired": TeachEnd.REFUSED,
    "not-allowed": TeachEnd.REFUSED,
    "not-on-stage": TeachEnd.REFUSED,
    "camera-unknown": TeachEnd.REFUSED,
    "camera-link-expired": TeachEnd.REFUSED,
    "sdp-no-common-codec": TeachEnd.SOURCE_REFUSED,
}
"""Error ids after which trying again is of no use. Any other refusal may pass."""


def wait_seconds(attempt: int, chance: float) -> float:
    """Back-off before attempt 1, 2, ...; `chance` in 0 to 1 spreads clients that fell together."""
    wait = min(LONGEST_WAIT_SECONDS, FIRST_WAIT_SECONDS * 2.0 ** min(attempt - 1, 10))
    return wait * (0.8 + 0.4 * chance)


async def teach(
    whip_url: str,
    grant: str | GrantSource,
    source: Path | Literal["clip"] = "clip",
    *,
    cache: Path,
    screen_url: str | None = None,
    take_over: bool = False,
    http: httpx.AsyncClient | None = None,
    near: str = "",
) -> TeachEnd:
    """Publish the camera, and the generated slides when there is a `screen_url`, until the lesson
    ends or somebody else takes over. Cancel it to stop; the server is told.

    `take_over` ends whoever fills the slots at the beginning; later it never fights for them.
    `near`: see `MediaPeer`. Raises EnvironmentFault `media-file-unreadable`.
    """
    tokens = fixed_grant(grant) if isinstance(grant, str) else grant
    async with AsyncExitStack() as stack:
        if http is None:
            http = await stack.enter_async_context(httpx.AsyncClient())
        scope = TaskScope("teach")
        stack.push_async_callback(scope.close)
        pace = Pace()
        if screen_url is not None:
            slides = await _plan(cache, SCREEN, "clip")
            screen = OnAir(screen_url, tokens, slides, pace, http=http, near=near)
        taught = await _plan(cache, CAMERA, source)
        camera = OnAir(whip_url, tokens, taught, pace, http=http, near=near)
        if screen_url is not None:
            scope.start("screen", screen.keep(take_over=take_over))
        return await camera.keep(take_over=take_over)


async def _plan(cache: Path, scene: Scene, source: Path | Literal["clip"]) -> FilePlan:
    """Both steps block: encoding the clip for the first time takes some seconds."""
    path = (
        source if isinstance(source, Path) else await asyncio.to_thread(cached_clip, cache, scene)
    )
    return await asyncio.to_thread(plan_file, path)


class OnAir:
    """One slot, kept on air."""

    def __init__(
        self,
        url: str,
        grant: GrantSource,
        plan: FilePlan,
        pace: Pace,
        *,
        http: httpx.AsyncClient,
        near: str = "",
    ) -> None:
        self._near = near
        self._url = url
        self._grant = grant
        self._plan = plan
        self._pace = pace
        self._http = http
        self._stale: HttpSession | None = None

    async def keep(self, *, take_over: bool) -> TeachEnd:
        """Publish until there is a reason to end."""
        attempt = 0
        while True:
            began = time.monotonic()
            try:
                await self._once(take_over=take_over)
                take_over = False
            except UserError as error:
                if error.error_id in ENDS:
                    log.info("= %s ended: %s", self._url, error.error_id)
                    return ENDS[error.error_id]
                log.warning("! %s refused: %s", self._url, error.error_id)
            except PeerGone as error:
                log.warning("! %s lost: %s", self._url, error.error_id)
            attempt = 1 if time.monotonic() - began > STEADY_SECONDS else attempt + 1
            await asyncio.sleep(wait_seconds(attempt, random.random()))

    async def _once(self, *, take_over: bool) -> None:
        """One connection, from offer to break."""
        await self._end_stale()
        publisher = WhipPublisher(self._url, self._grant, http=self._http, near=self._near)
        try:
            await publisher.publish(open_tracks(self._plan, self._pace), take_over=take_over)
            log.info("= %s on air", self._url)
            await publisher.wait_broken()
        finally:
            self._stale = publisher.peer.session
            await publisher.close()

    async def _end_stale(self) -> None:
        """Our own session of before may still fill the slot: it must not look like another."""
        if self._stale is not None:
            await self._stale.end()
