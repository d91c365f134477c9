"""All lessons that are broadcast: their packagers, their folders, and the addresses that open them.

nothing ─ asked for ─► starting ─ first part ─► live ─ lesson over ─► ended ─ some time ─► gone
"""

import asyncio
import logging
import os
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from recorder.broadcast.io.lesson_line import LessonLine
from recorder.broadcast.io.origin import HeldLimit, LessonOrigin
from recorder.broadcast.io.playlists import seal
from recorder.broadcast.io.withdrawn import good_from, is_withdrawn, withdraw
from recorder.broadcast.plan import naming, signed
from recorder.broadcast.plan.waiting import Reached
from streamsvc.base.clock import Clock
from streamsvc.base.errors import EnvironmentFault, UserError
from streamsvc.base.ids import LessonId
from streamsvc.base.media import Track
from streamsvc.base.tap import TapControl
from streamsvc.base.tasks import TaskScope

log = logging.getLogger("recorder.broadcast")
SWEEP_SECONDS = 300.0
ZERO = ".zero"
"""File that keeps the zero of a lesson's axis over a restart of the service."""


class Child(Protocol):
    """A process that is started again when it dies; ends for good with exit code 0."""

    def start(self) -> None: ...
    async def close(self) -> None: ...


Supervise = Callable[[str, Sequence[str]], Child]
SetBroadcast = Callable[[LessonId, bool], None]


@dataclass(frozen=True, slots=True)
class BroadcastMeans:
    """What the root gives."""

    folder: Path
    """Below it a folder for each lesson."""
    sockets: Path
    """A folder that nobody else can read, with a short path."""
    secret: str
    part_seconds: float
    keep_seconds: float
    """How long after its end a lesson's files stay."""
    most_held: int
    is_always: bool
    """Every lesson from its beginning, not from when somebody asks for its address."""
    options: Sequence[str] = ()
    """More of the packager's command line."""


@dataclass(slots=True)
class Broadcast:
    """One lesson's."""

    line: LessonLine
    origin: LessonOrigin
    child: Child
    reason: str | None = None
    """Error id of what ails it."""


