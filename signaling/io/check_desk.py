"""Checks of rooms that are under way: a media loop of a room's own through the relay, that nobody
else is in, for a minute at most.

Bounds: `AT_ONCE` on a node and one of a school (two on one link would measure each other), none in
a school with a live lesson, `BURSTS` for each check and `BURSTS_AT_ONCE` on a node. What is beyond
them is refused, never queued: the page asks again.
"""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field

from signaling.io.grants import Grants
from signaling.io.problem import incident
from signaling.io.registry import LessonRegistry
from signaling.io.services import Services
from signaling.protocol.grants import Claims, participant_id
from streamsvc.base.errors import Overload, UserError
from streamsvc.base.ids import CheckId, LessonId, ParticipantId, RoomId, new_id
from streamsvc.base.media import Slot
from streamsvc.base.sessions import MediaParty
from streamsvc.base.tasks import TaskScope
from streamsvc.school.checks import CheckFigures, RoomCheck
from streamsvc.school.records import Principal, Role, Room

AT_ONCE = 8
LIFE_SECONDS = 75.0
"""A page is done within 60 s."""
BURSTS = 8
MOST_BURST_BPS = 2_000_000
BURST_SECONDS = 0.5
BURSTS_AT_ONCE = 3
SWEEP_SECONDS = 1.0


@dataclass(slots=True)
class OpenCheck:
    """One under way."""

    id: CheckId
    room: Room
    slot: str | None
    ends_at: float
    expires_at_ms: int
    bursts_left: int = BURSTS
    saving: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def lesson_id(self) -> LessonId:
        """As what the relay knows it."""
        return LessonId(self.id)

    @property
    def participant_id(self) -> ParticipantId:
        """The one who is in it."""
        return participant_id(self.lesson_id, Role.ROOM, None, self.room.id)

    @property
    def most_burst_bps(self) -> int:
        """As an administrator allows."""
        most_kbps = self.room.policy.most_kbps
        return MOST_BURST_BPS if most_kbps is None else min(MOST_BURST_BPS, 1000 * most_kbps)


@dataclass(frozen=True, slots=True)
class _Kept:
    """What came of one that is over: its answer may be lost, and is asked for again."""

    found: RoomCheck
    room_id: RoomId
    until: float


@dataclass(slots=True)
class _Bursts:
    """Of the whole node."""

    ends: list[float] = field(default_factory=list)

    def take(self, now: float) -> bool:
        self.ends = [end for end in self.ends if end > now]
        if len(self.ends) >= BURSTS_AT_ONCE:
            return False
        self.ends.append(now + BURST_SECONDS)
        return True


