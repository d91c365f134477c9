"""Teaches a lesson from a file, once from its first second to its last, whatever breaks in between.

    on air ──broken──► wait (back-off) ──► on air again, where it broke ──► its end ─► FILE_OVER
       └─ slot taken by another, lesson ended, refused ─► TeachEnd

A break of the connection loses nothing of the file: it goes on where it was, and ends later.
"""

import asyncio
import logging
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from relay.client.played_file import FileTrack, Pace
from relay.client.teach import ENDS, STEADY_SECONDS, TeachEnd, wait_seconds
from relay.client.whip import WhipPublisher
from relay.ingest.file_checking import check_file
from relay.ingest.file_items import is_passed_on, items_once, kinds_of
from relay.ingest.teach import Door, end_stale
from streamsvc.base.errors import EnvironmentFault, PeerGone, UserError
from streamsvc.base.media import MediaKind
from streamsvc.base.tasks import TaskScope

log = logging.getLogger("streamsvc.source")

LAST_WORDS_SECONDS = 0.5
"""After the last packet: what is on its way arrives before the slot is free."""
STEP_BACK_SECONDS = 1.0
"""A break is noticed late: some of what was sent before was not heard."""


@dataclass(frozen=True, slots=True)
class FileProgress:
    """Where a file stands."""

    is_on_air: bool
    at_seconds: float
    seconds: float
    """Of the whole file."""
    is_recoding: bool = False


class FileTeacher:
    """One file in one slot."""

    def __init__(
        self,
        path: Path,
        door: Door,
        *,
        begin_seconds: float = 0.0,
        on_progress: Callable[[FileProgress], None] = lambda _: None,
    ) -> None:
        self._path = path
        self._door = door
        self._on_progress = on_progress
        self._stale = door.stale()
        self._passed: dict[MediaKind, bool] = {}
        self._seconds = 0.0
        self._at = begin_seconds

    async def prepare(self) -> float:
        """Look at the file, in a process of its own; its length in seconds. Raises UserError
        `file-*`, EnvironmentFault `media-file-unreadable`."""
        report = await check_file(self._path)
        self._seconds = report.seconds
        try:
            for kind in await asyncio.to_thread(kinds_of, self._path):
                self._passed[kind] = await asyncio.to_thread(is_passed_on, self._path, kind)
        except (OSError, ValueError) as error:
            raise EnvironmentFault("media-file-unreadable", path=str(self._path)) from error
        return self._seconds

    async def keep(self, *, take_over: bool = False) -> TeachEnd:
        """Play it until it is over, the lesson ends or somebody else takes over. `prepare` first.
        Cancel it to stop; the server is told."""
        attempt = 0
        while True:
            began = time.monotonic()
            try:
                if await self._once(take_over=take_over):
                    return TeachEnd.FILE_OVER
                take_over = False
            except UserError as error:
                if error.error_id in ENDS:
                    log.info("= %s ended: %s", self._path.name, error.error_id)
                    return ENDS[error.error_id]
                log.warning("! %s refused: %s", self._path.name, error.error_id)
            except PeerGone as error:
                log.warning("! %s lost: %s", self._path.name, error.error_id)
            attempt = 1 if time.monotonic() - began > STEADY_SECONDS else attempt + 1
            self._tell(is_on_air=False)
            await asyncio.sleep(wait_seconds(attempt, random.random()))

    async def _once(self, *, take_over: bool) -> bool:
        """One connection; True when the file is over."""
        if self._stale is not None:  # our own session of before must not look like another's
            await end_stale(self._stale)
        tracks = self._tracks()
        door = self._door
        publisher = WhipPublisher(door.whip_url, door.grant, http=door.http, near=door.near)
        scope = TaskScope("file")
        try:
            await publisher.publish(tracks, take_over=take_over)
            door.remember(publisher.peer.session)
            log.info("= %s on air from %.1f s", self._path.name, self._at)
            broken = scope.start("broken", publisher.wait_broken())
            while not broken.done() and any(track.readyState == "live" for track in tracks):
                await asyncio.wait([broken], timeout=0.5)
                self._at = max(self._at, *(track.at_seconds for track in tracks))
                self._tell(is_on_air=True)
            if not broken.done():
                await asyncio.sleep(LAST_WORDS_SECONDS)
                return True
            self._at = max(0.0, self._at - STEP_BACK_SECONDS)
            return False
        finally:
            self._stale = publisher.peer.session
            try:
                await scope.close()
            finally:  # also when canceled in the middle of that
                await publisher.close()

    def _tracks(self) -> list[FileTrack]:
        pace = Pace(self._at)
        return [
            FileTrack(kind, items_once(self._path, kind, self._at, is_as_is=is_passed), pace)
            for kind, is_passed in self._passed.items()
        ]

    def _tell(self, *, is_on_air: bool) -> None:
        is_recoding = not self._passed.get(MediaKind.VIDEO, True)
        self._on_progress(FileProgress(is_on_air, self._at, self._seconds, is_recoding))
