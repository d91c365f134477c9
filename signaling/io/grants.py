"""Makes and checks grants with this node's secret, and remembers whose grants were revoked.

Revocations live as long as a grant can; a restart forgets them, which leaves at most the ten
minutes a grant lives anyway.
"""

from dataclasses import replace

from signaling.protocol.grants import (
    GRANT_LIFE_MS,
    Claims,
    encode,
    participant_id,
    verify,
)
from signaling.protocol.roles import Action, may, publishable
from streamsvc.base.clock import Clock
from streamsvc.base.errors import UserError
from streamsvc.base.ids import LessonId, PersonId, RoomId
from streamsvc.school.records import Lesson, Principal, Role, Room


class Grants:
    """Grants of this node."""

    def __init__(self, secret: bytes, clock: Clock) -> None:
        self._secret = secret
        self._clock = clock
        self._revoked_ms: dict[str, int] = {}

    def claims(self, principal: Principal, lesson: Lesson, rooms: list[Room]) -> Claims:
        """What this caller may do in a lesson that it can see. Raises UserError `not-allowed` (a
        lead teacher in another's lesson), `room-not-in-lesson`."""
        role = principal.role
        if role is Role.LEAD_TEACHER and lesson.lead_teacher_id != principal.person_id:
            raise UserError("not-allowed")
        room_id = _room_of(principal, rooms)
        return Claims(
            lesson_id=lesson.id,
            participant_id=participant_id(lesson.id, role, principal.person_id, room_id),
            role=role,
            name=principal.name,
            person_id=principal.person_id,
            room_id=room_id,
            may_publish=publishable(role),
            may_subscribe=may(role, Action.SUBSCRIBE),
            may_moderate=may(role, Action.CALL_ON_STAGE),
            expires_at_ms=self.expires_at_ms(),
        )

    def expires_at_ms(self) -> int:
        """When a grant that is made now ends."""
        return self._clock.wall_ms() + GRANT_LIFE_MS

    def renewed(self, claims: Claims) -> Claims:
        """The same from now on."""
        return replace(claims, expires_at_ms=self.expires_at_ms())

    def encode(self, claims: Claims) -> str:
        """The token."""
        return encode(claims, self._secret)

    def verify(self, token: str, lesson_id: LessonId) -> Claims:
        """The claims of a good token for this lesson. Raises UserError `grant-missing`,
        `grant-invalid`, `grant-expired`."""
        claims = verify(token, self._secret, self._clock.wall_ms())
        if claims.lesson_id != lesson_id:
            raise UserError("grant-invalid")
        if self.is_revoked(claims):
            raise UserError("grant-expired")
        return claims

    def revoke(self, subject: PersonId | RoomId) -> None:
        """All grants made up to now for this person, or for this room's screen and phone, are
        void."""
        self._revoke(subject)

    def revoke_phone(self, room_id: RoomId) -> None:
        """All grants made up to now for the phone of this room are void; its screen's stay good."""
        self._revoke(_phone(room_id))

    def is_revoked(self, claims: Claims) -> bool:
        """Made before its bearer was signed out or removed."""
        at_ms = max(self._revoked_ms.get(subject, -1) for subject in _subjects(claims))
        return claims.issued_at_ms() < at_ms

    def _revoke(self, subject: str) -> None:
        now_ms = self._clock.wall_ms()
        fresh = {s: at for s, at in self._revoked_ms.items() if at > now_ms - GRANT_LIFE_MS}
        self._revoked_ms = fresh | {subject: now_ms}


def _subjects(claims: Claims) -> list[str]:
    """Whose revocations count. A helper teacher signed in as herself is not the room's device."""
    if claims.person_id is not None or claims.room_id is None:
        return [claims.person_id or ""]
    return [claims.room_id, *([_phone(claims.room_id)] if claims.role is Role.PHONE else [])]


def _phone(room_id: RoomId) -> str:
    return f"phone of {room_id}"


def _room_of(principal: Principal, rooms: list[Room]) -> RoomId | None:
    """The invited room a device or helper teacher speaks for."""
    if principal.role is Role.HELPER_TEACHER:
        school = principal.organisation_path
        own = [room.id for room in rooms if room.organisation_path.startswith(school)]
        return own[0] if own else None
    if principal.room_id is not None and principal.room_id not in {room.id for room in rooms}:
        raise UserError("room-not-in-lesson")
    return principal.room_id