class Broadcasts:
    """Implements signaling's `LiveAudience` and `LiveBroadcast`, and a `PacketSink` of layers."""

    def __init__(self, means: BroadcastMeans, clock: Clock, supervise: Supervise) -> None:
        self._means = means
        self._clock = clock
        self._supervise = supervise
        self._set_broadcast: SetBroadcast = lambda lesson_id, is_broadcast: None
        self._on_begin: Callable[[LessonId], None] = lambda lesson_id: None
        self._live: set[LessonId] = set()
        self._running: dict[LessonId, Broadcast] = {}
        self._ended: dict[LessonId, LessonOrigin] = {}
        self._by_track: dict[int, LessonLine] = {}
        self._limit = HeldLimit(means.most_held)
        self._scope = TaskScope("broadcasts")
        self._started = 0

    def feed_by(self, set_broadcast: SetBroadcast) -> None:
        """How the relay is told that a lesson's layers are wanted."""
        self._set_broadcast = set_broadcast

    def listen(self, on_begin: Callable[[LessonId], None]) -> None:
        """See `LiveBroadcast`."""
        self._on_begin = on_begin

    async def start(self) -> None:
        """Remove old lessons' files, now and again."""
        self._means.folder.mkdir(parents=True, exist_ok=True)
        self._scope.start("sweep", self._sweep())

    async def close(self) -> None:
        """Leave the files: live lessons go on with them after a restart."""
        await self._scope.close()
        for one in list(self._running.values()):
            await one.child.close()
            one.origin.end()

    # ---- lessons

    def begin(self, lesson_id: LessonId) -> None:
        """See `LiveBroadcast`."""
        self._live.add(lesson_id)
        self._ended.pop(lesson_id, None)
        if self._means.is_always:
            self._start(lesson_id)

    def end(self, lesson_id: LessonId) -> None:
        """See `LiveBroadcast`."""
        self._live.discard(lesson_id)
        running = self._running.get(lesson_id)
        if running is not None:
            running.line.end()  # what it has of the layers is in the last parts then
            self._set_broadcast(lesson_id, False)

    def playlist(self, lesson_id: LessonId, until: int) -> str | None:
        """See `LiveAudience`."""
        if lesson_id not in self._live:
            return None
        self._start(lesson_id)
        until = good_from(self._means.folder / lesson_id, until)
        return signed.address(self._means.secret, lesson_id, until, naming.MAIN)

    def withdraw(self, lesson_id: LessonId, until: int) -> None:
        """See `LiveBroadcast`."""
        try:
            withdraw(self._means.folder / lesson_id, until)
        except OSError as error:
            raise EnvironmentFault("disk-unwritable", path=str(self._means.folder)) from error

    def is_broadcast(self, lesson_id: LessonId) -> bool:
        """See `LiveBroadcast`."""
        return lesson_id in self._running

    def reason(self, lesson_id: LessonId) -> str | None:
        """See `LiveBroadcast`."""
        running = self._running.get(lesson_id)
        return running.reason if running is not None else None

    def board(self, lesson_id: LessonId, at_ms: int, events: str, *, is_state: bool) -> None:
        """See `LiveBroadcast`."""
        if lesson_id in self._running:
            self._running[lesson_id].line.board(at_ms, events, is_state=is_state)

    def captions(self, lesson_id: LessonId, at_ms: int, lines: str) -> None:
        """See `LiveBroadcast`."""
        if lesson_id in self._running:
            self._running[lesson_id].line.captions(at_ms, lines)

    async def add_slides(
        self, lesson_id: LessonId, courseware_id: str, files: Mapping[str, Path]
    ) -> None:
        """See `LiveBroadcast`."""
        folder = self._means.folder / lesson_id / naming.SLIDES / courseware_id
        await asyncio.to_thread(_link_all, folder, files)

    # ---- who asks

    def origin(self, lesson_id: LessonId, pass_: str, path: str) -> LessonOrigin:
        """See `LiveBroadcast`."""
        now = self._clock.wall_ms() / 1000
        if not signed.is_good(self._means.secret, lesson_id, pass_, now):
            raise UserError("live-address-wrong")
        if is_withdrawn(self._means.folder / lesson_id, int(pass_.partition("-")[0])):
            raise UserError("live-address-wrong")
        if not naming.is_file(path):
            raise UserError("live-file-unknown")
        if lesson_id in self._live:
            self._start(lesson_id)
        running = self._running.get(lesson_id)
        origin = running.origin if running is not None else self._ended.get(lesson_id)
        if origin is None:
            raise UserError("live-file-unknown")
        return origin

    # ---- one lesson's life

    def _start(self, lesson_id: LessonId) -> None:
        if lesson_id in self._running:
            return
        means = self._means
        self._started += 1
        folder, socket = means.folder / lesson_id, means.sockets / f"live-{self._started}"
        command = [
            sys.executable, "-m", "recorder.broadcast",
            "--socket", str(socket), "--folder", str(folder),
            "--part-seconds", str(means.part_seconds), *means.options,
        ]  # fmt: skip
        zero_ms = _zero_of(folder, self._clock.wall_ms())
        one = Broadcast(
            line=LessonLine(socket, lesson_id, zero_ms, lambda word: self.hear(lesson_id, word)),
            origin=LessonOrigin(folder, means.part_seconds, self._limit),
            child=self._supervise(f"live {lesson_id}", command),
        )
        self._running[lesson_id] = one
        one.child.start()
        self._scope.start(f"live {lesson_id}", self._run(lesson_id, one))
        self._set_broadcast(lesson_id, True)
        self._on_begin(lesson_id)
        log.info("= lesson is broadcast", extra={"lesson_id": lesson_id})

    async def _run(self, lesson_id: LessonId, one: Broadcast) -> None:
        try:
            await one.line.run()
        finally:
            del self._running[lesson_id]
            self._set_broadcast(lesson_id, False)
            one.origin.end()
            self._ended[lesson_id] = one.origin
            await one.child.close()
        await asyncio.to_thread(self._seal, self._means.folder / lesson_id)
        one.origin.end()  # what it has read may not say so

    def hear(self, lesson_id: LessonId, word: TapControl) -> None:
        """What its packager says. KeyError, TypeError, ValueError: it is not understood."""
        one = self._running.get(lesson_id)
        if one is None:
            return
        match word.type:
            case "published":
                for stream, (number, part, is_complete) in word.fields["newest"].items():
                    one.origin.published(str(stream), Reached(number, part, bool(is_complete)))
                one.reason = None if one.reason in _PASSING else one.reason
            case "state":
                reason = word.fields.get("reason")
                if reason in _OF_THE_RELAY:
                    return
                one.reason = reason
                if reason is not None:
                    log.warning("! broadcast: %s", reason, extra={"lesson_id": lesson_id})
            case "ended":
                one.origin.end()

    # ---- the sink

    def track_opened(self, track: Track, wall_ms: int) -> None:
        """See `PacketSink`: only of the tracks that are for us."""
        one = self._running.get(track.lesson_id)
        if one is not None and track.rid is not None:
            self._by_track[track.number] = one.line
            one.line.track_opened(track)

    def packet(self, track_number: int, wall_ms: int, packet: bytes) -> None:
        """See `PacketSink`."""
        line = self._by_track.get(track_number)
        if line is not None:
            line.packet(track_number, wall_ms, packet)

    def track_closed(self, track_number: int, wall_ms: int) -> None:
        """See `PacketSink`."""
        line = self._by_track.pop(track_number, None)
        if line is not None:
            line.track_closed(track_number)

    # ---- old files

    def _seal(self, folder: Path) -> None:
        """Blocking. A packager that could not come back has not said that it is over."""
        try:
            seal(folder, 1000 * self._means.part_seconds)
        except (OSError, ValueError) as error:
            log.warning("! live playlists without an end, %s: %s", folder.name, error)

    async def _sweep(self) -> None:
        while True:
            try:
                gone = await asyncio.to_thread(self._remove_old, self._clock.wall_ms() / 1000)
                for lesson_id in gone:
                    self._ended.pop(lesson_id, None)
            except OSError as error:
                log.warning("! old live files stay: %s", error)
            await asyncio.sleep(SWEEP_SECONDS)
            await asyncio.to_thread(self._seal_left)  # not at once: lessons are begun again first

    def _seal_left(self) -> None:
        """Blocking. Of lessons that ended while no service was there."""
        for folder in list(self._means.folder.iterdir()):
            lesson_id = LessonId(folder.name)
            if lesson_id not in self._live and lesson_id not in self._running:
                self._seal(folder)

    def _remove_old(self, now: float) -> list[LessonId]:
        """Blocking."""
        gone = []
        for folder in self._means.folder.iterdir():
            lesson_id = LessonId(folder.name)
            is_used = lesson_id in self._live or lesson_id in self._running
            if not is_used and now - folder.stat().st_mtime > self._means.keep_seconds:
                shutil.rmtree(folder, ignore_errors=True)
                gone.append(lesson_id)
        return gone


_PASSING = frozenset({"broadcast-failed", "disk-full"})
_OF_THE_RELAY = frozenset({"no-h264-lead", "no-h264-screen"})
"""A layer is no H.264. The relay knows whether one is made of it (`Relay.audience_lack`)."""


def _zero_of(folder: Path, now_ms: int) -> int:
    """The wall time of the axis' zero; kept, so that a lesson's times go on after a restart."""
    with suppress(OSError, ValueError):
        return int((folder / ZERO).read_text())
    with suppress(OSError):  # the packager says what ails the disk
        folder.mkdir(parents=True, exist_ok=True)
        (folder / ZERO).write_text(str(now_ms))
    return now_ms


def _link_all(folder: Path, files: Mapping[str, Path]) -> None:
    """The same files once more, without their bytes where the disk can do that."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, source in files.items():
        with suppress(FileExistsError):
            try:
                os.link(source, folder / name)
            except OSError as error:
                if isinstance(error, FileExistsError):
                    raise
                part = folder / f".{name}.new"
                shutil.copyfile(source, part)
                part.replace(folder / name)
