"""Pulls the recorder hosts of lead rooms for lessons: one process for each, from shortly before the
planned time to the lesson's end.

    chosen by staff ─► waits ─► `streamsvc teach --rtsp` (a process): WHIP as the lead teacher
                         │           └─ lesson ended, taken over, address refused ─► forgotten
                         └─ not begun by the planned end ─► forgotten
"""

import asyncio
import logging
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from relay.ingest.address import parse_address
from relay.ingest.looking import look_at
from streamsvc.base.clock import Clock
from streamsvc.base.errors import EnvironmentFault, StreamsvcError, UserError
from streamsvc.base.ids import LessonId, RoomId
from streamsvc.base.room_sources import RoomSource, SourceLook
from streamsvc.base.tasks import TaskScope
from streamsvc.near import Near
from streamsvc.room_sources.shelf import RoomSourceShelf, Secret
from streamsvc.school.io.school import School
from streamsvc.school.records import Lesson, LessonState, SignInKind
from streamsvc.supervise import Supervisor

log = logging.getLogger("streamsvc.source")

LOOK_SECONDS = 1.0
READY_BEFORE_MS = 300_000
"""When the lesson's room opens: picture and voice can be looked at before the bell."""
MOST_PULLED = 64
"""Processes at once, some 100 MB each. One that is too many waits for its turn."""
MOST_LOOKS = 2


@dataclass(frozen=True, slots=True)
class _Pulled:
    child: Supervisor
    token: str


