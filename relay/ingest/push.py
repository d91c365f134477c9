"""Teaches a lesson from what one encoder pushes by RTMP, from its first byte to its last.

first words ─► stream key ─► may it? ─► find out ─► publish ─► on air ──cut, silent──► over
                              └─ no: the encoder hears why      └─ slot taken: wait, again
"""

import asyncio
import logging
import time
from contextlib import suppress
from typing import Any

from av.error import ExitError, FFmpegError

from relay.client.whip import WhipPublisher
from relay.ingest.pull import PUSHED, Pull
from relay.ingest.push_desk import OpenedPush, PushDesk
from relay.ingest.push_gate import PushGate
from relay.ingest.teach import SourceReport, SourceState, check_flow
from streamsvc.base.errors import PeerGone, StreamsvcError, UserError
from streamsvc.base.tasks import TaskScope

log = logging.getLogger("streamsvc.source")

NEWS_SECONDS = 2.0
FLOWS_SECONDS = 3.0
"""Without a packet for longer, somebody else may push with the key."""
AGAIN_SECONDS = 3.0
"""Before the next try to publish, while somebody else is on air."""
_LESSON_IS_OVER = ("lesson-ended", "lesson-unknown", "not-allowed")
"""The encoder is cut off: it comes again, and its key finds the lesson that is due then."""
SERVICE_GONE_SECONDS = 20.0
"""A push goes on without the service for so long: it may be starting again."""
WATCH_SECONDS = 0.5

_OUR_WORDS = {
    "source-cut": "push-ended",
    "source-silent": "push-silent",
    "source-unreadable": "push-unreadable",
}
"""A camera is fetched again by us; an encoder is waited for."""


class EncoderPush:
    """One connection of an encoder."""

    def __init__(self, gate: PushGate, address: str, desk: PushDesk, near: str) -> None:
        """`near`: where this machine's media is reached from this machine."""
        self._gate = gate
        self._address = address
        self._desk = desk
        self._near = near
        self._push: OpenedPush | None = None
        self._report = SourceReport(SourceState.CONNECTING)
        self._news = asyncio.Event()
        self._scope = TaskScope("push")
        self.has_key = False
        """It is a source; before that, a stranger."""

    async def serve(self) -> StreamsvcError:
        """From its first words to its end, and why it ended."""
        gate = self._gate
        try:
            words = await gate.first_words()
        except (StreamsvcError, TimeoutError) as error:
            gate.abort()  # nothing was started for it: FFmpeg never listened
            return error if isinstance(error, StreamsvcError) else PeerGone("source-silent")
        loop = asyncio.get_running_loop()
        pull = Pull(gate.url, loop, manner=PUSHED)
        reading = loop.run_in_executor(None, pull.run)
        try:
            await self._let_in(words)
            await self._teach(pull, reading)
        except StreamsvcError as error:
            await self._told_over(error)
            return error
        finally:
            await self._scope.close()
            await gate.close()  # FFmpeg finds the end of the stream: its thread returns
            with suppress(Exception):
                await reading
        raise AssertionError("a push ends with its reason")

    async def _let_in(self, words: bytes) -> None:
        key = await self._gate.key(words)
        try:
            if not key:
                raise UserError("stream-key-unknown")
            self._push = await self._desk.open(key[:200], self._address)
        except StreamsvcError as error:
            await self._gate.refuse(f"streamsvc: {error.error_id}")
            raise
        self.has_key = True
        self._gate.let_in()

    async def _teach(self, pull: Pull, reading: asyncio.Future[None]) -> None:
        """Always raises StreamsvcError at its end."""
        assert self._push is not None
        telling = self._scope.start("news", self._tell(self._push, pull))
        opened = self._scope.start("opened", pull.opened.wait())
        await _first(reading, telling, opened)
        while not reading.done() and not telling.done():
            fault = await self._on_air(self._push, pull, reading, telling)
            if reading.done() or telling.done():
                break
            if fault.error_id in _LESSON_IS_OVER:
                raise fault
            log.warning("! push from %s not on air: %s", self._address, fault.error_id)
            self._say(SourceReport(SourceState.WAITING, fault, AGAIN_SECONDS))
            pull.renew_tracks()
            await _first(reading, telling, seconds=AGAIN_SECONDS)
        if telling.done() and not reading.done():
            raise telling.result()
        raise self._verdict(pull, reading)

    async def _on_air(
        self,
        push: OpenedPush,
        pull: Pull,
        reading: asyncio.Future[None],
        telling: asyncio.Future[StreamsvcError],
    ) -> StreamsvcError:
        """One publication, from its offer to its end; why it ended."""
        http = self._desk.http
        publisher = WhipPublisher(push.whip_url, push.grant, http=http, near=self._near)
        scope = TaskScope("push on air")
        try:
            await publisher.publish(pull.tracks)
            log.info("= push from %s on air", self._address)
            self._say(SourceReport(SourceState.ON_AIR, is_recoding=pull.is_recoding))
            broken = scope.start("broken", publisher.wait_broken())
            while not broken.done() and not reading.done() and not telling.done():
                await _first(reading, telling, broken, seconds=WATCH_SECONDS)
                check_flow(pull.tracks[0])
                if pull.is_recoding != self._report.is_recoding:
                    self._say(SourceReport(SourceState.ON_AIR, is_recoding=pull.is_recoding))
            return PeerGone("source-publication-lost")
        except StreamsvcError as error:
            return error
        finally:
            try:
                await scope.close()
            finally:  # also when canceled in the middle of that
                await publisher.close()

    def _say(self, report: SourceReport) -> None:
        self._report = report
        self._news.set()

    async def _tell(self, push: OpenedPush, pull: Pull) -> StreamsvcError:
        """The service, at each change and every two seconds. Returns why the push must end: what
        the service says, or that it is gone for good."""
        heard_at = time.monotonic()
        while True:
            self._news.clear()
            try:
                await push.tell(self._report, flows=_flows(pull))
                heard_at = time.monotonic()
            except UserError as error:
                return error
            except PeerGone as error:
                if time.monotonic() - heard_at > SERVICE_GONE_SECONDS:
                    return error
            with suppress(TimeoutError):
                async with asyncio.timeout(NEWS_SECONDS):
                    await self._news.wait()

    async def _told_over(self, error: StreamsvcError) -> None:
        """Nothing more is said of it; best effort."""
        await self._scope.close()
        if self._push is None:
            return
        told = UserError(_OUR_WORDS.get(error.error_id, error.error_id))
        with suppress(StreamsvcError):
            report = SourceReport(SourceState.WAITING, told)
            await self._push.tell(report, flows=False, over=True)

    def _verdict(self, pull: Pull, reading: asyncio.Future[None]) -> StreamsvcError:
        """Why FFmpeg gave up, in our words."""
        error = reading.exception()
        if isinstance(error, StreamsvcError):
            return error
        if self._gate.is_cut:
            return PeerGone("source-cut")
        if isinstance(error, ExitError):  # PyAV's own deadline
            return PeerGone("source-silent")
        if error is None:
            return PeerGone("source-cut")
        if not isinstance(error, (FFmpegError, OSError, ValueError)):
            log.error("! reading a push failed", exc_info=error)
        return PeerGone("source-unreadable")


def _flows(pull: Pull) -> bool:
    if not pull.opened.is_set():
        return True  # its first seconds are looked at
    newest = max(track.offered_at for track in pull.tracks)
    return time.monotonic() - newest < FLOWS_SECONDS


async def _first(*ends: asyncio.Future[Any], seconds: float = 60) -> None:
    await asyncio.wait(ends, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
