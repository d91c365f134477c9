"""Sources that teach in place of a browser: who pushes into which lesson, and how it goes.

    encoder ─RTMP─► child process ── open(key) ──► SourceDesk ── grant ──► WHIP, as any publisher
                        └── news, every 2 s ─────────► │ ── SourceReported ──► lesson ──► pages

One source a lesson. While it flows, a second one is refused (who has learned a key can't throw out
who teaches); one that stands still gives way at once (an encoder that lost its network comes back).
"""

import logging
from dataclasses import dataclass

from signaling.io.grants import Grants
from signaling.io.registry import LOOK_BACK_MS, LessonRegistry
from signaling.io.services import Services
from signaling.protocol.catalogue import entry_of
from signaling.protocol.grants import Claims
from signaling.protocol.inputs import SourceReported
from signaling.protocol.resources_sources import NewPush, PushNews, SourceReport
from streamsvc.base.errors import StreamsvcError, UserError
from streamsvc.base.ids import LessonId, PersonId, StreamKeyId, new_id
from streamsvc.base.media import Slot
from streamsvc.school.records import Lesson, LessonState, Principal, StreamKey

log = logging.getLogger("streamsvc.source")

SILENT_SECONDS = 6.0
"""Without news for longer, a push is taken to be gone."""
OPENS_BEFORE_MS = 30 * 60_000
"""A recorder host may be on so long before its lesson."""


@dataclass(slots=True)
class Push:
    """One encoder that pushes."""

    id: str
    key: StreamKey
    lesson_id: LessonId
    claims: Claims
    heard_at: float
    is_flowing: bool = True
    is_on_air: bool = False
    over: str = ""
    """Error id for which it must end."""


