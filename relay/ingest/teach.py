"""Teaches a lesson from an RTSP source (a recorder host, an IP camera), whatever breaks in between.

    connect ─► find out ─► publish ─► on air ──cut, silent, garbage──► wait 1, 2, 4 ... 30 s ─┐
       ▲                                  └─ slot taken by another, lesson ended ─► TeachEnd  │
       └──────────────────────────────────────────────────────────────────────────────────────┘

While the source is gone nothing is published: the lead slot is free, and the teacher's own browser
can take it.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import httpx
from av.error import ExitError, FFmpegError

from relay.client.http_session import GrantSource, HttpSession
from relay.client.teach import ENDS, STEADY_SECONDS, TeachEnd
from relay.client.whip import WhipPublisher
from relay.ingest.address import IpNetwork, SourceAddress
from relay.ingest.gate import Gate
from relay.ingest.live_track import LiveTrack
from relay.ingest.pull import SILENCE_SECONDS, Pull
from streamsvc.base.errors import PeerGone, StreamsvcError, UserError
from streamsvc.base.tasks import TaskScope

log = logging.getLogger("streamsvc.source")

FIRST_WAIT_SECONDS = 1.0
LONGEST_WAIT_SECONDS = 30.0
LOCKOUT_WAIT_SECONDS = 300.0
"""After a wrong password: cameras shut out who tries five times in a few minutes."""
WATCH_SECONDS = 0.5
KEYFRAME_WAIT_SECONDS = 15.0
"""Longer than this without the first key frame there is no picture that anybody could show."""

_SIGN_IN = (401, 403)
_UNKNOWN = 404


class SourceState(StrEnum):
    """Where a source stands."""

    CONNECTING = "connecting"
    ON_AIR = "on_air"
    WAITING = "waiting"
    """For the next try; `SourceReport.error` tells why."""


@dataclass(frozen=True, slots=True)
class SourceReport:
    """One change of state."""

    state: SourceState
    error: StreamsvcError | None = None
    wait_seconds: float = 0.0
    is_recoding: bool = False


def wait_seconds(attempt: int, error_id: str) -> float:
    """Before try 1, 2, ... after a failure."""
    if error_id == "source-password-wrong":
        return LOCKOUT_WAIT_SECONDS
    return min(LONGEST_WAIT_SECONDS, FIRST_WAIT_SECONDS * 2.0 ** min(attempt - 1, 10))


@dataclass(frozen=True, slots=True)
class Door:
    """Where a source is published."""

    whip_url: str
    grant: GrantSource
    http: httpx.AsyncClient
    is_silent: bool = False
    """It takes a picture alone: a camera beside the teacher's."""
    near: str = ""
    """See `MediaPeer`."""
    note: Path | None = None
    """Where the open session's URL is kept: whoever is started in a killed process's place ends
    what that one left, and is not taken for somebody else."""

    def stale(self) -> HttpSession | None:
        """What was left, if anything."""
        try:
            location = self.note.read_text() if self.note is not None else ""
        except OSError:
            return None
        return HttpSession.left_by(self.http, self.grant, location) if location else None

    def remember(self, session: HttpSession) -> None:
        """It is open now."""
        if self.note is not None:
            with suppress(OSError):  # a full disk: only a crash would have needed it
                self.note.write_text(session.location)


