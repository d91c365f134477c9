"""MediaAuthorizer: a grant opens the media doors only as far as the live lesson allows now."""

from signaling.io.check_desk import CheckDesk
from signaling.io.grants import Grants
from signaling.io.registry import LessonRegistry
from signaling.io.runner import LessonRunner
from signaling.protocol.grants import Claims
from signaling.protocol.roles import Action, may
from streamsvc.base.errors import UserError
from streamsvc.base.ids import LessonId
from streamsvc.base.media import Slot
from streamsvc.base.sessions import NO_POLICY, LinkPolicy, MediaParty
from streamsvc.school.records import Role


class MediaGate:
    """Asked by WHIP and WHEP at each request."""

    def __init__(self, grants: Grants, registry: LessonRegistry, checks: CheckDesk) -> None:
        self._grants = grants
        self._registry = registry
        self._checks = checks

    async def publisher(self, bearer: str, lesson_id: LessonId, slot: Slot) -> MediaParty:
        """Who publishes `slot`."""
        if party := self._of_check(bearer, lesson_id, slot):
            return party
        claims, runner = await self._let_in(bearer, lesson_id)
        runner.machine.check_publish(claims, slot)
        return party_of(claims)

    async def subscriber(self, bearer: str, lesson_id: LessonId) -> MediaParty:
        """Who watches."""
        if party := self._of_check(bearer, lesson_id, None):
            return party
        claims, runner = await self._let_in(bearer, lesson_id)
        runner.machine.check_subscribe(claims)
        return party_of(claims, runner.machine.policy_of(claims))

    async def session(self, bearer: str, party: MediaParty) -> None:
        """The bearer is the party that opened this session; also when the lesson is over."""
        claims = self._grants.verify(bearer, party.lesson_id)
        if claims.participant_id != party.participant_id:
            raise UserError("not-allowed")

    def _of_check(self, bearer: str, lesson_id: LessonId, slot: Slot | None) -> MediaParty | None:
        """Who comes in at a room's check; `slot`: to publish it."""
        claims = self._grants.verify(bearer, lesson_id)
        party = self._checks.party(claims, is_publisher=slot is not None)
        if party is not None and slot is not None and slot not in claims.may_publish:
            raise UserError("not-allowed")
        return party

    async def _let_in(self, bearer: str, lesson_id: LessonId) -> tuple[Claims, LessonRunner]:
        """Checked before a lesson is opened for it, and after the wait: its bearer may have been
        sent away meanwhile."""
        self._grants.verify(bearer, lesson_id)
        runner = await self._registry.open(lesson_id)
        return self._grants.verify(bearer, lesson_id), runner


def party_of(claims: Claims, policy: LinkPolicy = NO_POLICY) -> MediaParty:
    """A grant's bearer as the relay knows it. A phone shares the origin of its room, so that it
    does not hear the room it stands in."""
    return MediaParty(
        lesson_id=claims.lesson_id,
        participant_id=claims.participant_id,
        label=claims.name,
        origin=claims.room_id or claims.person_id or claims.participant_id,
        sees_cameras=may(claims.role, Action.CHOOSE_CAMERA),
        policy=policy,
        has_channel=claims.role is Role.ROOM,
        is_listener=claims.role is Role.CAPTIONER,
    )