class RoomSourceHouse:
    """Implements signaling's RoomSourcesPort. `start` before use, `close` at the end."""

    def __init__(
        self,
        folder: Path,
        school: School,
        clock: Clock,
        *,
        near: Near,
        networks: Sequence[str],
    ) -> None:
        """`networks`: where a source may be though that is refused else, as CIDR."""
        self._shelf = RoomSourceShelf(folder)
        self._school, self._clock = school, clock
        self._near, self._networks = near, tuple(networks)
        self._chosen: dict[LessonId, RoomId] = {}
        self._pulled: dict[LessonId, _Pulled] = {}
        self._looks = asyncio.Semaphore(MOST_LOOKS)
        self._tasks = TaskScope("room sources")

    async def start(self) -> None:
        """What was chosen before a restart is pulled again."""
        self._chosen = dict(await asyncio.to_thread(lambda: list(self._shelf.chosen())))
        self._tasks.start("look", self._keep())

    async def close(self) -> None:
        """End every process; their lessons are taught on after the next start."""
        await self._tasks.close()
        for lesson_id in list(self._pulled):
            await self._end(lesson_id)

    # ---- what signaling asks for

    async def find(self, room_id: RoomId) -> RoomSource | None:
        """See `RoomSourcesPort`."""
        secret = await asyncio.to_thread(self._shelf.secret, room_id)
        return None if secret is None else _shown(room_id, secret)

    async def put(self, room_id: RoomId, address: str, user: str, password: str) -> RoomSource:
        """See `RoomSourcesPort`."""
        secret = Secret(address, user, password)
        source = _shown(room_id, secret)
        try:
            await asyncio.to_thread(self._shelf.keep, room_id, secret)
        except OSError as error:
            raise EnvironmentFault("disk-unwritable", path="room_sources") from error
        await self._begin_anew(room_id)
        return source

    async def remove(self, room_id: RoomId) -> None:
        """See `RoomSourcesPort`."""
        await asyncio.to_thread(self._shelf.remove, room_id)
        for lesson_id in [one for one, room in self._chosen.items() if room == room_id]:
            await self.stop(lesson_id)

    async def look(self, address: str, user: str, password: str) -> SourceLook:
        """See `RoomSourcesPort`."""
        parse_address(address)
        async with self._looks:
            return await look_at(address, user, password, self._networks)

    async def look_again(self, room_id: RoomId) -> SourceLook:
        """See `RoomSourcesPort`."""
        secret = await asyncio.to_thread(self._shelf.secret, room_id)
        if secret is None:
            raise UserError("room-source-none")
        return await self.look(secret.address, secret.user, secret.password)

    async def teach(self, lesson_id: LessonId, room_id: RoomId) -> None:
        """See `RoomSourcesPort`."""
        if await asyncio.to_thread(self._shelf.secret, room_id) is None:
            raise UserError("room-source-none")
        await self.stop(lesson_id)
        try:
            await asyncio.to_thread(self._shelf.choose, lesson_id, room_id)
        except OSError as error:
            raise EnvironmentFault("disk-unwritable", path="room_sources") from error
        self._chosen[lesson_id] = room_id

    async def stop(self, lesson_id: LessonId) -> None:
        """See `RoomSourcesPort`."""
        self._chosen.pop(lesson_id, None)
        await self._end(lesson_id)
        await asyncio.to_thread(self._shelf.forget, lesson_id)

    def chosen(self, lesson_id: LessonId) -> RoomId | None:
        """See `RoomSourcesPort`."""
        return self._chosen.get(lesson_id)

    # ---- pulling

    async def _begin_anew(self, room_id: RoomId) -> None:
        """Lessons that are taught from this room take its new address."""
        for lesson_id in [one for one, room in self._chosen.items() if room == room_id]:
            await self._end(lesson_id)

    async def _keep(self) -> None:
        while True:
            for lesson_id in list(self._chosen):
                try:
                    await self._look_at(lesson_id)
                except StreamsvcError as error:
                    log.warning("! source of %s: %s", lesson_id, error.error_id)
                except Exception:  # of database or disk: the others are pulled all the same
                    log.exception("! source of %s", lesson_id)
            await asyncio.sleep(LOOK_SECONDS)

    async def _look_at(self, lesson_id: LessonId) -> None:
        try:
            lesson = await self._school.lessons.load(lesson_id)
        except UserError:  # it was removed
            return await self.stop(lesson_id)
        is_over = await asyncio.to_thread(self._shelf.is_over, lesson_id)
        if is_over or lesson.state is LessonState.ENDED or self._is_missed(lesson):
            await self.stop(lesson_id)
        elif lesson_id not in self._pulled and self._may_begin(lesson):
            await self._begin(lesson)

    def _may_begin(self, lesson: Lesson) -> bool:
        is_time = lesson.scheduled_start_ms - READY_BEFORE_MS <= self._clock.wall_ms()
        is_due = is_time or lesson.state is LessonState.LIVE
        return is_due and len(self._pulled) < MOST_PULLED

    def _is_missed(self, lesson: Lesson) -> bool:
        end_ms = lesson.scheduled_start_ms + lesson.duration_minutes * 60_000
        return lesson.state is LessonState.SCHEDULED and self._clock.wall_ms() >= end_ms

    async def _begin(self, lesson: Lesson) -> None:
        room_id = self._chosen.get(lesson.id)
        secret = await asyncio.to_thread(self._shelf.secret, room_id) if room_id else None
        if secret is None:
            return await self.stop(lesson.id)
        try:
            lent = await self._school.sign_ins.lend(lesson.lead_teacher_id)
        except UserError:  # she teaches no more
            return await self.stop(lesson.id)
        if self._chosen.get(lesson.id) != room_id:  # stopped meanwhile
            return await self._school.sign_ins.sign_out(lent.token, SignInKind.STAFF)
        command = [
            sys.executable, "-m", "streamsvc", "teach",
            "--server", self._near.server,
            "--near", self._near.media,
            "--lesson", lesson.id,
            "--progress", str(self._shelf.progress(lesson.id)),
            "--note", str(self._shelf.note(lesson.id)),
        ]  # fmt: skip
        for network in self._networks:
            command += ["--allow-network", network]
        # `ps` shows commands to everybody, and environments to us alone
        secrets = {
            "STREAMSVC_SESSION": lent.token,
            "STREAMSVC_LOGIN": "-",
            "STREAMSVC_PASSWORD": "-",
            "STREAMSVC_SOURCE": secret.address,
            "STREAMSVC_SOURCE_USER": secret.user,
            "STREAMSVC_SOURCE_PASSWORD": secret.password,
        }
        name = f"source of {lesson.id}"
        child = Supervisor(name, command, self._clock, environment=secrets, may_finish=True)
        self._pulled[lesson.id] = _Pulled(child, lent.token)
        child.start()

    async def _end(self, lesson_id: LessonId) -> None:
        pulled = self._pulled.pop(lesson_id, None)
        if pulled is not None:
            await pulled.child.close()
            await self._school.sign_ins.sign_out(pulled.token, SignInKind.STAFF)


def _shown(room_id: RoomId, secret: Secret) -> RoomSource:
    """Raises UserError `source-address-malformed`."""
    address = parse_address(secret.address, secret.user, secret.password)
    return RoomSource(room_id, str(address), address.user)