class SourceTeacher:
    """One source in one slot, until there is a reason to end."""

    def __init__(
        self,
        address: SourceAddress,
        door: Door,
        *,
        allowed: Sequence[IpNetwork] = (),
        may_pass: bool = True,
        on_report: Callable[[SourceReport], None] = lambda _: None,
    ) -> None:
        """`may_pass`: a picture that browsers take is passed on as it is."""
        self._address = address
        self._door = door
        self._allowed = allowed
        self._may_pass = may_pass
        self._on_report = on_report
        self._stale = door.stale()
        self._on_air_at: float | None = None

    async def keep(self, *, take_over: bool = False) -> TeachEnd:
        """Teach until the lesson ends or somebody else takes over. Cancel it to stop.

        `take_over` ends whoever fills the slot when the source is first on air; later it never
        fights for it. Raises UserError `source-address-refused`.
        """
        attempt = 0
        while True:
            self._on_air_at = None
            self._on_report(SourceReport(SourceState.CONNECTING))
            try:
                await self._once(take_over=take_over)
            except StreamsvcError as error:
                if error.error_id in ENDS:
                    log.info("= %s ended: %s", self._address, error.error_id)
                    return ENDS[error.error_id]
                if error.error_id == "source-address-refused":
                    raise
                fault = error
            take_over = take_over and self._on_air_at is None
            attempt = 1 if self._was_steady() else attempt + 1
            wait = wait_seconds(attempt, fault.error_id)
            log.warning("! %s lost: %s, again in %.0f s", self._address, fault.error_id, wait)
            self._on_report(SourceReport(SourceState.WAITING, fault, wait))
            await asyncio.sleep(wait)

    def _was_steady(self) -> bool:
        return self._on_air_at is not None and time.monotonic() - self._on_air_at > STEADY_SECONDS

    async def _once(self, *, take_over: bool) -> None:
        """One connection to the source; always raises StreamsvcError at its end."""
        loop = asyncio.get_running_loop()
        gate = await Gate.opened(self._address, self._allowed)
        pull = Pull(gate.url, loop, may_pass=self._may_pass)
        reading = loop.run_in_executor(None, pull.run)
        try:
            await until_opened(gate, pull, reading)
            await self._on_air(gate, pull, reading, take_over=take_over)
        finally:
            await gate.close()  # FFmpeg finds the end of the stream: its thread returns
            with suppress(Exception):
                await reading

    async def _on_air(
        self, gate: Gate, pull: Pull, reading: asyncio.Future[None], *, take_over: bool
    ) -> None:
        if self._stale is not None:  # our own session of before must not look like another's
            await end_stale(self._stale)
        door = self._door
        publisher = WhipPublisher(door.whip_url, door.grant, http=door.http, near=door.near)
        scope = TaskScope("source")
        try:
            tracks = [one for one in pull.tracks if one.kind == "video" or not door.is_silent]
            await publisher.publish(tracks, take_over=take_over)
            door.remember(publisher.peer.session)
            self._on_report(SourceReport(SourceState.ON_AIR, is_recoding=pull.is_recoding))
            log.info("= %s on air", self._address)
            self._on_air_at = time.monotonic()
            broken = scope.start("broken", publisher.wait_broken())
            while not broken.done():
                await _wait(reading, broken, seconds=WATCH_SECONDS)
                if reading.done():
                    raise _verdict(gate, pull, reading)
                check_flow(pull.tracks[0])
            raise PeerGone("source-publication-lost")
        finally:
            self._stale = publisher.peer.session
            try:
                await scope.close()
            finally:  # also when canceled in the middle of that
                await publisher.close()


async def end_stale(session: HttpSession) -> None:
    """Our own of before must not look like another's; one that can't be ended is forgotten."""
    with suppress(UserError):
        await session.end()


async def until_opened(gate: Gate, pull: Pull, reading: asyncio.Future[None]) -> None:
    """Return when it is known what the source sends."""
    scope = TaskScope("opening")
    try:
        await _wait(reading, scope.start("opened", pull.opened.wait()))
    finally:
        await scope.close()
    if reading.done():
        raise _verdict(gate, pull, reading)
    if not pull.opened.is_set():
        raise PeerGone("source-silent")


async def _wait(*ends: asyncio.Future[None] | asyncio.Future[bool], seconds: float = 60) -> None:
    await asyncio.wait(ends, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)


def check_flow(track: LiveTrack) -> None:
    """The picture, or of a source without one its sound. Raises PeerGone `source-silent`,
    `source-no-media`."""
    now = time.monotonic()
    if now - track.offered_at > SILENCE_SECONDS:
        raise PeerGone("source-silent")
    if not track.is_begun and now - track.made_at > KEYFRAME_WAIT_SECONDS:
        raise PeerGone("source-no-media")


def _verdict(gate: Gate, pull: Pull, reading: asyncio.Future[None]) -> StreamsvcError:
    """Why FFmpeg gave up, in our words."""
    error = reading.exception()
    if gate.fault is not None:
        return gate.fault
    if isinstance(error, StreamsvcError):
        return error
    status = gate.screen.last_status
    if not pull.opened.is_set() and status in _SIGN_IN:
        return UserError("source-password-wrong")
    if not pull.opened.is_set() and status == _UNKNOWN:
        return UserError("source-stream-unknown")
    is_mute = status == 0 and not gate.is_cut
    if isinstance(error, ExitError) or is_mute:  # PyAV's own deadline, or FFmpeg's
        return PeerGone("source-silent")
    if error is None or pull.opened.is_set():
        return PeerGone("source-cut")
    if not isinstance(error, (FFmpegError, OSError, ValueError)):
        log.error("! reading a source failed", exc_info=error)
    return PeerGone("source-unreadable")
