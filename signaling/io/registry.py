"""The lessons in memory: opened five minutes before their start, kept while live, closed after.

Also the relay's and the recorder's listener: it knows which lesson each report belongs to.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping

from signaling import metrics
from signaling.io.event_channel import EventChannel
from signaling.io.problem import incident
from signaling.io.runner import LessonRunner
from signaling.io.services import Services
from signaling.io.views import courseware_view
from signaling.protocol.inputs import (
    CamerasOut,
    CoursewareListed,
    PlanChanged,
    PublicationClosed,
    PublicationOpened,
    PublicationSilent,
    RecorderReported,
)
from signaling.protocol.lesson import LessonMachine
from streamsvc.base.errors import StreamsvcError, UserError
from streamsvc.base.ids import LessonId, MediaSessionId, PersonId, RoomId
from streamsvc.base.media import MediaKind, Slot
from streamsvc.base.recordings import RecordingState, RecordingStatus
from streamsvc.base.sessions import ChannelListener, ClosedBecause, MediaParty
from streamsvc.base.tasks import TaskScope
from streamsvc.school.records import OPERATOR, Lesson, LessonState

log = logging.getLogger("streamsvc.lessons")

OPENS_BEFORE_MS = 300_000
LOOK_BACK_MS = 4 * 3_600_000
"""A scheduled lesson that is overdue stays open this long at most (its longest duration)."""
SWEEP_SECONDS = 5.0
HOUSEKEEPING_SECONDS = 3_600.0
ENDED_KEPT_SECONDS = 600.0
UNUSED_KEPT_SECONDS = 600.0


class LessonRegistry:
    """`start` once, `close` once. `on_change` is called when what rooms should be in changes."""

    def __init__(self, services: Services, on_change: Callable[[], None]) -> None:
        self._services = services
        self._on_change = on_change
        self._tasks = TaskScope("lessons")
        self._running: dict[LessonId, LessonRunner] = {}
        self._work: dict[LessonId, asyncio.Task[None]] = {}
        self._opening = asyncio.Lock()
        self._is_closed = False

    async def start(self) -> None:
        """Listen, resume the lessons that were live, and look for those that are due."""
        self._services.relay.listen(self)
        self._services.recorder.listen(self.recorder_reported)
        for lesson in await self._services.school.lessons.live():
            await self.open(lesson.id)
            log.info("= lesson resumed", extra={"lesson_id": lesson.id})
        self._tasks.start("sweep", self._sweep())
        self._tasks.start("housekeeping", self._keep_house())

    async def close(self) -> None:
        """Close every connection and stop; live lessons go on after the next start."""
        self._is_closed = True
        for runner in self._running.values():
            runner.close_clients(UserError("shutting-down"))
        await self._tasks.close()
        self._running.clear()

    # ---- lessons ---------------------------------------------------------------------------------

    def find(self, lesson_id: LessonId) -> LessonRunner | None:
        """The lesson if it is in memory."""
        return self._running.get(lesson_id)

    @property
    def running(self) -> Mapping[LessonId, LessonRunner]:
        """All lessons in memory."""
        return self._running

    async def open(self, lesson_id: LessonId) -> LessonRunner:
        """The running lesson; rebuilt from its timeline if need be. Raises UserError
        `lesson-unknown`, `lesson-ended`."""
        async with self._opening:
            if lesson_id in self._running:
                return self._running[lesson_id]
            runner = LessonRunner(self._services, await self._restored(lesson_id), self._on_change)
            courseware = await self._services.school.courseware.listed(lesson_id)
            runner.post(CoursewareListed([courseware_view(one) for one in courseware]))
            self._running[lesson_id] = runner
            self._work[lesson_id] = self._tasks.start(lesson_id, self._run(runner))
        self._on_change()
        return runner

    async def plan_changed(self, lesson: Lesson) -> None:
        """The lesson or its rooms were edited."""
        async with self._opening:  # one that is being opened has read what was before
            runner = self._running.get(lesson.id)
        if runner is not None:
            rooms = await self._services.school.rooms.invited(lesson.id)
            runner.post(PlanChanged(lesson, rooms))
        self._on_change()

    async def room_changed(self, room_id: RoomId) -> None:
        """A room's policy was changed: it holds at once where the room is in a lesson."""
        for lesson_id, runner in list(self._running.items()):
            if room_id in runner.machine.roster:
                await self.plan_changed(await self._services.school.lessons.load(lesson_id))

    async def removed(self, lesson_id: LessonId) -> None:
        """A scheduled lesson was deleted."""
        async with self._opening:
            runner = self._running.get(lesson_id)
        if runner is not None:
            runner.close_clients(UserError("lesson-unknown"))
            await self._drop(lesson_id)
        self._on_change()

    def remove_device(self, room_id: RoomId) -> None:
        """A room's screen and its phone are out of every lesson, now."""
        for runner in self._running.values():
            roster = runner.machine.roster
            parties = [roster.participant_of(room_id), roster.phone_of(room_id)]
            runner.send_away(parties, UserError("device-removed"))

    def remove_phone(self, room_id: RoomId) -> None:
        """A room's phone is out of every lesson, now; its screen stays."""
        for runner in self._running.values():
            phone = runner.machine.roster.phone_of(room_id)
            runner.send_away([phone], UserError("phone-signed-out"))

    def remove_person(self, person_id: PersonId) -> None:
        """A person is out of every lesson, now."""
        for runner in self._running.values():
            parties = runner.machine.roster.parties_of(person_id)
            runner.send_away(parties, UserError("signed-out"))
            if runner.machine.lesson.lead_teacher_id == person_id:
                runner.post(CamerasOut())

    async def _restored(self, lesson_id: LessonId) -> LessonMachine:
        school = self._services.school
        lesson = await school.lessons.load(lesson_id)
        if lesson.state is LessonState.ENDED:
            raise UserError("lesson-ended")
        rooms = await school.rooms.invited(lesson_id)
        lines = await asyncio.to_thread(self._services.timeline.read, lesson_id)
        stored = await school.attendance.evidence(lesson_id)
        return LessonMachine.restored(lesson, rooms, lines, stored)

    async def _run(self, runner: LessonRunner) -> None:
        """Until canceled; a lesson that fails as a whole is dropped and opens again from disk."""
        try:
            await runner.run()
        except Exception as error:
            runner.close_clients(incident(error))
            self._running.pop(runner.machine.lesson.id, None)

    async def _drop(self, lesson_id: LessonId) -> None:
        runner, work = self._running.pop(lesson_id), self._work.pop(lesson_id)
        runner.close_clients(UserError("lesson-ended"))
        work.cancel()
        await asyncio.wait([work])
        await self._services.relay.close_lesson(lesson_id)
        log.info("= lesson closed", extra={"lesson_id": lesson_id})

    # ---- time ------------------------------------------------------------------------------------

    async def _sweep(self) -> None:
        while True:
            try:
                await self._open_due()
                await self._close_done()
            except StreamsvcError as error:
                log.warning("! lessons not looked after: %s", error.error_id)
            except Exception as error:
                incident(error)
            self._measure()
            await asyncio.sleep(SWEEP_SECONDS)

    async def _keep_house(self) -> None:
        """Once an hour: list recordings that the database does not know, forget what expired."""
        while True:
            try:
                await self._adopt_recordings()
                await self._services.school.forget_expired()
                await self._services.courseware.halves.expire()
            except StreamsvcError as error:
                log.warning("! housekeeping: %s", error.error_id)
            except Exception as error:
                incident(error)
            await asyncio.sleep(HOUSEKEEPING_SECONDS)

    async def _adopt_recordings(self) -> None:
        """After a crash the disk knows more than the database."""
        catalog, recordings = self._services.catalog, self._services.school.recordings
        for recording_id in await asyncio.to_thread(catalog.all_ids):
            found = await asyncio.to_thread(catalog.find, recording_id)
            if found is None or found.is_live:
                continue
            row = await recordings.adopt(
                recording_id,
                found.lesson_id,
                started_at_ms=found.started_at_ms,
                duration_ms=found.duration_ms,
            )
            if row is not None and row.duration_ms != found.duration_ms:
                await recordings.finish(recording_id, found.duration_ms)

    async def _open_due(self) -> None:
        now_ms = self._services.clock.wall_ms()
        scheduled = await self._services.school.lessons.visible(
            OPERATOR,
            from_ms=now_ms - LOOK_BACK_MS,
            to_ms=now_ms + OPENS_BEFORE_MS,
            state=LessonState.SCHEDULED,
        )
        for lesson in scheduled:
            if lesson.id not in self._running and is_due(lesson, now_ms):
                await self.open(lesson.id)

    async def _close_done(self) -> None:
        now, now_ms = self._services.clock.now(), self._services.clock.wall_ms()
        done = [
            lesson_id
            for lesson_id, runner in self._running.items()
            if _is_done(runner, now, now_ms)
        ]
        for lesson_id in done:
            runner = self._running.get(lesson_id)  # each drop waits: somebody may have come back
            if runner is not None and _is_done(runner, now, now_ms):
                await self._drop(lesson_id)
        if done:
            self._on_change()

    def _measure(self) -> None:
        machines = [runner.machine for runner in self._running.values()]
        metrics.LESSONS_OPEN.set(len(machines))
        metrics.LESSONS_LIVE.set(sum(machine.is_live for machine in machines))
        metrics.SECOND_STRANDS.set(sum(machine.second_strands for machine in machines))
        cameras = [one.state for machine in machines for one in machine.cameras.now.cameras]
        for state in ("waiting", "ready", "lost"):
            metrics.CAMERAS.labels(state).set(cameras.count(state))
        metrics.ROOMS_ONLINE.set(sum(machine.rooms_online for machine in machines))

    # ---- reports ---------------------------------------------------------------------------------

    def publication_opened(
        self, party: MediaParty, slot: Slot, kinds: frozenset[MediaKind]
    ) -> None:
        """RelayListener."""
        if runner := self._running.get(party.lesson_id):
            runner.post(PublicationOpened(party.participant_id, slot))

    def publication_closed(self, party: MediaParty, slot: Slot, because: ClosedBecause) -> None:
        """RelayListener. A replaced publication is followed by the one that replaced it."""
        runner = self._running.get(party.lesson_id)
        if runner is not None and because is not ClosedBecause.REPLACED:
            runner.post(PublicationClosed(party.participant_id, slot))

    def publication_silent(self, party: MediaParty, slot: Slot, silent_ms: int | None) -> None:
        """RelayListener."""
        if runner := self._running.get(party.lesson_id):
            runner.post(PublicationSilent(slot, silent_ms))

    def subscriber_connected(self, party: MediaParty, session_id: MediaSessionId) -> None:
        """RelayListener. Flows say more, once a second."""

    def subscriber_closed(
        self, party: MediaParty, session_id: MediaSessionId, because: ClosedBecause
    ) -> None:
        """RelayListener."""

    def channel_came(self, party: MediaParty, session_id: MediaSessionId) -> ChannelListener | None:
        """RelayListener. Its words count from when they come, so nobody is looked for before."""
        if self._is_closed:
            return None
        return EventChannel(party, session_id, self._services, self.find, self._tasks)

    def recorder_reported(self, status: RecordingStatus) -> None:
        """The recorder's state changed; the library learns how long a finished recording is."""
        if runner := self._running.get(status.lesson_id):
            runner.post(RecorderReported(status.state, status.reason))
        is_over = status.state in (RecordingState.FINISHING, RecordingState.READY)
        if is_over and not self._is_closed:
            self._tasks.start("finish", self._finish(status))

    async def _finish(self, status: RecordingStatus) -> None:
        found = await asyncio.to_thread(self._services.catalog.find, status.recording_id)
        if found is not None:
            await self._services.school.recordings.finish(status.recording_id, found.duration_ms)


def is_due(lesson: Lesson, now_ms: int) -> bool:
    """Rooms should be in it now: live, or about to start, or overdue within its planned time."""
    if lesson.state is not LessonState.SCHEDULED:
        return lesson.state is LessonState.LIVE
    planned_end_ms = lesson.scheduled_start_ms + lesson.duration_minutes * 60_000
    return lesson.scheduled_start_ms - OPENS_BEFORE_MS <= now_ms < planned_end_ms


def _is_done(runner: LessonRunner, now: float, now_ms: int) -> bool:
    machine = runner.machine
    if machine.is_live:
        return False
    if machine.is_ended:
        return runner.ended_at is not None and now - runner.ended_at > ENDED_KEPT_SECONDS
    is_unused = runner.client_count == 0 and now - runner.used_at > UNUSED_KEPT_SECONDS
    return is_unused and not is_due(machine.lesson, now_ms)
