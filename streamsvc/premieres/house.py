"""Plays films as lessons: one process for each, started shortly before its lesson's planned time.

    chosen or uploaded ─► checked (a process) ─► WAITING ─► ON_AIR ─► OVER
                                             ▲     │           ├─► TAKEN_OVER
                                 planned anew│     └─ forgotten ◄┘
                          lesson not begun: MISSED ─ a day ─► FAILED
The process signs in as the lesson's lead teacher with a token lent for it, and says how far it is
in a file; started anew (a crash, a restart of the service) it goes on from there.
"""

import asyncio
import logging
import math
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

from relay.ingest.file_checking import LARGEST_BYTES, check_file
from streamsvc.base.clock import Clock
from streamsvc.base.errors import EnvironmentFault, StreamsvcError, UserError
from streamsvc.base.ids import LessonId, RecordingId
from streamsvc.base.premieres import FilmUpload, Premiere, PremiereState
from streamsvc.base.tasks import TaskScope
from streamsvc.courseware.io.receiving import BLOCK_BYTES, UPLOAD_SECONDS, while_heard
from streamsvc.near import Near
from streamsvc.premieres.shelf import PremiereShelf
from streamsvc.premieres.uploads import FilmUploads
from streamsvc.school.io.school import School
from streamsvc.school.records import Lesson, LessonState, SignInKind
from streamsvc.supervise import Supervisor

log = logging.getLogger("streamsvc.premieres")

LOOK_SECONDS = 1.0
SWEEP_SECONDS = 3_600.0
READY_BEFORE_MS = 30_000
"""Signing in and looking at a long film take some seconds."""
MOST_PLAYING = 16
"""Films at once; each is a process. One that is too many waits for its turn."""
MOST_CHECKING = 2
STUCK_SECONDS = 10.0
"""A process that is on air says so twice a second: one that does not is started anew."""
MISSED_KEPT_MS = 86_400_000
"""After a lesson's planned end its film is kept so long for another time."""
_OPEN = (PremiereState.WAITING, PremiereState.ON_AIR)
_WATCHED = (*_OPEN, PremiereState.MISSED)


@dataclass(slots=True)
class _Playing:
    child: Supervisor
    token: str
    heard: tuple[int | None, float] = (None, 0.0)
    """Process and place of its last news that were new."""
    heard_at: float = 0.0

    def is_stuck(self, premiere: Premiere, now: float) -> bool:
        """It went on, and does no more, though the process is there. Ask again and again."""
        news = self.child.pid, premiere.at_seconds
        if news != self.heard or premiere.state is not PremiereState.ON_AIR:
            has_played = self.heard[0] == news[0] and premiere.state is PremiereState.ON_AIR
            self.heard, self.heard_at = news, now if has_played else math.inf
        return now - self.heard_at > STUCK_SECONDS