class CheckDesk:
    """`start` once, `close` once."""

    def __init__(self, services: Services, registry: LessonRegistry, grants: Grants) -> None:
        self._services = services
        self._registry = registry
        self._grants = grants
        self._tasks = TaskScope("checks")
        self._open: dict[CheckId, OpenCheck] = {}
        self._kept: dict[CheckId, _Kept] = {}
        self._bursts = _Bursts()

    async def start(self) -> None:
        """End what is over from now on."""
        self._tasks.start("sweep", self._sweep())

    async def close(self) -> None:
        """End all of them."""
        await self._tasks.close()
        for check in list(self._open.values()):
            await self._end(check)

    # ---- a room's page -------------------------------------------------------------------------

    async def open(self, principal: Principal, slot: str | None) -> OpenCheck:
        """Begin one, in place of an older one of this room. Raises UserError `device-signed-out`,
        `check-lesson-live`, `check-school-live`, `check-slot-done`; Overload `check-busy`."""
        if principal.room_id is None:
            raise UserError("device-signed-out")
        room = await self._services.school.rooms.find(principal, principal.room_id)
        done = await self._services.school.checks.slots_done(room.id) if slot else []
        if slot in done:
            raise UserError("check-slot-done")
        for older in [check for check in self._open.values() if check.room.id == room.id]:
            await self._end(older)
        self._check_lessons(room)
        self._check_others(room)
        clock = self._services.clock
        check = OpenCheck(
            id=CheckId(new_id("chk", 20)),
            room=room,
            slot=slot,
            ends_at=clock.now() + LIFE_SECONDS,
            expires_at_ms=clock.wall_ms() + round(1000 * LIFE_SECONDS),
        )
        self._open[check.id] = check
        return check

    def find(self, principal: Principal, check_id: CheckId) -> OpenCheck:
        """One of the caller's own. Raises UserError `check-unknown`."""
        check = self._open.get(check_id)
        if check is None or check.room.id != principal.room_id:
            raise UserError("check-unknown")
        return check

    def grant(self, check: OpenCheck) -> str:
        """What opens its media doors. It names the check in a lesson's place, so that it opens
        nothing else; a removed device's is void like its others."""
        claims = Claims(
            lesson_id=check.lesson_id,
            participant_id=check.participant_id,
            role=Role.ROOM,
            name=check.room.name,
            person_id=None,
            room_id=check.room.id,
            may_publish=(Slot.LEAD,),
            may_subscribe=True,
            may_moderate=False,
            expires_at_ms=self._grants.expires_at_ms(),
        )
        return self._grants.encode(claims)

    def burst(self, check: OpenCheck, bps: int) -> None:
        """Half a second of packets at this rate, the looped ones again and again. Raises UserError
        `check-bursts-spent`, Overload `check-busy`."""
        if check.bursts_left <= 0 or bps > check.most_burst_bps:
            raise UserError("check-bursts-spent")
        if not self._bursts.take(self._services.clock.now()):
            raise Overload("check-busy")
        check.bursts_left -= 1
        self._services.relay.send_burst(check.lesson_id, check.participant_id, bps)

    async def finish(
        self, principal: Principal, check_id: CheckId, figures: CheckFigures
    ) -> RoomCheck:
        """Keep what was found, and end the check; the same again when it is asked again. While the
        database refuses, the check goes on. Raises UserError `check-unknown`, `check-slot-done`."""
        kept = self._kept_of(principal, check_id)
        if kept is not None:
            return kept
        check = self.find(principal, check_id)
        async with check.saving:
            kept = self._kept_of(principal, check_id)
            return kept or await self._save(principal, check, figures)

    def _kept_of(self, principal: Principal, check_id: CheckId) -> RoomCheck | None:
        kept = self._kept.get(check_id)
        return kept.found if kept and kept.room_id == principal.room_id else None

    async def _save(
        self, principal: Principal, check: OpenCheck, figures: CheckFigures
    ) -> RoomCheck:
        checks = self._services.school.checks
        try:
            found = await checks.add(principal, check.room.id, figures, check.slot)
        except UserError:
            await self._end(check)
            raise
        until = self._services.clock.now() + LIFE_SECONDS
        self._kept[check.id] = _Kept(found, check.room.id, until)
        await self._end(check)
        return found

    async def cancel(self, check: OpenCheck) -> None:
        """Nothing came of it."""
        await self._end(check)

    # ---- the media doors -----------------------------------------------------------------------

    def party(self, claims: Claims, *, is_publisher: bool) -> MediaParty | None:
        """Who comes in with a grant of an open check; None for a grant that is not of one. The two
        ends of the loop have origins of their own: a room never hears itself otherwise."""
        check = self._open.get(CheckId(claims.lesson_id))
        if check is None:
            return None
        end = "up" if is_publisher else "down"
        return MediaParty(
            lesson_id=claims.lesson_id,
            participant_id=claims.participant_id,
            label=claims.name,
            origin=f"{check.id} {end}",
        )

    # ---- bounds --------------------------------------------------------------------------------

    def _check_lessons(self, room: Room) -> None:
        for other in self._rooms_in_live_lessons():
            if other.id == room.id:
                raise UserError("check-lesson-live")
            if other.organisation_id == room.organisation_id:
                raise UserError("check-school-live")

    def _check_others(self, room: Room) -> None:
        schools = [check.room.organisation_id for check in self._open.values()]
        if len(schools) >= AT_ONCE or room.organisation_id in schools:
            raise Overload("check-busy")

    def _rooms_in_live_lessons(self) -> Iterator[Room]:
        """Those that are there: a room that stays away uses no link."""
        for runner in self._registry.running.values():
            if runner.machine.is_live:
                yield from (s.room for s in runner.machine.roster if s.presence != "absent")

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            try:
                await self.end_done()
            except Exception as error:
                incident(error)

    async def end_done(self) -> None:
        """End what is over, and what a lesson needs the link of. Done once a second anyway."""
        now = self._services.clock.now()
        self._kept = {name: kept for name, kept in self._kept.items() if now < kept.until}
        live = {room.organisation_id for room in self._rooms_in_live_lessons()}
        for check in list(self._open.values()):
            if now >= check.ends_at or check.room.organisation_id in live:
                await self._end(check)

    async def _end(self, check: OpenCheck) -> None:
        if self._open.pop(check.id, None) is not None:
            await self._services.relay.close_lesson(check.lesson_id)