class SourceDesk:
    """Pushes by lesson. Lives on the event loop; forgets all when the service ends."""

    def __init__(self, services: Services, registry: LessonRegistry, grants: Grants) -> None:
        self._services = services
        self._registry = registry
        self._grants = grants
        self._pushes: dict[str, Push] = {}

    async def start(self) -> None:
        """Take pushes where there is a key for one."""
        self._services.pushes.listen(self.lost)
        if await self._services.school.stream_keys.has_good():
            self._services.pushes.start()

    async def open(self, new: NewPush) -> tuple[Push, str]:
        """Somebody pushes: the push and its grant. Raises UserError `stream-key-unknown`,
        `stream-key-expired`, `stream-key-revoked`, `stream-key-in-use`, `stream-key-no-lesson`,
        `lesson-ended`, `too-many-tries`."""
        try:
            key, teacher = await self._services.school.stream_keys.open(new.key, new.address)
        except UserError as error:
            log.warning("! push from %s refused: %s", new.address, error.error_id)
            self._tell_owner(error)
            raise
        lesson = await self._lesson(key, teacher)
        self._make_way(lesson.id)
        rooms = await self._services.school.rooms.invited(lesson.id)
        claims = self._grants.claims(teacher, lesson, rooms)
        await self._registry.open(lesson.id)
        self._make_way(lesson.id)  # nobody waits from here on
        push = Push(new_id("psh"), key, lesson.id, claims, self._services.clock.now())
        self._pushes[push.id] = push
        log.info("= push from %s", new.address, extra={"lesson_id": lesson.id})
        self._report(push.lesson_id, SourceReported("rtmp", "connecting"))
        return push, self._grant(push)

    def news(self, push_id: str, news: PushNews) -> str:
        """How it goes; a fresh grant. Raises UserError `push-unknown`, or why it must end."""
        push = self._pushes.get(push_id)
        if push is None:
            raise UserError("push-unknown")
        if news.is_over or push.over:
            del self._pushes[push_id]
        if push.over:
            error = UserError(push.over)
            if push.over != "source-replaced":
                self._report(push.lesson_id, SourceReported("rtmp", "waiting", error))
            raise error
        push.heard_at, push.is_flowing = self._services.clock.now(), news.is_flowing
        push.is_on_air = news.state == "on_air"
        fault = _known(news.error_id)
        self._report(push.lesson_id, SourceReported("rtmp", news.state, fault, news.is_recoded))
        return self._grant(push)

    def report(self, lesson_id: LessonId, said: SourceReport) -> None:
        """How a source is that somebody pulls for this lesson."""
        error = _known(said.error_id, source=said.place or "?")
        self._report(lesson_id, SourceReported(said.kind, said.state, error, said.is_recoded))

    def is_in_use(self, key_id: StreamKeyId) -> bool:
        """Somebody pushes with it now."""
        return any(push.key.id == key_id and self._is_alive(push) for push in self._pushes.values())

    def revoked(self, key_id: StreamKeyId) -> None:
        """Whoever pushes with it must end."""
        for push in self._pushes.values():
            if push.key.id == key_id:
                push.over = "stream-key-revoked"
                self._take_off_air(push)

    def sent_away(self, person_id: PersonId) -> None:
        """This teacher teaches no more: whoever pushes for her must end."""
        for push in self._pushes.values():
            if push.key.lead_teacher_id == person_id:
                push.over = push.over or "push-ended"
                self._take_off_air(push)

    def lost(self) -> None:
        """The process that takes pushes ended: all of them are cut."""
        for push in self._pushes.values():
            report = SourceReported("rtmp", "waiting", UserError("push-ended"))
            self._report(push.lesson_id, report)
            self._take_off_air(push)
        self._pushes.clear()

    def _make_way(self, lesson_id: LessonId) -> None:
        """For a new push. Raises UserError `stream-key-in-use`."""
        mine = [push for push in self._pushes.values() if push.lesson_id == lesson_id]
        if any(push.is_flowing and not push.over and self._is_alive(push) for push in mine):
            raise UserError("stream-key-in-use")
        for push in mine:
            push.over = push.over or "source-replaced"
            self._take_off_air(push)
            if not self._is_alive(push):
                del self._pushes[push.id]

    def _take_off_air(self, push: Push) -> None:
        """Free its slot now, not when the relay misses it. While it is on air nobody else of this
        participant holds the slot: a browser that took it over left the push waiting."""
        if push.is_on_air:
            push.is_on_air = False
            participant = push.claims.participant_id
            self._services.relay.close_participant(push.lesson_id, participant, Slot.LEAD)

    def _is_alive(self, push: Push) -> bool:
        return self._services.clock.now() - push.heard_at < SILENT_SECONDS

    async def _lesson(self, key: StreamKey, teacher: Principal) -> Lesson:
        """The one it is for; of a teacher's key the live one, else the next that is due."""
        lessons = self._services.school.lessons
        if key.lesson_id is not None:
            lesson = await lessons.load(key.lesson_id)
            if lesson.state is LessonState.ENDED:
                raise UserError("lesson-ended")
            return lesson
        now_ms = self._services.clock.wall_ms()
        live = await lessons.visible(teacher, state=LessonState.LIVE)
        planned = await lessons.visible(
            teacher,
            from_ms=now_ms - LOOK_BACK_MS,
            to_ms=now_ms + OPENS_BEFORE_MS,
            state=LessonState.SCHEDULED,
        )
        due = [lesson for lesson in planned if now_ms < _planned_end_ms(lesson)]
        found = [lesson for lesson in live if lesson.lead_teacher_id == teacher.person_id] + due
        if not found:
            raise UserError("stream-key-no-lesson")
        return found[0]

    def _tell_owner(self, error: UserError) -> None:
        """A key of theirs that is no longer good: on the pages of the lessons it was for."""
        if "key_id" not in error.details:
            return
        for runner in self._registry.running.values():
            lesson = runner.machine.lesson
            is_meant = error.details["lesson_id"] in ("", lesson.id)
            is_hers = error.details["lead_teacher_id"] == lesson.lead_teacher_id
            if is_meant and is_hers and not self._is_pushed(lesson.id):
                report = SourceReported("rtmp", "waiting", UserError(error.error_id))
                runner.post(report)

    def _is_pushed(self, lesson_id: LessonId) -> bool:
        return any(push.lesson_id == lesson_id for push in self._pushes.values())

    def _report(self, lesson_id: LessonId, report: SourceReported) -> None:
        if runner := self._registry.find(lesson_id):
            runner.used_at = self._services.clock.now()  # also when nobody is at a page yet
            runner.post(report)

    def _grant(self, push: Push) -> str:
        claims = self._grants.renewed(push.claims)
        return self._grants.encode(claims)


def _planned_end_ms(lesson: Lesson) -> int:
    return lesson.scheduled_start_ms + lesson.duration_minutes * 60_000


def _known(error_id: str | None, **details: str) -> StreamsvcError | None:
    """An error that only its id came of; one of ours, or what is said of a fault."""
    if error_id is None:
        return None
    known = entry_of(error_id) is not entry_of("internal")
    return UserError(error_id if known else "source-unreadable", **details)