class PremiereHouse:
    """Implements signaling's PremieresPort. `start` before use, `close` at the end."""

    def __init__(
        self,
        shelf: PremiereShelf,
        school: School,
        clock: Clock,
        *,
        near: Near,
        least_free_bytes: int,
    ) -> None:
        """`near`: how the processes reach this service."""
        self._shelf, self._school, self._clock = shelf, school, clock
        self._near, self._least_free_bytes = near, least_free_bytes
        self._plans: dict[LessonId, Premiere] = {}
        self._playing: dict[LessonId, _Playing] = {}
        self._uploads = FilmUploads(shelf, least_free_bytes)
        self._finishing = asyncio.Lock()
        self._checking = asyncio.Semaphore(MOST_CHECKING)
        self._tasks = TaskScope("premieres")

    async def start(self) -> None:
        """What was planned before a restart is planned again."""
        for premiere in await asyncio.to_thread(lambda: list(self._shelf.plans())):
            self._plans[premiere.lesson_id] = premiere
        self._tasks.start("sweep", self._sweep())
        self._tasks.start("look", self._look())

    async def close(self) -> None:
        """End every process; their films go on after the next start."""
        await self._tasks.close()
        for lesson_id in list(self._playing):
            await self._end(lesson_id)

    # ---- what signaling asks for

    async def find(self, lesson_id: LessonId) -> Premiere | None:
        """See `PremieresPort`."""
        return self._plans.get(lesson_id)

    async def choose(
        self, lesson_id: LessonId, recording_id: RecordingId, title: str, *, ends_lesson: bool
    ) -> Premiere:
        """See `PremieresPort`."""
        seconds = await self._checked(self._shelf.recording(recording_id))
        await self.forget(lesson_id)
        return await self._plan(
            Premiere(lesson_id, title, seconds, recording_id, ends_lesson=ends_lesson)
        )

    async def receive(
        self,
        lesson_id: LessonId,
        title: str,
        chunks: AsyncIterator[bytes],
        announced_bytes: int,
        *,
        ends_lesson: bool,
    ) -> Premiere:
        """See `PremieresPort`."""
        part = await asyncio.to_thread(self._shelf.part, lesson_id)
        try:
            async with asyncio.timeout(UPLOAD_SECONDS):
                await self._write(part, chunks, announced_bytes)
            taken = Premiere(lesson_id, title, 0.0, ends_lesson=ends_lesson)
            return await self._taken(part, taken)
        except OSError as error:  # also the timeout
            raise EnvironmentFault("disk-unwritable", path=str(part.parent)) from error
        finally:
            part.unlink(missing_ok=True)

    async def begin_upload(
        self, lesson_id: LessonId, title: str, total_bytes: int, *, ends_lesson: bool
    ) -> FilmUpload:
        """See `PremieresPort`."""
        return await self._uploads.begin(lesson_id, title, total_bytes, ends_lesson=ends_lesson)

    async def find_upload(self, lesson_id: LessonId, upload_id: str) -> FilmUpload:
        """See `PremieresPort`."""
        return await self._uploads.find(lesson_id, upload_id)

    async def continue_upload(
        self, upload: FilmUpload, offset: int, chunks: AsyncIterator[bytes]
    ) -> FilmUpload:
        """See `PremieresPort`."""
        now = await self._uploads.write(upload, offset, chunks)
        if now.is_whole:
            async with self._finishing:
                await self._finish(now)
        return now

    async def drop_upload(self, upload: FilmUpload) -> None:
        """See `PremieresPort`."""
        await self._uploads.drop(upload)

    async def _finish(self, upload: FilmUpload) -> None:
        """It is whole; asked for again, since the answer was lost, it is done already."""
        plan = self._plans.get(upload.lesson_id)
        if plan is not None and plan.upload_id == upload.id:
            return
        part = self._shelf.upload(upload.lesson_id, upload.id)
        taken = Premiere(
            upload.lesson_id, upload.title, 0.0, ends_lesson=upload.ends_lesson, upload_id=upload.id
        )
        try:
            await self._taken(part, taken)
        except OSError as error:
            raise EnvironmentFault("disk-unwritable", path=str(part.parent)) from error
        finally:  # refused or played: the next one begins anew
            await self._uploads.drop(upload)

    async def _taken(self, part: Path, premiere: Premiere) -> Premiere:
        """Look at what came, and let it take the former's place."""
        try:
            async with self._checking:
                seconds = (await check_file(part)).seconds
        except UserError as error:  # by its own name
            raise UserError(error.error_id, name=premiere.title) from error
        if not await asyncio.to_thread(part.exists):  # canceled meanwhile: the former goes on
            raise UserError("upload-unknown")
        await self._stop(premiere.lesson_id)
        await asyncio.to_thread(self._shelf.take_part, premiere.lesson_id, part)
        return await self._plan(replace(premiere, seconds=seconds))

    async def forget(self, lesson_id: LessonId) -> None:
        """See `PremieresPort`."""
        await self._stop(lesson_id)
        await asyncio.to_thread(self._shelf.forget, lesson_id)

    async def _stop(self, lesson_id: LessonId) -> None:
        self._plans.pop(lesson_id, None)
        await self._end(lesson_id)

    async def _plan(self, premiere: Premiere) -> Premiere:
        await asyncio.to_thread(self._shelf.keep, premiere)
        self._plans[premiere.lesson_id] = premiere
        return premiere

    async def _checked(self, film: Path) -> float:
        async with self._checking:
            return (await check_file(film)).seconds

    async def _write(self, part: Path, chunks: AsyncIterator[bytes], announced: int) -> None:
        total, block = 0, bytearray()
        with part.open("wb") as file:
            async for chunk in while_heard(chunks):
                total += len(chunk)
                if max(total, announced) > LARGEST_BYTES:
                    raise UserError("file-too-large", name=part.name)
                block += chunk
                if len(block) >= BLOCK_BYTES:
                    await self._write_block(file, bytes(block))
                    block.clear()
            await self._write_block(file, bytes(block))

    async def _write_block(self, file: IO[bytes], block: bytes) -> None:
        if not await asyncio.to_thread(self._shelf.write, file, block, self._least_free_bytes):
            raise EnvironmentFault("disk-full")

    async def _sweep(self) -> None:
        """Halves that nobody goes on with."""
        while True:
            try:
                await asyncio.to_thread(self._uploads.sweep)
            except OSError:
                log.exception("! halves of films stay")
            await asyncio.sleep(SWEEP_SECONDS)

    # ---- playing

    async def _look(self) -> None:
        while True:
            for premiere in list(self._plans.values()):
                try:
                    await self._look_at(premiere)
                except StreamsvcError as error:
                    log.warning("! premiere of %s: %s", premiere.lesson_id, error.error_id)
                except Exception:  # of the database or the disk: the others are played all the same
                    log.exception("! premiere of %s", premiere.lesson_id)
            await asyncio.sleep(LOOK_SECONDS)

    async def _look_at(self, premiere: Premiere) -> None:
        if premiere.state not in _WATCHED:
            return
        lesson_id = premiere.lesson_id
        try:
            lesson = await self._school.lessons.load(lesson_id)
        except UserError:  # it was removed
            return await self.forget(lesson_id)
        if self._plans.get(lesson_id) is not premiere:
            return  # another was chosen meanwhile
        late_ms = self._clock.wall_ms() - _planned_end_ms(lesson)
        is_missed = lesson.state is LessonState.SCHEDULED and late_ms >= 0
        if lesson_id in self._playing and not is_missed:
            await self._follow(premiere)
        elif lesson.state is LessonState.ENDED:
            await self._become(replace(premiere, state=PremiereState.OVER))
        elif is_missed:
            await self._miss(premiere, late_ms)
        elif premiere.state is PremiereState.MISSED:
            await self._plan(replace(premiere, state=PremiereState.WAITING))
        elif self._is_due(lesson) and len(self._playing) < MOST_PLAYING:
            await self._begin(premiere, lesson)

    def _is_due(self, lesson: Lesson) -> bool:
        is_time = lesson.scheduled_start_ms - READY_BEFORE_MS <= self._clock.wall_ms()
        return is_time or lesson.state is LessonState.LIVE

    async def _miss(self, premiere: Premiere, late_ms: float) -> None:
        """Its lesson did not begin, and its time is over."""
        await self._end(premiere.lesson_id)
        if late_ms >= MISSED_KEPT_MS:
            failed = replace(premiere, state=PremiereState.FAILED, error_id="premiere-missed")
            await self._become(failed)
        elif premiere.state is not PremiereState.MISSED:
            log.warning("! premiere of %s missed: its lesson did not begin", premiere.lesson_id)
            await self._plan(replace(premiere, state=PremiereState.MISSED))

    async def _begin(self, premiere: Premiere, lesson: Lesson) -> None:
        try:
            lent = await self._school.sign_ins.lend(lesson.lead_teacher_id)
        except UserError as error:
            failed = replace(premiere, state=PremiereState.FAILED, error_id=error.error_id)
            return await self._become(failed)
        if self._plans.get(lesson.id) is not premiere:  # stopped, or replaced, meanwhile
            return await self._school.sign_ins.sign_out(lent.token, SignInKind.STAFF)
        command = [
            sys.executable, "-m", "streamsvc", "teach",
            "--server", self._near.server,
            "--near", self._near.media,
            "--lesson", lesson.id,
            "--play", str(self._shelf.film(premiere)),
            "--then", "end" if premiere.ends_lesson else "wait",
            "--progress", str(self._shelf.progress(lesson.id)),
            "--note", str(self._shelf.note(lesson.id)),
        ]  # fmt: skip
        secrets = {"STREAMSVC_SESSION": lent.token, "STREAMSVC_LOGIN": "-"}
        secrets["STREAMSVC_PASSWORD"] = "-"
        name = f"premiere {lesson.id}"
        child = Supervisor(name, command, self._clock, environment=secrets, may_finish=True)
        self._playing[lesson.id] = _Playing(child, lent.token)
        child.start()

    async def _follow(self, premiere: Premiere) -> None:
        now = await asyncio.to_thread(self._shelf.progressed, premiere)
        if self._plans.get(premiere.lesson_id) is not premiere:
            return  # another was chosen meanwhile
        if now.state in _OPEN:
            self._plans[premiere.lesson_id] = now
            if self._playing[premiere.lesson_id].is_stuck(now, self._clock.now()):
                log.warning("! premiere of %s stands still, started anew", premiere.lesson_id)
                await self._end(premiere.lesson_id)
            return
        await self._end(premiere.lesson_id)
        if self._plans.get(premiere.lesson_id) is premiere:
            await self._become(now)

    async def _become(self, premiere: Premiere) -> None:
        """It is over, one way or another: an uploaded film is not played again."""
        self._plans[premiere.lesson_id] = premiere
        await asyncio.to_thread(self._shelf.keep, premiere)
        await asyncio.to_thread(self._shelf.let_film_go, premiere)

    async def _end(self, lesson_id: LessonId) -> None:
        playing = self._playing.pop(lesson_id, None)
        if playing is not None:
            await playing.child.close()
            await self._school.sign_ins.sign_out(playing.token, SignInKind.STAFF)


def _planned_end_ms(lesson: Lesson) -> int:
    return lesson.scheduled_start_ms + lesson.duration_minutes * 60_000
