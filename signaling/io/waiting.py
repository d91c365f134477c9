"""What a classroom's screen shows while it waits, and which lesson it should be in now."""

from collections.abc import Iterable

from signaling.io.grants import Grants
from signaling.io.registry import LessonRegistry, is_due
from signaling.io.services import Services
from signaling.protocol.grants import Claims
from signaling.protocol.ice import IceServers
from signaling.protocol.lesson_views import HelperView
from signaling.protocol.resources import PhoneHome
from signaling.protocol.room_channel import CheckSlot, RoomHome, RoomLesson
from streamsvc.base.errors import UserError
from streamsvc.base.ids import RoomId
from streamsvc.school.checks import DAY_MS, slots_of
from streamsvc.school.records import Lesson, LessonState, Principal, Role

CHECKS_KNOWN_SECONDS = 60.0
CHECKS_SHOWN = 3
PHONE_SEEN_SECONDS = 15.0
"""A helper's page looks for a lesson every 5 s; after this long without a look it is gone."""


class _ChecksAhead:
    """Unattended checks of each room, worked out anew once a minute: a thousand screens ask every
    few seconds."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._known: dict[RoomId, tuple[float, list[CheckSlot]]] = {}

    async def of(self, principal: Principal) -> list[CheckSlot]:
        """Those that are not over, the next first."""
        room_id, now = principal.room_id, self._services.clock.now()
        if room_id is None:
            return []
        known_at, slots = self._known.get(room_id, (float("-inf"), []))
        if now - known_at > CHECKS_KNOWN_SECONDS:
            slots = await self._worked_out(principal, room_id)
            self._known[room_id] = now, slots
        now_ms = self._services.clock.wall_ms()
        return [slot for slot in slots if now_ms < slot.until_ms][:CHECKS_SHOWN]

    def forget(self, room_id: RoomId) -> None:
        """One was made."""
        self._known.pop(room_id, None)

    async def _worked_out(self, principal: Principal, room_id: RoomId) -> list[CheckSlot]:
        school, now_ms = self._services.school, self._services.clock.wall_ms()
        lessons = await school.lessons.visible(
            principal,
            from_ms=now_ms,
            to_ms=now_ms + 2 * DAY_MS,
            state=LessonState.SCHEDULED,
        )
        done = await school.checks.slots_done(room_id)
        return [
            CheckSlot(slot=slot.name, from_ms=slot.from_ms, until_ms=slot.until_ms)
            for slot in slots_of(room_id, lessons, done, now_ms)
        ]


class WaitingScreens:
    """Homes of rooms and phones."""

    def __init__(
        self, services: Services, registry: LessonRegistry, grants: Grants, ice: IceServers
    ) -> None:
        self._services = services
        self._registry = registry
        self._grants = grants
        self._ice = ice
        self._phone_looked_at: dict[RoomId, float] = {}
        self._checks = _ChecksAhead(services)

    async def room_home(self, principal: Principal) -> RoomHome:
        """The waiting screen of a room."""
        lessons = await self._services.school.lessons.today(principal)
        opened = self._open_one(lessons)
        claims = await self._claims(principal, opened)
        return RoomHome(
            now_ms=self._services.clock.wall_ms(),
            room_id=principal.room_id or "",
            room_name=principal.name,
            school_name=principal.school_name,
            lessons=[self._view(lesson) for lesson in lessons],
            open=opened and self._view(opened),
            grant=claims and self._grants.encode(claims),
            grant_expires_at_ms=claims and claims.expires_at_ms,
            ice_servers=self._ice.of(claims) if claims else [],
            helper=await self._helper(principal),
            checks=await self._checks.of(principal),
        )

    def checked(self, room_id: RoomId) -> None:
        """The room made an unattended check, perhaps: what is ahead is another."""
        self._checks.forget(room_id)

    async def phone_home(self, principal: Principal) -> PhoneHome:
        """What a helper's phone shows. Raises UserError `phone-signed-out` for anybody else."""
        if principal.room_id is None:
            raise UserError("phone-signed-out")
        self._phone_looked_at[principal.room_id] = self._services.clock.now()
        opened = self._open_one(await self._services.school.lessons.today(principal))
        claims = await self._claims(principal, opened)
        room = await self._services.school.rooms.find(principal, principal.room_id)
        return PhoneHome(
            now_ms=self._services.clock.wall_ms(),
            room_id=room.id,
            room_name=room.name,
            school_name=room.school_name,
            helper=HelperView(name=principal.name, is_online=True),
            open=opened and self._view(opened),
            grant=claims and self._grants.encode(claims),
            grant_expires_at_ms=claims and claims.expires_at_ms,
        )

    async def _claims(self, principal: Principal, lesson: Lesson | None) -> Claims | None:
        if lesson is None:
            return None
        rooms = await self._services.school.rooms.invited(lesson.id)
        return self._grants.claims(principal, lesson, rooms)

    async def _helper(self, principal: Principal) -> HelperView | None:
        room_id = principal.room_id
        if room_id is None:
            return None
        name = await self._services.school.sign_ins.helper_name(room_id)
        if name is None:
            return None
        return HelperView(name=name, is_online=self._is_phone_here(room_id))

    def _is_phone_here(self, room_id: RoomId) -> bool:
        """Its page looked for a lesson a moment ago, or is in one."""
        looked_at = self._phone_looked_at.get(room_id)
        if looked_at is not None:
            if self._services.clock.now() - looked_at <= PHONE_SEEN_SECONDS:
                return True
            del self._phone_looked_at[room_id]
        machines = [runner.machine for runner in self._registry.running.values()]
        return any(
            participant.role is Role.PHONE and participant.room_id == room_id
            for machine in machines
            for participant in machine.connections.values()
        )

    def _open_one(self, lessons: Iterable[Lesson]) -> Lesson | None:
        """The lesson to be in now: the live one that began last, else the next one that is due."""
        now_ms = self._services.clock.wall_ms()
        due = [lesson for lesson in lessons if is_due(lesson, now_ms)]
        live = [lesson for lesson in due if lesson.state is LessonState.LIVE]
        if live:
            return max(live, key=lambda lesson: lesson.started_at_ms or 0)
        return min(due, key=lambda lesson: abs(lesson.scheduled_start_ms - now_ms), default=None)

    def _view(self, lesson: Lesson) -> RoomLesson:
        runner = self._registry.find(lesson.id)
        return RoomLesson(
            lesson_id=lesson.id,
            title=lesson.title,
            subject=lesson.subject,
            grade=lesson.grade,
            school_name=lesson.school_name,
            lead_teacher_name=lesson.lead_teacher_name,
            state=lesson.state.value,
            scheduled_start_ms=lesson.scheduled_start_ms,
            duration_minutes=lesson.duration_minutes,
            rooms_total=len(lesson.room_ids),
            rooms_online=runner.machine.rooms_online if runner else 0,
            sound_profile=lesson.sound_profile.value,
        )
